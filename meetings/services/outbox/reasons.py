"""Why a row was not sent, or not yet: our own reasons, and what a mail server's words mean.

The row keeps the English sentence, or the server's words as they came; pages translate and explain when they show it.
"""

import re
from dataclasses import dataclass
from typing import Final


def _l(sentence: str) -> str:
    """Mark a sentence for translation where it is written down but not yet said."""
    return sentence


CHANGED: Final = _l("The booking changed before this could be sent.")
LINK_OVER: Final = _l("The link in it is no longer good.")
MEETING_OVER: Final = _l("The meeting was over before this could be sent.")
TOO_LATE: Final = _l("It could not be sent while it would have helped.")
BOOKED_LATE: Final = _l("The booking came too late for this reminder.")
SWITCHED_OFF: Final = _l("The contact has switched reminders off.")
RULE_CHANGED: Final = _l("The reminders of the link were changed.")
TEAM_CHANGED: Final = _l("The team changed before this could be sent.")
REMOVED: Final = _l("Whom it is for is no longer on the team.")
FORGOTTEN: Final = _l("Who had booked was erased.")
NOTHING_KEPT: Final = _l("Nothing is kept about this address.")
BY_HAND: Final = _l("Taken out by hand.")
BROKEN: Final = _l("The app could not make this mail. Its log says why.")

OWN: Final = frozenset(
    {
        *(CHANGED, LINK_OVER, MEETING_OVER, TOO_LATE, BOOKED_LATE, SWITCHED_OFF, RULE_CHANGED, TEAM_CHANGED),
        *(REMOVED, FORGOTTEN, NOTHING_KEPT, BY_HAND, BROKEN),
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """What is wrong and what can be done, in a sentence; and the server's own words, where they are behind it."""

    sentence: str
    words: str = ""


def is_answer(kept: str) -> bool:
    """Whether a server said this, and not the system in its stead."""
    return bool(re.match(r"[45]\d\d[ -]", kept))


def explain(kept: str, *, is_pause: bool = False) -> Reason:
    """The reason that a row or a pause keeps, in plain English. In a pause, all mail is meant and none is lost."""
    if kept in OWN or not kept:
        return Reason(kept)
    answers = (*_ANSWERS[:-2], *_ABOUT_ALL) if is_pause else _ANSWERS
    meanings = answers if is_answer(kept) else _TROUBLES
    return Reason(next(sentence for pattern, sentence in meanings if re.search(pattern, kept, re.IGNORECASE)), kept)


# What went wrong where no server answered, in the words of Python and the system.
_TROUBLES: Final = (
    (
        r"certificate",
        _l(
            "The mail server’s certificate can’t be trusted: it has run out, is for another name, or was made by nobody"
            " known. Set MEETINGS_MAIL_SERVER to the name that stands in it, or have it renewed."
        ),
    ),
    (
        r"AUTH extension|no suitable authentication",
        _l(
            "The mail server takes no sign-in on this connection. Many do only when it is encrypted: check"
            " MEETINGS_MAIL_USE_TLS, MEETINGS_MAIL_USE_SSL and the port."
        ),
    ),
    (
        r"SSL|TLS|encrypt",
        _l(
            "The mail server does not encrypt in the way that is set. Port 465 usually wants MEETINGS_MAIL_USE_SSL,"
            " port 587 MEETINGS_MAIL_USE_TLS."
        ),
    ),
    (
        r"name or service not known|name resolution|nodename|getaddrinfo|no address associated",
        _l("The mail server’s name can’t be found. Check MEETINGS_MAIL_SERVER, and this machine’s network."),
    ),
    (
        r"letters beyond ASCII",
        _l("The mail server can’t write to an address with letters beyond ASCII. Ask for another address."),
    ),
    (
        r"errno|time|closed|connect|reset|refused|reach|eof|pipe",
        _l(
            "The mail server can’t be reached. It may be down, or something lies in between: check"
            " MEETINGS_MAIL_SERVER, MEETINGS_MAIL_PORT and the network."
        ),
    ),
    (r"", _l("Something went wrong on the way to the mail server. Its words may say what.")),
)

# What servers answer, the plainest signs first: enhanced status codes (RFC 3463), then usual words. Where a code such
# as 5.7.1 stands for many things, the words decide; of what nobody foresaw the first digit tells whether it may pass.
_ANSWERS: Final = (
    (
        r"^53[0458]|5\.7\.[89]\b|authentication|not authenticated|(log|sign) ?in\b|password not",
        _l(
            "The mail server refused the sign-in. Check MEETINGS_MAIL_USERNAME and MEETINGS_MAIL_PASSWORD; some"
            " providers want a password made just for this app."
        ),
    ),
    (
        r"relay",
        _l(
            "The mail server does not pass on our mail to other servers. It may want a sign-in: check"
            " MEETINGS_MAIL_USERNAME, or ask whoever runs it to let this app through."
        ),
    ),
    (
        r"\.1\.[78]\b|sender .*(reject|refus|den|allow|invalid|unknown|verif)|not (own|permitted to send)|send.?as",
        _l(
            "The mail server does not let us send from this address. Set MEETINGS_MAIL_DEFAULT_SENDER to one that it"
            " knows as yours."
        ),
    ),
    (
        r"gr[ea]y.?list",
        _l("The other side lets mail from strangers wait a little. It is tried again, and then usually taken."),
    ),
    (
        r"\.2\.2\b|quota|(mailbox|inbox)( is)? full",
        _l("Their mailbox is full. Reach them in another way, and send it again once there is room."),
    ),
    (
        r"\.3\.4\b|\.2\.3\b|too (large|big|long)|message size|size (limit|exceed)|exceeds.* size",
        _l("The mail is too large for the other side. A shorter description may help."),
    ),
    (
        r"\.1\.2\b|\.4\.4\b|\.1\.10\b|null mx|(domain|host).* not (found|exist)|no such (domain|host)|unrout",
        _l("What stands after the @ takes no mail: the address may be mistyped. Reach them in another way."),
    ),
    (
        r"\.2\.1\b|(mailbox|account|user).*(disabled|inactive|suspended|locked)",
        _l("Their mailbox is closed and takes no mail. Reach them in another way."),
    ),
    (
        r"\.1\.[0136]\b|no such|no mailbox|(unknown|invalid) |(user|address|recipient|box).*(not |unknown|valid|avail)",
        _l("There is no such address: it may be mistyped. Reach them in another way."),
    ),
    (
        r"too many|too fast|\brate\b|throttl|limit|\.7\.28\b",
        _l("The mail server takes no more from us for now: it limits how much may be sent."),
    ),
    (
        r"\.7\.\d|spam|spf|dkim|dmarc|block|blacklist|denylist|dnsbl|\brbl\b|reputation|polic|unsolicited|virus|banned",
        _l(
            "The other side took it for unwanted mail. Ask whoever runs your mail to check SPF, DKIM and DMARC of your"
            " domain, and whether your server is on a block list."
        ),
    ),
    (r"^4", _l("The mail server could not take it just now.")),
    (r"", _l("The mail server refused it for good. Its words may say why.")),
)

# The last two of these, where they are said about all mail.
_ABOUT_ALL: Final = (
    (r"^4", _l("It is there, but asks us to come back later. Its words may say why.")),
    (r"", _l("It turns us away. Its words may say why.")),
)
