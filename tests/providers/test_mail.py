import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from meetings.providers import mail
from meetings.providers.mail import Limits, Misconfigured, Permanent, Post, Temporary, Unavailable
from tests.providers.scripted import CERTIFICATE, HANG_UP, SILENCE, USUAL, ScriptedServer, free_port, scripted
from tests.smtp import MailServer

BYTES = b"Subject: hello\r\n\r\nOne line.\r\n.\r\nAnother after a lone dot.\r\n"
QUICK = Limits(connect=0.3, command=0.3, whole=1.0)


@contextmanager
def sending(port: int, **settings: Any) -> Iterator[Post]:
    """A post whose mail server listens on this port."""
    app = Flask("test")
    usual = {
        "BASE_URL": "http://meet.example",
        "MAIL_SERVER": "localhost",
        "MAIL_PORT": port,
        "MAIL_DEFAULT_SENDER": "Meetings <meet@team.example>",
        "MAIL_LIMITS": QUICK,
    }
    app.config.update(usual | settings)
    mail.init_app(app)
    with app.app_context(), Post() as post:
        yield post


def send(post: Post, recipient: str = "maren@example.com") -> str | None:
    return post.send(recipient, lambda: BYTES)


def test_hands_over_the_bytes_as_they_are(mail_server: MailServer) -> None:
    with sending(mail_server.port) as post:
        assert send(post) == "250 2.0.0 taken"
    (received,) = mail_server.received
    assert received.raw == BYTES
    assert received.sender == "meet@team.example"
    assert received.recipients == ["maren@example.com"]


def test_several_mails_share_a_connection() -> None:
    with scripted() as server, sending(server.port) as post:
        for _ in range(3):
            send(post)
        assert server.connections == 1
        assert len(server.taken) == 3
        assert server.seen[0] == "ehlo meet.example"


def test_content_is_asked_for_last_and_may_be_taken_back() -> None:
    with scripted() as server, sending(server.port) as post:
        assert post.send("maren@example.com", lambda: None) is None
        assert server.seen[-1] == "rset"
        assert send(post) == "250 taken"
        assert server.connections == 1
    assert len(server.taken) == 1


def test_content_is_not_made_for_a_refused_recipient() -> None:
    with scripted({"RCPT": "550 5.1.1 nobody here"}) as server, sending(server.port) as post, pytest.raises(Permanent):
        post.send("maren@example.com", pytest.fail)


def test_trouble_while_making_content_comes_through_and_ends_the_connection() -> None:
    class Own(Exception):
        pass

    def content() -> bytes:
        raise Own

    with scripted() as server, sending(server.port) as post:
        with pytest.raises(Own):
            post.send("maren@example.com", content)
        assert send(post) == "250 taken"
        assert server.connections == 2
    assert len(server.taken) == 1


REFUSALS = [
    # what the server answers, which error follows, in whose words
    ({"greeting": "554 go away"}, Misconfigured, "554 go away"),
    ({"EHLO": "550 not you", "HELO": "550 not you"}, Misconfigured, "550 not you"),
    ({"greeting": "421 later"}, Unavailable, "421 later"),
    ({"greeting": HANG_UP}, Unavailable, "closed"),
    ({"MAIL": "550 5.7.1 not with this sender"}, Misconfigured, "550 5.7.1 not with this sender"),
    ({"MAIL": "530 5.7.0 sign in first"}, Misconfigured, "530 5.7.0 sign in first"),
    ({"MAIL": "451 4.3.0 not now"}, Temporary, "451 4.3.0 not now"),
    ({"MAIL": "421 4.3.2 shutting down"}, Temporary, "421 4.3.2 shutting down"),
    ({"MAIL": HANG_UP}, Temporary, "closed"),
    ({"RCPT": "550 5.1.1 nobody here"}, Permanent, "550 5.1.1 nobody here"),
    ({"RCPT": "450 4.2.0 greylisted"}, Temporary, "450 4.2.0 greylisted"),
    ({"RCPT": "452 4.2.2 mailbox full"}, Temporary, "452 4.2.2 mailbox full"),
    ({"RCPT": "530 5.7.0 sign in first"}, Misconfigured, "530 5.7.0 sign in first"),
    ({"RCPT": "421 4.3.2 shutting down"}, Temporary, "421 4.3.2 shutting down"),
    ({"RCPT": HANG_UP}, Temporary, "closed"),
    ({"DATA": "554 5.5.1 no"}, Permanent, "554 5.5.1 no"),
    ({"DATA": "451 4.3.0 not now"}, Temporary, "451 4.3.0 not now"),
    ({"content": "552 5.3.4 too big"}, Permanent, "552 5.3.4 too big"),
    ({"content": "451 4.3.0 disk full"}, Temporary, "451 4.3.0 disk full"),
    ({"content": HANG_UP}, Temporary, "closed"),
]


