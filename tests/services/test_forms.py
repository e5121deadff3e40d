"""What forms ask, with the words and choices of the contact's properties, and what becomes known of contacts."""

from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from meetings import i18n
from meetings.domain.form import KINDS
from meetings.errors import Invalid
from meetings.models import Answer, Company, Contact, Link, Property, PropertyValue, User
from meetings.services import forms, links
from tests import make

BUILT_IN = ["company", "job_title", "phone", "website"]


@pytest.fixture
def alice(app: Flask) -> User:
    return make.user()


def prop(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "property", "required": False, **more}


def said(name: str, value: str) -> dict[str, Any]:
    return {"name": name, "label": name, "value": value, "kind": "line", "in_invite": True}


def company(email: str = "maren@example.com") -> Company:
    found = Contact.by_email(email).company
    assert found is not None
    return found


def names() -> list[str]:
    return [made.name for made in Property.in_order()]


# ---- asking ----------------------------------------------------------------------------------------------------------


def test_a_property_has_its_kind_choices_and_words_from_the_table(alice: User) -> None:
    size = prop("size", label="Your size", kind="radio", options=["S", "M"])
    make.link(alice, "first", form={"fields": [size]})
    other = make.link(alice, "other", form={"fields": [prop("size"), prop("phone", help="With country code")]})
    [asked, phone] = forms.asked(other, "en")
    assert (asked.label, asked.kind, asked.options) == ("Your size", "radio", ("S", "M"))
    assert (phone.label, phone.kind, phone.help) == ("Phone", "phone", "With country code")


def test_built_in_properties_are_named_in_the_readers_language_unless_the_link_has_a_word(alice: User) -> None:
    link = make.link(alice, form={"fields": [prop("job_title"), prop("company", label="Who pays?")]})
    assert [asked.label for asked in forms.asked(link, "en")] == ["Job title", "Who pays?"]
    assert [asked.label for asked in forms.asked(link, "fr")] != ["Job title", "Who pays?"]


def test_asking_takes_one_query_and_none_without_properties(alice: User) -> None:
    question = {"name": "q", "label": "Q?", "type": "question"}
    plain = make.link(alice, "plain", form={"fields": [question]})
    with count_queries() as none:
        forms.asked(plain, "en")
    assert none.count == 0
    many = make.link(alice, "many", form={"fields": [question, *(prop(name) for name in BUILT_IN)]})
    with count_queries() as one:
        forms.asked(many, "en")
    assert one.count == 1


def test_a_property_that_is_gone_is_asked_as_the_link_has_it(alice: User) -> None:
    link = make.link(alice, form={"fields": [prop("size", label="Size", kind="number")]})
    Property.delete().where(Property.name == "size").execute()
    [asked] = forms.asked(link, "en")
    assert (asked.label, asked.kind) == ("Size", "number")


# ---- words -----------------------------------------------------------------------------------------------------------


def test_every_kind_and_every_property_that_is_always_there_has_a_name(alice: User) -> None:
    assert set(i18n.KIND_NAMES) == set(KINDS)
    assert list(i18n.PROPERTY_NAMES) == names()
    assert {made.label for made in Property.in_order()} == {""}


@pytest.mark.parametrize(
    ("kind", "value", "locale", "words"),
    [
        ("number", "12.5", "fr", "12,5"),
        ("number", "12.5", "en", "12.5"),
        ("number", "2026", "en", "2026"),  # a year: no mark between the thousands
        ("number", "0.000001", "de", "0,000001"),
        ("date", "2026-12-03", "en-GB", "Thu 3 Dec 2026"),
        ("date", "2026-12-03", "fr", "jeu. 3 déc. 2026"),
        ("yes_no", "no", "en", "No"),
        ("checkboxes", "A\nB", "en", "A\nB"),
        ("text", "Yes", "en", "Yes"),
    ],
)
def test_answers_are_told_as_people_write_them(kind: str, value: str, locale: str, words: str) -> None:
    assert i18n.answer_in_words(kind, value, locale) == words


# ---- making ----------------------------------------------------------------------------------------------------------


def test_saving_a_link_makes_the_properties_it_asks_for(alice: User) -> None:
    assert names() == BUILT_IN
    link = make.link(alice, form={"fields": [prop("budget", label="Budget", kind="number")]})
    assert names() == [*BUILT_IN, "budget"]
    made = Property.in_order()[-1]
    assert (made.label, made.kind, made.options) == ("Budget", "number", [])
    patch = {"scheduling": {"form": {"fields": [prop("budget", kind="text"), prop("rooms")]}}}
    links.update(alice, link, patch, make.NOW)
    links.update(alice, Link.get_by_id(link.id), patch, make.NOW)
    assert names() == [*BUILT_IN, "budget", "rooms"]
    assert [made.kind for made in Property.in_order()][-2:] == ["number", "line"]  # what is there stays as it is


