"""Which language to speak, and sentences in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import flask_babel
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.localedata import locale_identifiers
from babel.support import NullTranslations
from flask import Flask, current_app, g, has_app_context, has_request_context, request
from flask_babel.speaklater import LazyString

from meetings import catalogues

SPOKEN = ("en", "fr")
# A bare language needs a territory for its formats. English without one is the international kind, not the American.
_HOME = {"en": "en_GB"}


def _l(sentence: str) -> str:
    """Mark a sentence for translation where it is written down but not yet said."""
    return sentence


def init_app(app: Flask) -> None:
    """Let templates and views speak the request's language."""
    app.config.setdefault("LOCALES", SPOKEN)
    catalogues.build(app.config["LOCALES"])
    flask_babel.Babel(app, locale_selector=_select_locale)
    # The same catalogues as everywhere here, without looking up the request's language anew for each sentence.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _catalog(current_locale()).gettext(text),
        ngettext=lambda one, many, count: _catalog(current_locale()).ngettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, text: _catalog(current_locale()).pgettext(context, text),
        npgettext=lambda context, one, many, count: _catalog(current_locale()).npgettext(context, one, many, count),
    )


def spoken() -> Sequence[str]:
    """The locales that this instance speaks; the first is the one of last resort."""
    return tuple(current_app.config["LOCALES"]) if has_app_context() else SPOKEN


def speak(locale: str) -> None:
    """Use this locale for the rest of the request."""
    g.locale = locale
    flask_babel.refresh()


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Use this locale inside the block: for mails and other work outside a request."""
    before = g.get("locale")
    speak(locale)
    try:
        yield
    finally:
        g.locale = before
        flask_babel.refresh()


def current_locale() -> str:
    """The locale in use: the one set by `speak`, else the browser's, else the first spoken."""
    if not has_app_context():
        return SPOKEN[0]
    chosen: str | None = g.get("locale")
    if chosen is None:
        chosen = browser_locale() if has_request_context() else spoken()[0]
        g.locale = chosen
    return chosen


def browser_locale() -> str:
    """What the browser asks for, as far as it is spoken here."""
    return negotiate([language for language, _ in request.accept_languages])


def _select_locale() -> str:
    return current_locale().replace("-", "_")


def negotiate(wanted: Sequence[str], offered: Sequence[str] | None = None) -> str:
    """The first wanted locale that is spoken, with the territory it came with; else the first offered."""
    offered = offered or spoken()
    for candidate in wanted[:20]:
        found = _match(candidate[:35], tuple(offered))
        if found:
            return found
    return offered[0]


@lru_cache(maxsize=512)
def _match(wanted: str, offered: tuple[str, ...]) -> str | None:
    asked = _parsed(wanted)
    if asked is None:
        return None
    for one in offered:
        spoken_one = _parsed(one)
        if spoken_one and _tongue(spoken_one) == _tongue(asked):
            return f"{one}-{asked.territory}" if asked.territory and not spoken_one.territory else one
    return None


def _tongue(locale: Locale) -> tuple[str, str]:
    """Language and script, so that Taiwan's Chinese is not taken for the mainland's."""
    likely = get_global("likely_subtags")
    key = f"{locale.language}_{locale.territory}" if locale.territory else locale.language
    guess = str(likely.get(key, likely.get(locale.language, "")))
    script = locale.script or next((part for part in guess.split("_") if len(part) == 4), "")
    return locale.language, script


def _parsed(name: str) -> Locale | None:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError, TypeError):
        return None


@lru_cache(maxsize=256)
def babel_locale(locale: str) -> Locale:
    """The locale with a territory, which the first day of the week and the clock depend on."""
    found = _parsed(locale) or _parsed(locale.partition("-")[0]) or Locale("en", "GB")
    if found.territory:
        return found
    home = _HOME.get(str(found)) or str(get_global("likely_subtags").get(str(found), found))
    language, *rest = home.split("_")
    territory = next((part for part in rest if len(part) in (2, 3)), None)
    return _parsed("_".join(filter(None, (language, found.script, territory)))) or found


@lru_cache(maxsize=256)
def direction(locale: str) -> str:
    """How the script runs: "ltr" or "rtl"."""
    return babel_locale(locale).text_direction


@lru_cache(maxsize=256)
def language_name(locale: str) -> str:
    """What the language calls itself, as a menu shows it."""
    found = _parsed(locale) or Locale("en")
    name = found.get_language_name(found.language) or locale
    return name[:1].upper() + name[1:]


@lru_cache(maxsize=1)
def format_locales() -> frozenset[str]:
    """Every language, with or without script and territory, in which dates and times can be written."""
    return frozenset(name.replace("_", "-") for name in locale_identifiers())


def locale_name(name: str, reader: str) -> str:
    """What a language with its territory is called by the reader: English (United Kingdom)."""
    shown = babel_locale(name).get_display_name(babel_locale(reader)) or name
    return shown[:1].upper() + shown[1:]


def say(locale: str, sentence: str, **values: object) -> str:
    """The sentence in this locale, its named placeholders filled."""
    text = _catalog(locale).gettext(sentence)
    return text % values if values else text


def say_count(locale: str, one: str, many: str, count: int, **values: object) -> str:
    """As `say`, in the plural form that the count asks for; the count itself is `num`."""
    return _catalog(locale).ngettext(one, many, count) % {"num": count, **values}


def gettext(sentence: str, **values: object) -> str:
    """The sentence in the language in use."""
    return say(current_locale(), sentence, **values)


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """As `gettext`, in the plural form that the count asks for; the count itself is `num`."""
    return say_count(current_locale(), one, many, count, **values)


def lazy_gettext(sentence: str) -> Any:
    """The sentence in the language in use when it is shown: for tables and forms, written down before anybody reads."""
    return LazyString(gettext, sentence)


@lru_cache(maxsize=64)
def _catalog(locale: str) -> NullTranslations:
    return catalogues.load(locale)
