"""Notes: whose they are."""

from contextlib import suppress

import pytest
from flask import Flask

from meetings.errors import Forbidden, Invalid, NotFound
from meetings.models import Contact, Note, User
from meetings.services import contacts, notes
from tests import make
from tests.hostile import LINES, PAYLOADS

NOW = make.NOW


@pytest.fixture
def ada(app: Flask) -> User:
    return make.user("Ada Admin", role="admin")


@pytest.fixture
def bob(app: Flask) -> User:
    return make.user("Bob Okafor")


@pytest.fixture
def maren(ada: User) -> Contact:
    return contacts.create(ada, {"email": "maren@example.com"}, NOW)


def test_words_are_one_s_own(ada: User, bob: User, maren: Contact) -> None:
    note = notes.add(bob, maren, "Likes tea", NOW)
    with pytest.raises(Forbidden):
        notes.change(ada, note, "Likes coffee")
    notes.change(bob, note, "Likes coffee")
    assert (Note.get().text, Note.get().author_name) == ("Likes coffee", "Bob Okafor")


def test_admins_take_any_away_members_their_own(ada: User, bob: User, maren: Contact) -> None:
    of_ada, of_bob = notes.add(ada, maren, "One", NOW), notes.add(bob, maren, "Two", NOW)
    with pytest.raises(Forbidden):
        notes.delete(bob, of_ada)
    notes.delete(ada, of_bob)
    notes.delete(ada, of_ada)
    assert not Note.select().exists()


def test_nobody_s_are_nobody_s(bob: User, maren: Contact) -> None:
    note = notes.add(bob, maren, "Two", NOW)
    Note.update(author=None).execute()
    found = notes.note_on(maren, note.id)
    assert not notes.may_change(bob, found)
    assert not notes.may_delete(bob, found)


def test_a_note_is_on_one_contact(ada: User, maren: Contact) -> None:
    note = notes.add(ada, maren, "One", NOW)
    with pytest.raises(NotFound):
        notes.note_on(contacts.create(ada, {"email": "jon@example.com"}, NOW), note.id)


@pytest.mark.parametrize("words", ["", " \n ", "\u200b", "x" * (notes.NOTE_MAX + 1), "a\0b", None, 5, ["x"]])
def test_what_is_no_note(ada: User, maren: Contact, words: object) -> None:
    with pytest.raises(Invalid):
        notes.add(ada, maren, words, NOW)


def test_hostile_words_are_kept_as_words(ada: User, maren: Contact) -> None:
    for words in PAYLOADS:
        assert notes.add(ada, maren, words, NOW).text == words.strip()
    for words in LINES:
        with suppress(Invalid):  # of invisible characters
            assert (
                notes.add(ada, maren, words, NOW).text.isprintable() or "\n" in Note.select().order_by(Note.id)[-1].text
            )


def test_on_whoever_is_gone_by_now(ada: User, maren: Contact) -> None:
    Contact.delete().execute()
    with pytest.raises(NotFound):
        notes.add(ada, maren, "Likes tea", NOW)
    assert not Note.select().exists()
