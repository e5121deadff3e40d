"""Contacts into a file: what it says, that no spreadsheet runs it, and that it can be brought in again."""

import csv
import io
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playhouse.test_utils import count_queries

from meetings import db
from meetings.domain import contact_file
from meetings.errors import Forbidden
from meetings.models import Company, Contact, Note, OtherAddress, Property, PropertyValue, User
from meetings.services import bookings, contact_files, directory
from meetings.services.forms import COMPANY
from tests import hostile, make

NOW = make.NOW


@pytest.fixture
def ada(app: Flask) -> User:
    return make.user("Ada Admin", role="admin")


def exported(actor: User, query: str = "", locale: str = "en", **more: Any) -> str:
    return "".join(contact_files.exported(actor, directory.contacts(actor, query), locale, **more))


def table(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def person(email: str, first_name: str = "", last_name: str = "", **more: Any) -> Contact:
    values = {name: more.pop(name) for name in ("company", "owner") if name in more}
    made = Contact.create(email=email, first_name=first_name, last_name=last_name, created_at=NOW, **values)
    for name, value in more.items():
        row = Property.get(Property.name == name)
        PropertyValue.create(contact=made, property=row, value=value, changed_at=NOW)
    return made


# ---- what it says ----------------------------------------------------------------------------------------------------


def test_a_contact_with_all_that_is_known(ada: User) -> None:
    link = make.link(ada)
    company = Company.create(name="Nordlicht", name_key="nordlicht", domain="nordlicht.example", created_at=NOW)
    maren = person("maren@nordlicht.example", "Maren", "Holt", company=company, owner=ada, phone="+33 1")
    make.booking(link, email=maren.email)
    gone = make.booking(link, "2026-12-02 10:00", email=maren.email)
    make.booking(link, "2026-12-01 11:00", email=maren.email)
    bookings.cancel(gone, NOW, by=None)
    for address in ("m@gmail.com", "maren@old.example"):
        OtherAddress.create(email=address, contact=maren)
    for text in ("Likes tea", "Call in May"):
        Note.create(contact=maren, author_name="Bob", text=text, created_at=NOW)
    headings, line = table(exported(ada, with_notes=True))
    assert dict(zip(headings, line, strict=True)) == {
        "E-mail": "maren@nordlicht.example",
        "First name": "Maren",
        "Last name": "Holt",
        "Company": "Nordlicht",
        "Owner": "ada@example.org",
        "Job title": "",
        "Phone": "'+33 1",
        "Website": "",
        "Other addresses": "m@gmail.com; maren@old.example",
        "Meetings": "2",
        "Last meeting": "2026-12-01",
        "Notes": "Likes tea\n\nCall in May",
    }
    assert "Notes" not in table(exported(ada))[0]


def test_only_what_was_searched(ada: User) -> None:
    person("a@x.example", "Ann", "Lee")
    person("b@x.example", "Bob", "Roe")
    assert [line[0] for line in table(exported(ada, "roe"))[1:]] == ["b@x.example"]


def test_members_may_not(ada: User) -> None:
    with pytest.raises(Forbidden):
        exported(make.user("Bob Berg"))


def test_it_speaks_the_reader_s_language_and_is_understood_in_any(ada: User) -> None:
    person("a@x.example", "Ann", "Lee", phone="+33 1 23 45 67", job_title="Boss")
    text = exported(ada, locale="fr", with_notes=True)
    assert "Prénom" in table(text)[0]
    sheet, _ = contact_file.read(text.removeprefix("\ufeff"))
    assert sheet is not None
    columns = contact_files.guessed(sheet)
    assert columns[:5] == ["email", "first_name", "last_name", "company", "owner"]
    assert {"property:phone", "property:job_title", "property:website", "note"} <= set(columns)
    assert {"others"} <= set(columns)
    assert len([column for column in columns if not column]) == 2  # what is told, and nothing is imported of


def test_a_property_that_is_called_like_something_else_says_its_name(ada: User) -> None:
    Property.create(name="first", label="First name", kind="line", created_at=NOW)
    Property.create(name="note_2", label="Notes", kind="line", created_at=NOW)
    person("a@x.example", "Ann", "Lee", first="1", note_2="2")
    text = exported(ada, with_notes=True)
    assert {"First name (first)", "Notes (note_2)"} <= set(table(text)[0])
    sheet, _ = contact_file.read(text.removeprefix("\ufeff"))
    assert sheet is not None
    found = dict(zip(sheet.headings, contact_files.guessed(sheet), strict=True))
    assert found["First name (first)"] == "property:first"
    assert found["Notes (note_2)"] == "property:note_2"
    assert (found["First name"], found["Notes"]) == ("first_name", "note")


def test_it_comes_in_pieces_with_few_queries(ada: User) -> None:
    for number in range(450):
        person(f"p{number}@x.example", phone="+33 1", owner=ada)
    with count_queries() as counted:
        pieces = list(contact_files.exported(ada, directory.contacts(ada), "en", with_notes=True))
    assert len(pieces) == 4  # headings, and 200 contacts each
    assert counted.count <= 2 + 3 * 5


# ---- formulas --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert contact_file.guarded(f"{start}1+1") == f"'{start}1+1"
    assert contact_file.guarded(f"'{start}1+1") == f"''{start}1+1"
    assert contact_file.guarded(f"1{start}1") == f"1{start}1"
    assert contact_file.guarded("'tis") == "'tis"


@given(st.text(st.sampled_from("'=+-@\t\r\n＝＠ a\"éß,;"), max_size=8) | st.text(max_size=30))
def test_what_was_guarded_is_as_it_was(text: str) -> None:
    guarded = contact_file.guarded(text)
    assert contact_file.unguarded(guarded) == text
    assert guarded[:1] not in tuple("=+-@\t\r＝＋－＠")


def test_hostile_texts_in_every_place_run_nothing(ada: User) -> None:
    for number, text in enumerate(hostile.PAYLOADS + hostile.LINES):
        line = " ".join(text.split())[:100]
        made = person(f"p{number}@x.example", line, line, job_title=line)
        Note.create(contact=made, author_name="Bob", text=text, created_at=NOW)
    rows = table(exported(ada, with_notes=True))
    assert len(rows) == 1 + len(hostile.PAYLOADS) + len(hostile.LINES)
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r＝＋－＠"))]


# ---- there and back --------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), max_size=20)
TRICKY = st.sampled_from(["=1+1", "'=1", "''+1", "+33 1", "-", "@x", "＝1", 'a "b"', "a,b;c", "'tis", "ﬁ", "İ"])


def tidy(words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """As the pages keep it."""
    import unicodedata

    return words.map(lambda text: unicodedata.normalize("NFC", " ".join(text.split())).strip())


WORDS = tidy(TEXT | TRICKY)
DOMAINS = st.sampled_from(["acme.example", "globex.example", "gmail.com", "x.example"])
PERSON = st.fixed_dictionaries(
    {
        "domain": DOMAINS,
        "first_name": WORDS,
        "last_name": WORDS,
        "company": st.sampled_from(["", "Acme", "acme", "Globex", "=Beta", "Große"]),
        "is_owned": st.booleans(),
        "job_title": WORDS,
        "size": st.sampled_from(["", "1.5", "-42"]),
        "colours": st.sampled_from(["", "Red", "Red\nBlue, light"]),
        "is_vip": st.sampled_from(["", "yes", "no"]),
        "others": st.lists(DOMAINS, max_size=2, unique=True),
        "note": st.lists(tidy(TEXT | TRICKY).filter(bool), max_size=2),
    }
)


def told(actor: User) -> list[tuple[Any, ...]]:
    """Everything about everybody that a file can say."""
    found = []
    for contact in Contact.select().order_by(Contact.email):
        values = {name: value for name, value in PropertyValue.known(contact.id).items() if name != COMPANY}
        notes = [row.text for row in Note.select().where(Note.contact == contact).order_by(Note.id)]
        company = contact.company.name.casefold() if contact.company else None
        found.append(
            (
                contact.email,
                contact.first_name,
                contact.last_name,
                company,
                contact.owner_id,
                values,
                OtherAddress.of(contact.id),
                "\n\n".join(notes),
            )
        )
    return found


def clear() -> None:
    with db.transaction():
        for one in (Note, PropertyValue, Contact, Company):
            one.delete().execute()


def bring_in(actor: User, text: str, known: str = "fill") -> contact_files.Outcome:
    file = contact_files.keep(actor, "", text.encode(), NOW)
    sheet = contact_files.sheet_of(file)
    contact_files.settle(file, contact_files.choices_of(sheet, contact_files.guessed(sheet), known))
    return contact_files.bring_in(actor, contact_files.waiting_file(actor, file.id, NOW), NOW)


def test_what_was_exported_gives_back_the_same(ada: User) -> None:
    for position, (name, kind, options) in enumerate(
        [("size", "number", []), ("colours", "checkboxes", ["Red", "Blue, light"]), ("is_vip", "yes_no", [])]
    ):
        Property.create(name=name, label="=" + name, kind=kind, options=options, position=20 + position, created_at=NOW)

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
    @given(st.lists(PERSON, min_size=1, max_size=5), st.sampled_from(["en", "fr"]))
    def check(people: list[dict[str, Any]], locale: str) -> None:
        clear()
        for number, one in enumerate(people):
            company = None
            if one["company"]:
                key = one["company"].casefold()
                company = Company.named(one["company"]) or Company.create(
                    name=one["company"], name_key=key, created_at=NOW
                )
            values = {name: one[name] for name in ("job_title", "size", "colours", "is_vip") if one[name]}
            owner = ada if one["is_owned"] else None
            made = person(
                f"p{number}@{one['domain']}",
                one["first_name"],
                one["last_name"],
                company=company,
                owner=owner,
                **values,
            )
            for domain in one["others"]:
                OtherAddress.create(email=f"o{number}@{domain}", contact=made)
            for text in one["note"]:
                Note.create(contact=made, author_name="Bob", text=text, created_at=NOW)
        before, text = told(ada), exported(ada, locale=locale, with_notes=True)
        for known in ("fill", "overwrite"):
            again = bring_in(ada, text, known)
            assert (again.made, again.changed, again.unchanged) == (0, 0, len(people))
        assert told(ada) == before
        clear()
        assert bring_in(ada, text).made == len(people)
        assert told(ada) == before

    check()
