"""Contacts as a file, for admins: all of them, or those that were searched."""

from flask import current_app, request, stream_with_context
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.services import contact_files, directory

from .. import htmx
from ..session import admin_required, reader, signed_in
from ..workspace import asked_for
from .pages import blueprint


@blueprint.get("/contacts/export")
@admin_required
def export_some() -> Response:
    """Ask what shall be in the file."""
    q = asked_for("q")["q"]
    count = directory.contacts(signed_in(), q).count()
    return htmx.page_or_fragment("contacts/export.html", "contacts/_export.html", q=q, count=count)


@blueprint.get("/contacts.csv")
@admin_required
def as_csv() -> Response:
    """The file, as it is read from the database."""
    query = directory.contacts(signed_in(), asked_for("q")["q"])
    with_notes = bool(request.args.get("notes"))
    pieces = contact_files.exported(signed_in(), query, i18n.current_locale(), with_notes=with_notes)
    answer = current_app.response_class(stream_with_context(pieces), content_type="text/csv; charset=utf-8")
    day = clock.now().astimezone(i18n.known_zone(reader().zone)).date()
    answer.headers["Content-Disposition"] = f'attachment; filename="contacts-{day:%Y-%m-%d}.csv"'
    return answer
