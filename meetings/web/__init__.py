"""The pages: blueprints, guards around them, error pages."""

from flask import Flask

from . import (
    account,
    address,  # noqa: F401 - adds a page to those of manage
    assets,
    booking,
    bookings,
    companies,
    compression,
    contacts,
    embed,
    errors,
    explain,
    filters,
    frame,
    guard,
    health,
    history,
    holidays,
    htmx,
    leaving,
    links,
    manage,
    outbox,
    pictures,
    rehearsal,
    rights,
    schedules,
    session,
    settings,
    setup,
    team,
    text,
    turns,
    wizard,
    workspace,
    zones,
)

BLUEPRINTS = (
    booking.blueprint,
    embed.blueprint,
    text.blueprint,
    manage.blueprint,
    rights.blueprint,
    zones.blueprint,
    account.blueprint,
    setup.blueprint,
    links.blueprint,
    wizard.blueprint,
    history.blueprint,
    explain.blueprint,
    turns.blueprint,
    rehearsal.blueprint,
    bookings.blueprint,
    contacts.blueprint,
    companies.blueprint,
    team.blueprint,
    leaving.blueprint,
    outbox.blueprint,
    pictures.blueprint,
    holidays.blueprint,
    schedules.blueprint,
    settings.blueprint,
    workspace.blueprint,
    health.blueprint,
)


def init_app(app: Flask) -> None:
    """Register all pages with what surrounds them."""
    session.init_app(app)
    guard.init_app(app)
    htmx.init_app(app)
    compression.init_app(app)
    assets.init_app(app)
    filters.init_app(app)
    frame.init_app(app)
    workspace.init_app(app)
    errors.init_app(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
