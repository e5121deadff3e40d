"""The shell's commands, as an operator meets them: output, messages on stderr, exit status."""

import re
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from meetings import clock, db
from meetings.models import ApiToken, Booking, Delivery, Link, User
from meetings.services import access, passwords, sessions, users
from tests import make
from tests.make import NOW, PASSWORD

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run `flask COMMAND …` and open the test's connection again."""
    clock.set_source(lambda: NOW)

    def invoke(*words: str, typed: str | None = None) -> Result:
        result = app.test_cli_runner().invoke(args=list(words), input=typed)
        db.connect()
        return result

    return invoke


class TestCreateUser:
    def test_without_a_password_it_prints_a_link_that_sets_one(self, run: Run) -> None:
        result = run("create-user", "Ana@Example.org", "--name", "Ana Host", "--timezone", "Europe/Lisbon")
        assert result.exit_code == 0, result.output
        user = access.user_by_email("ana@example.org")
        assert user is not None
        assert (user.role, user.timezone, user.is_active) == ("member", "Europe/Lisbon", True)
        token = re.search(r"http://localhost/password/(\S+)", result.stdout)
        assert token is not None
        assert passwords.password_link(token[1], NOW) == user

    def test_with_a_password_from_standard_input(self, run: Run) -> None:
        result = run(
            "create-user", "ana@example.org", "--name", "Ana", "--admin", "--password-stdin", typed=PASSWORD + "\n"
        )
        assert result.exit_code == 0, result.output
        assert "password" not in result.stdout
        user, _ = sessions.sign_in("ana@example.org", PASSWORD, address="127.0.0.1", device="", now=NOW)
        assert user.is_admin

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("ana", "--name", "Ana"), "email"),
            (("ana@example.org", "--name", "Ana", "--timezone", "Mars/Base"), "timezone"),
            (("alice@example.org", "--name", "Ana"), "email"),
            (("ana@example.org", "--name", " "), "name"),
        ],
    )
    def test_what_is_wrong_is_said_on_stderr(self, run: Run, words: tuple[str, ...], said: str) -> None:
        make.user()
        result = run("create-user", *words)
        assert result.exit_code == 1
        assert said in result.stderr
        assert result.stdout == ""
        assert User.select().count() == 1


class TestApiToken:
    def test_standard_output_is_the_token_alone(self, run: Run) -> None:
        alice = make.user()
        result = run("api-token", "Alice@example.org", "--name", "script")
        assert result.exit_code == 0, result.output
        assert users.user_by_api_token(result.stdout.removesuffix("\n")) == alice
        assert ApiToken.get().name == "script"

    def test_nobody_has_that_address(self, run: Run) -> None:
        result = run("api-token", "nobody@example.org")
        assert result.exit_code == 1
        assert result.stdout == ""
        assert "nobody@example.org" in result.stderr


class TestDemo:
    def test_a_believable_instance(self, run: Run) -> None:
        result = run("demo")
        assert result.exit_code == 0, result.output
        assert User.select().count() == 5
        assert {link.kind for link in Link.select()} == {"individual", "group", "round_robin"}
        assert {link.status for link in Link.select()} == {"live", "draft"}
        assert Booking.select().count() > 30
        assert Booking.select().where(Booking.starts_at > NOW).count() > 5
        assert not Delivery.select().where(Delivery.state == "pending", Delivery.due_at <= NOW).exists()
        assert "/book/ines-room" in result.stdout
        password = re.search(r"as (\S+)  with password (\S+)", result.stdout)
        assert password is not None
        assert sessions.sign_in(password[1], password[2], address="127.0.0.1", device="", now=NOW)

    def test_only_in_an_empty_one(self, run: Run) -> None:
        make.user()
        result = run("demo")
        assert result.exit_code == 1
        assert "in use" in result.stderr
        assert User.select().count() == 1


class TestRunJobs:
    def test_it_settles_what_is_due_and_ends(self, run: Run) -> None:
        make.booking()
        result = run("run-jobs")
        assert result.exit_code == 0, result.output
        due = Delivery.select().where(Delivery.due_at <= NOW)
        assert due.count() == 2
        assert all(delivery.content for delivery in due)  # no mail server: made readable, left waiting


class TestCheck:
    def test_a_sound_installation(self, run: Run) -> None:
        result = run("check")
        assert result.exit_code == 0, result.output
        lines = result.stdout.splitlines()
        assert [line.split(":")[0].split(maxsplit=1)[1] for line in lines] == [
            "configuration", "database", "mail server", "clock", "time zones", "base URL",
        ]  # fmt: skip
        assert all(line.startswith("ok") for line in lines)

    @pytest.mark.parametrize("is_risky", [True, False])
    def test_a_sqlite_that_should_not_be_shared(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, is_risky: bool
    ) -> None:
        monkeypatch.setattr(db, "is_risky_to_share", lambda: is_risky)
        result = run("check")
        assert result.exit_code == 0, result.output
        assert ("let a single process serve" in result.stdout) is is_risky

    def test_a_mistyped_setting(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MEETINGS_BASE_URLL", "https://meet.example.org")
        result = run("check")
        assert result.exit_code == 1
        assert "WRONG configuration: no such setting: MEETINGS_BASE_URLL" in result.stdout

    def test_a_mail_server_that_does_not_answer(self, app: Flask, run: Run) -> None:
        app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=1)
        result = run("check")
        assert result.exit_code == 1
        assert "WRONG mail server" in result.stdout


@pytest.mark.parametrize("command", ["create-user", "api-token", "demo", "run-jobs", "check"])
def test_each_has_help(run: Run, command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout
