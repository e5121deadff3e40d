"""Who is signed in: the browser's session cookie, the current user, and what they read (language, zone)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Flask, current_app, g, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.errors import Forbidden, Unauthorized
from meetings.models import User
from meetings.secrets import PatientSigner, Signer
from meetings.services import sessions

from . import doors, htmx
from .doors import Door

TOKEN = "token"  # noqa: S105 - a name in the cookie
FORMS = "csrf_token"  # what Flask-WTF holds the tokens of forms against
UNSAVED = "unsaved"  # said of a sign-in in the middle of a form
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")

P = ParamSpec("P")
Answer = Response | str | tuple[str, int]
View = Callable[P, Answer]


class _Cookies(SecureCookieSessionInterface):
    """A clock that is set back signs nobody out: until when a session lasts stands in its row."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = PatientSigner
        return serializer


def init_app(app: Flask) -> None:
    """A cookie that no script reads, that other sites' posts don't carry, and that plain http never sees."""
    is_secure = app.config["BASE_URL"].startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if is_secure else "session",
        SESSION_COOKIE_SECURE=is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=sessions.SESSION_LASTS,
    )
    app.session_interface = _Cookies()


def current_user() -> User | None:
    """Whoever this browser is signed in as; asked once a request."""
    if "user" not in g:
        token = session.get(TOKEN)
        g.user = sessions.session_user(token, clock.now()) if isinstance(token, str) else None
    found: User | None = g.user
    return found


def has_session() -> bool:
    """Whether this browser was signed in when it was last here; the session may be over by now."""
    return TOKEN in session


def signed_in() -> User:
    """The user of a page that only signed-in people reach."""
    user = current_user()
    if user is None:
        raise Forbidden
    return user


def open_session(token: str, *, stays: bool) -> None:
    """Let this browser keep a session's token: a new cookie, nothing of the old one in it."""
    session.clear()
    session[TOKEN] = token
    session.permanent = stays
    g.pop("user", None)
    if (user := current_user()) is not None:
        session[FORMS] = _forms_of(user)


def _forms_of(user: User) -> str:
    """One for all sessions of a user: a page that was open when one ended can still be sent in the next."""
    signer: Signer = current_app.extensions["signer"]
    return signer.key(f"forms of user {user.id}")


def close_session() -> None:
    """Sign this browser out."""
    token = session.get(TOKEN)
    if isinstance(token, str):
        sessions.sign_out(token)
    session.clear()
    g.pop("user", None)


def session_token() -> str:
    """The token of the present session, or nothing that could be one."""
    return str(session.get(TOKEN, ""))


def login_required(view: View[P]) -> View[P]:
    """Show the page to signed-in people in their language; send others to sign in and back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Answer:
        user = current_user()
        if user is None:
            return _ask_to_sign_in()
        i18n.speak(i18n.negotiate([user.locale]))
        return view(*args, **kwargs)

    doors.behind(Door.USER, guarded)
    return guarded


def is_refused_to_strangers() -> bool:
    """Whether the present request does nothing but ask whoever sent it to sign in."""
    door = doors.door_of(current_app, request.endpoint or "")
    return door in (Door.USER, Door.ADMIN) and current_user() is None


def admin_required(view: View[P]) -> View[P]:
    """As `login_required`, for those who look after the instance."""

    @wraps(view)
    @login_required
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Answer:
        if not signed_in().is_admin:
            raise Forbidden
        return view(*args, **kwargs)

    doors.behind(Door.ADMIN, guarded)
    return guarded


def _ask_to_sign_in() -> Response:
    """The door. A form that a script sent stays as it is, with what was typed, beside the way there."""
    if htmx.is_htmx() and not htmx.is_boosted() and request.method != "GET":
        return htmx.beside("account/_signed_out.html", Unauthorized.status)
    onward = page_again()
    asked = {} if onward in {None, "/"} else {"next": onward}
    if asked and request.method != "GET":
        asked[UNSAVED] = "1"
    return htmx.redirect(url_for("account.sign_in") + ("?" + urlencode(asked) if asked else ""))


def page_again() -> str | None:
    """The page to look at again: this very address if that can be looked at, else the one whose button was pressed."""
    if _can_be_looked_at():
        return local_path(request.full_path.rstrip("?"))
    asked_from = urlsplit(request.referrer or "")
    if asked_from.netloc != request.host:
        return None
    return local_path(urlunsplit(asked_from._replace(scheme="", netloc="")))


def _can_be_looked_at() -> bool:
    here = request.url_rule
    return here is not None and any(
        rule.rule == here.rule and "GET" in (rule.methods or ()) for rule in current_app.url_map.iter_rules()
    )


def local_path(path: str | None) -> str | None:
    """The path, if it leads to a page of ours and nowhere else."""
    return path if path and len(path) < 2000 and _LOCAL_PATH.fullmatch(path) else None


@dataclass(frozen=True)
class Reader:
    """For whom a page is written: formats of instants in their language and zone, for views and templates."""

    locale: str
    zone: str

    def time(self, at: datetime) -> str:
        return i18n.time(at, self.zone, self.locale)

    def day_long(self, at: datetime) -> str:
        return i18n.day_long(at, self.zone, self.locale)

    def day_full(self, at: datetime) -> str:
        return i18n.day_full(at, self.zone, self.locale)

    def date_time_short(self, at: datetime) -> str:
        return i18n.date_time_short(at, self.zone, self.locale)

    def date_time_long(self, at: datetime) -> str:
        return i18n.date_time_long(at, self.zone, self.locale)

    def date_and_times(self, start: datetime, end: datetime) -> str:
        return i18n.date_time_full(start, end, self.zone, self.locale, form="short-year")

    def zone_label(self, at: datetime) -> str:
        return i18n.zone_label(self.zone, at, self.locale)

    def duration(self, minutes: int) -> str:
        return i18n.duration(minutes, self.locale)

    def local(self, at: datetime) -> datetime:
        """The instant as the reader's clock shows it."""
        return i18n.local(at, self.zone)


def reader() -> Reader:
    """The signed-in user as a reader."""
    return Reader(i18n.current_locale(), signed_in().timezone)


def device() -> str:
    """The browser in a few words, for the list of sessions."""
    return browser_name(request.user_agent.string)


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrom", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """Such as "Firefox, Linux", from what a browser says of itself; empty where it says nothing known."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(filter(None, (browser, system)))
