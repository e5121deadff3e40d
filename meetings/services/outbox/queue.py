"""Writing rows: what is to be told to whom, after something happened to a booking or an account."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from meetings.domain import reminders
from meetings.domain.time import to_datetime, to_instant
from meetings.models import Booking, Delivery, User
from meetings.models.outbox import DROPPED, FAILED, PENDING, SENDING, TO_CONTACT, TO_HOST
from meetings.secrets import new_token

from .judgement import OVERTAKEN
from .reasons import BOOKED_LATE, CHANGED, SWITCHED_OFF


def queue_booking(
    booking: Booking, event: str, now: datetime, *, previous: Mapping[str, Any] | None = None, by: int | None = None
) -> None:
    """Write the rows of everything to be told after an event of a booking; the caller holds the transaction.

    `event`: confirmed, rescheduled, handed_over (moved to other hosts), cancelled. `previous` says what was told before
    (starts_at, uid, organizer_email, sequence, title, hosts); `by` is the user who acted, None for the contact.
    """
    if event != "confirmed":
        _drop(booking, OVERTAKEN, CHANGED)
    details = {"by": by, **({"previous": dict(previous)} if previous else {})}
    rows = list(_news(booking, event, details, now))
    if event != "cancelled":
        rules = _rules_of_link(booking) if event == "confirmed" else _rules_kept(booking)
        rows += _reminders(booking, rules, now)
    _write(rows)


def switch_reminders(booking: Booking, now: datetime) -> None:
    """Take the contact's reminders back, or plan them anew, as `is_reminded` says; the caller holds the transaction.

    Hosts' reminders are theirs and go on. What fell due while the reminders were off stays unsent.
    """
    if not booking.is_reminded:
        _drop(booking, ("reminder",), SWITCHED_OFF)
    elif booking.is_confirmed:
        planned = _reminders(booking, _rules_kept(booking), now)
        rows = [row for row in planned if row["kind"] == "reminder" and row["state"] == PENDING]
        off = (Delivery.state == DROPPED) & (Delivery.last_error == SWITCHED_OFF)
        Delivery.delete().where(Delivery.key.in_([row["key"] for row in rows]), off).execute()
        _write(rows)


def _news(booking: Booking, event: str, details: Mapping[str, Any], now: datetime) -> Iterable[dict[str, Any]]:
    hosts = _present_hosts(booking)
    if event == "handed_over":
        left = details["previous"]["hosts"]
        yield _to_contact(booking, "withdrawn", details, now)
        yield _to_contact(booking, "rescheduled", details, now)
        yield from (_to_host(booking, "host_withdrawn", user, details, now) for user in _users(left))
        yield from (_to_host(booking, "host_booked", user, details, now) for user in hosts)
        return
    to_contact, to_host = {
        "confirmed": ("confirmation", "host_booked"),
        "rescheduled": ("rescheduled", "host_rescheduled"),
        "cancelled": ("cancelled", "host_cancelled"),
    }[event]
    if event != "confirmed" or booking.link.automation["confirmation_email"]:
        yield _to_contact(booking, to_contact, details, now)
    yield from (_to_host(booking, to_host, user, details, now) for user in hosts)


def _present_hosts(booking: Booking) -> list[User]:
    return [participant.host for participant in booking.hosts() if not participant.host.is_removed]


def _users(ids: list[int]) -> list[User]:
    return list(User.present().where(User.id.in_(ids)).order_by(User.id))


def _to_contact(booking: Booking, kind: str, details: Mapping[str, Any], due_at: datetime) -> dict[str, Any]:
    return _row(booking, kind, details, due_at) | {"recipient": booking.email, "audience": TO_CONTACT}


def _to_host(booking: Booking, kind: str, user: User, details: Mapping[str, Any], due_at: datetime) -> dict[str, Any]:
    row = _row(booking, kind, details, due_at)
    return row | {"key": f"{row['key']}:{user.id}", "recipient": user.email, "audience": TO_HOST, "user": user.id}


def _row(booking: Booking, kind: str, details: Mapping[str, Any], due_at: datetime) -> dict[str, Any]:
    return {
        "key": f"{booking.public_id}:{booking.sequence}:{kind}",
        "kind": kind,
        "booking": booking.id,
        "user": None,
        "sequence": booking.sequence,
        "details": dict(details),
        "due_at": due_at,
        "created_at": booking.changed_at,
        "state": PENDING,
        "last_error": "",
    }


def _reminders(booking: Booking, rules: list[dict[str, Any]], now: datetime) -> Iterable[dict[str, Any]]:
    """A row for each reminder and recipient.

    One whose moment has passed, or that the contact doesn't want, is written as dropped: a later move of the booking
    plans it anew, and whoever looks finds out why nothing came.
    """
    hosts = _present_hosts(booking)
    for rule in rules:
        lead = reminders.lead_seconds(rule["value"], rule["unit"])
        due_at = to_instant(booking.starts_at) - lead
        is_late = reminders.is_skipped(due_at, to_instant(now))
        details = {**rule, "lead": lead}
        to_contact = _to_contact(booking, "reminder", details, to_datetime(due_at))
        if not booking.is_reminded:
            to_contact |= {"state": DROPPED, "last_error": SWITCHED_OFF}
        rows = [to_contact, *(_to_host(booking, "host_reminder", user, details, to_datetime(due_at)) for user in hosts)]
        late = {"state": DROPPED, "last_error": BOOKED_LATE} if is_late else {}
        yield from ({**row, "key": f"{row['key']}:{lead}", **late} for row in rows)


def _rules_of_link(booking: Booking) -> list[dict[str, Any]]:
    automation = booking.link.automation
    describe = bool(automation["include_description"])
    return [{"value": rule["value"], "unit": rule["unit"], "describe": describe} for rule in automation["reminders"]]


def _rules_kept(booking: Booking) -> list[dict[str, Any]]:
    """The rules that the booking was made with: a link that is changed changes bookings made later only."""
    rows = Delivery.select(Delivery.details).where(Delivery.booking == booking, Delivery.kind == "reminder")
    known = {row.details["lead"]: row.details for row in rows.order_by(Delivery.id)}
    return [{key: rule[key] for key in ("value", "unit", "describe")} for _, rule in sorted(known.items())]


def _drop(booking: Booking, kinds: Iterable[str], reason: str) -> None:
    """Take back what is no longer to be sent, even if it is being sent: its content is not given to the server."""
    Delivery.update(state=DROPPED, last_error=reason).where(
        Delivery.booking == booking, Delivery.kind.in_(kinds), Delivery.state.in_((PENDING, SENDING))
    ).execute()


def queue_user_mail(kind: str, user: User, details: Mapping[str, Any], now: datetime) -> None:
    """Write the row of a mail about an account ("set_password", "reset_password"); the caller holds the transaction.

    `details` has the link's `url`, and may have `expires_at`, epoch seconds after which the mail is not worth sending.
    """
    row = {"key": f"user:{user.id}:{kind}:{new_token()}", "kind": kind, "user": user.id, "recipient": user.email}
    _write([row | {"audience": TO_HOST, "details": dict(details), "due_at": now, "created_at": now}])


def readdress(user: User, email: str) -> None:
    """Have what is still to go to a user go to their new address, made afresh; the caller holds the transaction."""
    Delivery.update(recipient=email, content=None, message_id=None).where(
        Delivery.user == user, Delivery.state.in_((PENDING, FAILED))
    ).execute()


def _write(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        Delivery.create_if_new(**row)
