"""Why a round robin's meeting went to this host: the rule in a sentence, the members as they were, drawn and told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from meetings import i18n
from meetings.domain.round_robin import Candidate, choose
from meetings.domain.time import to_datetime, to_instant
from meetings.i18n import gettext as _
from meetings.services.standing import HOLIDAY, PAUSED

from .agenda import frame_of, minutes_of
from .session import Reader


@dataclass(frozen=True)
class Seat:
    """A member when the choice was made."""

    name: str
    weight: int
    count: int | None
    turn: str
    outcome: str
    is_chosen: bool
    is_free: bool
    busy: Sequence[tuple[int, int]] | None  # minutes of the day; None: it wasn't kept
    words: str  # for whoever can't see the drawing


@dataclass(frozen=True)
class Ledger:
    """What a ledger says to its reader."""

    why: str
    hands: Sequence[str]  # through which it went since
    seats: Sequence[Seat]
    day: str  # of the drawing, with the hours that it shows; blank: none is drawn
    frame: tuple[int, int]
    slot: tuple[int, int]
    has_weights: bool


def ledger_of(said: Mapping[str, Any], start: datetime, minutes: int, whom: Reader) -> Ledger:
    """A kept ledger in words. `start` and `minutes` tell the time that it is about where it doesn't itself."""
    at = to_datetime(said["start"]) if "start" in said else start
    end = at + timedelta(minutes=int(said.get("duration", minutes)))
    members = said.get("candidates", [])
    day = whom.local(at).date()
    busy = [[minutes_of(begin, over, day, whom) for begin, over in member.get("busy", [])] for member in members]
    slot = minutes_of(to_instant(at), to_instant(end), day, whom)
    frame = frame_of([slot, *(span for spans in busy for span in spans)])
    following = _next_in_line(said)
    seats = [_seat(member, spans, at, said, following, whom) for member, spans in zip(members, busy, strict=True)]
    return Ledger(
        why=sentence(said),
        hands=[_hand(hand, whom) for hand in said.get("handed_over", [])],
        seats=seats,
        day=_day(at, frame, whom) if any("busy" in member for member in members) else "",
        frame=frame,
        slot=slot,
        has_weights=any(member["weight"] != 1 for member in members),
    )


def _day(at: datetime, frame: tuple[int, int], whom: Reader) -> str:
    first, last = (i18n.minute_of_day(minute % 1440, whom.locale) for minute in frame)
    return _("%(day)s, %(first)s to %(last)s", day=i18n.day_short(at, whom.zone, whom.locale), first=first, last=last)


# --- who, and by which rule


def sentence(said: Mapping[str, Any]) -> str:
    """The rule that decided: "Ana One, because nobody else was free."."""
    chosen = next((one for one in said.get("candidates", []) if one["host"] == said.get("chosen")), None)
    if chosen is None:
        return ""
    name, count, weight = chosen["name"], chosen.get("count") or 0, chosen["weight"]
    if said.get("rule") == "fewest":
        return _fewest(name, count, weight, said)
    if said.get("rule") == "longest_ago" and chosen.get("last") is None:
        return _("%(name)s, because they had not had a turn yet.", name=name)
    return {
        "contact_owner": _("%(name)s, because this contact is theirs.", name=name),
        "only_one": _("%(name)s, because nobody else was free.", name=name),
        "longest_ago": _(
            "%(name)s, because their last turn was longest ago of those with the fewest meetings.", name=name
        ),
        "lowest_id": _("%(name)s, because all else was equal and they have been here longest.", name=name),
    }.get(str(said.get("rule")), "")


def _fewest(name: str, count: int, weight: int, said: Mapping[str, Any]) -> str:
    if any(one["weight"] != 1 for one in said["candidates"]):
        return _(
            "%(name)s, because they had the fewest meetings for their share (%(count)s, with a weight of %(weight)s).",
            name=name,
            count=count,
            weight=weight,
        )
    return _(
        "%(name)s, because they had the fewest meetings of those who were free (%(count)s).", name=name, count=count
    )


def _hand(hand: Mapping[str, Any], whom: Reader) -> str:
    names = {"by": hand["by_name"], "former": hand["from_name"], "new": hand["to_name"]}
    when = whom.date_time_short(to_datetime(hand["at"]))
    if hand["by"] == hand["from"]:
        return _("%(former)s gave it to %(new)s, %(when)s.", when=when, **names)
    if hand["by"] == hand["to"]:
        return _("%(new)s took it over from %(former)s, %(when)s.", when=when, **names)
    return _("%(by)s gave it from %(former)s to %(new)s, %(when)s.", when=when, **names)


# --- the members


def _seat(
    member: Mapping[str, Any],
    busy: Sequence[tuple[int, int]],
    at: datetime,
    said: Mapping[str, Any],
    following: int | None,
    whom: Reader,
) -> Seat:
    is_chosen = member["host"] == said.get("chosen")
    time = whom.time(at)
    is_free = _("%(name)s: free at %(time)s", name=member["name"], time=time)
    is_busy = _("%(name)s: not free at %(time)s", name=member["name"], time=time)
    return Seat(
        name=member["name"],
        weight=member["weight"],
        count=member.get("count"),
        turn=_turn(member, whom),
        outcome=_outcome(member, said, following, whom, is_chosen=is_chosen),
        is_chosen=is_chosen,
        is_free=member["is_free"],
        busy=busy if "busy" in member else None,
        words=is_free if member["is_free"] else is_busy,
    )


def _turn(member: Mapping[str, Any], whom: Reader) -> str:
    if member.get("turn") is not None:
        return i18n.day_of(whom.local(to_datetime(member["turn"])).date(), whom.locale, "date-short")
    return _("Never") if "turn" in member else "–"


def _outcome(
    member: Mapping[str, Any], said: Mapping[str, Any], following: int | None, whom: Reader, *, is_chosen: bool
) -> str:
    if is_chosen:
        return _("Chosen")
    if not member["is_free"]:
        return hindrance(member.get("why", {}), whom)
    if said.get("rule") == "contact_owner":
        return _("Was free")
    if member["host"] == following:
        return _("Next in line")
    chosen = next((_candidate(one) for one in said["candidates"] if one["host"] == said.get("chosen")), None)
    return _("Had more") if chosen and _candidate(member).load > chosen.load else _("Was free")


def _next_in_line(said: Mapping[str, Any]) -> int | None:
    """Who would have been chosen, if the chosen one had not been there."""
    others = [one for one in said.get("candidates", []) if one["is_free"] and one["host"] != said.get("chosen")]
    return choose([_candidate(one) for one in others]).host_id if others else None


def _candidate(member: Mapping[str, Any]) -> Candidate:
    return Candidate(member["host"], member["weight"], member.get("count") or 0, member.get("last"))


# --- what is in the way


def hindrance(why: Mapping[str, Any], whom: Reader) -> str:
    """What kept a host from it: "In another meeting, 10:00–10:30"."""
    if "start" not in why:
        return _("Paused") if why.get("cause") == PAUSED else _("Not free")
    span = i18n.time_range(to_datetime(why["start"]), to_datetime(why["end"]), whom.zone, whom.locale)
    if why["cause"] == HOLIDAY:
        return _("On holiday")
    if why["cause"] == "limits":
        return _("Outside their hours")
    if why.get("is_near"):
        return _("Too close to another time, %(span)s", span=span)
    return _("In another meeting, %(span)s", span=span) if why["cause"] == "booking" else _("Busy, %(span)s", span=span)
