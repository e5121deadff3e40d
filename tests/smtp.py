"""A real SMTP server on the loopback that keeps what it is given."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Received:
    """One delivery: the envelope, the bytes, and the bytes as a message."""

    sender: str
    recipients: list[str]
    raw: bytes
    at: float = 0  # seconds, by this machine's steady clock

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


class MailServer(Controller):
    """Takes every mail, but for the recipients in `refuse` (address → answer, such as "550 5.1.1 unknown")."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.refuse: dict[str, str] = {}
        self.answer_data = "250 2.0.0 taken"
        self.slowly = 0.0  # seconds between having a mail and saying so
        self._arrival = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each greeting takes 40 ms
        super().__init__(self, hostname="127.0.0.1", port=self._listener.getsockname()[1])

    def _create_server(self):
        """Listen on the socket that found a free port, instead of trying one by number."""
        return self.loop.create_server(self._factory_invoker, sock=self._listener)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.answer_data.startswith("250"):
            with self._arrival:
                content = Received(envelope.mail_from, list(envelope.rcpt_tos), envelope.content, time.monotonic())
                self.received.append(content)
                self._arrival.notify_all()
        if self.slowly:
            await asyncio.sleep(self.slowly)
        return self.answer_data

    @property
    def settings(self) -> dict[str, Any]:
        """The app's settings by which it sends through this server."""
        sender = "meet@team.example"
        return {"MAIL_SERVER": self.hostname, "MAIL_PORT": self.port, "MAIL_DEFAULT_SENDER": sender}

    def wait_for(self, count: int, seconds: float = 10) -> list[Received]:
        """All mails, once there are at least `count`."""
        give_up = time.monotonic() + seconds
        with self._arrival:
            while len(self.received) < count:
                if not self._arrival.wait(give_up - time.monotonic()):
                    raise AssertionError(f"{len(self.received)} mails came, {count} were awaited")
            return list(self.received)

    def to(self, address: str) -> list[Received]:
        """What came for one recipient, oldest first."""
        return [mail for mail in self.received if address in mail.recipients]


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A listening server; its address is `hostname` and `port`."""
    server = MailServer()
    server.start()
    yield server
    server.stop()
