"""Giving single times away: the next free ones as text, for a mail or a chat."""

from collections.abc import Mapping

from flask import request
from werkzeug.wrappers import Response

from meetings import clock, i18n
from meetings.domain.time import zone_names
from meetings.i18n import gettext as _
from meetings.models import Link
from meetings.services import sharing, single_use
from meetings.services.sharing import Wish

from ..session import login_required, reader
from ..visit import once
from .pages import blueprint, language_asked, languages, panel, shown

FORMS = ("rich", "plain", "links", "markdown")
DAYS = (1, 2, 3, 5, 7, 10, 14)
MOST = (3, 5, 8, 0)  # times a day; 0: all


@blueprint.get("/links/<slug>/share/times")
@login_required
def share_times(slug: str) -> Response:
    """The next free times as text to paste, each with the address that books it."""
    link, now = shown(slug), clock.now()
    if token := once():
        single_use.admit(link, token, now)
    form = request.args.get("form", FORMS[0])
    wish = _wish(link, request.args)
    said = sharing.times(link, wish, now)
    plain = sharing.plain(said, has_links=form == "links")
    return panel(
        link,
        "times",
        wish=wish,
        form=form if form in FORMS else FORMS[0],
        html=sharing.html(said),
        text=sharing.markdown(said) if form == "markdown" else plain,
        choices=_choices(link),
        direction=i18n.direction(wish.locale),
    )


def _wish(link: Link, asked: Mapping[str, str]) -> Wish:
    """What the form asks for; what makes no sense counts as not said."""
    whom, zone = reader(), asked.get("zone", "")
    return Wish(
        duration=_one_of(asked.get("duration"), link.durations, link.durations[0]),
        zone=zone if zone in zone_names() else whom.zone,
        locale=language_asked(link, asked.get("language", "")),
        days=_one_of(asked.get("days"), DAYS, 3),
        most=_one_of(asked.get("most"), MOST, 5),
        once=once(),
    )


def _one_of(asked: str | None, known: tuple[int, ...] | list[int], default: int) -> int:
    return next((number for number in known if str(number) == asked), default)


def _choices(link: Link) -> dict[str, list[tuple[object, str]]]:
    """What the fields offer."""
    locale = i18n.current_locale()
    zones = i18n.zone_choices(locale, clock.now())
    return {
        "durations": [(minutes, i18n.duration(minutes, locale)) for minutes in link.durations],
        "zones": [(choice.zone, choice.label) for choice in zones],
        "languages": list(languages()),
        "days": [(number, str(number)) for number in DAYS],
        "most": [(number, str(number) if number else _("All")) for number in MOST],
        "forms": [
            ("rich", _("For mails")),
            ("plain", _("Plain text")),
            ("links", _("Plain, with links")),
            ("markdown", _("Markdown")),
        ],
    }
