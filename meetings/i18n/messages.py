"""Sentences for what the core says in codes: flaws of fields, and problems."""

from collections.abc import Mapping
from datetime import date

from babel.numbers import format_decimal

from meetings.domain.fields import Flaw
from meetings.errors import Problem

from .formats import day_of
from .languages import _l, babel_locale, current_locale, say

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
    "choose-one": _l("Please choose an answer."),
    "choose-some": _l("Please tick at least one."),
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
    "not-a-phone": _l(
        "This is not a phone number. Write its digits, with the country’s + in front, such as +33 1 23 45 67 89."
    ),
    "not-a-decimal": _l("This is not a number. Write digits only, such as 12 or 12.5."),
    "not-a-site": _l("This must be a website that starts with https://, such as https://www.example.org."),
    "not-a-web-address": _l("This is not a web address. Write it as https://example.org."),
    "not-a-colour": _l("This is not a colour. Write it as # and six digits, such as #0f5a6b."),
    "unfit-link": _l("“%(address)s” can’t be linked to. Links start with https://, http://, mailto: or tel:."),
    "unknown-picture": _l("There is no such picture here. Upload it first."),
    "unknown-holidays": _l("The public holidays of this place are not known here. Choose one from the list."),
    "unknown-meeting-type": _l("This type of meeting is not on the list."),
    "unknown-subscription": _l("There is no such type of subscription."),
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
    "must-agree": _l("Tick this box to book."),
    "in-use": _l("This is still in use, so it can’t be deleted."),
    "slug-taken": _l("Another link has, or had, this address. Choose another."),
    "admins-only": _l("This contact has meetings that you don’t see. Ask an admin to change the address."),
    "domain-taken": _l("Another company has this domain."),
    "schedule-name-taken": _l("There is a schedule of this name already."),
    "name-taken": _l("There is a company of this name already."),
    "not-a-domain": _l("This is not a domain. Write what stands after the @ in its addresses, such as example.org."),
    "free-mail": _l("Anybody can have an address there, so it can’t stand for one company."),
    "email-taken": _l("Somebody with this address is here already."),
    "unknown-user": _l("Nobody here has this address."),
    "not-its-host": _l("This person is not a host of this meeting."),
    "no-successor": _l("This meeting can’t be handed over to this person."),
    "unknown-schedule": _l("This person has no schedule of that name."),
    "always-a-first": _l("One schedule is always the first. Make another one the first instead."),
    "no-calendar": _l("This person has no connected calendar, and your team requires one."),
    "unknown-link": _l("No link has, or had, this address."),
    "on-its-own": _l("Change this on its own, and nothing else in the same request."),
    "leaves-themselves": _l("This is who leaves. Choose somebody else."),
    "too-short": _l("This is too short. Take at least %(minimum)s characters."),
    "too-easy": _l("This is too easy to guess. Use more different characters, and neither your name nor your address."),
    "wrong-password": _l("This is not the right password."),
    "wrong-code": _l("This is not the code that the app printed when it started."),
    "not-a-picture": _l("This is not a picture that can be shown. Take a JPEG, PNG or WebP file."),
    "picture-too-large": _l("This file is too large. At most %(maximum)s MB fit."),
    "same-contact": _l("This is the same contact. Choose another one."),
    "not-a-table": _l("This is not a CSV file with contacts. Export one as CSV from the program that has them."),
    "file-too-large": _l("This file is too large. At most %(maximum)s MB fit."),
    "too-many-rows": _l("These are too many contacts for one file. At most %(maximum)s fit; split it into several."),
    "too-many-columns": _l("This file has too many columns. At most %(maximum)s fit."),
    "cell-too-large": _l("Line %(line)s can’t be read: it is too long. Perhaps a quotation mark is missing there."),
    "open-quote": _l("A quotation mark in line %(line)s is never closed."),
    "extra-cells": _l("This line has more cells than there are headings. Perhaps a comma needs quotation marks."),
    "no-email-column": _l("Choose the column with the e-mail addresses. Contacts are told apart by them."),
    "chosen-twice": _l("Another column was chosen for this already."),
    "no-heading": _l("This column has no heading. Give it one in the file, or leave the column out."),
    "same-heading": _l(
        "There can’t be two properties of the same name. Choose the one there is, or leave the column out."
    ),
    "twice-in-file": _l("This is the same contact as in line %(line)s."),
    "being-erased": _l("This contact is being erased."),
    "last-admin": _l("Nobody would be left to look after the workspace. Make somebody else an admin first."),
    "unknown-token": _l("“%(token)s” means nothing here. Use one of the names from the list."),
    "broken-token": _l("A name in double braces is not closed: write it as {{ contact.first_name }}."),
}

