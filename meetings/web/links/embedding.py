"""Giving a link's page to a website: the code to paste, and a page to try it on."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from meetings.i18n import gettext as _
from meetings.i18n import say
from meetings.models import Link
from meetings.services import sharing

from ..session import login_required
from .pages import blueprint, language_asked, languages, panel, shown

MODES = ("inline", "button", "frame")
THEMES = ("light", "dark", "auto")
LABEL_MAX = 80


@dataclass(frozen=True)
class Code:
    """What the code is to do."""

    mode: str
    theme: str
    language: str  # of the page and the button; "" leaves it to the visitor's browser
    label: str
    hands_on: bool  # whether the page's own address fills the form in


@blueprint.get("/links/<slug>/share/embed")
@login_required
def share_embed(slug: str) -> Response:
    """The code for a website."""
    link = shown(slug)
    code = _asked(link, request.args)
    return panel(
        link,
        "embed",
        code=code,
        snippet=snippet(link, code, current_app.config["BASE_URL"]),
        choices={
            "modes": [
                ("inline", _("In the page")),
                ("button", _("A button that opens it")),
                ("frame", _("Without script")),
            ],
            "themes": [("light", _("Light")), ("dark", _("Dark")), ("auto", _("As the visitor’s device"))],
            "languages": [("", _("The visitor’s")), *languages()],
        },
    )


@blueprint.get("/links/<slug>/share/try")
@login_required
def try_embed(slug: str) -> str:
    """A page with the code on it, as a website would have it."""
    link = shown(slug)
    code = _asked(link, request.args)
    return render_template("links/try.html", link=link, code=code, snippet=snippet(link, code, ""), is_fragment=False)


def _asked(link: Link, given: Mapping[str, str]) -> Code:
    mode, theme, language = given.get("mode"), given.get("theme"), given.get("language", "")
    label = " ".join(given.get("label", "").split())[:LABEL_MAX]
    known = language if language in {code for code, _name in languages()} else ""
    return Code(
        mode=mode if mode in MODES else MODES[0],
        theme=theme if theme in THEMES else THEMES[0],
        language=known,
        label=label or say(language_asked(link, known), "Book a time"),
        hands_on=given.get("hands_on") == "y",
    )


def snippet(link: Link, code: Code, base: str) -> Markup:
    """The code to paste; markup in a label stays text in it."""
    if code.mode == "frame":
        return _frame(link, code, base)
    said = {
        "data-link": link.slug,
        "data-mode": "button" if code.mode == "button" else "",
        "data-label": code.label,
        "data-close": say(language_asked(link, code.language), "Close") if code.mode == "button" else "",
        "data-theme": "" if code.theme == THEMES[0] else code.theme,
        "data-lang": code.language,
        "data-prefill": "query" if code.hands_on else "",
    }
    attributes = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in said.items() if value)
    script = Markup('<script src="{}/static/embed.js"{} async></script>').format(base, attributes)
    plain = Markup('<noscript><a href="{}">{}</a></noscript>').format(sharing.page_url(link), code.label)
    return script + Markup("\n") + plain


def _frame(link: Link, code: Code, base: str) -> Markup:
    asked = {"lang": code.language, "embed_theme": "" if code.theme == "auto" else code.theme}
    query = Markup("&").join(Markup("{}={}").format(name, value) for name, value in asked.items() if value)
    address = f"{base}/embed/{link.slug}" + (f"?{query}" if query else "")
    return Markup('<iframe src="{}" title="{}" width="100%" height="720" frameborder="0"></iframe>').format(
        address, code.label
    )