def test_a_property_without_a_name_is_named_after_its_label(alice: User) -> None:
    link = make.link(alice, form={"fields": [prop("", label="Größe des Teams")]})
    assert link.scheduling["form"]["fields"][0]["name"] == "grosse_des_teams"
    assert names()[-1] == "grosse_des_teams"


def test_a_property_to_choose_from_needs_choices(alice: User) -> None:
    with pytest.raises(Invalid) as refused:
        make.link(alice, form={"fields": [prop("size", kind="select")]})
    assert [(flaw.field, flaw.code) for flaw in refused.value.flaws] == [
        ("scheduling.form.fields.0.options", "too-few")
    ]
    assert Link.by_slug("demo") is None
    assert names() == BUILT_IN


# ---- knowing ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def link(alice: User) -> Link:
    return make.link(alice, form={"fields": [prop("company"), prop("phone"), {"label": "Q?", "type": "question"}]})


def known() -> dict[str, str]:
    return forms.known_values(Contact.by_email("maren@example.com"))


def test_answers_to_properties_are_known_from_then_on(link: Link) -> None:
    told = [said("company", "Nordlicht AS"), said("q", "An echo")]
    booking = make.booking(link, answers=told)
    assert [answer.name for answer in Answer.select().where(Answer.booking == booking)] == ["company", "q"]
    assert known() == {"company": "Nordlicht AS"}
    assert company().name == "Nordlicht AS"


def test_a_stranger_adds_to_what_is_known_but_replaces_nothing(link: Link) -> None:
    make.booking(link, answers=[said("company", "Nordlicht AS")])
    make.booking(link, "2026-12-01 10:00", answers=[said("company", "Evil Ltd"), said("phone", "+47 22 33 44 55")])
    assert known() == {"company": "Nordlicht AS", "phone": "+47 22 33 44 55"}
    assert company().name == "Nordlicht AS"
    assert [answer.value for answer in Answer.select().where(Answer.name == "company")] == ["Nordlicht AS", "Evil Ltd"]


def test_a_recognised_contact_changes_what_is_known(link: Link) -> None:
    make.booking(link, answers=[said("company", "Nordlicht AS")])
    later = [said("company", "Nordlicht Group")]
    make.booking(link, "2026-12-01 10:00", answers=later, is_recognised=True)
    assert known() == {"company": "Nordlicht Group"}
    assert company().name == "Nordlicht AS"  # their address says where they work; its name is for admins to change


def test_a_recognised_contact_with_a_free_mailbox_changes_their_company(link: Link) -> None:
    who = {"email": "maren@gmail.com"}
    make.booking(link, answers=[said("company", "Nordlicht AS")], **who)
    make.booking(link, "2026-12-01 10:00", answers=[said("company", "Evil Ltd")], **who)
    assert company("maren@gmail.com").name == "Nordlicht AS"
    later = [said("company", " Nordlicht  Group ")]
    make.booking(link, "2026-12-01 11:00", answers=later, is_recognised=True, **who)
    assert company("maren@gmail.com").name == "Nordlicht Group"


def test_a_booking_that_fails_leaves_nothing_known(link: Link) -> None:
    make.booking(link, email="bo@example.com")
    with pytest.raises(Exception, match="slot-taken"):
        make.booking(link, answers=[said("company", "Nordlicht AS")])
    assert PropertyValue.select().count() == 0
    assert not Contact.select().where(Contact.email == "maren@example.com").exists()


def test_a_long_company_is_cut_where_there_is_less_room(link: Link) -> None:
    make.booking(link, answers=[said("company", "x" * 400)])
    assert company().name == "x" * 200
    assert known() == {"company": "x" * 400}


def test_a_title_has_the_domain_of_a_company_but_none_of_a_mail_provider() -> None:
    assert forms.title_values("maren@Nordlicht.example", [], "en")["company.domain"] == "nordlicht.example"
    assert forms.title_values("maren@gmail.com", [], "en")["company.domain"] == ""


def test_a_title_says_answers_in_words() -> None:
    told = [{**said("begin", "2026-12-03"), "kind": "date"}, {**said("has", "A\nB"), "kind": "checkboxes"}]
    values = forms.title_values("m@example.org", told, "en", {"team": "Blue", "site": "evil.example"})
    assert values["contact.begin"] == "Thu 3 Dec 2026"
    assert values["contact.has"] == "A, B"
    assert values["contact.team"] == "Blue"
    assert "contact.site" not in values