ONE_AT_LEAST = _l("Add at least one.")  # where nothing is, a number would be stilted

# Answers that somebody must see; the rule names of a taken slot included.
PROBLEMS: Mapping[str, str] = {
    "problem": _l("Something went wrong on our side."),
    "not-found": _l("There is nothing at this address."),
    "forbidden": _l("You may not do this."),
    "unauthorized": _l("Please sign in first."),
    "invalid": _l("Something needs to be fixed."),
    "slot-taken": _l("This time is no longer free."),
    "duplicate-slug": _l("Another link has, or had, this address. Choose another."),
    "duplicate-contact": _l("Another contact has this address."),
    "owns-links": _l("This person organizes links. Hand these over or delete them first."),
    "holds-meetings": _l("This person still has meetings. Hand them over or cancel them first."),
    "organizer-fixed": _l("The organizer of a link can’t be changed here."),
    "consent-changed": _l("What this page says about your privacy has changed. Read it once more, then confirm."),
    "conflict": _l("Somebody else changed this in the meantime. Look at it again, then decide."),
    "invitation-over": _l("This invitation has been used, or its time is over. Ask whoever sent it for a new one."),
    "precondition-failed": _l("This was changed in the meantime. Read it again, then change it as it is now."),
    "rate-limited": _l("That was too often in a short time. Please try again in a little while."),
    "captcha-failed": _l("Please answer the question that keeps robots out once more."),
    "too-large": _l("This is too large."),
    "busy": _l("Too much is going on right now. Please try again in a moment."),
}

# Where a code has several reasons.
REASONS: Mapping[str, str] = {
    "being-erased": _l("This contact is being erased."),
    "unconfirmed": _l(
        "Several meetings were booked with this e-mail address today. To book more, open the link in one of the mails "
        "we sent there and say that the address is yours, or wait until tomorrow."
    ),
}

MESSAGES: Mapping[str, str] = {**FLAWS, **PROBLEMS, **REASONS}


def flaw_message(flaw: Flaw, locale: str | None = None) -> str:
    """What is wrong with a field and how to mend it, in words."""
    locale = locale or current_locale()
    if flaw.code == "too-few" and flaw.params.get("minimum") == 1:
        return say(locale, ONE_AT_LEAST)
    values = {name: _shown(value, locale) for name, value in flaw.params.items()}
    return _filled(locale, FLAWS[flaw.code], values)


def problem_message(problem: Problem, locale: str | None = None) -> str:
    """A problem in one sentence."""
    sentence = REASONS.get(str(problem.params.get("reason"))) or PROBLEMS.get(problem.code, PROBLEMS["problem"])
    return _filled(locale or current_locale(), sentence, problem.params)


def _filled(locale: str, sentence: str, values: Mapping[str, object]) -> str:
    """The sentence with its values; one without placeholders may hold a lone per cent sign or braces."""
    return say(locale, sentence, **values) if "%(" in sentence else say(locale, sentence)


def _shown(value: object, locale: str) -> object:
    """Dates and numbers as people write them; everything else as it is."""
    if isinstance(value, int):
        return format_decimal(value, locale=babel_locale(locale))
    if isinstance(value, str) and len(value) == 10:
        try:
            return day_of(date.fromisoformat(value), locale, "short-year")
        except ValueError:
            return value
    return value


def default_title(contact_name: str, host_name: str, locale: str) -> str:
    """What a calendar shows of a meeting whose link gives it no title."""
    return say(locale, _l("%(contact)s and %(host)s"), contact=contact_name, host=host_name)[:255]
