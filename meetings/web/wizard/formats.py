"""Whose way of writing dates and times a link may have."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import current_app

from meetings import i18n
from meetings.domain.fields import AUTO
from meetings.i18n import gettext as _

USUAL = ("en-GB", "en-US", "en-CA", "en-AU", "fr-FR", "fr-BE", "fr-CA", "fr-CH")

Choices = list[tuple[str, str]]


def choices(language: str, chosen: str, locale: str) -> list[tuple[str, Choices]]:
    """Groups of formats with their names, the usual ones first: those of the language, or of all that are spoken."""
    tongues = current_app.config["LOCALES"] if language in {AUTO, ""} else [language]
    named = _named(tuple(sorted({code.partition("-")[0] for code in tongues})), locale)
    usual = [(code, name) for code, name in named if code in USUAL or code == chosen]
    if chosen not in {AUTO, "", *dict(named)}:
        usual.append((chosen, i18n.locale_name(chosen, locale)))
    others = [(code, name) for code, name in named if (code, name) not in usual]
    return [("", [(AUTO, _("As the language has them")), *usual]), (_("Elsewhere"), others)]


@lru_cache(maxsize=32)
def _named(tongues: tuple[str, ...], locale: str) -> Choices:
    codes = [code for code in i18n.format_locales() if code.partition("-")[0] in tongues and code.count("-") == 1]
    return sorted(((code, i18n.locale_name(code, locale)) for code in codes), key=lambda choice: choice[1])


def sample(scheduling: Mapping[str, Any], now: datetime, locale: str) -> str:
    """A moment as it will be written: what an order of day and month means is seen best."""
    spoken = locale if scheduling["language"] == AUTO else scheduling["language"]
    wanted = spoken if scheduling["date_format"] == AUTO else scheduling["date_format"]
    is_fitting = scheduling["language"] == AUTO or wanted.partition("-")[0] == spoken.partition("-")[0]
    return i18n.date_time_long(now, scheduling["timezone"], wanted if is_fitting else spoken)
