"""The way to the mail server: Flask-Mail's settings and connection, with time limits and verified TLS added.

Content arrives here as finished bytes for one recipient. What goes wrong comes out as one of four errors, because each
asks for something else: wait with this mail, give this mail up, wait with all mail, have somebody mend the settings.
"""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any, Self
from urllib.parse import urlsplit

import flask_mail

_WORDS_MAX = 500  # of a server's answer; more is not for people


class MailError(Exception):
    """A mail did not get through; the text is the server's, or the system's, own words."""


class Temporary(MailError):
    """Not this mail, not now."""


class Permanent(MailError):
    """This mail never."""


class Unavailable(MailError):
    """No mail at all just now: the server can't be reached."""


class Misconfigured(Unavailable):
    """No mail at all until somebody acts: sign-in, sender, certificate or our very call was refused for good."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that the server may take: to greet, to answer a command, to take one mail altogether."""

    connect: float = 10
    command: float = 30
    whole: float = 100


def init_app(app: Any) -> None:
    """Read the MAIL_* settings, and the limits where a test sets shorter ones."""
    _Mail().init_app(app)


class _Mail(flask_mail.Mail):
    def init_mail(self, config: dict[str, Any], debug: bool | int = False, testing: bool = False) -> Any:  # noqa: FBT001, FBT002 - Flask-Mail's signature
        # Not `debug`: it would print passwords. Not `testing`: a test that sends has a server to send to.
        del debug, testing
        state: Any = super().init_mail(config, debug=False, testing=False)
        state.limits = config.get("MAIL_LIMITS", Limits())
        state.sender = sender_address(config)
        state.own_name = urlsplit(config["BASE_URL"]).hostname or "localhost"
        return state

    def connect(self) -> "_Connection":
        return _Connection(super().connect().mail)


def sender_address(config: Mapping[str, Any]) -> str:
    """The address that all mail comes from."""
    named = parseaddr(config["MAIL_DEFAULT_SENDER"] or "")[1]
    return named or f"meetings@{urlsplit(config['BASE_URL']).hostname or 'localhost'}"


def is_configured(config: Mapping[str, Any]) -> bool:
    """Whether there is a mail server to send through."""
    return bool(config["MAIL_SERVER"])


def check() -> None:
    """Connect to the mail server and sign in, no more. Raises Unavailable or Misconfigured."""
    with Post() as post:
        post.check()


class Post:
    """A connection to the mail server, opened with the first mail and kept for those that follow."""

    def __init__(self) -> None:
        self._connection: _Connection = _Mail().connect()
        self._host: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def check(self) -> None:
        """See whether the server can be had."""
        self._connected()

    def send(self, recipient: str, content: Callable[[], bytes | None]) -> str | None:
        """Hand one mail over and return the server's words.

        `content` is asked for the bytes once the server has agreed to the recipient; None takes the mail back.
        """
        was_open = self._host is not None
        try:
            return self._converse(self._connected(), recipient, content)
        except _Closed as error:
            if not was_open or error.has_begun:
                raise Temporary(str(error)) from error
            # The server had closed a connection that lay idle, or had enough of it: not this mail's fault.
            try:
                return self._converse(self._connected(), recipient, content)
            except _Closed as again:
                raise Temporary(str(again)) from again

    def _connected(self) -> smtplib.SMTP:
        if self._host is None:
            self._host = self._connection.configure_host()
        return self._host

    def _converse(self, host: smtplib.SMTP, recipient: str, content: Callable[[], bytes | None]) -> str | None:
        talk = _Talk(host, self._connection.mail.sender)
        try:
            with _time_limit(host, self._connection.mail.limits.whole):
                return talk.hand_over(recipient, content)
        except (smtplib.SMTPServerDisconnected, OSError, ValueError) as error:
            raise _Closed(_words(error), has_begun=talk.has_begun) from error
        finally:
            if not talk.is_clean:
                self._close()

    def _close(self) -> None:
        host, self._host = self._host, None
        if host is not None:
            with suppress(smtplib.SMTPException, OSError, ValueError):
                _wait_at_most(host, 2)  # a farewell is not worth more
                host.quit()
            host.close()


class _Closed(Exception):
    """The connection broke; `has_begun`: after the server had agreed to the sender."""

    def __init__(self, words: str, *, has_begun: bool) -> None:
        super().__init__(words)
        self.has_begun = has_begun


