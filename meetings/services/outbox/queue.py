"""Writing rows: what is to be told to whom, after something happened to a booking or an account."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from meetings import db
from meetings.domain import reminders
from meetings.domain.time import to_datetime, to_instant
from meetings.models import Booking, Delivery, User
from meetings.models.outbox import DROPPED, FAILED, PENDING, SENDING, SENT, TO_CONTACT, TO_HOST
from meetings.secrets import new_token
from meetings.services.mails import Outgoing

from .judgement import OVERTAKEN, REMINDERS, TEST, message_id, readdressed
from .reasons import BOOKED_LATE, CHANGED, FORGOTTEN, RULE_CHANGED, SWITCHED_OFF

OF_OTHER_HOSTS = ("withdrawn", "rescheduled", "host_withdrawn", "host_booked")  # what is told of them
KEPT_DETAILS = ("by", "value", "unit", "lead", "describe", "is_retired")  # that say nothing about the contact


def queue_booking(
    booking: Booking,
    event: str,
    now: datetime,
    *,
    previous: Mapping[str, Any] | None = None,
    by: int | None = None,
    due_at: datetime | None = None,
) -> None:
    """Write the rows of everything to be told after an event of a booking; the caller holds the transaction.

    `event`: confirmed, rescheduled, handed_over (has other hosts), handed_back (as `previous` was, and nobody heard of
    anything else), cancelled. `previous` says what was told before
    (starts_at, uid, organizer_email, sequence, title, hosts); `by` is the user who acted, None for the contact. The
    news wait until `due_at`, if that is given.
    """
    if event != "confirmed":
        _drop(booking, OVERTAKEN, CHANGED)
        _hasten(booking, now)
    details = {"by": by, **({"previous": dict(previous)} if previous else {})}
    rows = list(_news(booking, event, details, due_at or now))
    if event == "handed_back" and previous is not None:
        _revive(booking, previous["sequence"])
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


def queue_readdressed(booking: Booking, former: str, now: datetime) -> None:
    """Tell a booking's news to another address than before; the caller holds the transaction.

    Whoever has the former address is told to forget it, if anything went there; hosts learn the new one.
    """
    gone_out = Delivery.select(Delivery.user, Delivery.recipient).where(
        Delivery.booking == booking, Delivery.state.in_((SENT, SENDING)), Delivery.kind.in_(OVERTAKEN)
    )
    told = {(row.user_id, row.recipient) for row in gone_out}
    ended = _ends_to_tell(booking, former)
    _drop(booking, (*OVERTAKEN, "withdrawn"), CHANGED)
    rows = [_misdirected(booking, former, now, previous) for previous in ended]
    if (None, former) in told:
        rows.append(_misdirected(booking, former, now))
    if booking.link.automation["confirmation_email"]:
        rows.append(_to_contact(booking, "confirmation", {"by": None}, now))
    for host in _present_hosts(booking):
        knows = any(user_id == host.id for user_id, _recipient in told)
        rows.append(_to_host(booking, "host_readdressed" if knows else "host_booked", host, {"by": None}, now))
    _write([*rows, *_reminders(booking, _rules_kept(booking), now)])


def unsay(booking: Booking) -> Mapping[str, Any] | None:
    """Take the news of other hosts back if nobody has heard of them, and tell what was said before; else None.

    The caller holds the transaction.
    """
    sql = "SELECT id FROM delivery WHERE booking_id = ? AND sequence = ?"
    db.rows(f"{sql}{db.holding('UPDATE')}", [booking.id, booking.sequence])  # so that none goes out meanwhile
    mine = Delivery.booking == booking, Delivery.sequence == booking.sequence, Delivery.kind.in_(OF_OTHER_HOSTS)
    rows = list(Delivery.select().where(*mine))
    told = next((row.details["previous"] for row in rows if row.kind == "withdrawn"), None)
    if told is None or any(row.state != PENDING or row.attempts for row in rows):
        return None
    Delivery.update(state=DROPPED, last_error=CHANGED).where(*mine).execute()
    return told  # type: ignore[no-any-return]


def _hasten(booking: Booking, now: datetime) -> None:
    """Hold nothing back any longer: what was said before is the first that everybody has to hear."""
    waits = Delivery.state == PENDING, Delivery.kind.in_(OF_OTHER_HOSTS), Delivery.due_at > now
    Delivery.update(due_at=now).where(Delivery.booking == booking, *waits).execute()


def _revive(booking: Booking, sequence: int) -> None:
    """Let go out after all what a change took back that was taken back itself."""
    was_waiting = Delivery.state == DROPPED, Delivery.last_error == CHANGED, Delivery.kind.not_in(REMINDERS)
    Delivery.update(state=PENDING, last_error="", sequence=booking.sequence).where(
        Delivery.booking == booking, Delivery.sequence == sequence, *was_waiting
    ).execute()


def _ends_to_tell(booking: Booking, address: str) -> list[dict[str, Any]]:
    """The events from before changes of hosts of whose end this address is yet to hear."""
    waits = Delivery.state.in_((PENDING, SENDING)), Delivery.recipient == address, Delivery.kind == "withdrawn"
    found = Delivery.select(Delivery.details).where(Delivery.booking == booking, *waits).order_by(Delivery.id)
    return [row.details["previous"] for row in found]


def _misdirected(
    booking: Booking, former: str, now: datetime, previous: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The row that takes an event back from an address that was mistyped: the present event, or a `previous` one."""
    details = {"email": former, **({"previous": previous} if previous else {})}
    row = _to_contact(booking, "misdirected", details, now) | {"recipient": former}
    return row | {"key": f"{row['key']}:{previous['sequence']}"} if previous else row


