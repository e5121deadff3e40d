"""What the columns of a file are taken for, and what else was chosen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from meetings.domain.contact_file import HEADINGS, Sheet, plain
from meetings.domain.fields import Flaw
from meetings.i18n import SPOKEN, property_label, say
from meetings.i18n.languages import _l
from meetings.models import Property

from .. import properties as known_properties
from ..forms import COMPANY

IGNORED: Final = ""
NEW: Final = "new"  # a property that is made of it
NEW_PROPERTY: Final = "new:"  # and the column's number: how such a property is called until it has a name
PROPERTY: Final = "property:"
FILL, OVERWRITE, LEAVE = "fill", "overwrite", "leave"
KNOWN: Final = (FILL, OVERWRITE, LEAVE)  # what becomes of contacts who are here already

# How an exported file names them; such a file is understood in every language.
NAMES: Final[Mapping[str, str]] = {
    "email": _l("E-mail"),
    "first_name": _l("First name"),
    "last_name": _l("Last name"),
    "name": _l("Full name"),
    "company": _l("Company"),
    "owner": _l("Owner"),
    "others": _l("Other addresses"),
    "note": _l("Notes"),
}
TOLD: Final[Mapping[str, str]] = {  # what an exported file says besides; nothing is imported of it
    "meetings": _l("Meetings"),
    "last": _l("Last meeting"),
}


def properties() -> list[Property]:
    """What can be known of a contact; the company has a column of its own."""
    return [row for row in Property.in_order() if row.name != COMPANY]


def labels(rows: Sequence[Property], locale: str) -> dict[str, str]:
    """The heading of each property by its name: as it is called, with the name where that is not clear."""
    taken = {plain(say(locale, words)) for words in (*NAMES.values(), *TOLD.values())}
    found: dict[str, str] = {}
    for row in rows:
        label = property_label(row.name, row.label, locale)
        found[row.name] = f"{label} ({row.name})" if plain(label) in taken else label
        taken.add(plain(label))
    return found


def targets(locale: str) -> list[tuple[str, str]]:
    """What a column can be: value and words."""
    named = labels(properties(), locale)
    own = [(field, say(locale, words)) for field, words in NAMES.items()]
    return [*own, *((f"{PROPERTY}{name}", label) for name, label in named.items())]


# ---- guessing --------------------------------------------------------------------------------------------------------


def guessed(sheet: Sheet) -> list[str]:
    """What each column is taken for by its heading; each thing once, what nobody knows is left alone."""
    known = _known_headings()
    found: list[str] = []
    for heading in sheet.headings:
        target = known.get(plain(heading), IGNORED)
        found.append(IGNORED if target in found else target)
    return found if "email" in found else _with_addresses(sheet, found)


def _known_headings() -> dict[str, str]:
    """What headings mean, in all languages; what an exported file says weighs more than what others may call it."""
    rows = properties()
    known = {word: field for field, words in HEADINGS.items() for word in words}
    for locale in SPOKEN:
        known |= {plain(say(locale, words)): IGNORED for words in TOLD.values()}
        named = labels(rows, locale)
        known = {plain(label): f"{PROPERTY}{name}" for name, label in named.items()} | known
        known |= {plain(label): f"{PROPERTY}{name}" for name, label in named.items() if row_is_marked(label, name)}
        known |= {plain(say(locale, words)): field for field, words in NAMES.items()}
    return known


def row_is_marked(label: str, name: str) -> bool:
    """Whether a property's heading has its name in it."""
    return label.endswith(f"({name})")


def _with_addresses(sheet: Sheet, found: list[str]) -> list[str]:
    """Without a heading that says so, the first unknown column that holds nothing but addresses."""
    sample = sheet.lines[:20]
    for index, target in enumerate(found):
        cells = [line.cells[index] for line in sample if line.cells[index]]
        if target == IGNORED and cells and all("@" in cell for cell in cells):
            return [*found[:index], "email", *found[index + 1 :]]
    return found


# ---- choosing --------------------------------------------------------------------------------------------------------


def choices_of(sheet: Sheet, columns: Sequence[str], known: str) -> dict[str, Any]:
    """What was chosen, as far as it can be; for what is missing, what is usual."""
    possible = {IGNORED, NEW, *NAMES, *(f"{PROPERTY}{row.name}" for row in properties())}
    tidy = [column if column in possible else IGNORED for column in columns[: len(sheet.headings)]]
    tidy += [IGNORED] * (len(sheet.headings) - len(tidy))
    return {"columns": tidy, "known": known if known in KNOWN else FILL}


def flaws_of(sheet: Sheet, choices: Mapping[str, Any]) -> list[Flaw]:
    """What is wrong with the choice of columns; each flaw's field is the column's number, or "columns"."""
    columns = choices["columns"]
    twice = [
        Flaw(str(index), "chosen-twice")
        for index, column in enumerate(columns)
        if column not in (IGNORED, NEW) and column in columns[:index]
    ]
    found = [*twice, *_flaws_of_new(sheet, [index for index, column in enumerate(columns) if column == NEW])]
    return found if "email" in columns else [*found, Flaw("columns", "no-email-column")]


def _flaws_of_new(sheet: Sheet, columns: Sequence[int]) -> Iterator[Flaw]:
    """Why no properties can be made of these columns; nobody would find a field to fill in there."""
    flaws = known_properties.flaws_of_new([sheet.headings[index] for index in columns])
    for index, wrong in zip(columns, flaws, strict=True):
        yield from (_of_heading(str(index), flaw) for flaw in wrong)


def _of_heading(column: str, flaw: Flaw) -> Flaw:
    """What is wrong with the name of a property, in words about the heading that it is."""
    if flaw.code == "required":
        return Flaw(column, "no-heading")
    return Flaw(column, "same-heading") if flaw.code == "duplicate" else replace(flaw, field=column)
