"""Kinds of field: from what a form or a JSON body holds to a clean value, or to what is wrong with it."""

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from meetings.domain.time import UnknownZone, zone

# What can be wrong with a field, and the numbers or words that its sentence needs. The domain speaks no language:
# the edge keeps one sentence per code, with these names as its placeholders. A test holds every flaw in the package
# against this table.
CODE_PARAMS: Mapping[str, frozenset[str]] = {
    # any field
    "required": frozenset(),  # missing, null or blank
    "unknown-field": frozenset({"name"}),  # no such field; `name` is made harmless to show
    "fixed": frozenset(),  # can't be changed after creation
    "duplicate": frozenset(),  # the same as an entry before it
    "reserved": frozenset({"name"}),  # a word that the app needs for itself
    "not-a-choice": frozenset({"choices"}),  # `choices`: what is allowed, joined by ", "
    "not-an-object": frozenset(),
    "not-a-list": frozenset(),
    "not-text": frozenset(),
    "not-a-number": frozenset(),  # not a whole number
    "not-yes-or-no": frozenset(),  # neither true nor false
    "choose-one": frozenset(),  # of the choices offered, none was taken
    "choose-some": frozenset(),  # of the boxes offered, none was ticked
    # size
    "too-short": frozenset({"minimum"}),  # characters
    "too-long": frozenset({"maximum"}),  # characters
    "too-few": frozenset({"minimum"}),  # entries of a list
    "too-many": frozenset({"maximum"}),  # entries of a list
    "out-of-range": frozenset({"minimum", "maximum"}),  # a number
    "date-out-of-range": frozenset({"minimum", "maximum"}),  # ISO dates
    "range-too-long": frozenset({"maximum"}),  # days
    "reminder-out-of-range": frozenset({"minimum_minutes", "maximum_weeks"}),
    "ends-before-start": frozenset(),  # an end that is not after (dates: before) its start
    # form
    "line-breaks": frozenset(),  # more than one line where one is asked for
    "control-characters": frozenset(),  # invisible characters that no text needs
    "not-an-email": frozenset(),
    "email-beyond-ascii": frozenset(),  # letters before the @ that not every mail server takes
    "not-a-zone": frozenset(),
    "not-a-date": frozenset(),  # not a day of the calendar as YYYY-MM-DD
    "not-a-time": frozenset(),  # not a wall-clock time as HH:MM (an end may be 24:00)
    "not-a-slug": frozenset({"maximum"}),  # other than letters, digits, hyphen, underscore, or too many
    "not-a-name": frozenset({"maximum"}),  # not a small letter followed by small letters, digits, underscores
    "not-a-language": frozenset(),  # not a language code, or one that the app does not speak
    "not-https": frozenset(),  # not an absolute https address
    "not-a-phone": frozenset(),  # not a phone number as people write it
    "not-a-decimal": frozenset(),  # not a number, with or without decimals
    "not-a-web-address": frozenset(),  # not an absolute http or https address
    "not-a-site": frozenset(),  # not an https address, of which the site is taken
    "not-a-colour": frozenset(),  # not three or six hexadecimal digits
    "unfit-link": frozenset({"address"}),  # in a description, to something other than the web, a mailbox or a phone
    "unknown-picture": frozenset(),  # not one that was uploaded here
    "unknown-holidays": frozenset(),  # not a country or region whose public holidays are known
    "unknown-meeting-type": frozenset(),  # not on the admins' list
    "unknown-subscription": frozenset(),  # no such type of subscription
    "unknown-link": frozenset(),  # an address that no link has, or had
    "unknown-token": frozenset({"token"}),  # {{ … }} with a name that means nothing
    "broken-token": frozenset(),  # {{ without }}, or the other way round
    # found out by services and edges, which know more than the value
    "team-not-allowed": frozenset(),  # members on an individual link
    "unknown-user": frozenset(),
    "unknown-schedule": frozenset(),
    "always-a-first": frozenset(),  # one of a user's schedules is
    "no-calendar": frozenset(),
    "leaves-themselves": frozenset(),  # who would take over from somebody is that person
    "on-its-own": frozenset(),  # a change that nothing else may come with
    "email-taken": frozenset(),
    "admins-only": frozenset(),  # the address of a contact with meetings that the caller doesn't see
    "domain-taken": frozenset(),  # by another company
    "name-taken": frozenset(),  # by another company
    "schedule-name-taken": frozenset(),  # by another one of the same user
    "not-a-domain": frozenset(),
    "free-mail": frozenset(),  # a domain where anybody has a mailbox
    "last-admin": frozenset(),
    "not-a-picture": frozenset(),
    "picture-too-large": frozenset({"maximum"}),  # megabytes
    "too-easy": frozenset(),  # a password
    "wrong-password": frozenset(),
    "no-successor": frozenset(),  # nobody to whom the caller may hand a meeting over
    "not-its-host": frozenset(),  # of a meeting
    "slug-taken": frozenset(),  # another link has, or had, this address
    "wrong-code": frozenset(),  # the one-time code of the set-up
    "not-an-instant": frozenset(),  # not a date and time with its offset (RFC 3339)
    "not-a-cursor": frozenset(),  # not what a list gave as `next`
    "not-a-key": frozenset(),  # an idempotency key that is too long or has unusual characters
    "key-reused": frozenset(),  # the same idempotency key came before with another request
    "must-agree": frozenset(),  # a box of the form that nobody can do without
    "in-use": frozenset(),  # something depends on it, so it can't go
    "same-contact": frozenset(),  # a contact to be merged with themselves
    # a file of contacts
    "not-a-table": frozenset(),  # no text with a line of headings and further lines
    "file-too-large": frozenset({"maximum"}),  # megabytes
    "too-many-rows": frozenset({"maximum"}),
    "too-many-columns": frozenset({"maximum"}),
    "cell-too-large": frozenset({"line"}),  # mostly a quotation mark that is never closed
    "open-quote": frozenset({"line"}),  # where the quotation mark stands that is never closed
    "extra-cells": frozenset(),  # a line with more cells than there are headings
    "no-email-column": frozenset(),  # nothing tells the contacts apart
    "chosen-twice": frozenset(),  # two columns for one thing
    "no-heading": frozenset(),  # of a column that shall become a property
    "same-heading": frozenset(),  # a column that shall become a property, and there is one of this name
    "twice-in-file": frozenset({"line"}),  # the contact of a line before
    "being-erased": frozenset(),  # the contact asked to be forgotten
}
CODES = frozenset(CODE_PARAMS)

