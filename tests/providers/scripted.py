"""A mail server that answers as a table says: for every way in which one can fail."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("localhost.pem")  # self-signed, for localhost, with its key

SILENCE = "silence"  # no answer at all
HANG_UP = "hang up"  # also at the end of an answer, which is said first
TAKEN_UNSAID = "taken, unsaid"  # for "content": the mail is kept, but nobody learns of it
USUAL = {
    "greeting": "220 ready",
    "EHLO": "250-here\r\n250 8BITMIME",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "content": "250 taken",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


class ScriptedServer(socketserver.ThreadingTCPServer):
    """Answers each command with its line of the table; `seen` keeps what was said, `taken` the contents accepted.

    The table may be changed at any time. A line such as "RCPT a@example.org" is about mail to that address alone.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answers: Mapping[str, str], *, slowly: float = 0, tls: str = "") -> None:
        self.answers = {**USUAL, **answers}
        self.slowly = slowly  # seconds between two letters
        self.tls = tls  # "", "starttls", "ssl", or "broken": starttls, but then it talks on in plain text
        self.seen: list[str] = []
        self.taken: list[bytes] = []
        self.connections = 0
        self.conversations: set[_Conversation] = set()  # those under way
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", 0), _Conversation)

    @property
    def port(self) -> int:
        return self.server_address[1]

    def answer(self, what: str, recipient: str) -> str:
        """What is said to a command."""
        return self.answers.get(f"{what} {recipient}") or self.answers.get(what, "500 what?")

    def cut(self) -> None:
        """End all conversations, so that everybody has to begin anew."""
        for conversation in list(self.conversations):
            with suppress(OSError):
                conversation.request.shutdown(socket.SHUT_RDWR)

    def take(self, recipient: str, content: bytes) -> None:
        """Keep a mail."""
        self.taken.append(content)


class _HungUp(Exception):
    pass


class _Conversation(socketserver.BaseRequestHandler):
    server: ScriptedServer
    recipient = ""

    def handle(self) -> None:
        self.server.connections += 1
        self.server.conversations.add(self)
        try:
            if self.server.tls == "ssl":
                self._wrap()
            self._say("greeting")
            while line := self._line():
                self._obey(line)
        except (_HungUp, OSError):
            pass
        finally:
            self.server.conversations.discard(self)
            self.request.close()

    def _obey(self, line: str) -> None:
        verb = line.partition(" ")[0].upper()
        self.server.seen.append(line)
        if verb == "RCPT":
            self.recipient = line.partition("<")[2].partition(">")[0]
        self._say(verb)
        if verb == "STARTTLS":
            self._wrap()
        elif verb == "DATA" and self.server.answer("DATA", self.recipient).startswith("354"):
            content = self._content()
            if self.server.answer("content", self.recipient).startswith(("250", TAKEN_UNSAID)):
                self.server.take(self.recipient, content)  # before saying so: a test may look at once
            self._say("content")

    def _wrap(self) -> None:
        if self.server.tls == "broken":
            self._send(b"500 what?\r\n")
            raise _HungUp
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
        self.request = context.wrap_socket(self.request, server_side=True)

    def _say(self, what: str) -> None:
        answer = self.server.answer(what, self.recipient)
        if answer == SILENCE:
            self.server.closing.wait()
        if answer in (SILENCE, TAKEN_UNSAID):
            raise _HungUp
        words = answer.removesuffix(HANG_UP)
        if words:
            self._send(f"{words.strip()}\r\n".encode())
        if answer.endswith(HANG_UP):
            raise _HungUp

    def _send(self, data: bytes) -> None:
        if not self.server.slowly:
            self.request.sendall(data)
            return
        for letter in data:
            if self.server.closing.wait(self.server.slowly):
                raise _HungUp
            self.request.sendall(bytes([letter]))

    def _line(self) -> str:
        line = b""
        while not line.endswith(b"\n"):
            letter = self.request.recv(1)
            if not letter:
                return ""
            line += letter
        return line.decode().strip()

    def _content(self) -> bytes:
        data = b""
        while not data.endswith(b"\r\n.\r\n"):
            more = self.request.recv(65536)
            if not more:
                raise _HungUp
            data += more
        return data.removesuffix(b".\r\n")


@contextmanager
def scripted(answers: Mapping[str, str] | None = None, *, slowly: float = 0, tls: str = "") -> Iterator[ScriptedServer]:
    """Such a server, listening."""
    with ScriptedServer(answers or {}, slowly=slowly, tls=tls) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
