"""Several things at the same moment, as several processes do them."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from meetings import db
from meetings.errors import Problem


def at_once(app: Flask, *acts: Callable[[], object]) -> list[Problem]:
    """Do all of it, each in a thread and with a connection of its own; what was refused. Anything else is raised."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> Problem | None:
        with app.app_context():
            db.connect()
            start.wait()
            try:
                act()
            except Problem as problem:
                return problem
            finally:
                db.disconnect()
        return None

    with ThreadPoolExecutor(len(acts)) as pool:
        done = [pool.submit(run, act) for act in acts]
    return [problem for one in done if (problem := one.result()) is not None]
