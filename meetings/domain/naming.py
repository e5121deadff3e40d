"""Names made from what people write: a link's address from its name, a field's name from its label."""

import re
import unicodedata
from collections.abc import Collection

from meetings.domain.fields import NAME_MAX, RESERVED_SLUGS, SLUG_MAX

# Latin letters that are not a plain letter with a mark on it.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ŋ": "n"}
)
_OTHERS = re.compile("[^a-z0-9]+")
_POSSESSIVE = re.compile(r"['’](?=s\b)")
_READ = 500  # characters of a name that can matter


def _words(written: str, separator: str) -> str:
    apart = unicodedata.normalize("NFKD", written[:_READ].lower().translate(_LETTERS)).lower().translate(_LETTERS)
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return _OTHERS.sub(separator, _POSSESSIVE.sub("", bare)).strip(separator)


def slug_from(written: str) -> str:
    """A suggestion for a link's slug; whether it is still free is for the database to say."""
    words = _words(written, "-")[:SLUG_MAX].strip("-") or "meeting"
    return f"{words}-meeting" if words in RESERVED_SLUGS else words


def name_from(label: str, taken: Collection[str]) -> str:
    """A name for a field of a form that none of the others has."""
    words = _words(label, "_")
    stem = words if words[:1].isalpha() else f"field_{words}".rstrip("_")
    return next(name for name in _numbered(stem, len(taken) + 2) if name not in taken)


def _numbered(stem: str, count: int) -> list[str]:
    """The stem itself, then stem_2, stem_3 …, none too long."""
    endings = ["", *(f"_{number}" for number in range(2, count + 1))]
    return [stem[: NAME_MAX - len(ending)].rstrip("_") + ending for ending in endings]
