"""People of the team."""

from collections.abc import Mapping

from .. import clock
from ..domain.fields import Check, Checked, Field, Flaw, refuse, unknown_fields
from ..errors import Invalid
from ..models import User
from ..services import access, users
from . import documents, pages, reading
from .calls import Access, Group, Parameter, call

FIELDS = ("email", "name", "timezone", "locale", "role")


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
    user, url = users.create(actor, reading.body(_fields(*FIELDS)), clock.now())
    return {**documents.user(user), "set_password_url": url}


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
    summary="Change a person's details",
    body="UserPatch",
    answer="User",
    problems=("forbidden",),
    explanation="Members change their own name, zone and language; addresses and roles are for admins.",
)
def change_user(actor: User, user_id: int) -> dict[str, object]:
    user = access.user_for(actor, user_id)
    sent = reading.body(_fields("id", *FIELDS))
    changes = {name: value for name, value in sent.items() if value != getattr(user, name)}
    if changes.pop("id", None) is not None:
        raise Invalid([Flaw("id", "fixed")])
    return documents.user(users.update(actor, user, changes))


@call(
    "DELETE",
    "/users/<key:id>",
    access=Access.ADMIN,
    group=Group.PEOPLE,
    summary="Remove a person",
    query=(Parameter("delete_links", {"type": "boolean"}, "Also delete the links that they organize"),),
    problems=("forbidden", "owns-links"),
    explanation="Who organizes links is kept, with 409 `owns-links`, unless `delete_links=true`. Bookings stay.",
)
def remove_user(actor: User, user_id: int) -> None:
    delete_links = reading.query({"delete_links": Field(reading.switch)})["delete_links"]
    users.delete(actor, access.user_for(actor, user_id), delete_links=bool(delete_links))