EMAIL_MAX = 254
URL_MAX = 2000
_SITE = re.compile(r"https://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?(?=[/?#]|$)")
PHONE_MAX = 50
NUMBER_MAX = 25
TYPED_MAX = 500  # digits: reading a number takes longer than its length
SLUG_MAX = 64
NAME_MAX = 64
FIRST_DATE = date(2000, 1, 1)  # far enough from the ends of the calendar that adding days can't overflow
LAST_DATE = date(2199, 12, 31)
AUTO = "auto"

RESERVED_SLUGS = frozenset({"new", "preview", "transfer"})  # words of addresses beside /…/<slug>

_LINE_BREAK = re.compile("\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
# Controls, lone surrogates, non-characters, and the two marks that force a direction on what follows.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202d\u202e\ufffe\uffff]")
_INVISIBLE = frozenset({"Cf", "Zs", "Zl", "Zp"})
_SLUG = re.compile(rf"[A-Za-z0-9_-]{{1,{SLUG_MAX}}}")
_NAME = re.compile(rf"[a-z][a-z0-9_]{{0,{NAME_MAX - 1}}}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00)")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")
_WHOLE = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,6})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)  # or is it a decimal comma? Nobody knows
_PHONE = re.compile(r"\+?[\d\s().\-/\u2010-\u2015]+(?:,?\s?(?:ext\.?|x|#|p\.|poste)\s?\d{1,8})?", re.IGNORECASE)
_UNKNOWN_SHOWN = 20  # unknown fields named in one answer; nobody reads more


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one field: where ("scheduling.durations.0"), what (a code), and its sentence's parameters."""

    field: str
    code: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict, hash=False)


