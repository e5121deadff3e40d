"""Why a meeting went to its host, and through which hands since: what was kept with a booking, as a document."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..domain.time import Instant, to_datetime
from ..models import Booking, User
from . import documents


def of(rows: Iterable[Booking]) -> list[dict[str, object] | None]:
    """For each booking in turn; None where nothing was kept. One query for the addresses of all whom they name."""
    kept = [row.assignment for row in rows]
    named = {one["host"] for ledger in kept if ledger for one in ledger.get("candidates", [])}
    emails = {user.id: user.email for user in User.present().where(User.id.in_(named))} if named else {}
    return [_document(ledger, emails) if ledger else None for ledger in kept]


def _document(ledger: Mapping[str, Any], emails: Mapping[int, str]) -> dict[str, object]:
    return {
        "rule": ledger.get("rule"),
        "candidates": [
            {
                "user": emails.get(one["host"]),
                "name": one["name"],
                "weight": one["weight"],
                "free": bool(one.get("is_free")),
                "chosen": one["host"] == ledger.get("chosen"),
                "count": one.get("count"),
                "last_turn": _instant(one.get("turn")),
                "in_the_way": _in_the_way(one.get("why")),
            }
            for one in ledger.get("candidates", [])
        ],
        "handed_over": [
            {"at": _instant(hand["at"]), "by": hand["by_name"], "from": hand["from_name"], "to": hand["to_name"]}
            for hand in ledger.get("handed_over", [])
        ],
    }


def _in_the_way(why: Mapping[str, Any] | None) -> dict[str, object] | None:
    if not why:
        return None
    return {
        "cause": why["cause"],
        "start": _instant(why.get("start")),
        "end": _instant(why.get("end")),
        "too_near": bool(why.get("is_near")),
    }


def _instant(at: Instant | None) -> str | None:
    return None if at is None else documents.instant(to_datetime(at))
