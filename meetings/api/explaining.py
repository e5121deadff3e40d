"""Why a link offers a time or not, for programs."""

from datetime import UTC, date, datetime
from typing import Any

from .. import clock
from ..domain.explain import Fit, Free, Grid, Horizon, Notice
from ..domain.fields import FIRST_DATE, LAST_DATE, Checked, Field, refuse, wall_of, whole
from ..domain.time import Instant, to_datetime, to_instant
from ..models import User
from ..services import access, explaining
from ..services.explaining import Account, HostAccount, Obstacle
from . import documents, reading
from .calls import Access, Group, Parameter, call


@call(
    "GET",
    "/links/<slug>/explain",
    access=Access.TOKEN,
    group=Group.LINKS,
    summary="Why a time is offered or not",
    answer="Explanation",
    query=(
        Parameter("start", {"type": "string", "format": "date-time"}, "The time asked about", required=True),
        Parameter("duration", {"type": "integer"}, "Minutes; without it the first of the link's"),
    ),
    explanation=(
        "Every rule says yes or no, with what it goes by, and so does every host: the time is offered if all rules say "
        "yes, and the first that says no is the reason. Drafts of the wizard are explained too. What is in a host's "
        "way has a title only if one may see that meeting, or it is one's own event."
    ),
)
def explain_link(actor: User, slug: str) -> dict[str, object]:
    link = access.link_for(actor, slug)
    asked = reading.query(
        {
            "start": Field(_start, required=True),
            "duration": Field(reading.typed(whole(1, explaining.LONGEST)), link.durations[0]),
        }
    )
    return _explanation(explaining.account(actor, link, asked["duration"], to_instant(asked["start"]), clock.now()))


def _start(value: object, path: str) -> Checked:
    """An instant in whole seconds, in years that are computed with."""
    moment, flaws = reading.instant(value, path)
    if flaws or not isinstance(moment, datetime):
        return moment, flaws
    if moment.microsecond:
        return refuse(path, "not-an-instant")
    if not FIRST_DATE <= moment.astimezone(UTC).date() <= LAST_DATE:
        return refuse(path, "date-out-of-range", minimum=FIRST_DATE.isoformat(), maximum=LAST_DATE.isoformat())
    return moment, []


def _explanation(account: Account) -> dict[str, object]:
    would = account.remedy
    return {
        "start": _instant(account.start),
        "end": _instant(account.explanation.fit.ends_at),
        "offered": account.is_offered,
        "rules": _rules(account),
        "hosts": [_host(one) for one in account.hosts],
        "would_help": {"of": would.of, "at_most": would.minutes} if would else None,
        "nearest": {"before": _or_none(account.before), "after": _or_none(account.after)},
    }


def _rules(account: Account) -> list[dict[str, object]]:
    found = account.explanation
    answers: list[tuple[str, bool, dict[str, object]]] = [
        ("status", account.is_live, {"status": account.link.status}),
        ("duration", account.has_duration, {"durations": account.link.durations}),
        (Grid.rule, found.grid.is_ok, _grid(account, found.grid)),
        (Fit.rule, found.fit.is_ok, _fit(found.fit)),
        (Notice.rule, found.notice.is_ok, {"minutes": found.notice.minimum, "ends_at": _instant(found.notice.ends_at)}),
        (Horizon.rule, found.horizon.is_ok, _horizon(found.horizon)),
        (Free.rule, found.free.is_ok, {"kind": found.free.kind.value}),
    ]
    return [{"rule": rule, "ok": is_ok, "detail": detail} for rule, is_ok, detail in answers]


def _grid(account: Account, grid: Grid) -> dict[str, object]:
    return {
        "date": grid.day.isoformat(),
        "timezone": account.rules.zone,
        "hours": [{"start": wall_of(start), "end": wall_of(end)} for start, end in grid.windows],
        "is_special_date": grid.is_override,
        "step": grid.step,
        "previous": _or_none(grid.previous),
        "next": _or_none(grid.next),
    }


def _fit(fit: Fit) -> dict[str, object]:
    return {"ends_at": _instant(fit.ends_at), "closes_at": _or_none(fit.closes_at)}


def _horizon(horizon: Horizon) -> dict[str, object]:
    days: dict[str, date] = {"date": horizon.day, "first": horizon.first, "last": horizon.last}
    return {name: day.isoformat() for name, day in days.items()}


def _host(one: HostAccount) -> dict[str, object]:
    return {
        "email": one.host.email,
        "name": one.host.name,
        "paused": one.verdict.is_paused,
        "needed": one.verdict.is_needed,
        "free": one.verdict.is_free,
        "in_the_way": [_obstacle(each) for each in one.obstacles],
    }


def _obstacle(one: Obstacle) -> dict[str, Any]:
    found = one.hindrance
    return {
        "cause": found.cause.value,
        "counts": one.is_counted,
        "start": _instant(found.span.start),
        "end": _instant(found.span.end),
        "gap": found.gap,
        "left": found.left,
        "title": one.title or None,
        "booking": one.booking_id or None,
        "schedule": one.schedule or None,
    }


def _instant(at: Instant) -> str:
    return documents.instant(to_datetime(at))


def _or_none(at: Instant | None) -> str | None:
    return None if at is None else _instant(at)
