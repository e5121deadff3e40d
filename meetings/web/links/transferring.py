"""Links given to another organizer: chosen, foreseen, done, and taken back for ten minutes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.availability import Kind
from meetings.errors import Invalid, NotFound
from meetings.i18n import gettext as _
from meetings.i18n import ngettext
from meetings.models import Booking, Link, Participant, Transfer, User
from meetings.models.bookings import CONFIRMED
from meetings.services import access, calendars, links

from .. import htmx
from ..session import admin_required, reader, signed_in
from ..wizard.team import badge
from .pages import blueprint, name_of

FEW: Final = 5  # people shown at once
LINKS_MAX: Final = 200
MOVE: Final = "move"


@dataclass(frozen=True)
class Wish:
    """What is asked for: which links are to go to whom, and their meetings with them or not."""

    links: Sequence[Link]
    to: str
    is_moving: bool

    @property
    def slugs(self) -> list[str]:
        return [link.slug for link in self.links]

    def query(self, **more: str) -> dict[str, Any]:
        """The wish as an address has it."""
        asked = {"to": self.to, "meetings": MOVE if self.is_moving else "stay", **more}
        return {"slug": self.slugs, **{name: value for name, value in asked.items() if value}}


@dataclass(frozen=True)
class Taker:
    """Somebody who could organize the links."""

    user: User
    badge: str
    why_not: str
    is_chosen: bool


@dataclass(frozen=True)
class Meeting:
    """A meeting that something is to be said about."""

    public_id: str
    when: str
    contact: str
    why: str = ""


@dataclass(frozen=True)
class Line:
    """What becomes, or became, of a link."""

    name: str
    slug: str
    former: str
    is_already_theirs: bool
    takes_place: bool  # in a group, of the former organizer
    staying: int  # meetings to come that nobody wanted to move
    moved: Sequence[Meeting]
    stayed: Sequence[Meeting]
    kept: bool = False  # it could not be taken back


@dataclass(frozen=True)
class Made:
    """A transfer of the last minutes."""

    id: int
    to: str
    by: str
    when: str
    is_undone: bool
    lines: Sequence[Line]
    left: Sequence[Meeting]  # meetings that could not be taken back

    @property
    def moved(self) -> int:
        return sum(len(line.moved) for line in self.lines)

    @property
    def stayed(self) -> int:
        return sum(len(line.stayed) for line in self.lines)

    @property
    def name(self) -> str:
        """The link, or how many there are."""
        if len(self.lines) == 1:
            return _("“%(name)s”", name=self.lines[0].name)
        return ngettext("%(num)s link", "%(num)s links", len(self.lines))


# --- choosing


@blueprint.get("/links/transfer")
@admin_required
def transfer() -> Response:
    """Choose who gets some links, then see what would happen."""
    wish = _wish(request.args)
    if wish.to and request.args.get("do") == "preview":
        return _preview(wish)
    return _ask(wish)


@blueprint.post("/links/transfer")
@admin_required
def give() -> Response:
    """Give the links to whoever was chosen."""
    wish = _wish(request.form)
    try:
        made = links.transfer(signed_in(), wish.slugs, wish.to, clock.now(), move_bookings=wish.is_moving)
    except Invalid as problem:
        return _ask(wish, problem)
    return htmx.redirect(url_for("links.index", transferred=made.id))


def _wish(asked: Any) -> Wish:
    """What is asked for; links of somebody's that aren't named one by one are all of theirs. Raises NotFound."""
    owner = asked.get("owner", "")
    if owner.isascii() and owner.isdigit() and len(owner) < 10:
        found = access.links_of(signed_in(), owner_id=int(owner))[:LINKS_MAX]
    else:
        slugs = list(dict.fromkeys(asked.getlist("slug")))[:LINKS_MAX]
        found = [access.link_for(signed_in(), slug) for slug in slugs]
    if not found:
        raise NotFound
    return Wish(found, asked.get("to", "")[:254], asked.get("meetings") == MOVE)


def _ask(wish: Wish, problem: Invalid | None = None) -> Response:
    query = request.args.get("looked_for", "")[:200]
    takers, summary = _takers(wish, query)
    return htmx.page_or_fragment(
        "links/transfer.html",
        "links/_transfer.html",
        422 if problem else 200,
        wish=wish,
        title=_title(wish),
        names=[name_of(link) for link in wish.links],
        takers=takers,
        summary=summary,
        query=query,
        ahead=sum(_held(wish.links).values()),
        errors=[i18n.flaw_message(flaw) for flaw in problem.flaws] if problem else [],
    )


def _title(wish: Wish) -> str:
    if len(wish.links) == 1:
        return _("Transfer “%(name)s”", name=name_of(wish.links[0]))
    return ngettext("Transfer %(num)s link", "Transfer %(num)s links", len(wish.links))


def _takers(wish: Wish, query: str) -> tuple[list[Taker], str]:
    """Whom the links could go to: who was chosen, then the first few of those who fit what was typed."""
    owners = {link.organizer_id for link in wish.links}
    but = [wish.links[0].organizer.email] if len(owners) == 1 else []
    found = access.users_to_meet(query, but)
    chosen = [user for user in access.users_by_email([wish.to]).values() if user.is_active and user.email not in but]
    count = found.count()
    shown = [*chosen, *(user for user in found.limit(FEW) if user not in chosen)]
    states, are_required = calendars.states(shown), calendars.are_required()
    rows = []
    for user in shown:
        is_lacking = are_required and states[user.id] == calendars.State.NEVER
        why_not = _("Can’t take over: your team requires a connected calendar.") if is_lacking else ""
        rows.append(Taker(user, badge(states[user.id]), why_not, user in chosen and not is_lacking))
    return rows, _summary(count, query)


def _summary(count: int, query: str) -> str:
    if not count:
        return _("Nobody of this name.") if query.strip() else _("There is nobody else here yet.")
    if count > FEW:
        more = ngettext("%(num)d more fits.", "%(num)d more fit.", count - FEW)
        return _("%(more)s Type a name or an address to find them.", more=more)
    return ngettext("%(num)d person", "%(num)d people", count)


def _held(found: Sequence[Link]) -> Mapping[int, int]:
    """How many meetings to come each link's organizer holds of it."""
    seats = Booking.select(Booking.link, Participant.host).join(Participant)
    coming = seats.where(Booking.link.in_(found), Booking.status == CONFIRMED, Booking.starts_at > clock.now())
    owners = {link.id: link.organizer_id for link in found}
    pairs: Any = coming.tuples()
    return Counter(link_id for link_id, host_id in pairs if owners[link_id] == host_id)


