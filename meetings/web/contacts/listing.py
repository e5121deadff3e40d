"""The list of contacts: searched, filtered, sorted."""

from werkzeug.wrappers import Response

from meetings.i18n import gettext as _
from meetings.models import Company, User
from meetings.services import access, contacts, directory

from .. import htmx
from ..session import login_required, reader, signed_in
from ..workspace import asked_for
from .pages import PAGE, Choice, blueprint, list_address, name_of, number, rows_of, sort_links, total

HERE = "contacts.index"
COLUMNS = ("name", "company", "last")
COMPANIES_SHOWN = 200  # in the list to choose from; all others are found by their own page


@blueprint.get("/contacts")
@login_required
def index() -> Response:
    """Everybody whom the user owns or has met; for admins everybody, the latest first."""
    user, wanted = signed_in(), _wanted()
    query = directory.contacts(
        user,
        wanted["q"],
        owner=directory.NOBODY if wanted["owner"] == directory.NOBODY else number(wanted["owner"]),
        company_id=number(wanted["company"]),
        sort=wanted["sort"] or directory.SORTS[0],
    )
    page, rows = rows_of(query, wanted["page"])
    people, whole = rows[:PAGE], {name: value for name, value in wanted.items() if name != "page"}
    return htmx.page_or_fragment(
        "contacts/index.html",
        "contacts/_list.html",
        people=people,
        number=page,
        total=total(query, page, rows),
        meetings=contacts.meetings_of(user, people),
        owners=contacts.owners(people),
        wanted=wanted,
        is_narrowed=any(wanted[name] for name in ("q", "owner", "company")),
        owner_choices=_owners(user),
        company_choices=_companies(user, number(wanted["company"])),
        sort_links=sort_links(HERE, whole, COLUMNS, directory.SORTS[0]),
        newer=list_address(HERE, whole, page=page - 1) if page > 1 else None,
        older=list_address(HERE, whole, page=page + 1) if len(rows) > PAGE else None,
        reader=reader(),
    )


def _wanted() -> dict[str, str]:
    """What is asked for, as far as it makes sense."""
    asked = asked_for("q", "owner", "company", "sort", "page")
    if asked["sort"].removeprefix("-") not in directory.SORTS:
        asked["sort"] = ""
    return asked


def _owners(user: User) -> list[Choice]:
    """Whose contacts can be looked for; members see few of others'."""
    people = access.team() if user.is_admin else [user]
    own = [(str(one.id), name_of(one)) for one in people]
    return [("", _("Every owner")), *own, (directory.NOBODY, _("No owner"))]


def _companies(user: User, chosen: int | None) -> list[Choice]:
    rows: list[Company] = list(directory.companies(user).limit(COMPANIES_SHOWN))
    if chosen is not None and all(one.id != chosen for one in rows):
        rows += list(directory.visible_companies(user).where(Company.id == chosen))
    return [("", _("Every company")), *((str(one.id), one.name) for one in rows)] if rows else []
