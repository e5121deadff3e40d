"""A link's mail sent to whoever makes the link, so that they see it as their contacts will."""

from dataclasses import replace
from datetime import datetime

from meetings import db, i18n
from meetings.models import Delivery, User

from . import outbox
from .mails import Outgoing, Party
from .mails.message import subject_line


def send(user: User, outgoing: Outgoing, now: datetime) -> Delivery:
    """Queue the mail to this user, marked as a test; without the event, which their calendar would take up."""
    subject = i18n.say(outgoing.locale, "Test: %(subject)s", subject=outgoing.subject)
    test = replace(
        outgoing, to=Party("", user.email), subject=subject_line(subject), invitation=None, unsubscribe_url=""
    )
    with db.transaction():
        return outbox.queue_test(test, user, now)
