"""Whether the process serves (/healthz) and is ready for work (/readyz), for whatever watches over it."""

import peewee
from flask import Blueprint, current_app
from werkzeug.wrappers import Response

from meetings import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 when the database answers."""
    return _answer({"database": _database_answers()})


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 when, besides, all migrations are applied and the background jobs run (where this process runs them)."""
    answers = _database_answers()
    return _answer({"database": answers, "migrations": answers and _is_migrated(), "scheduler": _scheduler_lives()})


def _answer(checks: dict[str, bool]) -> Response:
    is_well = all(checks.values())
    lines = [f"{name}: {'ok' if fine else 'not ok'}" for name, fine in checks.items()]
    answer = current_app.response_class("\n".join(lines) + "\n", 200 if is_well else 503, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _database_answers() -> bool:
    try:
        return db.rows("SELECT 1", ()) == [(1,)]
    except (peewee.DatabaseError, peewee.InterfaceError):
        return False


def _is_migrated() -> bool:
    try:
        return not db.pending_migrations()
    except (peewee.DatabaseError, peewee.InterfaceError, db.SchemaTooNew):
        return False


def _scheduler_lives() -> bool:
    if not current_app.config["SCHEDULER"]:
        return True
    is_alive = current_app.extensions.get("jobs_alive")
    return bool(is_alive and is_alive())
