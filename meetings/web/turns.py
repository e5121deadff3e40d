"""Whose turn it is: how a round robin's meetings are shared out, and who would get one now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.fields import Flaw, date_between
from meetings.domain.fields import email as check_email
from meetings.domain.time import SECONDS_PER_DAY, Instant, Span, instant_of, to_datetime, to_instant, zone
from meetings.domain.typed import parse_hours
from meetings.errors import SlotTaken
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.services import offers, turns
from meetings.services.turns import Foreseen, Standing

from . import htmx
from .ledger import Ledger, ledger_of
from .session import Reader, login_required, reader, signed_in
from .visit import read_start

blueprint = Blueprint("turns", __name__)

NEXT_TIMES = 6  # that are offered to choose from
LOOK_DAYS = 14  # days searched for these
EVEN = 1  # meetings ahead of one's part that nobody need mention
_DAY = date_between(date(1972, 1, 1), date(9989, 12, 31))


@dataclass(frozen=True)
class Row:
    """A member and their part."""

    name: str
    is_paused: bool
    weight: int
    count: int
    turn: str
    share: str  # what they had of all, or why they have none
    fair: str  # what would be theirs
    held: float  # both as parts of the widest bar
    wanted: float


@dataclass(frozen=True)
class Question:
    """What is asked: who would get a meeting at this time, with this contact."""

    start: Instant | None
    duration: int
    email: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """Who would get it, and why; or the rule that refuses the time."""

    when: str
    name: str = ""
    ledger: Ledger | None = None
    following: Sequence[tuple[str, str]] = ()
    refused_by: str = ""


@blueprint.get("/links/<slug>/turns")
@login_required
def page(slug: str) -> Response:
    """How it stands, and who would get a meeting at a time; the next one that is offered, if none is named."""
    link, whom, now = turns.link_for(signed_in(), slug), reader(), clock.now()
    question = _question(link, whom, now)
    standings = turns.standings(link, now)
    return htmx.page_or_fragment(
        "turns/page.html",
        "turns/_answer.html",
        422 if question.errors else 200,
        link=link,
        rows=_rows(standings, whom),
        fairness=_fairness(standings),
        question=question,
        durations=[(str(minutes), whom.duration(minutes)) for minutes in link.durations],
        times=_times(link, question, whom, now),
        answer=_answer(link, question, whom, now),
        zone=whom.zone_label(now),
    )


# --- how it stands


def _rows(standings: Sequence[Standing], whom: Reader) -> list[Row]:
    widest = max((max(one.wanted, one.held or 0) for one in standings), default=0) or 1
    return [
        Row(
            name=one.host.name,
            is_paused=one.host.is_paused,
            weight=one.host.weight,
            count=one.turns.count,
            turn=_turn(one, whom),
            share=_("Paused") if one.host.is_paused else _percent(one.held, whom.locale),
            fair="" if one.host.is_paused else _("Fair share: %(wanted)s", wanted=_percent(one.wanted, whom.locale)),
            held=round((one.held or 0) / widest * 100, 2),
            wanted=round(one.wanted / widest * 100, 2),
        )
        for one in standings
    ]


def _turn(one: Standing, whom: Reader) -> str:
    if one.turns.at is None:
        return _("Never")
    return i18n.day_of(whom.local(to_datetime(one.turns.at)).date(), whom.locale, "date-short")


def _percent(part: float | None, locale: str) -> str:
    return "" if part is None else i18n.percent(part, locale)


def _fairness(standings: Sequence[Standing]) -> str:
    """Whether it is shared out as it should be, in a sentence."""
    if not any(one.weights for one in standings if not one.host.is_paused):
        return _("Everybody is paused, so nobody can be booked.")
    if not any(one.total for one in standings):
        return _("Nobody has had a meeting yet.")
    most, least = max(standings, key=lambda one: one.ahead), min(standings, key=lambda one: one.ahead)
    if most.ahead <= EVEN and least.ahead >= -EVEN:
        return _("Nobody is more than one meeting from their share.")
    return _(
        "%(most)s has had more than their share, %(least)s less. The next meetings even that out.",
        most=most.host.name,
        least=least.host.name,
    )


# --- what is asked


def _question(link: Link, whom: Reader, now: datetime) -> Question:
    asked = {name: request.args.get(name, "").strip()[:320] for name in ("at", "date", "time", "duration", "email")}
    duration = next((minutes for minutes in link.durations if str(minutes) == asked["duration"]), link.durations[0])
    email, flaws = check_email(asked["email"], "email") if asked["email"] else ("", [])
    if asked["date"] or asked["time"]:
        start, more = _typed_start(asked, whom)
        flaws = [*flaws, *more]
    else:
        start = read_start(asked["at"])
        start = _next(link, duration, email or "", now) if start is None else start
    errors: dict[str, list[str]] = {}
    for flaw in flaws:
        errors.setdefault(flaw.field, []).append(i18n.flaw_message(flaw))
    typed = asked if errors else _fields(start, whom) | {"email": asked["email"], "duration": str(duration)}
    return Question(None if errors else start, duration, email or "", errors, typed)


def _typed_start(asked: Mapping[str, str], whom: Reader) -> tuple[Instant | None, list[Flaw]]:
    minute = parse_hours(asked["time"])
    flaws = _DAY(asked["date"], "date")[1] if asked["date"] else [Flaw("date", "required")]
    if minute is None or minute == 24 * 60:
        flaws = [*flaws, Flaw("time", "not-a-time" if asked["time"] else "required")]
    if flaws or minute is None:
        return None, flaws
    return instant_of(date.fromisoformat(asked["date"]), minute, zone(whom.zone)), []


def _fields(start: Instant | None, whom: Reader) -> dict[str, str]:
    if start is None:
        return {"date": "", "time": ""}
    shown = whom.local(to_datetime(start))
    clock_time = i18n.minute_of_day(shown.hour * 60 + shown.minute, whom.locale)
    return {"date": shown.date().isoformat(), "time": clock_time}


def _next(link: Link, duration: int, email: str, now: datetime) -> Instant | None:
    """The next time that whoever has this address is shown."""
    view = turns.view_told(signed_in(), link, email)
    return offers.next_offered(link, duration, to_instant(now), now, view=view)


def _times(link: Link, question: Question, whom: Reader, now: datetime) -> list[tuple[str, str]]:
    """The first time of each of the next days with any, each with the address that asks about it."""
    view = turns.view_told(signed_in(), link, question.email)
    first = _next(link, question.duration, question.email, now)
    if first is None:
        return []
    span = Span(first, first + LOOK_DAYS * SECONDS_PER_DAY)
    by_day: dict[date, Instant] = {}
    for at in offers.offered(link, question.duration, span, now, view=view):
        by_day.setdefault(whom.local(to_datetime(at)).date(), at)
    found = list(by_day.values())[:NEXT_TIMES]
    asked: dict[str, Any] = {"duration": question.duration, "email": question.email or None}
    words = [(at, whom.date_time_short(to_datetime(at))) for at in found]
    return [(url_for("turns.page", slug=link.slug, at=at, **asked), said) for at, said in words]


# --- what would happen


def _answer(link: Link, question: Question, whom: Reader, now: datetime) -> Answer | None:
    if question.start is None:
        return None
    start = to_datetime(question.start)
    when = whom.date_time_long(start)
    try:
        found = turns.foresee(signed_in(), link, question.duration, question.start, question.email, now)
    except SlotTaken as refusal:
        return Answer(when, refused_by=refusal.rule)
    ledger = ledger_of(found.ledger, start, question.duration, whom)
    return Answer(when, found.host.name, ledger, _following(found, whom))


def _following(found: Foreseen, whom: Reader) -> list[tuple[str, str]]:
    return [(whom.date_time_short(to_datetime(at)), host.name) for at, host in found.following]
