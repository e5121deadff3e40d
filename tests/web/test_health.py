"""What watches over the process can ask."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from meetings import db, jobs


def test_a_sound_process_is_healthy_and_ready(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_data(as_text=True)) == (200, "database: ok\nmigrations: ok\nscheduler: ok\n")
    assert ready.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in ready.headers


def test_a_schema_that_lags_behind_is_not_ready(client: FlaskClient) -> None:
    db.database.execute_sql("DELETE FROM schema_migration")
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_a_database_that_does_not_answer_is_unhealthy(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise db.peewee.OperationalError("gone")

    monkeypatch.setattr(db, "rows", broken)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_data(as_text=True)) == (503, "database: not ok\n")
    assert client.get("/readyz").status_code == 503


def test_jobs_that_should_run_and_do_not_make_it_unready(app: Flask, client: FlaskClient) -> None:
    app.config["SCHEDULER"] = True
    assert client.get("/readyz").status_code == 503
    jobs.start(app)
    try:
        assert client.get("/readyz").status_code == 200
    finally:
        jobs.stop()
    assert client.get("/readyz").status_code == 503