Checked = tuple[Any, list[Flaw]]  # the clean value (None: nothing usable), and what is wrong
Check = Callable[[object, str], Checked]  # value and the path of its field


def refuse(path: str, code: str, **params: object) -> Checked:
    return None, [Flaw(path, code, params)]


# ---- single values ---------------------------------------------------------------------------------------------------


def text(maximum: int, *, lines: bool = False) -> Check:
    """Text in NFC without blanks at its ends; invisible text is no text. `lines`: line breaks are welcome."""

    def check(value: object, path: str) -> Checked:
        if not isinstance(value, str):
            return refuse(path, "not-text")
        if len(value) > 4 * maximum + 100:  # hopeless even if composing shortens it: spare the work
            return refuse(path, "too-long", maximum=maximum)
        tidy = unicodedata.normalize("NFC", _straightened(value, lines=lines)).strip()
        if not lines and "\n" in tidy:
            return refuse(path, "line-breaks")
        if _CONTROL.search(tidy):
            return refuse(path, "control-characters")
        if len(tidy) > maximum:
            return refuse(path, "too-long", maximum=maximum)
        return "" if is_blank(tidy) else tidy, []

    return check


def _straightened(value: str, *, lines: bool) -> str:
    one_kind = _LINE_BREAK.sub("\n", value)
    return one_kind if lines else one_kind.replace("\t", " ")


def is_blank(value: str) -> bool:
    return all(unicodedata.category(character) in _INVISIBLE or character.isspace() for character in value)


def email(value: object, path: str) -> Checked:
    """An address as mail servers want it: the domain small and in ASCII, the part before the @ as typed."""
    tidy, flaws = text(EMAIL_MAX)(value, path)
    if flaws or not tidy:
        return tidy, flaws
    try:
        # Letters beyond ASCII before the @ need SMTPUTF8 on every server on the way: mail would not arrive.
        return validate_email(tidy, check_deliverability=False, allow_smtputf8=False).ascii_email, []
    except EmailNotValidError:
        if not tidy.partition("@")[0].isascii():
            return refuse(path, "email-beyond-ascii")
        return refuse(path, "not-an-email")


def email_key(address: str) -> str:
    """By what two addresses are the same person. No address has a NUL, and no database looks for one."""
    return address.replace("\0", "").strip().casefold()


def whole(minimum: int, maximum: int) -> Check:
    def check(value: object, path: str) -> Checked:
        if not isinstance(value, int) or isinstance(value, bool):
            return refuse(path, "not-a-number")
        if not minimum <= value <= maximum:
            return refuse(path, "out-of-range", minimum=minimum, maximum=maximum)
        return int(value), []

    return check


def decimal_number(value: object, path: str) -> Checked:
    """A number with or without decimals, as text without needless zeros. A comma may stand for the point."""
    written = f"{Decimal(str(value)):f}" if isinstance(value, int | float) and not isinstance(value, bool) else value
    tidy, flaws = text(NUMBER_MAX)(written, path)
    if flaws or not tidy:
        return tidy, flaws
    if not _DECIMAL.fullmatch(tidy) or _THOUSANDS.fullmatch(tidy):
        return refuse(path, "not-a-decimal")
    return f"{Decimal(tidy.replace(',', '.')).normalize() + 0:f}", []


def typed_number(typed: str) -> int | str:
    """What a form's number field holds: the number, or the text unchanged for `whole` to refuse.

    A number that is far too small or large is one all the same: `whole` says the bounds.
    """
    tidy = typed.strip()
    return int(tidy) if len(tidy) <= TYPED_MAX and _WHOLE.fullmatch(tidy) else typed


minutes = whole  # the unit of every length of time in a link


def boolean(value: object, path: str) -> Checked:
    return (value, []) if isinstance(value, bool) else refuse(path, "not-yes-or-no")


def choice(*options: str) -> Check:
    def check(value: object, path: str) -> Checked:
        if not isinstance(value, str) or value not in options:
            return refuse(path, "not-a-choice", choices=", ".join(options))
        return str(value), []

    return check


def zone_name(value: object, path: str) -> Checked:
    if not isinstance(value, str):
        return refuse(path, "not-text")
    try:
        zone(value)
    except UnknownZone:
        return refuse(path, "not-a-zone")
    return value, []


def date_between(first: date, last: date) -> Check:
    """YYYY-MM-DD and nothing else (`date.fromisoformat` also takes weeks and dates without hyphens)."""

    def check(value: object, path: str) -> Checked:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            return refuse(path, "not-a-date")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return refuse(path, "not-a-date")
        if not first <= day <= last:
            return refuse(path, "date-out-of-range", minimum=first.isoformat(), maximum=last.isoformat())
        return value, []

    return check


iso_date = date_between(FIRST_DATE, LAST_DATE)  # of a calendar that is computed with


def time_of_day(value: object, path: str) -> Checked:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return refuse(path, "not-a-time")
    return value, []


def minute_of(wall: str) -> int:
    """The minute of the day of a checked "HH:MM"."""
    hours, _, rest = wall.partition(":")
    return int(hours) * 60 + int(rest)


def wall_of(minute: int) -> str:
    """The opposite: minute 0 to 1440 of the day as "HH:MM"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def slug(value: object, path: str) -> Checked:
    if not isinstance(value, str):
        return refuse(path, "not-text")
    tidy = value.strip()
    if tidy and not _SLUG.fullmatch(tidy):
        return refuse(path, "not-a-slug", maximum=SLUG_MAX)
    if tidy.lower() in RESERVED_SLUGS:
        return refuse(path, "reserved", name=tidy)
    return tidy, []


def name(reserved: frozenset[str] = frozenset()) -> Check:
    """A name by which programs and addresses know a thing; blank where it is to be made up."""

    def check(value: object, path: str) -> Checked:
        if not isinstance(value, str):
            return refuse(path, "not-text")
        tidy = value.strip()
        if tidy and not _NAME.fullmatch(tidy):
            return refuse(path, "not-a-name", maximum=NAME_MAX)
        return refuse(path, "reserved", name=tidy) if tidy in reserved else (tidy, [])

    return check


def language(value: object, path: str) -> Checked:
    """A language code with hyphens ("fr", "pt-BR", "zh-Hant-TW"), or "auto"."""
    if value == AUTO:
        return AUTO, []
    match = _LANGUAGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return refuse(path, "not-a-language")
    base, script, region = match.groups(default="")
    return "-".join(filter(None, (base.lower(), script.title(), region.upper()))), []


def phone(value: object, path: str) -> Checked:
    """A phone number as people write it: what else it says ("ext. 12") is left to them, its digits are not."""
    tidy, flaws = text(PHONE_MAX)(value, path)
    if flaws or not tidy:
        return tidy, flaws
    is_one = _PHONE.fullmatch(tidy) and 5 <= sum(character.isdecimal() for character in tidy) <= 20
    return (tidy, []) if is_one else refuse(path, "not-a-phone")


def web_address(value: object, path: str) -> Checked:
    """An absolute http or https address without a user name in it. One without a scheme is taken for https."""
    tidy, flaws = text(URL_MAX)(value, path)
    if flaws or not tidy:
        return tidy, flaws
    whole_address = tidy if "://" in tidy else f"https://{tidy}"
    scheme, _, rest = whole_address.partition("://")
    if (
        scheme.lower() in {"http", "https"}
        and _is_https(f"https://{rest}")
        and "." in (urlsplit(f"//{rest}").hostname or "")
    ):
        return f"{scheme.lower()}://{rest}", []
    return refuse(path, "not-a-web-address")


def https_url(value: object, path: str) -> Checked:
    """An absolute https address without a user name in it; blank is none."""
    tidy, flaws = text(URL_MAX)(value, path)
    if flaws or not tidy:
        return None, flaws
    return (tidy, []) if _is_https(tidy) else refuse(path, "not-https")


def https_site(value: object, path: str) -> Checked:
    """The site of an https address, "https://www.example.org"; "*." before a name stands for any part of it.

    What follows the site is left out, and one without a scheme is taken for https.
    """
    tidy, flaws = text(URL_MAX)(value, path)
    if flaws:
        return None, flaws
    whole_address = tidy if "://" in tidy else f"https://{tidy}"
    site = _SITE.match(whole_address.lower())
    return (site[0], []) if site and _is_https(site[0]) else refuse(path, "not-a-site")


def _is_https(address: str) -> bool:
    if "\\" in address or any(character.isspace() for character in address):  # browsers read \ as /
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


# ---- values made of others -------------------------------------------------------------------------------------------


def none_if_blank(check: Check) -> Check:
    def nullable(value: object, path: str) -> Checked:
        clean, flaws = check(value, path)
        return (None if clean == "" else clean), flaws

    return nullable


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record. Null and absent are the same: the default, or "required"."""

    check: Check
    default: Any = None
    required: bool = False

    def read(self, value: object, path: str) -> Checked:
        given = self.default if value is None else value
        if given is None:
            return None, ([Flaw(path, "required")] if self.required else [])
        clean, flaws = self.check(given, path)
        if self.required and not flaws and clean == "":
            flaws = [Flaw(path, "required")]
        # What is unusable gives way to the default, so that a preview has something whole to show.
        return (self._fallback(path) if clean is None and flaws else clean), flaws

    def _fallback(self, path: str) -> Any:
        return None if self.default is None else self.check(self.default, path)[0]


