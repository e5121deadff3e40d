"""Names made from what people write: a link's address from its name, a field's name from its label."""

import re
import unicodedata
from collections.abc import Collection

from meetings.domain.fields import NAME_MAX, RESERVED_SLUGS, SLUG_MAX

# Latin letters that are not a plain letter with a mark on it.
_SMALL = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"} | dict(zip("øłđðħıŋ", "olddhin", strict=True))
_CAPITAL = {letter.upper(): plain.upper() for letter, plain in _SMALL.items() if letter not in "ßı"} | {"ẞ": "SS"}
_LETTERS = str.maketrans(_SMALL | _CAPITAL)
_NOT_OF_SLUGS = re.compile("-*[^A-Za-z0-9_-][^A-Za-z0-9_]*|--+")
_OTHERS = re.compile("[^a-z0-9]+")
_POSSESSIVE = re.compile(r"['’](?=s\b)")
_READ = 500  # characters of a name that can matter


def _bare(written: str) -> str:
    """The same in plain letters, as far as there are any for it."""
    apart = unicodedata.normalize("NFKD", written[:_READ].translate(_LETTERS)).translate(_LETTERS)
    return _POSSESSIVE.sub("", "".join(character for character in apart if not unicodedata.combining(character)))


def _words(written: str, separator: str) -> str:
    return _OTHERS.sub(separator, _bare(written).lower()).strip(separator)


def slug_from(written: str) -> str:
    """A suggestion for a link's slug; whether it is still free is for the database to say."""
    words = _words(written, "-")[:SLUG_MAX].strip("-") or "meeting"
    return f"{words}-meeting" if words in RESERVED_SLUGS else words


def tidy_slug(written: str) -> str:
    """What somebody typed as an address, as one can be: in plain letters, no hyphen twice or at an end."""
    return _NOT_OF_SLUGS.sub("-", _bare(written)).strip("-")[:SLUG_MAX].strip("-")


def name_from(label: str, taken: Collection[str]) -> str:
    """A name for a field of a form that none of the others has."""
    words = _words(label, "_")
    stem = words if words[:1].isalpha() else f"field_{words}".rstrip("_")
    return next(name for name in _numbered(stem, len(taken) + 2) if name not in taken)


def _numbered(stem: str, count: int) -> list[str]:
    """The stem itself, then stem_2, stem_3 …, none too long."""
    endings = ["", *(f"_{number}" for number in range(2, count + 1))]
    return [stem[: NAME_MAX - len(ending)].rstrip("_") + ending for ending in endings]
