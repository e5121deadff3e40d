"""People of the team."""

from collections.abc import Mapping
from typing import Any

from .. import clock
from ..domain.fields import Check, Checked, Field, Flaw, boolean, choice, email, refuse, unknown_fields
from ..errors import Invalid
from ..models import User
from ..services import access, holidays, leaving, users
from ..services.leaving import Choices, Contacts, Links, Meetings
from . import documents, pages, reading
from .calls import Access, Group, Parameter, call
from .schemas.parts import BOOLEAN, EMAIL, one_of

FIELDS = ("email", "name", "timezone", "locale", "role", "holidays")
TRANSFER_TO = Parameter("transfer_to", EMAIL, "Who gets the links, meetings to come, contacts and companies")
CANCEL_REST = Parameter("cancel_rest", BOOLEAN, "Also cancel meetings that can't be handed over")


def _ways(*ways: str) -> tuple[Mapping[str, Any], Check]:
    """The schema of a choice in the query, and its check."""
    return one_of(ways), choice(*ways)


ANY_LINKS, check_links = _ways(Links.KEEP, Links.TRANSFER)
ANY_BOOKINGS, check_bookings = _ways(*Meetings)
ANY_CONTACTS, check_contacts = _ways(*Contacts)
FINAL_BOOKINGS, check_final_bookings = _ways(Meetings.HAND_OVER, Meetings.CANCEL)
FINAL_CONTACTS, check_final_contacts = _ways(Contacts.TRANSFER, Contacts.RELEASE)


def _fields(*names: str) -> Check:
    """An object with no other fields than these; what they hold is checked further in."""

    def check(value: object, path: str) -> Checked:
        if not isinstance(value, Mapping):
            return refuse(path, "not-an-object")
        return value, unknown_fields(value, names, path)

    return check


@call("GET", "/me", access=Access.TOKEN, group=Group.PEOPLE, summary="The token's user", answer="User")
def show_me(actor: User) -> dict[str, object]:
    return documents.user(actor)


@call(
    "GET",
    "/users",
    access=Access.TOKEN,
    group=Group.PEOPLE,
    summary="People of the team",
    answer="UserList",
    query=pages.PARAMETERS,
    explanation="Everybody for admins, in the order in which they came; oneself for members.",
)
def list_users(actor: User) -> dict[str, object]:
    page = pages.of_query(access.visible_users(actor), (User.id,), lambda row: (row.id,))
    return page.document([documents.user(row) for row in page.rows])


@call(
    "POST",
    "/users",
    access=Access.ADMIN,
    group=Group.PEOPLE,
    summary="Add somebody",
    body="UserRequest",
    answer="NewUser",
    problems=("forbidden",),
    explanation="Active at once. `set_password_url` works once and is also mailed to them.",
)
def add_user(actor: User) -> dict[str, object]:
    sent = dict(reading.body(_fields(*FIELDS)))
    days = _holidays(sent)
    user, url = users.create(actor, sent, clock.now())
    holidays.choose(actor, user, days or "", clock.now())
    return {**documents.user(user), "set_password_url": url}


def _holidays(sent: dict[str, object]) -> str | None:
    """Whose public holidays, taken out of what was sent; None if nothing is said. Raises Invalid."""
    if "holidays" not in sent:
        return None
    place, flaws = Field(holidays.place, "").read(sent.pop("holidays"), "holidays")
    if flaws:
        raise Invalid(flaws)
    return str(place)


@call(
    "GET",
    "/users/<key:id>",
    access=Access.TOKEN,
    group=Group.PEOPLE,
    summary="One person",
    answer="User",
)
def show_user(actor: User, user_id: int) -> dict[str, object]:
    return documents.user(access.user_for(actor, user_id))


