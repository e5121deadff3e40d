"""Giving a link to somebody by name: an address whose form knows them already."""

from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.errors import Invalid
from meetings.services import prefill

from .. import htmx
from ..session import login_required, signed_in
from .pages import blueprint, language_asked, languages, panel, shown
from .share import mail_text, mailto

FIELDS = ("first_name", "last_name", "email")


@blueprint.get("/links/<slug>/share/person")
@login_required
def share_person(slug: str) -> Response:
    """For whom the address is to be."""
    link = shown(slug)
    if link.is_by_invitation:
        return htmx.redirect(url_for("links.share_once", slug=link.slug))
    return panel(link, "person", typed={}, errors={}, languages=languages(), language=language_asked(link))


@blueprint.post("/links/<slug>/share/person")
@login_required
def name_person(slug: str) -> Response:
    """The address for one person; nothing of it is kept but who they are."""
    link = shown(slug)
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    language = language_asked(link, request.form.get("language", ""))
    context: dict[str, Any] = {"typed": typed, "errors": {}, "languages": languages(), "language": language}
    try:
        address = prefill.personal_url(
            link, typed["email"], typed["first_name"], typed["last_name"], clock.now(), by=signed_in()
        )
    except Invalid as problem:
        errors: dict[str, list[str]] = {}
        for flaw in problem.flaws:
            errors.setdefault(flaw.field, []).append(i18n.flaw_message(flaw))
        return panel(link, "person", problem.status, **{**context, "errors": errors})
    subject, text = mail_text(link, address, language)
    return panel(link, "person", address=address, mailto=mailto(subject, text, typed["email"]), **context)
