"""What the pages about contacts have in common."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, url_for
from peewee import ModelSelect

from meetings.i18n import gettext as _
from meetings.models import Contact, User
from meetings.services import access, directory

from ..session import signed_in

blueprint = Blueprint("contacts", __name__)

PAGE = 50

Choice = tuple[str, str]  # value and words of an option


def found(contact_id: int) -> Contact:
    """A contact that the user may see. Raises NotFound."""
    return directory.contact_for(signed_in(), contact_id)


def owner_choices(present: User | None, nobody: str = "") -> list[Choice]:
    """Whom a contact or a company can belong to; the present owner stays a choice, whoever they are by now."""
    people = [one for one in access.team() if one.is_active]
    if present is not None and present not in people:
        people.append(present)
    return [("", nobody or _("Nobody")), *((one.email, name_of(one)) for one in people)]


def name_of(user: User) -> str:
    """A person of the team as a list names them."""
    return _("%(name)s (you)", name=user.name) if user == signed_in() else user.name


def number(text: str) -> int | None:
    """The number of a row that an address names; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def rows_of(query: ModelSelect, asked: str) -> tuple[int, list[Any]]:
    """The page of a list that an address asks for, the first if there is no such; its rows, one more if it goes on."""
    page = max(number(asked[:6]) or 1, 1)
    rows = list(query.limit(PAGE + 1).offset((page - 1) * PAGE))
    return (page, rows) if rows or page == 1 else rows_of(query, "")


def total(query: ModelSelect, page: int, rows: Sequence[object]) -> int:
    """How many there are on all pages of a list; `rows` are those of this page, and one more if there is another."""
    return len(rows) if page == 1 and len(rows) <= PAGE else query.count()


def list_address(endpoint: str, wanted: Mapping[str, str], **changed: str | int | None) -> str:
    """The address of a list as it is, but for what is changed."""
    asked = {**wanted, **changed}
    said = {name: value for name, value in asked.items() if value and not (name == "page" and value in {1, "1"})}
    return url_for(endpoint) + (f"?{urlencode(said)}" if said else "")


def sort_links(
    endpoint: str, wanted: Mapping[str, str], columns: Iterable[str], usual: str
) -> dict[str, tuple[str, str]]:
    """For each column: what sorts by it (turning round if it does already), and how it is sorted now."""
    now = wanted["sort"] or usual
    links = {}
    for name in columns:
        turned = f"-{name}" if now == name else name
        state = {name: "ascending", f"-{name}": "descending"}.get(now, "none")
        links[name] = (list_address(endpoint, wanted, sort=turned, page=None), state)
    return links
