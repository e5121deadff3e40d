"""What every page is protected by: content policy, same-origin posts, CSRF tokens, rate limits, size of bodies."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Flask, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from meetings import ratelimit
from meetings.errors import Forbidden
from meetings.ratelimit import LOOKS, TRIES, place, spend

from .session import is_refused_to_strangers

csrf = CSRFProtect()

MAX_BODY = 8 * 1024 * 1024  # a picture is the largest thing anybody sends
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
API = "/api/"  # has its own rules: bearer tokens, no cookies, other origins welcome
PUBLIC = {"booking", "embed", "manage", "rights", "text", "zones"}  # no session to ride on: see form_token.py

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'{forms_to}; frame-src 'self'; base-uri 'none'; manifest-src 'self'; frame-ancestors {framed_by}"
)


def init_app(app: Flask) -> None:
    """Put the guards in front of every request and the headers behind it."""
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"] or MAX_BODY  # Flask sets None
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)  # asked below, where a session is at stake
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)  # the origin is compared below, without a referrer
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # a form may stay open as long as one likes
    csrf.init_app(app)
    ratelimit.init_app(app)
    app.before_request(_check)
    app.after_request(_headers)


def _check() -> None:
    if request.path.startswith(API) or request.url_rule is None:  # nothing there: the answer says so
        return
    is_public = request.blueprint in PUBLIC
    if request.method in SAFE_METHODS:
        if is_public:
            spend(LOOKS, "look", place(request.remote_addr))
        return
    _require_same_origin()
    if is_public:
        spend(TRIES, "try", place(request.remote_addr))
    elif not is_refused_to_strangers():  # whose session has ended is told that, not that the form is damaged
        csrf.protect()


# ---- posts come from our own pages -----------------------------------------------------------------------------------


def _require_same_origin() -> None:
    """Refuse a post that another site's page sends. Old browsers say nothing of where they come from: they pass."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise Forbidden
        return
    origin = request.headers.get("Origin")
    if origin is None or (origin == "null" and request.blueprint in {"manage", "rights"}):
        return  # pages with a token in their address send no referrer, and so no origin; the token is their guard
    if urlsplit(origin).netloc != request.host or urlsplit(origin).scheme not in {"http", "https"}:
        raise Forbidden


# ---- headers ---------------------------------------------------------------------------------------------------------


def allow_own_frames() -> None:
    """Let pages of ours show this answer in a frame: for the preview."""
    g.framed_by = "'self'"


def allow_frames(sites: Sequence[str] = ()) -> None:
    """Let pages of other sites show this answer in a frame: of those named (and our own, for a try), else of any."""
    g.framed_by = " ".join(["'self'", *sites]) if sites else "*"


def allow_forms_to(site: str) -> None:
    """Let a form of this page lead to another site: Chromium follows no other redirect after a post."""
    g.forms_to = f" {site}" if site else ""


def is_framed() -> bool:
    """Whether this answer is made to stand in a frame on another site. What fails there says so in the frame, too."""
    return _framed_by() not in {"'none'", "'self'"}


def _framed_by() -> str:
    return str(g.get("framed_by", "*" if request.blueprint == "embed" else "'none'"))


def let_list(address: str) -> None:
    """Search engines may list this page, under that address. All others ask them not to."""
    g.listed_at = address


def listed_at() -> str:
    """The address under which search engines may list what is answered; none for nearly everything."""
    return str(g.get("listed_at", ""))


def keep_private() -> None:
    """This page's address is a secret: nothing may keep the page or pass the address on."""
    g.is_private = True


def _headers(response: Response) -> Response:
    framed_by = _framed_by()
    headers = response.headers
    headers.setdefault("Content-Security-Policy", POLICY.format(framed_by=framed_by, forms_to=g.get("forms_to", "")))
    if not is_framed():  # it knows no list of sites
        headers.setdefault("X-Frame-Options", "DENY" if framed_by == "'none'" else "SAMEORIGIN")
    if response.mimetype == "text/html" and not listed_at():
        headers.setdefault("X-Robots-Tag", "noindex")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer" if g.get("is_private") else "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store" if g.get("is_private") or request.blueprint not in PUBLIC else "no-cache"
    return response
