"""Times of day as people type them, before they are checked."""

import re
import unicodedata

_TIME = re.compile(
    r"(?P<hour>[0-9]{1,2}?)"
    r"(?:\s?[:.hu]\s?(?P<minute>[0-9]{2})?(?::00)?|(?P<joined>[0-9]{2}))?"
    r"(?:\s?(?:uhr|h))?"
    r"(?:\s?(?P<half>[ap])\.?(?:m\.?)?)?"
)
_LONGEST = 20


def parse_hours(typed: str) -> int | None:
    """The minute of the day in "9", "9:30", "930", "9am", "17h30", "12 pm", "24:00"; none in anything else."""
    if len(typed) > _LONGEST:
        return None
    match = _TIME.fullmatch(_digits(unicodedata.normalize("NFKC", typed).strip().lower()))
    if match is None:
        return None
    hour = _on_24_hours(int(match["hour"]), match["half"])
    minute = int(match["minute"] or match["joined"] or 0)
    if hour is None or minute > 59 or hour * 60 + minute > 1440:
        return None
    return hour * 60 + minute


def _digits(typed: str) -> str:
    """The digits of any script as 0 to 9."""
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in typed)


def _on_24_hours(hour: int, half: str | None) -> int | None:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half == "p" else 0)
