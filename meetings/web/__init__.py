"""The pages: blueprints, guards around them, error pages."""

from flask import Flask

from . import (
    account,
    assets,
    booking,
    bookings,
    errors,
    filters,
    frame,
    guard,
    health,
    htmx,
    links,
    manage,
    outbox,
    session,
    setup,
    team,
    wizard,
    workspace,
    zones,
)

BLUEPRINTS = (
    booking.blueprint,
    manage.blueprint,
    zones.blueprint,
    account.blueprint,
    setup.blueprint,
    links.blueprint,
    wizard.blueprint,
    bookings.blueprint,
    team.blueprint,
    outbox.blueprint,
    workspace.blueprint,
    health.blueprint,
)


def init_app(app: Flask) -> None:
    """Register all pages with what surrounds them."""
    session.init_app(app)
    guard.init_app(app)
    htmx.init_app(app)
    assets.init_app(app)
    filters.init_app(app)
    frame.init_app(app)
    workspace.init_app(app)
    errors.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
