"""Whether the installation is sound: what `flask check` prints, one finding at a time."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from urllib.parse import urlsplit

import peewee
from flask import current_app

from meetings import config, db
from meetings.providers import mail

OLDEST_SANE = datetime(2026, 1, 1, tzinfo=UTC)
ZONES_GROW_OLD = 270  # days after which the zone data should have been updated


@dataclass(frozen=True)
class Finding:
    """One subject, whether it is well, and in which words."""

    subject: str
    is_well: bool
    words: str


def run(now: datetime) -> Iterator[Finding]:
    """Look at every part in turn; a part that fails doesn't keep the others from being looked at."""
    yield _configuration()
    yield _database()
    yield _mail_server()
    yield _clock(now)
    yield _zones(now)
    yield _base_url()


def _configuration() -> Finding:
    folder = current_app.config["DATA_DIR"]
    probe = folder / ".probe"
    try:
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        return Finding("configuration", False, f"the data folder {folder} can't be written: {error.strerror}")
    strangers = config.unknown()
    if strangers:
        return Finding("configuration", False, f"no such setting: {', '.join(strangers)}")
    return Finding("configuration", True, f"data in {folder}")


def _database() -> Finding:
    try:
        db.connect()
        pending = db.pending_migrations()
    except (peewee.DatabaseError, peewee.InterfaceError, db.SchemaTooNew) as error:
        return Finding("database", False, str(error).strip())
    if pending:
        return Finding("database", False, f"{len(pending)} migration(s) to apply; starting the app applies them")
    kind = f"SQLite {sqlite3.sqlite_version}" if db.is_sqlite() else "PostgreSQL"
    advice = "; an old one, so let a single process serve" if db.is_risky_to_share() else ""
    return Finding("database", True, f"{kind}, schema up to date{advice}")


def _mail_server() -> Finding:
    server = current_app.config["MAIL_SERVER"]
    if not server:
        return Finding("mail server", True, "none set; mail waits in the outbox, where an admin can read it")
    try:
        mail.check()
    except mail.MailError as error:
        return Finding("mail server", False, f"{server}: {error}")
    return Finding("mail server", True, f"{server} answers")


def _clock(now: datetime) -> Finding:
    is_well = now > OLDEST_SANE
    return Finding("clock", is_well, f"{now:%Y-%m-%d %H:%M:%S} UTC" + ("" if is_well else ", which can't be right"))


def _zones(now: datetime) -> Finding:
    release = version("tzdata")
    year = int(release.split(".")[0])
    age = (now - datetime(year, 1, 1, tzinfo=UTC)).days
    is_well = age < 365 + ZONES_GROW_OLD
    return Finding("time zones", is_well, f"tzdata {release}" + ("" if is_well else "; update the tzdata package"))


def _base_url() -> Finding:
    url = current_app.config["BASE_URL"]
    parts = urlsplit(url)
    if not parts.hostname or parts.path not in ("", "/") or parts.query:
        return Finding("base URL", False, f"{url} is not just a scheme and a host")
    is_local = parts.hostname in ("localhost", "127.0.0.1")
    return Finding("base URL", True, url + (", reachable from this machine only" if is_local else ""))