@call(
    "PATCH",
    "/users/<key:id>",
    access=Access.TOKEN,
    group=Group.PEOPLE,
    summary="Change a person's details, deactivate or reactivate them",
    body="UserPatch",
    answer="User",
    query=(
        TRANSFER_TO,
        Parameter("links", ANY_LINKS, "What becomes of links; transfer if `transfer_to` is said, else keep"),
        Parameter("bookings", ANY_BOOKINGS, "Of meetings to come; hand_over if `transfer_to` is said, else keep"),
        CANCEL_REST,
        Parameter("contacts", ANY_CONTACTS, "Of contacts and companies; transfer if `transfer_to` is said, else keep"),
    ),
    problems=("forbidden", "conflict"),
    explanation="Members change their own name, zone, language and holidays; addresses, roles and `active` are for"
    " admins. `active` is changed on its own; the query says what becomes of everything when it is false. Meetings that"
    " can't be handed over stay theirs, unless `cancel_rest=true`.",
)
def change_user(actor: User, user_id: int) -> dict[str, object]:
    user = access.user_for(actor, user_id)
    sent = dict(reading.body(_fields("id", "active", *FIELDS)))
    is_active = _active(sent)
    changes = {name: value for name, value in sent.items() if value != getattr(user, name)}
    if changes.pop("id", None) is not None:
        raise Invalid([Flaw("id", "fixed")])
    if is_active not in (None, user.is_active):
        if changes:
            raise Invalid([Flaw("active", "on-its-own")])
        return documents.user(_switched(actor, user, is_active=bool(is_active)))
    days = _holidays(changes)
    user = users.update(actor, user, changes)
    return documents.user(user if days is None else holidays.choose(actor, user, days, clock.now()))


def _active(sent: dict[str, object]) -> bool | None:
    """Whether the person is to be here, taken out of what was sent; None if nothing is said. Raises Invalid."""
    if "active" not in sent:
        return None
    is_active, flaws = Field(boolean, default=True).read(sent.pop("active"), "active")
    if flaws:
        raise Invalid(flaws)
    return bool(is_active)


def _switched(actor: User, user: User, *, is_active: bool) -> User:
    if is_active:
        users.set_active(actor, user, is_active=True)
    else:
        asked = reading.query(
            {
                "transfer_to": Field(email),
                "links": Field(check_links),
                "bookings": Field(check_bookings),
                "cancel_rest": Field(reading.switch),
                "contacts": Field(check_contacts),
            }
        )
        leaving.deactivate(actor, user, _choices(asked, asked["links"]), clock.now())
    return User.get_by_id(user.id)


def _choices(asked: Mapping[str, Any], of_links: str | None, of_meetings: str = Meetings.KEEP) -> Choices:
    """What was asked for; where there is a successor and nothing else is said, they get everything."""
    has_successor = asked["transfer_to"] is not None
    meetings = asked["bookings"] or (Meetings.HAND_OVER if has_successor else of_meetings)
    return Choices(
        links=Links(of_links or (Links.TRANSFER if has_successor else Links.KEEP)),
        meetings=Meetings(meetings),
        contacts=Contacts(asked["contacts"] or (Contacts.TRANSFER if has_successor else Contacts.KEEP)),
        transfer_to=asked["transfer_to"] or "",
        cancel_rest=bool(asked["cancel_rest"]),
    )


@call(
    "DELETE",
    "/users/<key:id>",
    access=Access.ADMIN,
    group=Group.PEOPLE,
    summary="Remove a person",
    query=(
        TRANSFER_TO,
        Parameter("delete_links", BOOLEAN, "Delete the links that they organize, instead of transferring them"),
        Parameter("bookings", FINAL_BOOKINGS, "What becomes of meetings to come; hand_over if `transfer_to` is said"),
        CANCEL_REST,
        Parameter("contacts", FINAL_CONTACTS, "Of contacts and companies; transfer if `transfer_to` is said"),
    ),
    problems=("forbidden", "owns-links", "holds-meetings", "conflict"),
    explanation="Nothing happens, with 409 `owns-links`, while they organize links, unless there is somebody to"
    " transfer them to or `delete_links=true`; and with 409 `holds-meetings` while meetings to come would be left with"
    " nobody."
    " With `delete_links=true` and nothing said of them, these are cancelled. Meetings with other hosts go on with"
    " those. Those of the past stay.",
)
def remove_user(actor: User, user_id: int) -> None:
    asked = reading.query(
        {
            "transfer_to": Field(email),
            "delete_links": Field(reading.switch),
            "bookings": Field(check_final_bookings),
            "cancel_rest": Field(reading.switch),
            "contacts": Field(check_final_contacts),
        }
    )
    goes = asked["delete_links"]
    choices = _choices(asked, Links.DELETE if goes else None, Meetings.CANCEL if goes else Meetings.KEEP)
    leaving.delete(actor, access.user_for(actor, user_id), choices, clock.now())