def replan_reminders(booking: Booking, now: datetime) -> None:
    """Have the reminders follow the link's rules as they are now; the caller holds the transaction.

    What was sent stays sent, and a reminder that both rules know is sent once.
    """
    rules = _rules_of_link(booking)
    leads = {reminders.lead_seconds(rule["value"], rule["unit"]): rule for rule in rules}
    retired = []
    for row in Delivery.select().where(Delivery.booking == booking, Delivery.kind.in_(REMINDERS)):
        rule = leads.get(row.details["lead"])
        retired += [] if rule else [row.id]
        details = {**row.details, **(rule or {}), "is_retired": rule is None}
        Delivery.update(details=details).where(Delivery.id == row.id).execute()
    is_waiting = Delivery.state.in_((PENDING, SENDING))
    Delivery.update(state=DROPPED, last_error=RULE_CHANGED).where(Delivery.id.in_(retired), is_waiting).execute()
    planned = list(_reminders(booking, rules, now))
    taken_back = (Delivery.state == DROPPED) & (Delivery.last_error == RULE_CHANGED)
    Delivery.delete().where(Delivery.key.in_([row["key"] for row in planned]), taken_back).execute()
    _write(planned)


def queue_test(outgoing: Outgoing, user: User, now: datetime) -> Delivery:
    """Write the row of a mail that a user wants to see in their own mailbox; the caller holds the transaction."""
    row = Delivery(key=f"user:{user.id}:{TEST}:{new_token()}", kind=TEST, user=user, recipient=user.email)
    row.audience, row.due_at, row.created_at = TO_HOST, now, now
    row.message_id = message_id(row)
    row.content = outgoing.as_bytes(row.message_id, now)
    return Delivery.create(**row.__data__)


def _news(booking: Booking, event: str, details: Mapping[str, Any], due_at: datetime) -> Iterable[dict[str, Any]]:
    hosts = _present_hosts(booking)
    if event == "handed_back":
        return
    if event == "handed_over":
        left = details["previous"]["hosts"]
        yield _to_contact(booking, "withdrawn", details, due_at)
        yield _to_contact(booking, "rescheduled", details, due_at)
        yield from (_to_host(booking, "host_withdrawn", user, details, due_at) for user in _users(left))
        yield from (_to_host(booking, "host_booked", user, details, due_at) for user in hosts)
        return
    to_contact, to_host = {
        "confirmed": ("confirmation", "host_booked"),
        "rescheduled": ("rescheduled", "host_rescheduled"),
        "cancelled": ("cancelled", "host_cancelled"),
    }[event]
    if event != "confirmed" or booking.link.automation["confirmation_email"]:
        yield _to_contact(booking, to_contact, details, due_at)
    yield from (_to_host(booking, to_host, user, details, due_at) for user in hosts)


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
    wanted = [row.details for row in rows.order_by(Delivery.id) if not row.details.get("is_retired")]
    known = {details["lead"]: details for details in wanted}
    return [{key: rule[key] for key in ("value", "unit", "describe")} for _, rule in sorted(known.items())]


def _drop(booking: Booking, kinds: Iterable[str], reason: str) -> None:
    """Take back what is no longer to be sent, even if it is being sent: its content is not given to the server."""
    Delivery.update(state=DROPPED, last_error=reason).where(
        Delivery.booking == booking, Delivery.kind.in_(kinds), Delivery.state.in_((PENDING, SENDING))
    ).execute()


def forget(booking: Booking) -> None:
    """Take out what tells who booked: the contact's mails, and the words of the hosts'. The caller's transaction."""
    Delivery.delete().where(Delivery.booking == booking, Delivery.audience == TO_CONTACT).execute()
    waits = Delivery.state.in_((PENDING, SENDING))
    Delivery.update(state=DROPPED, last_error=FORGOTTEN).where(Delivery.booking == booking, waits).execute()
    for row in Delivery.select(Delivery.id, Delivery.details).where(Delivery.booking == booking):
        kept = {name: row.details[name] for name in KEPT_DETAILS if name in row.details}
        values = {"content": None, "details": kept, "reply": ""}
        Delivery.update(**values).where(Delivery.id == row.id).execute()


def queue_user_mail(kind: str, user: User, details: Mapping[str, Any], now: datetime) -> None:
    """Write the row of a mail to a user about what is theirs, see mails/to_user.py; the caller holds the transaction.

    `details` has the link's `url`, and may have `expires_at`, epoch seconds after which the mail is not worth sending.
    """
    row = {"key": f"user:{user.id}:{kind}:{new_token()}", "kind": kind, "user": user.id, "recipient": user.email}
    _write([row | {"audience": TO_HOST, "details": dict(details), "due_at": now, "created_at": now}])


def queue_address_mail(kind: str, email: str, details: Mapping[str, Any], now: datetime) -> None:
    """Write the row of a mail to an address, see mails/to_address.py; the caller holds the transaction.

    `details` has the link's `url`, `expires_at` and the reader's `locale`.
    """
    row = {"key": f"address:{kind}:{new_token()}", "kind": kind, "recipient": email, "audience": TO_CONTACT}
    _write([row | {"details": dict(details), "due_at": now, "created_at": now}])


def readdress(user: User, email: str) -> None:
    """Have what is still to go to a user go to their new address, made afresh; the caller holds the transaction."""
    Delivery.update(**readdressed(email)).where(Delivery.user == user, Delivery.state.in_((PENDING, FAILED))).execute()


def _write(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        Delivery.create_if_new(**row)
