"""The page that explains any time of a link: the form that asks, and the address that can be sent to a colleague."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.fields import Flaw, iso_date, zone_name
from meetings.domain.time import Instant, instant_of, instants_showing, to_instant, wall_clock, zone
from meetings.domain.typed import parse_hours
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.services import access, explaining, offers, ownership

from .. import htmx
from ..session import login_required, reader, signed_in
from ..visit import read_start
from . import hosts
from .drawing import draw
from .words import Words

blueprint = Blueprint("explain", __name__)

_WALL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2})")


@dataclass(frozen=True)
class Question:
    """Which time is asked about. `twin`: the other one of two that clocks show alike; `is_skipped`: none shows it."""

    start: Instant
    zone: str
    duration: int
    shown: str = ""  # the clock's reading that was asked for
    is_skipped: bool = False
    twin: Instant | None = None


@blueprint.get("/links/<slug>/explain")
@login_required
def page(slug: str) -> Response:
    """Why a time is offered, or not; without a time the form that asks for one."""
    link = access.link_for(signed_in(), slug)
    if "date" in request.args or "time" in request.args:
        return _asked(link)
    question = _question(link)
    if question is None:
        return _page(link, _typed(_nearest(link, clock.now())))
    typed = _typed(question)
    return _page(link, typed, **_explained(link, question, clock.now()))


def address(link: Link, start: Instant, duration: int, zone_name: str) -> str:
    """Where a time is explained."""
    return _address(link, datetime.fromtimestamp(start, zone(zone_name)).isoformat(), duration, zone_name)


def _address(link: Link, at: str, duration: int, zone_name: str) -> str:
    asked = {"at": at, "duration": duration, "timezone": zone_name}
    return f"{url_for('explain.page', slug=link.slug)}?{urlencode(asked)}"


# ---- asking ----------------------------------------------------------------------------------------------------------


def _asked(link: Link) -> Response:
    """On to the address of the time that was typed; or what is wrong with it."""
    typed = {name: request.args.get(name, "").strip() for name in ("date", "time", "timezone", "duration")}
    minute = parse_hours(typed["time"])
    flaws = [*_flaws("date", typed["date"]), *zone_name(typed["timezone"], "timezone")[1]]
    if minute is None or minute == 24 * 60:
        flaws.append(Flaw("time", "not-a-time" if typed["time"] else "required"))
    if flaws or minute is None:
        errors = {flaw.field: [i18n.flaw_message(flaw)] for flaw in flaws}
        return _page(link, typed, 422, errors=errors)
    at = f"{typed['date']}T{minute // 60:02d}:{minute % 60:02d}"
    return htmx.redirect(_address(link, at, _duration(link, typed["duration"]), typed["timezone"]))


def _flaws(name: str, typed: str) -> list[Flaw]:
    return iso_date(typed, name)[1] if typed else [Flaw(name, "required")]


def _question(link: Link) -> Question | None:
    """The question that the address asks; None where it asks none that can be understood."""
    name = request.args.get("timezone", "")
    where = reader().zone if zone_name(name, "")[1] else name
    duration = _duration(link, request.args.get("duration", ""))
    at = request.args.get("at", "")
    match = _WALL.fullmatch(at)
    if match:
        return _at_wall_clock(match, where, duration)
    start = read_start(at)
    return None if start is None else _twinned(Question(start, where, duration))


def _at_wall_clock(match: re.Match[str], where: str, duration: int) -> Question | None:
    minute = int(match[2]) * 60 + int(match[3])
    if _flaws("at", match[1]) or minute >= 24 * 60 or int(match[3]) > 59:
        return None
    day = date.fromisoformat(match[1])
    found = instants_showing(day, minute, zone(where))
    if found:
        return _twinned(Question(found[0], where, duration))
    return Question(instant_of(day, minute, zone(where)), where, duration, f"{match[2]}:{match[3]}", is_skipped=True)


def _twinned(question: Question) -> Question:
    """With the other time that clocks show alike, where they are put back."""
    shown = wall_clock(question.start, zone(question.zone))
    minute = int(shown[11:13]) * 60 + int(shown[14:16])
    alike = instants_showing(date.fromisoformat(shown[:10]), minute, zone(question.zone))
    twin = next((at for at in alike if abs(at - question.start) >= 60), None)
    return replace(question, shown=shown[11:], twin=twin)


def _duration(link: Link, asked: str) -> int:
    is_length = asked.isascii() and asked.isdigit() and len(asked) <= 4 and 0 < int(asked) <= explaining.LONGEST
    return int(asked) if is_length else link.durations[0]


def _nearest(link: Link, now: datetime) -> Question:
    """A time to begin with: the first one offered, else the present hour."""
    duration = link.durations[0]
    at = offers.next_offered(link, duration, to_instant(now), now) if link.is_bookable else None
    return Question(at or to_instant(now) // 3600 * 3600, reader().zone, duration)


# ---- answering -------------------------------------------------------------------------------------------------------


def _page(link: Link, typed: Mapping[str, str], status: int = 200, **context: Any) -> Response:
    context = {"errors": {}, "words": None, **context}
    return make_response(
        render_template("explain/page.html", link=link, typed=typed, choices=_choices(link, typed), **context), status
    )


def _typed(question: Question) -> dict[str, str]:
    """The form as it would be filled in to ask this."""
    shown = wall_clock(question.start, zone(question.zone))
    minute = int(shown[11:13]) * 60 + int(shown[14:16])
    return {
        "date": shown[:10],
        "time": i18n.minute_of_day(minute, i18n.current_locale()),
        "timezone": question.zone,
        "duration": str(question.duration),
    }


def _choices(link: Link, typed: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """What the fields offer, what was asked for among it."""
    locale = i18n.current_locale()
    zones = [(choice.zone, choice.label) for choice in i18n.zone_choices(locale, clock.now())]
    asked = typed["timezone"]
    if asked and not zone_name(asked, "")[1] and all(asked != name for name, _label in zones):
        zones.insert(0, (asked, i18n.zone_label(asked, clock.now(), locale)))
    lengths = dict.fromkeys([*link.durations, _duration(link, typed["duration"])])
    return {"zones": zones, "durations": [(str(minutes), i18n.duration(minutes, locale)) for minutes in lengths]}


def _explained(link: Link, question: Question, now: datetime) -> dict[str, Any]:
    account = explaining.account(signed_in(), link, question.duration, question.start, now)
    words = Words(account, question.zone, i18n.current_locale())
    return {
        "account": account,
        "words": words,
        "hosts": [hosts.host(words, one) for one in account.hosts],
        "drawing": draw(account, question.zone, words.locale),
        "near": [
            (label, words.moment(at), address(link, at, question.duration, question.zone))
            for label, at in ((_("Offered before it"), account.before), (_("Offered after it"), account.after))
            if at is not None
        ],
        "notes": _notes(link, question, words),
        "address": address(link, question.start, question.duration, question.zone),
    }


def _notes(link: Link, question: Question, words: Words) -> list[tuple[str, str, str]]:
    """What else to know, each with a link and its words, if it leads somewhere."""
    notes = [(sentence, "", "") for sentence in words.clocks()]
    if question.is_skipped:
        said = _(
            "Clocks skip %(time)s that day, so this is about %(new)s.",
            time=question.shown,
            new=words.time(question.start),
        )
        notes.append((said, "", ""))
    if question.twin is not None:
        notes.append(_twice(link, question, question.twin))
    notes += [(_("%(name)s is blocked and can’t be met.", name=name), "", "") for name in words.account.left]
    if ownership.are_prioritized(link):
        notes.append((_("Contacts with an owner on the team see only their owner’s times."), "", ""))
    return notes


def _twice(link: Link, question: Question, twin: Instant) -> tuple[str, str, str]:
    names = {
        "time": question.shown,
        "offset": i18n.offset_name(i18n.offset_minutes(question.start, question.zone)),
    }
    if question.start < twin:
        said = _("Clocks show %(time)s twice that day. This is the first one (%(offset)s).", **names)
        return said, address(link, twin, question.duration, question.zone), _("See the second one")
    said = _("Clocks show %(time)s twice that day. This is the second one (%(offset)s).", **names)
    return said, address(link, twin, question.duration, question.zone), _("See the first one")
