"""The shell's commands: people, tokens, the demo, jobs by hand, a check of the installation, translations."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
import peewee
from flask import Flask, current_app

from . import catalogues, clock, config, db, jobs
from .errors import Invalid, Problem
from .i18n import flaw_message
from .services import access, checks, demo, users


def init_app(app: Flask) -> None:
    """Register every command with Flask's command line."""
    for command in (create_user, api_token, fill_demo, run_jobs, check, translations):
        app.cli.add_command(command)


def with_database(command: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command on an up-to-date database, and turn problems into a message on stderr and a failing exit status."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            db.migrate(current_app.config["DATA_DIR"] / "backups")
            return command(*args, **kwargs)
        except Invalid as problem:
            for flaw in problem.flaws:
                click.echo(f"{flaw.field}: {flaw_message(flaw)}", err=True)
            sys.exit(1)
        except (Problem, config.ConfigError, db.SchemaTooNew) as problem:
            click.echo(f"Error: {problem}", err=True)
            sys.exit(1)
        except peewee.OperationalError as error:
            click.echo(f"Error: The database can't be used: {str(error).strip()}", err=True)
            sys.exit(1)
        finally:
            db.disconnect()

    return run


@click.command("create-user")
@click.argument("email")
@click.option("--name", required=True, help="The name that contacts see.")
@click.option("--admin", "is_admin", is_flag=True, help="May administer the instance.")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name, such as Europe/Paris.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@with_database
def create_user(email: str, name: str, timezone: str, *, is_admin: bool, password_stdin: bool) -> None:
    """Create a user, active at once. Without a password, print a one-time link to set it."""
    values = {"email": email, "name": name, "role": "admin" if is_admin else "member", "timezone": timezone}
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    user, url = users.create(None, values, clock.now(), password=password)
    click.echo(f"Created {user.name} <{user.email}>.")
    if url:
        click.echo(f"Set the password here, within 7 days: {url}")


@click.command("api-token")
@click.argument("email")
@click.option("--name", default="", help="What the token is for.")
@with_database
def api_token(email: str, name: str) -> None:
    """Print a new API token of a user, once: standard output is the token alone."""
    user = access.user_by_email(email)
    if user is None or not user.is_active:
        click.echo(f"Error: no active user has the address {email}.", err=True)
        sys.exit(1)
    click.echo(users.api_token(user, name, clock.now()))


@click.command("demo")
@with_database
def fill_demo() -> None:
    """Fill an empty instance with a team, links, contacts and three weeks of bookings."""
    if not demo.is_empty():
        click.echo(
            "Error: this instance is in use. The demo is for an empty one: set MEETINGS_DATA_DIR to a new folder, "
            "or MEETINGS_DATABASE_URL to an empty database.",
            err=True,
        )
        sys.exit(1)
    for line in demo.fill(clock.now()):
        click.echo(line)


@click.command("run-jobs")
@with_database
def run_jobs() -> None:
    """Run due background jobs until nothing due is left to claim. Safe beside a running server."""
    jobs.run_due(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001 - a job outlives a proxy


@click.command("check")
def check() -> None:
    """Check configuration, database, mail server, clock and base URL: a line each; fails if anything is wrong."""
    try:
        results = list(checks.run(clock.now()))
    finally:
        db.disconnect()
    for result in results:
        click.echo(f"{'ok   ' if result.is_well else 'WRONG'} {result.subject}: {result.words}")
    if not all(result.is_well for result in results):
        sys.exit(1)


@click.group("translations")
def translations() -> None:
    """Bring the languages up to the sources (update), build them (compile), or begin one (add)."""


@translations.command("update")
def update_translations() -> None:
    """Gather the sentences afresh, and say how many each language lacks."""
    for one in catalogues.update():
        click.echo(f"{one.locale}: {one.sentences} sentences, {one.missing or 'none'} to translate")


@translations.command("compile")
def compile_translations() -> None:
    """Build the catalogues whose sources have changed; the app does it by itself when it starts."""
    found = catalogues.sources()
    for source in found:
        try:
            catalogues.read(source)
        except ValueError as problem:
            click.echo(f"Error: {problem}", err=True)
            sys.exit(1)
    catalogues.build(source.parent.parent.name for source in found)


@translations.command("add")
@click.argument("locale")
def add_translation(locale: str) -> None:
    """Begin a language, such as de or pt-BR."""
    try:
        click.echo(f"Translate {catalogues.add(locale)}, then add {locale} to SPOKEN in meetings/i18n/languages.py.")
    except (ValueError, FileExistsError) as problem:
        click.echo(f"Error: {problem}", err=True)
        sys.exit(1)
