"""The clock's way in: a table of jobs, ticked by APScheduler or run once by hand.

The scheduler keeps no state. What is due stands in rows, which a job claims one by one: a restart loses nothing, and
several processes do no harm to each other.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from . import clock, db
from .errors import Busy
from .services import holidays, housekeeping, outbox, pictures, privacy, retention, zone_data

log = logging.getLogger(__name__)

_MOST_ROUNDS = 10_000  # each round does some work, so honest work never gets there


@dataclass(frozen=True, slots=True)
class Job:
    """Work to be done now and then. `run` is told the time and returns how much it did."""

    name: str
    run: Callable[[datetime], int]
    every: int  # seconds


JOBS = (
    Job("deliver", outbox.deliver_due, 3),
    Job("clear away", housekeeping.clear_away, 3600),
    Job("erase", privacy.finish_erasures, 60),
    Job("erase again", privacy.erase_again, 3600),
    Job("clear old", retention.clear_old, 3600),
    Job("zone data", zone_data.check, 3600),
    Job("holidays", holidays.refresh, 24 * 3600),
    Job("pictures", pictures.clear_away, 24 * 3600),
)

_running: list[BackgroundScheduler] = []  # none or one
_stopping = threading.Event()


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]  # APScheduler has no types
    """Sets its alarms anew when the system's clock was moved.

    APScheduler sets them by that clock: put back by an hour it would silence every job for as long, and put forward by
    years it would count every tick in between.
    """

    def _process_jobs(self) -> float | None:
        now = datetime.now(UTC)
        for job in self.get_jobs():
            if _is_astray(job.next_run_time - now, job.trigger.interval):
                log.warning("The clock was moved: the job %r starts anew", job.id)
                self.modify_job(job.id, next_run_time=now)
        wait: float | None = super()._process_jobs()
        # Never for longer than between two ticks: the clock may have been moved since `now`, and the alarms with it.
        return None if wait is None else min([wait, *(job.trigger.interval_length for job in self.get_jobs())])


def _is_astray(ahead: timedelta, interval: timedelta) -> bool:
    """Whether an alarm is where no tick set it; one that is late because the machine is busy is not."""
    return ahead > interval + timedelta(seconds=1) or ahead < -100 * interval


def start(app: Flask) -> None:
    """Tick all jobs in a thread of this process, unless the settings say that it runs none."""
    app.extensions["jobs_alive"] = is_alive  # /readyz asks it
    if not app.config["SCHEDULER"] or _running:
        return
    _stopping.clear()
    scheduler = _Scheduler(timezone="UTC", daemon=True)
    for job in JOBS:
        scheduler.add_job(
            _run,
            "interval",
            args=[app, job],
            seconds=job.every,
            id=job.name,
            next_run_time=datetime.now(UTC),  # the scheduler's own clock: the rows' one is another matter
            coalesce=True,  # ticks that were slept through count once
            max_instances=1,
            misfire_grace_time=None,  # however late: the rows know what is due
        )
    scheduler.start()
    _running.append(scheduler)


def stop(*, wait: bool = True) -> None:
    """End the ticking; `wait` lets the mail, or whatever is in work, come to its end."""
    _stopping.set()
    while _running:
        _running.pop().shutdown(wait=wait)


def is_alive() -> bool:
    """Whether jobs are ticked in this process."""
    return any(scheduler.running for scheduler in _running)


def run_due(app: Flask) -> int:
    """Run every job until nothing due can be claimed any more; returns how much was done.

    A mail that has to be tried again later is not waited for. A pause after trouble with the mail server is not kept:
    whoever runs this asks for a try now.
    """
    with app.app_context():
        db.connect()
        outbox.try_again_now()
        return sum(_run_dry(job, until=lambda: False) for job in JOBS)


def _run_dry(job: Job, until: Callable[[], bool]) -> int:
    """Run a job, a portion at a time, as long as it finds work."""
    done = 0
    for _ in range(_MOST_ROUNDS):
        step = job.run(clock.now())
        done += step
        if not step or until():
            break
    return done


def _run(app: Flask, job: Job) -> None:
    """One tick, with an app context and a connection of its own. A failure is logged; the next tick follows.

    Without a database that is one line: a disk that is full stays so for hours.
    """
    try:
        with app.app_context():
            db.connect()
            try:
                _run_dry(job, until=_stopping.is_set)
            finally:
                db.disconnect()
    except (Busy, *db.AWAY) as error:
        log.error("No database for the job %r: %s", job.name, error)  # noqa: TRY400 - without a traceback
    except Exception:
        log.exception("The job %r failed", job.name)
