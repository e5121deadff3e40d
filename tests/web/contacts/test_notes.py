"""Notes on a contact, without script."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings.models import Contact, Note, User
from meetings.services import contacts
from tests import make
from tests.hostile import BATCHES, MARK, dangers
from tests.web.pages import sign_in, visit


@pytest.fixture
def bobs(app: Flask, maren: Contact) -> FlaskClient:
    """A browser in which Bob is signed in, who owns Maren."""
    bob, client = make.user("Bob Okafor"), app.test_client()
    Contact.update(owner=bob).execute()
    sign_in(client, bob)
    return client


def test_a_note_is_written_changed_and_taken_away(client: FlaskClient, maren: Contact) -> None:
    notes = f"/contacts/{maren.id}/notes"
    page = visit(client, f"/contacts/{maren.id}").send(notes, text="  Likes tea\nand mornings ")
    assert "Likes tea and mornings Ada Admin" in page.main()
    first = Note.get()
    assert first.text == "Likes tea\nand mornings"
    page = visit(client, f"{notes}/{first.id}")
    assert page.fields(f"{notes}/{first.id}")["text"] == ["Likes tea\nand mornings"]
    page = page.send(f"{notes}/{first.id}", text="Likes coffee")
    assert "Likes coffee" in page.main()
    page = visit(client, f"{notes}/{first.id}/delete")
    assert page.heading() == "Delete the note by Ada Admin?"
    page = page.send(f"{notes}/{first.id}/delete")
    assert "Likes coffee" not in page.main()
    assert page.notices() == ["The note is deleted."]


def test_the_latest_stands_first(client: FlaskClient, maren: Contact) -> None:
    for text in ("One", "Two", "Three"):
        page = visit(client, f"/contacts/{maren.id}").send(f"/contacts/{maren.id}/notes", text=text)
    shown = page.main()
    assert shown.index("Three") < shown.index("Two") < shown.index("One")


@pytest.mark.parametrize("text", ["", "   ", "x" * 5001])
def test_what_is_no_note_is_said_and_stays(client: FlaskClient, maren: Contact, text: str) -> None:
    page = visit(client, f"/contacts/{maren.id}").send(f"/contacts/{maren.id}/notes", text=text)
    assert (page.status, page.errors().keys()) == (422, {"new-note-0"})
    assert page.fields(f"/contacts/{maren.id}/notes")["text"] == [text]
    assert not Note.select().exists()


def test_one_changes_one_s_own_and_admins_delete_any(client: FlaskClient, bobs: FlaskClient, maren: Contact) -> None:
    notes = f"/contacts/{maren.id}/notes"
    visit(client, f"/contacts/{maren.id}").send(notes, text="Ada's")
    visit(bobs, f"/contacts/{maren.id}").send(notes, text="Bob's")
    of_ada, of_bob = Note.get(Note.text == "Ada's"), Note.get(Note.text == "Bob's")
    assert "Ada's" in visit(bobs, f"/contacts/{maren.id}").main()
    for path in ("", "/delete"):
        assert visit(bobs, f"{notes}/{of_ada.id}{path}").status == 403
    assert visit(client, f"{notes}/{of_bob.id}").status == 403
    visit(client, f"{notes}/{of_bob.id}/delete").send(f"{notes}/{of_bob.id}/delete")
    assert [note.text for note in Note.select()] == ["Ada's"]


def test_a_note_is_found_under_its_own_contact_alone(client: FlaskClient, ada: User, maren: Contact) -> None:
    other = contacts.create(ada, {"email": "jon@nordlicht.example"}, make.NOW)
    visit(client, f"/contacts/{maren.id}").send(f"/contacts/{maren.id}/notes", text="Hers")
    for path in ("", "/delete"):
        assert visit(client, f"/contacts/{other.id}/notes/{Note.get().id}{path}").status == 404


def test_whoever_left_stays_the_author_by_name(client: FlaskClient, bobs: FlaskClient, maren: Contact) -> None:
    visit(bobs, f"/contacts/{maren.id}").send(f"/contacts/{maren.id}/notes", text="Bob's")
    Note.update(author=None).execute()
    assert "Bob's Bob Okafor" in visit(client, f"/contacts/{maren.id}").main()


@pytest.mark.alike
@pytest.mark.parametrize("batch", BATCHES, ids=range(len(BATCHES)))
def test_hostile_words_are_words(client: FlaskClient, ada: User, maren: Contact, batch: list[str]) -> None:
    for words in batch:
        visit(client, f"/contacts/{maren.id}").send(f"/contacts/{maren.id}/notes", text=words)
    page = visit(client, f"/contacts/{maren.id}")
    assert page.status == 200
    assert page.main().count(MARK) >= len(batch) - 1
    assert dangers(page.response.get_data(as_text=True)) == []