class _Talk:
    """One mail's conversation with the server (RFC 5321)."""

    def __init__(self, host: smtplib.SMTP, sender: str) -> None:
        self._host = host
        self._sender = sender
        self.has_begun = False
        self.is_clean = False  # ended so that the next mail may follow on the same connection

    def hand_over(self, recipient: str, content: Callable[[], bytes | None]) -> str | None:
        self._agree_on_sender(recipient)
        self._agree_on_recipient(recipient)
        data = content()
        if data is None:
            self._host.rset()
            self.is_clean = True
            return None
        return self._give(data)

    def _agree_on_sender(self, recipient: str) -> None:
        if recipient.isascii():
            self._begin()
            return
        if not self._host.has_extn("smtputf8"):
            self.is_clean = True
            raise Permanent("The mail server can't write to an address with letters beyond ASCII.")
        self._host.command_encoding = "utf-8"
        try:
            self._begin("SMTPUTF8", "BODY=8BITMIME")
        except Misconfigured as error:
            self._begin()  # is refused as well, if it is the sender that the server minds
            self._host.rset()
            self.is_clean = True
            raise Permanent(str(error)) from error

    def _begin(self, *options: str) -> None:
        code, reply = self._host.mail(self._sender, options)
        if code == 421:
            raise smtplib.SMTPServerDisconnected(_answer(code, reply))
        if code >= 500:
            raise Misconfigured(_answer(code, reply))
        if code != 250:
            raise Temporary(_answer(code, reply))
        self.has_begun = True

    def _agree_on_recipient(self, recipient: str) -> None:
        code, reply = self._host.rcpt(recipient)
        if code in (250, 251):
            return
        words = _answer(code, reply)
        if code == 530:  # "authentication required": no recipient would fare better
            raise Misconfigured(words)
        if code != 421:
            self._host.rset()
            self.is_clean = True
        raise Permanent(words) if code >= 500 else Temporary(words)

    def _give(self, data: bytes) -> str:
        reply: bytes | str
        try:
            code, reply = self._host.data(data)
        except smtplib.SMTPDataError as error:
            code, reply = error.smtp_code, error.smtp_error
        if code != 250:
            raise Permanent(_answer(code, reply)) if code >= 500 else Temporary(_answer(code, reply))
        self.is_clean = True
        return _answer(code, reply)


class _Connection(flask_mail.Connection):
    """Flask-Mail's connection, but it gives up on a silent server and refuses a certificate that can't be verified."""

    mail: Any

    def configure_host(self) -> smtplib.SMTP:
        if not self.mail.sender.isascii():  # no conversation would get beyond it, and each mail would pay for that
            raise Misconfigured("MEETINGS_MAIL_DEFAULT_SENDER has signs beyond ASCII. Write its domain as xn--…")
        try:
            return self._open()
        except smtplib.SMTPResponseException as error:
            words = _answer(error.smtp_code, error.smtp_error)
            raise (Misconfigured if error.smtp_code >= 500 else Unavailable)(words) from error
        except (ssl.SSLCertVerificationError, smtplib.SMTPNotSupportedError) as error:
            raise Misconfigured(_words(error)) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise Unavailable(_words(error)) from error

    def _open(self) -> smtplib.SMTP:
        mail = self.mail
        host = self._new_host()
        try:
            with _time_limit(host, mail.limits.whole):
                host.greet(mail.server, mail.port)
                _wait_at_most(host, mail.limits.command)
                if mail.use_tls:
                    host.starttls(context=ssl.create_default_context())
                host.ehlo_or_helo_if_needed()
                if mail.username and mail.password:
                    host.login(mail.username, mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def _new_host(self) -> "_Smtp | _SmtpOverTls":
        mail = self.mail
        if mail.use_ssl:
            context = ssl.create_default_context()
            return _SmtpOverTls(local_hostname=mail.own_name, timeout=mail.limits.connect, context=context)
        return _Smtp(local_hostname=mail.own_name, timeout=mail.limits.connect)


class _Greeting:
    """Opens the connection in a step of its own, so that a time limit can be held over it."""

    def greet(self: Any, server: str, port: int) -> None:
        self._host = server  # smtplib checks the certificate against this name
        code, reply = self.connect(server, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, reply)


class _Smtp(_Greeting, smtplib.SMTP):
    pass


class _SmtpOverTls(_Greeting, smtplib.SMTP_SSL):
    pass


def _wait_at_most(host: smtplib.SMTP, seconds: float) -> None:
    if host.sock is not None:
        host.sock.settimeout(seconds)


@contextmanager
def _time_limit(host: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection after so many seconds: a server that sends a letter now and then outlives every time-out."""

    def cut() -> None:
        if host.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(host.sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _answer(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return _tidy(f"{code} {text}")


def _words(error: Exception) -> str:
    return _tidy(str(error) or type(error).__name__)


def _tidy(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()[:_WORDS_MAX]