def record(fields: Mapping[str, Field], also: Callable[[dict[str, Any], str], list[Flaw]] | None = None) -> Check:
    """An object with these fields and no others; `also` compares fields once each is right by itself."""

    def check(value: object, path: str) -> Checked:
        if not isinstance(value, Mapping):
            return refuse(path, "not-an-object")
        flaws = unknown_fields(value, fields.keys(), path)
        clean = {}
        for key, spec in fields.items():
            clean[key], wrong = spec.read(value.get(key), joined(path, key))
            flaws += wrong
        if also is not None and not flaws:
            flaws = also(clean, path)
        return clean, flaws

    return check


def unknown_fields(value: Mapping[Any, object], known: object, path: str) -> list[Flaw]:
    strange = [key for key in value if key not in known]  # type: ignore[operator]
    shown = [harmless(str(key)) for key in strange[:_UNKNOWN_SHOWN]]
    return [Flaw(joined(path, key), "unknown-field", {"name": key}) for key in shown]


def list_of(
    item: Check,
    *,
    maximum: int,
    minimum: int = 0,
    same: Callable[[Any], Hashable] | None = None,
    at: str = "",
) -> Check:
    """A list; entries that are wrong are left out of the clean one, which is none if too few are left.

    `same`: by what two entries are alike, a flaw of the later one's field `at`.
    """

    def check(value: object, path: str) -> Checked:
        if not isinstance(value, list):
            return refuse(path, "not-a-list")
        if len(value) > maximum:
            return refuse(path, "too-many", maximum=maximum)
        flaws = [] if len(value) >= minimum else [Flaw(path, "too-few", {"minimum": minimum})]
        clean: list[Any] = []
        seen: set[Hashable] = set()
        for index, entry in enumerate(value):
            here = joined(path, str(index))
            tidy, wrong = item(entry, here)
            if not wrong and same is not None:
                wrong = [Flaw(joined(here, at), "duplicate")] if same(tidy) in seen else []
                seen.add(same(tidy))
            flaws += wrong
            clean += [] if wrong else [tidy]
        return (clean if len(clean) >= minimum else None), flaws

    return check


def joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path and key else path or key


def harmless(key: str) -> str:
    """A stranger's field name as an answer may repeat it."""
    return "".join(character if character.isprintable() else "�" for character in key[:60])
