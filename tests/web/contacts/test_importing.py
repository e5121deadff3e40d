"""Contacts from a file, without script: upload, columns, check, done."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings.domain import contact_file
from meetings.models import Contact, ContactFile, Note, PropertyValue, User
from meetings.services import properties
from tests import hostile, make
from tests.web.pages import Page, sign_in, visit

FILE = "Mail,Prénom,Nom,Shoe size,Comment\na@x.example,Ann,Lee,42,Likes tea\nb@x.example,Bob,Roe,,\n"


def upload(client: FlaskClient, content: str | bytes, name: str = "people.csv") -> Page:
    data = content.encode() if isinstance(content, str) else content
    return visit(client, "/contacts/import").send("/contacts/import", file=(io.BytesIO(data), name))


def at(page: Page, step: str) -> str:
    return page.path.rpartition("/")[0] + f"/{step}"


def test_the_whole_way(client: FlaskClient, ada: User) -> None:
    assert visit(client, "/contacts").links()["Import"] == "/contacts/import"
    columns = upload(client, FILE)
    assert "people.csv" in columns.main()
    assert columns.fields(columns.path)["column-0"] == ["email"]
    assert columns.fields(columns.path)["column-3"] == [""]
    assert "Ann" in columns.main()
    check = columns.send(columns.path, **{"column-3": "new"})
    assert check.path == at(columns, "check")
    assert "New 2 Changed 0 Unchanged 0 Left out 0" in check.main()
    assert Contact.select().count() == 0
    done = check.send(check.path)
    assert done.path == at(columns, "done")
    assert "New 2" in done.main()
    ann = Contact.by_email("a@x.example")
    assert ann.name == "Ann Lee"
    assert PropertyValue.known(ann.id) == {"shoe_size": "42"}
    assert Note.get().text == "Likes tea"
    assert visit(client, columns.path).path == done.path  # going back comes here again
    assert visit(client, check.path).path == done.path


def test_a_press_too_many_changes_nothing(client: FlaskClient, ada: User) -> None:
    columns = upload(client, FILE)
    check = columns.send(columns.path)
    check.send(check.path)
    again = check.send(check.path)
    assert again.path == at(columns, "done")
    assert Contact.select().count() == 2


def test_the_preview_follows_the_columns(client: FlaskClient, ada: User) -> None:
    columns = upload(client, FILE)
    shown = columns.send(columns.path, **{"column-1": "last_name", "column-2": "first_name"}, do="preview")
    assert "First name Lee" in shown.main()
    assert ContactFile.get().choices == {}
    missing = columns.send(columns.path, **{"column-0": "", "column-1": "note", "column-4": "note"})
    assert missing.status == 422
    assert missing.errors().keys() == {"columns", "column-4"}
    assert [one.get("name") for one in missing.all("select") if "autofocus" in one.attrib] == ["column-4"]
    assert any(missing.errors()["columns"] in missing.words(one) for one in missing.all("div", role="alert"))


def test_wrong_lines_are_told_and_come_back_as_a_file(client: FlaskClient, ada: User) -> None:
    columns = upload(client, FILE + "bad,Cy,,,\nc@x.example,=1,,,\nA@x.example,,,,\n")
    check = columns.send(columns.path)
    assert "2 lines are wrong" in check.main()
    assert "Line 4 Mail : This is not" in check.main()
    assert "the same contact as in line 2" in check.main()
    assert not [one for one in check.all("button") if check.words(one) == "Import"]
    answer = client.get(at(columns, "wrong.csv"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="wrong-lines.csv"'
    assert len(answer.get_data(as_text=True).splitlines()) == 3
    assert check.send(check.path).status == 422  # without saying so, nothing
    assert Contact.select().count() == 0
    done = check.send(check.path, do="right")
    assert "New 3 Changed 0 Unchanged 0 Left out 2" in done.main()


def test_a_column_without_a_heading_goes_by_its_number(client: FlaskClient, ada: User) -> None:
    columns = upload(client, "mail,\na@x.example,nobody@x.example\n")
    check = columns.send(columns.path, **{"column-1": "owner"})
    assert "Line 2 Column 2 : Nobody here has this address." in check.main()
    answer = client.get(at(columns, "wrong.csv")).get_data(as_text=True)
    assert '"Column 2: Nobody here has this address."' in answer


def test_a_property_that_can_t_be_made_is_told_beside_its_column(client: FlaskClient, ada: User) -> None:
    columns = upload(client, "mail,X,x,\na@x.example,1,2,3\n")
    refused = columns.send(columns.path, **{"column-1": "new", "column-2": "new", "column-3": "new"})
    assert refused.status == 422
    assert refused.errors().keys() == {"column-2", "column-3"}
    assert "has no heading" in refused.errors()["column-3"]
    assert ContactFile.get().choices == {}


@pytest.mark.parametrize(("line", "press"), [("", {}), ("bad,2\n", {"do": "right"})])
def test_a_property_that_somebody_else_has_made_meanwhile_is_told(
    client: FlaskClient, ada: User, line: str, press: dict[str, str]
) -> None:
    columns = upload(client, f"mail,X\na@x.example,1\n{line}")
    check = columns.send(columns.path, **{"column-1": "new"})
    properties.add(ada, {"label": "X"}, make.NOW)
    refused = check.send(check.path, **press)
    assert refused.status == 422
    assert "This is here twice" in refused.main()
    assert Contact.select().count() == 0


def test_whose_contacts_they_will_be_is_shown_beforehand(client: FlaskClient, ada: User) -> None:
    columns = upload(client, f"mail,owner,other addresses\na@x.example,{ada.email},b@x.example; c@x.example\n")
    assert "Other addresses b@x.example; c@x.example Owner Ada Admin" in columns.main()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        b"mail\na\0@x.example\n",
        b"x," * 100_000 + b"\n1\n",
        b'mail\n"' + b"x" * 300_000,
    ],
)
def test_what_is_no_file_of_contacts_is_told_beside_the_field(client: FlaskClient, ada: User, content: bytes) -> None:
    page = upload(client, content)
    assert (page.status, page.errors().keys()) == (422, {"file"})


def test_a_file_that_is_too_large_is_told_the_limit(
    client: FlaskClient, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_file, "MEGABYTES_MAX", 0)
    assert "At most 0 MB fit" in upload(client, FILE).errors()["file"]


def test_no_file_at_all(client: FlaskClient, ada: User) -> None:
    page = visit(client, "/contacts/import").send("/contacts/import")
    assert (page.status, page.errors().keys()) == (422, {"file"})


def test_hostile_texts_stay_texts_on_every_page(client: FlaskClient, ada: User) -> None:
    text = "\n".join(
        f'bad,"{one[:150].replace(chr(34), chr(34) * 2)}","{one[:150].replace(chr(34), chr(34) * 2)}"'
        for one in hostile.PAYLOADS[:40]
    )
    heading = hostile.PAYLOADS[0].replace(",", "")
    page = upload(client, f'mail,"{heading}",note\n{text}\nok@x.example,x,y\n', name=f"{hostile.PAYLOADS[5]}.csv")
    check = page.send(page.path, **{"column-1": "first_name"})
    for one in (page, check):
        assert hostile.MARK in one.main()
        assert hostile.dangers(one.response.get_data(as_text=True)) == []


def test_nobody_but_the_admin_who_sent_it(client: FlaskClient, app: Flask, ada: User) -> None:
    page = upload(client, FILE)
    other, member = app.test_client(), app.test_client()
    sign_in(other, make.user("Zoe Admin", role="admin"))
    sign_in(member, make.user("Bob Berg"))
    for step in ("columns", "check", "done", "wrong.csv"):
        assert visit(other, at(page, step)).status == 404
        assert visit(member, at(page, step)).status == 403
    assert visit(member, "/contacts/import").status == 403
    assert "Import" not in visit(member, "/contacts").links()


def test_steps_in_the_wrong_order_lead_to_the_right_one(client: FlaskClient, ada: User) -> None:
    page = upload(client, FILE)
    for step in ("check", "done", "wrong.csv"):
        assert visit(client, at(page, step)).path == page.path


def test_the_file_is_exported_as_it_was_searched(client: FlaskClient, ada: User) -> None:
    for name in ("Ann", "Bob"):
        Contact.create(email=f"{name}@x.example", first_name=name, last_name="Lee", created_at=make.NOW)
    page = visit(client, "/contacts?q=ann").go("Export")
    assert "One contact found by “ann”" in page.main()
    answer = client.get("/contacts.csv?q=ann")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="contacts-2026-11-30.csv"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text: Any = answer.get_data()
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.decode().count("\r\n") == 2
    assert "Notes" not in text.decode()
    assert "Notes" in client.get("/contacts.csv?notes=1").get_data(as_text=True)
    member = client.application.test_client()
    sign_in(member, make.user("Bob Berg"))
    assert [member.get(path).status_code for path in ("/contacts.csv", "/contacts/export")] == [403, 403]
