"""Sentences for what the core says in codes: flaws of fields, and problems."""

from collections.abc import Mapping
from datetime import date

from meetings.domain.fields import Flaw
from meetings.errors import Problem

from .formats import day_of
from .languages import _l, current_locale, say

# What is wrong with a field, and the mend.
FLAWS: Mapping[str, str] = {
    "required": _l("Please fill this in."),
    "unknown-field": _l("There is no field “%(name)s” here."),
    "fixed": _l("This can’t be changed any more."),
    "not-an-object": _l("This must be an object with named fields."),
    "not-a-list": _l("This must be a list."),
    "not-text": _l("This must be text."),
    "not-a-number": _l("This must be a whole number."),
    "not-yes-or-no": _l("This must be yes or no."),
    "not-a-choice": _l("Choose one of: %(choices)s."),
    "not-an-email": _l(
        "This is not a complete e-mail address. It needs a name, an @ and an ending, such as ana@example.org."
    ),
    "email-beyond-ascii": _l(
        "Mail may not reach this address: before the @ use plain letters without accents, digits and . _ - only."
    ),
    "not-a-zone": _l("This time zone is not known. Choose one from the list, such as Europe/Paris."),
    "not-a-date": _l("This is not a date. Write it as year-month-day, such as 2026-12-03."),
    "not-a-time": _l("This is not a time of day. Write it as 09:30 or 17:00."),
    "not-a-slug": _l("Use letters without accents, digits, hyphens and underscores only, at most %(maximum)s."),
    "not-a-name": _l(
        "Start with a small letter; then small letters, digits and underscores, at most %(maximum)s in all."
    ),
    "not-a-language": _l("This language is not spoken here."),
    "not-https": _l("This must be a whole address that starts with https://."),
    "too-long": _l("This is too long. At most %(maximum)s characters fit."),
    "line-breaks": _l("This must be one line only."),
    "control-characters": _l("There are invisible characters in this text that can’t be kept. Type it in again."),
    "out-of-range": _l("This must be between %(minimum)s and %(maximum)s."),
    "date-out-of-range": _l("This must be a date between %(minimum)s and %(maximum)s."),
    "too-few": _l("At least this many are needed: %(minimum)s."),
    "too-many": _l("These are too many. The most is %(maximum)s."),
    "duplicate": _l("This is here twice. Remove one of them."),
    "reserved": _l("“%(name)s” is taken by the app itself. Choose another."),
    "ends-before-start": _l("This ends before it starts."),
    "range-too-long": _l("This is too long a stretch. At most %(maximum)s days are possible."),
    "reminder-out-of-range": _l(
        "A reminder goes out between %(minimum_minutes)s minutes and %(maximum_weeks)s weeks before the meeting."
    ),
    "team-not-allowed": _l("A link of one person has no further members."),
    "not-an-instant": _l(
        "This is not a moment in time. Write date, time and offset, such as 2026-12-03T14:30:00+01:00."
    ),
    "not-a-key": _l("Use visible ASCII characters only, at least one and at most 255."),
    "not-a-cursor": _l("This is not where a list goes on. Take the value of “next” as it came."),
    "key-reused": _l("This key came with another request before. Use a new one."),
    "slug-taken": _l("Another link has, or had, this address. Choose another."),
    "email-taken": _l("Somebody with this address is here already."),
    "unknown-user": _l("Nobody here has this address."),
    "unknown-link": _l("No link has, or had, this address."),
    "too-short": _l("This is too short. Take at least %(minimum)s characters."),
    "too-easy": _l("This is too easy to guess. Use more different characters, and neither your name nor your address."),
    "wrong-password": _l("This is not the right password."),
    "wrong-code": _l("This is not the code that the app printed when it started."),
    "not-a-picture": _l("This is not a picture that can be shown. Take a JPEG, PNG or WebP file."),
    "last-admin": _l("Nobody would be left to look after the workspace. Make somebody else an admin first."),
    "unknown-token": _l("“%(token)s” means nothing here. Use one of the names from the list."),
    "broken-token": _l("A name in double braces is not closed: write it as {{ contact.first_name }}."),
}

# Answers that somebody must see; the rule names of a taken slot included.
PROBLEMS: Mapping[str, str] = {
    "problem": _l("Something went wrong on our side."),
    "not-found": _l("There is nothing at this address."),
    "forbidden": _l("You may not do this."),
    "unauthorized": _l("Please sign in first."),
    "invalid": _l("Something needs to be fixed."),
    "slot-taken": _l("This time is no longer free."),
    "duplicate-slug": _l("Another link has, or had, this address. Choose another."),
    "owns-links": _l("This person organizes links. Hand these over or delete them first."),
    "organizer-fixed": _l("The organizer of a link can’t be changed here."),
    "conflict": _l("Somebody else changed this in the meantime. Look at it again, then decide."),
    "rate-limited": _l("That was too often in a short time. Please try again in a little while."),
    "too-large": _l("This is too large."),
    "busy": _l("Too much is going on right now. Please try again in a moment."),
}

MESSAGES: Mapping[str, str] = {**FLAWS, **PROBLEMS}


def flaw_message(flaw: Flaw, locale: str | None = None) -> str:
    """What is wrong with a field and how to mend it, in words."""
    locale = locale or current_locale()
    values = {name: _shown(value, locale) for name, value in flaw.params.items()}
    return _filled(locale, FLAWS[flaw.code], values)


def problem_message(problem: Problem, locale: str | None = None) -> str:
    """A problem in one sentence."""
    return _filled(locale or current_locale(), PROBLEMS.get(problem.code, PROBLEMS["problem"]), problem.params)


def _filled(locale: str, sentence: str, values: Mapping[str, object]) -> str:
    """The sentence with its values; one without placeholders may hold a lone per cent sign or braces."""
    return say(locale, sentence, **values) if "%(" in sentence else say(locale, sentence)


def _shown(value: object, locale: str) -> object:
    """Dates as people write them; everything else as it is."""
    if isinstance(value, str) and len(value) == 10:
        try:
            return day_of(date.fromisoformat(value), locale, "short-year")
        except ValueError:
            return value
    return value


def default_title(contact_name: str, host_name: str, locale: str) -> str:
    """What a calendar shows of a meeting whose link gives it no title."""
    return say(locale, _l("%(contact)s and %(host)s"), contact=contact_name, host=host_name)[:255]