# --- seeing it first


def _preview(wish: Wish) -> Response:
    try:
        seen = links.foresee_transfer(signed_in(), wish.slugs, wish.to, clock.now(), move_bookings=wish.is_moving)
    except Invalid as problem:
        return _ask(wish, problem)
    made = _made(seen, {} if wish.is_moving else _held(wish.links))
    return htmx.page_or_fragment(
        "links/transfer_preview.html",
        "links/_transfer_preview.html",
        wish=wish,
        title=_("%(links)s to %(name)s?", links=made.name, name=made.to),
        made=made,
        back=url_for("links.transfer", **wish.query()),
    )


def _made(transfer: Transfer, staying: Mapping[int, int]) -> Made:
    """A transfer in words, one that took place or one that may."""
    former = transfer.former
    users = {user.id: user for user in User.select().where(User.id.in_(_people(former)))}
    told = _Meetings(former)
    gone = {one["slug"] for one in former.get("kept", []) if "slug" in one}
    rows = [_line(one, former, users, told, staying, is_kept=one["slug"] in gone) for one in former["links"]]
    return Made(
        id=transfer.id,
        to=_name_of(users, former["links"][0]["to"]),
        by=transfer.actor_name,
        when=reader().time(transfer.made_at),
        is_undone=transfer.undone_at is not None,
        lines=rows,
        left=[told.of(one["booking"], one["reason"]) for one in former.get("kept", []) if "booking" in one],
    )


def _people(former: Mapping[str, Any]) -> set[int]:
    return {one[side] for one in former["links"] for side in ("from", "to")}


def _name_of(users: Mapping[int, User], user_id: int) -> str:
    user = users.get(user_id)
    return user.name if user is not None else _("Somebody who left")


class _Meetings:
    """The meetings that a transfer is about, as its reader reads them."""

    def __init__(self, former: Mapping[str, Any]) -> None:
        ids = [one["public_id"] for one in (*former["bookings"], *former["stayed"])]
        self._rows = {row.public_id: row for row in Booking.select().where(Booking.public_id.in_(ids))}

    def of(self, public_id: str, reason: str = "") -> Meeting:
        row = self._rows[public_id]
        return Meeting(public_id, reader().date_time_short(row.starts_at), row.contact_name, why(reason))


def _line(
    one: Mapping[str, Any],
    former: Mapping[str, Any],
    users: Mapping[int, User],
    told: _Meetings,
    staying: Mapping[int, int],
    *,
    is_kept: bool,
) -> Line:
    link = Link.get_by_id(one["id"])
    return Line(
        name=name_of(link),
        slug=link.slug,
        former=_name_of(users, one["from"]),
        is_already_theirs=one["from"] == one["to"],
        takes_place=link.kind == Kind.GROUP and one["from"] != one["to"],
        staying=staying.get(link.id, 0),
        moved=[told.of(each["public_id"]) for each in former["bookings"] if each["link"] == link.id],
        stayed=[told.of(each["public_id"], each["reason"]) for each in former["stayed"] if each["link"] == link.id],
        kept=is_kept,
    )


def why(reason: str) -> str:
    """Why a meeting stays where it is."""
    return {
        "not-free": _("Not free then."),
        "in-it-already": _("In this meeting already."),
        "too-soon": _("Begins within half an hour."),
        "changed": _("Changed meanwhile, or its mails are out already."),
        "gone": _("Its former host isn’t here any more."),
    }.get(reason, "")


# --- afterwards


def can_undo(user: User) -> bool:
    """Whether there is a transfer that this user could take back."""
    return user.is_admin and any(one.undone_at is None for one in links.recent_transfers(user, clock.now()))


def just_made(user: User) -> Made | None:
    """The transfer that was just made, while it can be taken back."""
    number = request.args.get("transferred", "")
    if not user.is_admin or not number.isdecimal():
        return None
    found = (one for one in links.recent_transfers(user, clock.now()) if str(one.id) == number)
    made = next((one for one in found if one.undone_at is None), None)
    return _made(made, {}) if made is not None else None


@blueprint.get("/transfers")
@admin_required
def transfers() -> Response:
    """Transfers of the last ten minutes, to find the way back again."""
    made = [_made(one, {}) for one in links.recent_transfers(signed_in(), clock.now())]
    return htmx.page_or_fragment("links/transfers.html", "links/_transfers.html", made=made)


@blueprint.post("/transfers/<key:transfer_id>/undo")
@admin_required
def undo(transfer_id: int) -> Response:
    """Take a transfer back, and say what stays."""
    kept = links.undo_transfer(signed_in(), transfer_id, clock.now())
    if kept:
        flash(_("The transfer is undone, but not all of it could be taken back."), "warn")
        return htmx.redirect(url_for("links.transfers"))
    flash(_("The transfer is undone. Everything is as it was, and nobody got a mail."))
    return htmx.redirect(url_for("links.index"))
