"""A mail in its parts, and how they become one message (RFC 5322, 6047)."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, Policy
from email.utils import format_datetime

from meetings.domain import invite

_NAME_MAX = 70  # of a name in a header; a longer one is cut
_SUBJECT_MAX = 200
# Breaks, controls, marks of direction, lone surrogates; in names also what has a meaning in an address.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_UNFIT_IN_SUBJECTS = re.compile(rf"[{_UNSEEN}]+")
_UNFIT_IN_NAMES = re.compile(rf'[\s{_UNSEEN}"<>()\[\]\\,;:@]+')


class _Whole(UnstructuredHeader, BaseHeader):
    """A header on one line: to fold an address that is longer, Python would encode it, and no program could read it."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Whole)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody in a mail's head."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email


@dataclass(frozen=True, slots=True)
class Invitation:
    """The event that goes with a mail."""

    method: str
    content: bytes


@dataclass(frozen=True)
class Outgoing:
    """A mail ready to be sent, or to be shown exactly as it would be."""

    kind: str
    locale: str
    subject: str
    sender: Party
    to: Party
    text: str
    html: str
    reply_to: Party | None = None
    invitation: Invitation | None = None
    unsubscribe_url: str = ""  # ends what the reader need not have, by a single POST (RFC 8058)

    def as_bytes(self, message_id: str, now: datetime) -> bytes:
        """The message as it goes over the wire: ASCII throughout, lines ended by CRLF."""
        policy = SMTP if self.to.email.isascii() else SMTPUTF8
        message = EmailMessage(policy=policy.clone(header_factory=_HEADERS))
        message["From"] = _header_address(self.sender)
        if self.reply_to is not None and self.reply_to.email.isascii():
            message["Reply-To"] = _header_address(self.reply_to)
        message["To"] = _header_address(self.to)
        message["Subject"] = self.subject
        message["Date"] = format_datetime(now.replace(microsecond=0))
        message["Message-ID"] = message_id
        message["Auto-Submitted"] = "auto-generated"  # no out-of-office answers to machines (RFC 3834)
        message["X-Auto-Response-Suppress"] = "All"
        if self.unsubscribe_url:
            message["List-Unsubscribe"] = f"<{self.unsubscribe_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(self.text, cte="quoted-printable")
        message.add_alternative(self.html, subtype="html", cte="quoted-printable")
        if self.invitation is not None:
            _attach(message, self.invitation)
        message["Content-Language"] = self.locale  # last: whatever is named Content-… moves into the first part
        return message.as_bytes()


def _attach(message: EmailMessage, invitation: Invitation) -> None:
    """A REQUEST or CANCEL is the last alternative of the text, with a copy as a file; a PUBLISH is a file alone."""
    if invitation.method == invite.PUBLISH:
        message.make_mixed()
        message.add_attachment(
            invitation.content.decode(),
            subtype="calendar",
            params={"method": invitation.method, "component": "VEVENT"},
            filename="invite.ics",
            cte="base64",
        )
        return
    message.add_alternative(
        invitation.content.decode(),
        subtype="calendar",
        params={"method": invitation.method, "component": "VEVENT"},
        cte="base64",
    )
    # Not text/calendar a second time: some programs would take both up.
    message.add_attachment(
        invitation.content, maintype="application", subtype="ics", filename="invite.ics", params={"name": "invite.ics"}
    )


def _header_address(party: Party) -> Address | str:
    if not party.email.isascii():  # Python's own class refuses it, the SMTPUTF8 form of the header does not
        return party.email
    name = _UNFIT_IN_NAMES.sub(" ", party.name)[:_NAME_MAX].strip()
    return Address(_inert(name), addr_spec=party.email)


def _inert(text: str) -> str:
    """Text in which nothing looks encoded: Python decodes such words, line breaks and all, while it writes a header."""
    return text.replace("=?", "= ?")


def subject_line(text: str) -> str:
    """A subject that fits, in which nothing steers programs."""
    return _inert(_UNFIT_IN_SUBJECTS.sub(" ", text[:_SUBJECT_MAX]))
