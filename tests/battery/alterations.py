"""What the programs about mail and clocks change in the app's process before it starts, guards taken out included.

Kept apart from the programs, so that a process of the app loads no more than it needs.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.process import Alteration

TICK = 0.1  # seconds between two looks of the delivery job, so that nobody has to wait for it
LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib64/faketime/libfaketimeMT.so.1")

ORDER = "order"
JUDGEMENT = "judgement"
MAKING_UP = "making up"
GUARDS = {
    "": "",
    ORDER: ", without the order of the claim",
    JUDGEMENT: ", without the judgement before sending",
    MAKING_UP: ", without making up for a clock that was ahead",
}


def hasty(*, connect: float = 10, command: float = 30, whole: float = 100) -> Alteration:
    """Deliver often, and give a silent mail server so many seconds."""
    limits = {"connect": connect, "command": command, "whole": whole}
    return "tests.battery.alterations:hasten", {"limits": limits}


def without(guard: str) -> list[Alteration]:
    """Take a guard out; none for no guard."""
    return [("tests.battery.alterations:take_out", {"guard": guard})] if guard else []


def false_clock(file: Path) -> list[Alteration]:
    """Have libfaketime tell the whole process a time that is as wrong as the file says; none if it is missing.

    The steady clock stays right, as it does when somebody sets a machine's clock.
    """
    library = next((found for pattern in LIBRARIES for found in Path("/").glob(pattern[1:])), None)
    return [("tests.battery.alterations:lie", {"library": str(library), "file": str(file)})] if library else []


# -- called in the app's process


def hasten(limits: dict[str, float]) -> None:
    from meetings import jobs
    from meetings.providers import mail

    own = mail.Limits(**limits)
    mail.Limits = lambda: own  # type: ignore[assignment, misc]
    jobs.JOBS = tuple(replace(job, every=TICK) if job.name == "deliver" else job for job in jobs.JOBS)  # type: ignore[arg-type]


def trust(certificate: str) -> None:
    """Take this certificate for an authority's, in everything that asks for one."""
    os.environ["SSL_CERT_FILE"] = certificate


def lie(library: str, file: str) -> None:
    """Start anew with the library, which has to be there from the beginning."""
    if "LD_PRELOAD" in os.environ:
        return
    os.environ |= {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": file,
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    command = Path("/proc/self/cmdline").read_bytes().split(b"\0")[:-1]
    os.execv(sys.executable, command)


def take_out(guard: str) -> None:
    {ORDER: _no_order, JUDGEMENT: _no_judgement, MAKING_UP: _no_making_up}[guard]()


def _no_order() -> None:
    """Whatever is due may go, though something earlier to the same person is still on its way."""
    from meetings.models import Delivery
    from meetings.models.outbox import PENDING, SENDING
    from meetings.services.outbox import delivery

    def is_claimable(now: Any) -> Any:
        is_due = (Delivery.state == PENDING) & (Delivery.due_at <= now)
        return is_due | ((Delivery.state == SENDING) & (Delivery.leased_until <= now))

    delivery._is_claimable = is_claimable


def _no_judgement() -> None:
    """Nobody asks whether a mail is still true: neither right before it is sent nor when the booking changes."""
    from meetings.services.outbox import delivery, queue

    delivery.verdict = lambda *_given: None  # type: ignore[assignment]
    queue._drop = lambda *_given: None


def _no_making_up() -> None:
    """Nobody notices that the clock was ahead."""
    from meetings.services.outbox import set_back

    set_back.make_up = lambda *_given: None
