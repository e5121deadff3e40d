"""Forgetting who booked; the meeting itself stays."""

from meetings import db
from meetings.domain.time import to_datetime
from meetings.models import Answer, Booking, Consent, Contact, SingleUse

from .. import outbox
from . import writing


def anonymise(booking: Booking) -> None:
    """Take away all that tells who booked; when it was, with whom, and whether it took place, stays."""
    seated = writing.seated(booking)
    with db.transaction():
        db.lock(seated)
        fresh = writing.alone_with(booking)
        if fresh.is_anonymous:
            return
        fresh.contact = _nobody()
        fresh.title, fresh.timezone = fresh.link.internal_name, fresh.link.scheduling["timezone"]
        fresh.idempotency_key = fresh.request_hash = None
        for name in ("email", "first_name", "last_name", "location", "description", "cancel_reason"):
            setattr(fresh, name, "")
        fresh.save()
        Answer.delete().where(Answer.booking == fresh).execute()
        Consent.delete().where(Consent.booking == fresh).execute()
        SingleUse.update(note="").where(SingleUse.booking == fresh).execute()
        outbox.forget(fresh)


def _nobody() -> Contact:
    """In whose place whoever was forgotten stood."""
    return Contact.held("") or Contact.made("", first_name="", last_name="", created_at=to_datetime(0))
