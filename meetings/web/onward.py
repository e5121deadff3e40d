"""Where whoever has booked goes on: the page that the link's host names, with what it may know of the booking."""

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from flask import url_for

from meetings.models import Booking, Link

OWN = "/book/"  # how pages of ours begin in a document
_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:[0-9]+)?", re.IGNORECASE)


def address(booking: Booking) -> str:
    """The page to go on to; nothing where our own confirmation is shown."""
    confirmation = booking.link.scheduling["confirmation"]
    wanted = confirmation["redirect_url"] or ""
    if wanted.startswith(OWN):
        return _own_page(booking, wanted, passes_details=bool(confirmation.get("pass_details")))
    if not wanted or not confirmation.get("pass_details"):
        return str(wanted)
    return _with(wanted, _details(booking))


def _own_page(booking: Booking, path: str, *, passes_details: bool) -> str:
    """Another booking page of ours, with who booked filled in; nothing if it is not there for everybody."""
    link = Link.by_slug(path.removeprefix(OWN))
    if link is None or not link.is_bookable or link.is_by_invitation:
        return ""
    who = {name: getattr(booking, name) for name in ("email", "first_name", "last_name")} if passes_details else {}
    return url_for("booking.page", slug=link.slug, **who)


def _details(booking: Booking) -> dict[str, str]:
    """What the page may know. No token: whoever has one can cancel."""
    return {
        "start": booking.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "end": booking.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "email": booking.email,
        "booking": booking.public_id,
    }


def _with(wanted: str, details: dict[str, str]) -> str:
    """The address with our words in its query; those that it had under the same names give way."""
    parts = urlsplit(wanted)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in details]
    return urlunsplit(parts._replace(query=urlencode([*kept, *details.items()], quote_via=quote)))


def origin(link: Link) -> str:
    """The site that forms of the booking page may lead to; nothing for ours or an unfit name."""
    parts = urlsplit(link.scheduling["confirmation"]["redirect_url"] or "")
    found = f"{parts.scheme}://{parts.netloc}"
    return found.lower() if _ORIGIN.fullmatch(found) else ""
