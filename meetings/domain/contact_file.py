"""A file of contacts (CSV): from bytes to lines of cells, and cells that no spreadsheet takes for a formula."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from meetings.domain.fields import Flaw

MEGABYTES_MAX: Final = 5
ROWS_MAX: Final = 20_000
COLUMNS_MAX: Final = 100
DELIMITERS: Final = (",", ";", "\t")

_BOMS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_GUESSES: Final = ("utf-8", "cp1252")  # most bytes that are not the first are the second
_END: Final = "\0"  # stands in no text of a file, so it tells where the last cell ends
_TOLD_DELIMITER: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)  # a first line that is for Excel alone
# What spreadsheets compute, the wide forms of East Asian keyboards included.
_STARTS: Final = "=+\\-@\t\r\n＝＋－＠"
_FORMULA: Final = re.compile(f"'*[{_STARTS}]")
_GUARDED: Final = re.compile(f"'+[{_STARTS}]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: where it begins, and its cells without blanks around them, as many as there are headings."""

    number: int
    cells: tuple[str, ...]
    extra: tuple[str, ...] = ()  # the cells beyond the last heading, if anything stands in them


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands in a file of contacts."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]


# ---- reading ---------------------------------------------------------------------------------------------------------


def decoded(content: bytes) -> tuple[str, list[Flaw]]:
    """The text of a file, whatever program wrote it; no picture, no spreadsheet with a wrong ending."""
    if len(content) > MEGABYTES_MAX * 2**20:
        return "", [Flaw("file", "file-too-large", {"maximum": MEGABYTES_MAX})]
    marked = next((name for mark, name in _BOMS.items() if content.startswith(mark)), None)
    for encoding in (marked,) if marked else _GUESSES:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, []
    return "", [Flaw("file", "not-a-table")]


def read(text: str) -> tuple[Sheet | None, list[Flaw]]:
    """The lines of a file below its line of headings; what is blank all over is left out."""
    found: list[tuple[int, list[str]]] = []
    try:
        for number, cells in _rows(text):
            if any(cell.strip() for cell in cells):
                found.append((number, [cell.strip(" \xa0") for cell in cells]))
            if len(found) > ROWS_MAX + 1:
                return None, [Flaw("file", "too-many-rows", {"maximum": ROWS_MAX})]
            if len(found) == 1 and len(found[0][1]) > COLUMNS_MAX:
                return None, [Flaw("file", "too-many-columns", {"maximum": COLUMNS_MAX})]
    except _Unreadable as problem:
        return None, [problem.flaw]
    if len(found) < 2:
        return None, [Flaw("file", "not-a-table")]
    headings = tuple(unguarded(heading) for heading in found[0][1])
    return Sheet(headings, tuple(_line(number, cells, len(headings)) for number, cells in found[1:])), []


class _Unreadable(Exception):
    """From a line on nobody knows where cells end."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each line: where it begins, and its cells. Raises _Unreadable."""
    told = _TOLD_DELIMITER.match(text)
    reader = csv.reader(chain(_lines(text), [_END]), delimiter=told[1] if told else _delimiter(text))
    if told:
        next(reader)
    before = reader.line_num
    try:
        for cells in reader:
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):  # it took all that follows for its own
                raise _Unreadable(Flaw("file", "open-quote", {"line": before + 1}))
            yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise _Unreadable(Flaw("file", "cell-too-large", {"line": before + 1})) from error


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")  # as it is: a cell may hold line breaks of its own


def _delimiter(text: str) -> str:
    """What stands between the headings: whatever makes most of them. csv.Sniffer takes letters for it."""
    return max(DELIMITERS, key=lambda delimiter: _count(text, delimiter))


def _count(text: str, delimiter: str) -> int:
    try:
        return len(next(csv.reader(_lines(text.lstrip()), delimiter=delimiter), []))
    except csv.Error:
        return 0


def _line(number: int, cells: Sequence[str], width: int) -> Line:
    told = [unguarded(cell).strip() for cell in cells]
    extra = tuple(told[width:]) if any(told[width:]) else ()
    return Line(number, (*told[:width], *[""] * (width - len(told))), extra)


# ---- what a column may be --------------------------------------------------------------------------------------------


def plain(heading: str) -> str:
    """A heading as far as it matters: small letters without accents, and digits; its signs where it has neither."""
    apart = unicodedata.normalize("NFKD", heading[:200].casefold())
    return "".join(character for character in apart if character.isalnum()) or apart.strip()


HEADINGS: Final = {
    field: frozenset(words.split())
    for field, words in {
        "email": "email mail emailaddress mailaddress address email1value adressemail adresseemail adressedemessagerie"
        " courriel adressecourriel adresseelectronique primaryemail workemail",
        "first_name": "firstname first givenname forename prenom",
        "last_name": "lastname last surname familyname nom nomdefamille",
        "name": "name fullname displayname contact contactname nomcomplet nometprenom prenometnom prenomnom",
        "company": "company companyname organization organisation organizationname organization1name employer account"
        " accountname societe entreprise nomdelasociete nomdelentreprise",
        "owner": "owner contactowner accountowner owneremail proprietaire responsable proprietaireducontact",
        "others": "otheraddresses otheraddress otheremails otheremail otheremailaddresses otheremailaddress email2value"
        " additionalemails additionalemailaddresses secondaryemail secondaryemails alternateemail alternateemails"
        " autresadresses autreadresse autresemails autrescourriels autresadressesemail",
        "note": "note notes comment comments remark remarks description commentaire commentaires remarque remarques",
    }.items()
}


# ---- cells that nothing runs -----------------------------------------------------------------------------------------


def guarded(cell: str) -> str:
    """A cell with an apostrophe in front of what a spreadsheet would compute; `unguarded` takes just that off again."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """What a cell was before `guarded` saw it."""
    return cell[1:] if _GUARDED.match(cell) else cell


def written(rows: Sequence[Sequence[str]]) -> str:
    """Lines of a CSV file, every cell in quotation marks and none a formula."""
    target = io.StringIO()
    csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(
        [[guarded(cell) for cell in row] for row in rows]
    )
    return target.getvalue()
