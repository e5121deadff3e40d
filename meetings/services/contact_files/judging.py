"""Whether each line of a file can be taken, by the same checks as what is typed on the pages of contacts."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from meetings.domain.answers import CONTACT_NAME_MAX, LINE_MAX, NO, YES, Asked, check_answers
from meetings.domain.contact_file import Line, Sheet
from meetings.domain.fields import Check, Checked, Flaw, email, email_key, text
from meetings.models import Company, User
from meetings.models.known_contacts import Known, known_by

from ..companies import one_line
from ..notes import NOTE_MAX
from .columns import NEW, NEW_PROPERTY, PROPERTY, properties

_YES: Final = frozenset(["yes", "y", "true", "1", "x", "oui", "o", "vrai"])
_NO: Final = frozenset(["no", "n", "false", "0", "non", "faux"])


@dataclass(slots=True)
class Person:
    """A line that can be taken: what it says, as it is kept. What is blank is not there."""

    line: int
    email: str
    said: dict[str, str] = field(default_factory=dict)  # first_name, last_name, company, note
    owner: int | None = None
    values: dict[str, str] = field(
        default_factory=dict
    )  # by a property's name, or by NEW_PROPERTY and the column's number
    others: list[str] = field(default_factory=list)  # other addresses
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that can't be taken; each flaw with the number of its column, None for the whole line."""

    line: Line
    flaws: list[tuple[int | None, Flaw]]


@dataclass(frozen=True, slots=True)
class Judged:
    """All lines of a file."""

    people: list[Person]
    wrong: list[Wrong]


def judge(sheet: Sheet, choices: Mapping[str, Any]) -> Judged:
    """Look at every line; of two about the same contact the later one is wrong."""
    judgement = _Judgement(sheet, choices["columns"])
    judged = Judged([], [])
    for line in sheet.lines:
        person, flaws = judgement.of(line)
        if flaws:
            judged.wrong.append(Wrong(line, flaws))
        else:
            judged.people.append(person)
    return judged


def wrong_lines(
    sheet: Sheet, judged: Judged, say: Callable[[int | None, Flaw], str], heading: str
) -> Iterator[list[str]]:
    """The wrong lines as they were, to be mended and sent again, with what is wrong in a column after the last heading.

    Cells beyond it are kept there, so that such a line stays wrong until it is mended.
    """
    yield [*sheet.headings, heading]
    for wrong in judged.wrong:
        words = " ".join(say(at, flaw) for at, flaw in wrong.flaws)
        yield [*wrong.line.cells, words, *wrong.line.extra]


# ---- one line --------------------------------------------------------------------------------------------------------