@pytest.mark.parametrize(("answers", "error", "words"), REFUSALS, ids=lambda value: str(value)[:60])
def test_each_refusal_is_told_apart(answers: dict[str, str], error: type[Exception], words: str) -> None:
    with scripted(answers) as server, sending(server.port) as post:
        with pytest.raises(error, match=words.replace(".", r"\.")) as caught:
            send(post)
        assert type(caught.value) is error
        server.answers.update(USUAL)
        assert send(post) == "250 taken"


@pytest.mark.parametrize("point", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "content"])
def test_a_silent_server_is_given_up(point: str) -> None:
    began = time.monotonic()
    with scripted({point: SILENCE, "HELO": SILENCE}) as server, sending(server.port) as post:
        with pytest.raises((Unavailable, Temporary)):
            send(post)
        assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("slowest", ["greeting", "content"])
def test_a_server_that_trickles_is_given_up(slowest: str) -> None:
    """Each letter comes within the time-out of one command, the answer as a whole never ends."""
    began = time.monotonic()
    long = {"greeting": "220 " + "x" * 100, "content": "250-" + "x" * 100}
    with scripted({slowest: long[slowest]}, slowly=0.02 if slowest == "content" else 0.1) as server:
        with sending(server.port) as post, pytest.raises((Unavailable, Temporary)):
            send(post)
        assert time.monotonic() - began < 3


def test_nobody_listening_is_no_fault_of_the_mail() -> None:
    with sending(free_port()) as post, pytest.raises(Unavailable) as caught:
        send(post)
    assert type(caught.value) is Unavailable


def test_an_unknown_server_name_is_no_fault_of_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", lookup)
    with sending(1) as post, pytest.raises(Unavailable, match="not known"):
        send(post)


def test_an_idle_connection_that_was_closed_is_opened_again() -> None:
    with scripted() as server, sending(server.port) as post:
        send(post)
        server.answers["MAIL"] = "421 4.4.2 idle for too long"
        original = ScriptedServer.finish_request

        def finish(self: ScriptedServer, *args: Any) -> None:
            self.answers["MAIL"] = "250 ok"
            original(self, *args)

        server.finish_request = finish.__get__(server)
        assert send(post) == "250 taken"
        assert server.connections == 2


def test_a_farewell_that_fails_does_not_undo_what_was_taken() -> None:
    with scripted({"QUIT": HANG_UP}) as server:
        with sending(server.port) as post:
            assert send(post) == "250 taken"
        assert len(server.taken) == 1


# -- signing in, TLS


def test_signs_in_and_hides_the_password_from_errors() -> None:
    answers = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 wrong"}
    with scripted(answers) as server:
        signing_in = sending(server.port, MAIL_USERNAME="meet", MAIL_PASSWORD="hush hush")
        with signing_in as post, pytest.raises(Misconfigured, match=r"535 5\.7\.8 wrong") as caught:
            send(post)
        assert "hush" not in str(caught.value)
        assert any(line.startswith("AUTH PLAIN") for line in server.seen)


def test_a_sign_in_that_fails_for_now_is_no_refusal() -> None:
    answers = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "454 4.7.0 later"}
    with scripted(answers) as server, sending(server.port, MAIL_USERNAME="meet", MAIL_PASSWORD="x") as post:
        with pytest.raises(Unavailable) as caught:
            send(post)
        assert type(caught.value) is Unavailable


def test_a_server_without_sign_in_is_a_wrong_setting() -> None:
    with scripted() as server, sending(server.port, MAIL_USERNAME="meet", MAIL_PASSWORD="x") as post:
        with pytest.raises(Misconfigured):
            send(post)
        assert not server.taken


