"""What the programs about disks change in the app's process before it starts."""

import logging
import tempfile
from typing import Any


def talk(temporary: str) -> None:
    """Write a line into the log for each connection that is asked for, and put temporary files into a folder."""
    from meetings import db

    tempfile.tempdir = temporary
    connect = db.connect

    def connect_and_say_so(*given: Any) -> None:
        logging.getLogger("battery").warning("A connection is asked for. %s", "." * 200)
        connect(*given)

    db.connect = connect_and_say_so


def do_not_wait_for_the_disk() -> None:
    """Have SQLite confirm what only the system's memory holds."""
    from meetings import db

    connect = db.connect

    def connect_carelessly() -> None:
        connect()
        db.database.execute_sql("PRAGMA synchronous = off")

    db.connect = connect_carelessly