class _Judgement:
    """What is needed to judge lines, looked up once."""

    def __init__(self, sheet: Sheet, columns: Sequence[str]) -> None:
        self._columns = [(index, target) for index, target in enumerate(columns) if target]
        self._email = next(index for index, target in self._columns if target == "email")
        self._asked = {row.name: Asked(row.name, "", "property", row.kind, tuple(row.options)) for row in properties()}
        self._people = {user.email: user for user in User.present()}
        others = next((index for index, target in self._columns if target == "others"), self._email)
        told = (address for line in sheet.lines for address in _addresses(line.cells[others]))
        self._known = known_by({*(email_key(line.cells[self._email]) for line in sheet.lines), *map(email_key, told)})
        self._lines: dict[str | int, int] = {}

    def of(self, line: Line) -> tuple[Person, list[tuple[int | None, Flaw]]]:
        address, wrong = email(line.cells[self._email], "email")
        flaws: list[tuple[int | None, Flaw]] = [(self._email, flaw) for flaw in wrong]
        if not wrong and not address:
            flaws.append((self._email, Flaw("email", "required")))
        key = email_key(address or "")
        person = Person(line.number, key, known=self._known.get(key))
        if line.extra:
            flaws.append((None, Flaw("line", "extra-cells")))
        flaws += [(self._email, flaw) for flaw in self._repeated(person) if key]
        for index, target in self._columns:
            if line.cells[index] and target != "email":
                flaws += [(index, flaw) for flaw in self._take(person, index, target, line.cells[index])]
        return person, flaws

    def _repeated(self, person: Person) -> list[Flaw]:
        known = person.known
        if known is not None and known.is_being_erased:
            return [Flaw("email", "being-erased")]
        return self._met_before(person, known.id if known is not None else person.email, "email")

    def _met_before(self, person: Person, who: str | int, field: str) -> list[Flaw]:
        first = self._lines.setdefault(who, person.line)
        return [] if first == person.line else [Flaw(field, "twice-in-file", {"line": first})]

    def _take(self, person: Person, index: int, target: str, cell: str) -> list[Flaw]:
        """Put what a cell says where it belongs; what is wrong with it."""
        if target == "owner":
            return self._take_owner(person, cell)
        if target == "others":
            return self._take_others(person, cell)
        if target == "name":
            return self._take_name(person, cell)
        if target == NEW:
            clean, flaws = _LINES(cell, target)
            person.values[f"{NEW_PROPERTY}{index}"] = clean or ""
            return flaws
        if target.startswith(PROPERTY):
            return self._take_value(person, target.removeprefix(PROPERTY), cell)
        clean, flaws = _CHECKS[target](cell, target)
        if not flaws:
            person.said |= {target: clean}
        return flaws

    def _take_name(self, person: Person, cell: str) -> list[Flaw]:
        clean, flaws = _WHOLE_NAME(cell, "name")
        parts = {} if flaws else _split(clean)
        if any(len(part) > CONTACT_NAME_MAX for part in parts.values()):
            return [Flaw("name", "too-long", {"maximum": CONTACT_NAME_MAX})]
        person.said |= parts
        return flaws

    def _take_owner(self, person: Person, cell: str) -> list[Flaw]:
        user = self._people.get(email_key(cell))
        is_theirs = user is not None and person.known is not None and person.known.owner == user.id
        if user is None or not (user.is_active or is_theirs):
            return [Flaw("owner", "unknown-user")]
        person.owner = user.id
        return []

    def _take_others(self, person: Person, cell: str) -> list[Flaw]:
        """Addresses by which they are known as well; one of somebody else makes no two people one."""
        flaws: list[Flaw] = []
        for told in _addresses(cell):
            address, wrong = email(told, "others")
            key = email_key(address or "")
            whose = self._known.get(key)
            if not wrong and whose is not None and (person.known is None or whose.id != person.known.id):
                wrong = [Flaw("others", "email-taken")]
            elif not wrong and whose is None and key != person.email:
                wrong = self._met_before(person, key, "others")
                person.others += [key] if key not in person.others else []
            flaws += wrong
        return flaws

    def _take_value(self, person: Person, name: str, cell: str) -> list[Flaw]:
        asked = self._asked.get(name)
        if asked is None:
            return []
        answers, flaws = check_answers([asked], {name: _as_answered(asked, cell)}, "properties")
        for answer in answers:
            person.values[name] = answer["value"]
        return flaws


def _addresses(cell: str) -> list[str]:
    """The addresses that stand in one cell."""
    return [part for part in re.split(r"[\s;,]+", cell) if part]


def _split(name: str) -> dict[str, str]:
    """A whole name in two: at its comma, where the last name stands first, else before its last word."""
    if "," in name:
        last, _, first = name.partition(",")
    else:
        first, _, last = name.rpartition(" ") if " " in name else (name, "", "")
    return {part: told for part, told in (("first_name", first.strip()), ("last_name", last.strip())) if told}


def _as_answered(asked: Asked, cell: str) -> str:
    """A cell as a form would send it: people write yes and no, and the names of choices, in several ways."""
    if asked.kind == "yes_no":
        word = cell.casefold()
        return YES if word in _YES else NO if word in _NO else cell
    if not asked.options:
        return cell
    options = {option.casefold(): option for option in asked.options}
    if asked.kind != "checkboxes" or cell in asked.options:
        return cell if cell in asked.options else options.get(cell.casefold(), cell)
    parts = cell.splitlines()
    if not all(part in asked.options for part in parts):
        parts = [part.strip() for part in re.split(r"[\n;,]", cell) if part.strip()]
    return "\n".join(part if part in asked.options else options.get(part.casefold(), part) for part in parts)


def _company(value: object, path: str) -> Checked:
    clean, flaws = text(Company.name.max_length)(value, path)
    return (one_line(clean) if clean else clean), flaws


_LINES: Final[Check] = text(LINE_MAX, lines=True)
_WHOLE_NAME: Final[Check] = text(2 * CONTACT_NAME_MAX + 1)
_CHECKS: Final[Mapping[str, Check]] = {
    "first_name": text(CONTACT_NAME_MAX),
    "last_name": text(CONTACT_NAME_MAX),
    "company": _company,
    "note": text(NOTE_MAX, lines=True),
}