TLS = [("starttls", {"MAIL_USE_TLS": True}), ("ssl", {"MAIL_USE_SSL": True})]


@pytest.mark.parametrize(("tls", "settings"), TLS)
def test_a_certificate_that_cannot_be_verified_is_refused(tls: str, settings: dict[str, Any]) -> None:
    answers = {"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": "220 go"}
    with scripted(answers, tls=tls) as server, sending(server.port, **settings) as post:
        with pytest.raises(Misconfigured, match="CERTIFICATE_VERIFY_FAILED"):
            send(post)
        assert not any(line.upper().startswith("MAIL") for line in server.seen)


@pytest.mark.parametrize(("tls", "settings"), TLS)
def test_a_certificate_of_a_known_authority_is_taken(
    tls: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    answers = {"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": "220 go"}
    with scripted(answers, tls=tls) as server, sending(server.port, **settings) as post:
        assert send(post) == "250 taken"


def test_a_certificate_for_another_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", server.port))])
    with scripted(tls="ssl") as server, sending(server.port, MAIL_USE_SSL=True) as post:
        post._connection.mail.server = "mail.elsewhere.example"
        with pytest.raises(Misconfigured, match="elsewhere"):
            send(post)


def test_a_server_that_offers_no_tls_is_a_wrong_setting() -> None:
    with scripted() as server, sending(server.port, MAIL_USE_TLS=True) as post:
        with pytest.raises(Misconfigured, match="STARTTLS"):
            send(post)
        assert not server.taken


# -- addresses


def test_an_address_beyond_ascii_needs_a_server_that_can() -> None:
    with scripted() as server, sending(server.port) as post:
        with pytest.raises(Permanent, match="beyond ASCII"):
            send(post, "jörg@example.com")
        assert send(post) == "250 taken"
    with scripted({"EHLO": "250-here\r\n250 SMTPUTF8"}) as server, sending(server.port) as post:
        assert send(post, "jörg@example.com") == "250 taken"
        assert "SMTPUTF8" in server.seen[1]
        assert "jörg@example.com" in server.seen[2]


@pytest.mark.parametrize(("plainly", "error"), [("250 ok", Permanent), ("530 5.7.0 sign in first", Misconfigured)])
def test_a_server_that_cannot_after_all_stops_no_other_mail(
    monkeypatch: pytest.MonkeyPatch, plainly: str, error: type[Exception]
) -> None:
    """It says that it could, and then refuses the sender for it: anybody could hold up all mail by such an address."""
    with scripted({"EHLO": "250-here\r\n250 SMTPUTF8"}) as server, sending(server.port) as post:
        usual = server.answer

        def answer(what: str, recipient: str) -> str:
            if what != "MAIL":
                return usual(what, recipient)
            return "550 5.6.7 no such letters" if "SMTPUTF8" in server.seen[-1] else plainly

        monkeypatch.setattr(server, "answer", answer)
        with pytest.raises(error) as caught:
            send(post, "jörg@example.com")
        assert type(caught.value) is error
        assert (str(caught.value) == "550 5.6.7 no such letters") == (error is Permanent)
        monkeypatch.undo()
        assert send(post) == "250 taken"


def test_a_sender_beyond_ascii_is_a_wrong_setting_and_costs_no_mail() -> None:
    with scripted() as server, sending(server.port, MAIL_DEFAULT_SENDER="meet@téam.example") as post:
        with pytest.raises(Misconfigured, match="MEETINGS_MAIL_DEFAULT_SENDER"):
            send(post)
        assert not server.taken


def test_the_sender_has_a_default() -> None:
    assert mail.sender_address({"MAIL_DEFAULT_SENDER": "", "BASE_URL": "https://meet.example:444/x"}) == (
        "meetings@meet.example"
    )
    assert mail.sender_address({"MAIL_DEFAULT_SENDER": "a@b.example", "BASE_URL": "https://meet.example"}) == (
        "a@b.example"
    )


def test_check_says_whether_the_server_can_be_had() -> None:
    with scripted() as server, sending(server.port):
        mail.check()
    with sending(free_port()), pytest.raises(Unavailable):
        mail.check()
