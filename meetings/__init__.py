"""Meetings: scheduling links, bookings, invites and reminders in one process."""

from collections.abc import Mapping
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """The application: settings, database, languages, mail, pages, API, commands. Starts no job, migrates nothing."""
    from . import addresses, commands, config, db, i18n  # here, so that the pure core can be imported without all this
    from .providers import mail
    from .secrets import Signer

    app = Flask(__name__, root_path=str(config.ROOT), static_folder="static", template_folder="templates")
    app.config.update(config.load(overrides))
    config.prepare_data_dir(app.config)
    app.extensions["signer"] = Signer(app.config["SECRET_KEY"])
    addresses.init_app(app)
    db.open_database(app.config["DATABASE_URL"])
    i18n.init_app(app)
    mail.init_app(app)
    commands.init_app(app)
    app.before_request(db.try_to_connect)
    _register_edges(app)
    if hops := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _register_edges(app: Flask) -> None:
    from . import api, web  # here, because edges import what the factory has made ready
    from .web import doors

    web.init_app(app)
    api.init_app(app)
    doors.check(app)
