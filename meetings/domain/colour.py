"""From a team's one brand colour to accents that can be read wherever a public page or a mail uses them.

Lightness is moved as far as WCAG 2.2 asks for and no further, the hue stays, and chroma gives way where screens can't
show it. Computed in OKLCH, in which equal steps look equal (https://www.w3.org/TR/css-color-4/#ok-lab).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from .fields import Check, Checked, refuse, text

TEXT = 4.5  # contrast of text (WCAG 1.4.3), and
EDGE = 3.0  # of controls and their edges (1.4.11)
_SPARE = 0.08  # above both: browsers round what they mix

_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_STEP = 0.005  # of lightness; smaller ones can't be seen
_HOVER = 0.06  # from the accent to the strong one
_INK = (0.18, 0.04)  # lightness and chroma of dark text
_HAS_HUE = 0.03  # less chroma looks grey
_KEPT = 256  # palettes kept ready; there is one team, but its admin may try many colours


class Lab(NamedTuple):
    """A colour by lightness (0 to 1), and by hue and chroma as coordinates, so that grey needs no angle."""

    lightness: float
    a: float
    b: float

    @property
    def chroma(self) -> float:
        return float((self.a**2 + self.b**2) ** 0.5)

    def at(self, lightness: float, chroma: float) -> "Lab":
        """The same hue."""
        scale = chroma / self.chroma if self.chroma else 0.0
        return Lab(lightness, self.a * scale, self.b * scale)


@dataclass(frozen=True, slots=True)
class Tones:
    """The accents of one scheme, as "#rrggbb"."""

    accent: str  # text, and what is chosen or to be pressed
    strong: str  # links, text on soft grounds, and the accent under the pointer
    soft: str  # the ground of what can be taken
    line: str  # edges of controls
    on: str  # text on the accent and on the strong accent


@dataclass(frozen=True, slots=True)
class Palette:
    """A brand's accents in both schemes."""

    light: Tones
    dark: Tones


OWN: Final = Palette(  # the product's, as in static/tokens.css: for teams without a colour
    Tones(accent="#2c58bf", strong="#1c45ab", soft="#e9f0ff", line="#6086d8", on="#ffffff"),
    Tones(accent="#84a9f7", strong="#9dbdff", soft="#1d2b47", line="#5c79b6", on="#081123"),
)


@dataclass(frozen=True, slots=True)
class Scheme:
    """The grounds that accents lie on (from static/tokens.css), and what the accents of this scheme look like."""

    panel: str
    others: tuple[str, ...]  # ground, raised, warn-soft
    start: float  # where looking for the accent's lightness begins, unless the brand's is further away
    away: int  # -1: more contrast is darker, 1: lighter
    vividness: float  # of the brand's chroma, how much the accent keeps
    soft: tuple[float, float, float, float]  # lightness, the same without a hue; of the chroma how much, and at most


LIGHT = Scheme("#ffffff", ("#f5f7f9", "#ffffff", "#fdf1d8"), 0.62, -1, 1.0, (0.955, 0.95, 0.21, 0.024))
DARK = Scheme("#191c22", ("#101318", "#21242b", "#3a2b11"), 0.74, 1, 0.75, (0.29, 0.295, 0.45, 0.055))


def colour(value: object, path: str) -> Checked:
    """A colour as people write it ("#0F5A6B", "0f5a6b", "#abc"), as "#rrggbb"; blank is none."""
    tidy, flaws = _LINE(value, path)
    if flaws or not tidy:
        return tidy, flaws
    match = _HEX.fullmatch(tidy)
    if match is None:
        return refuse(path, "not-a-colour")
    digits = match[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits)), []


_LINE: Check = text(20)


# ---- a palette -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=_KEPT)
def palette(brand: str) -> Palette:
    """The accents of a brand's colour, "#rrggbb"; blank is none."""
    if not brand:
        return OWN
    seen = _lab(brand)
    return Palette(_tones(seen, LIGHT), _tones(seen, DARK))


def shift(brand: str, accent: str) -> int:
    """Whether the eye finds an accent darker (-1) or lighter (1) than the brand's colour it came from."""
    difference = _lab(accent).lightness - _lab(brand).lightness
    return 0 if abs(difference) < 0.03 else (1 if difference > 0 else -1)


def _tones(brand: Lab, scheme: Scheme) -> Tones:
    """Each tone in turn: the later ones lie on the earlier."""
    vivid = brand.chroma * scheme.vividness
    soft = _soft(brand, scheme)
    grounds = [scheme.panel, *scheme.others, soft, mixed(soft, 0.55, scheme.panel)]
    start = min(brand.lightness, scheme.start) if scheme.away < 0 else max(brand.lightness, scheme.start)
    accent = _first(brand, vivid, start, scheme.away, grounds, TEXT)
    tinted = [*grounds, mixed(accent, 0.09, soft), mixed(accent, 0.15, scheme.panel)]
    strong = _first(brand, vivid * 0.9, _beyond(_lab(accent).lightness, scheme), scheme.away, tinted, TEXT)
    back = _lab(accent).lightness - scheme.away * 0.25
    line = _first(brand, vivid * 0.8, back, scheme.away, grounds, EDGE)
    return Tones(accent, strong, soft, line, _ink(brand, [accent, strong]))


def _soft(brand: Lab, scheme: Scheme) -> str:
    """A ground without a hue stands out by its lightness instead."""
    lightness, grey_lightness, kept, most = scheme.soft
    chroma = min(most, kept * brand.chroma)
    return _hex(brand.at(grey_lightness if brand.chroma < _HAS_HUE else lightness, chroma))


def _first(brand: Lab, chroma: float, start: float, away: int, grounds: Iterable[str], needed: float) -> str:
    """The first tone from `start` on, `away` from the grounds, that has the contrast needed with each of them."""
    light = [_luminance(ground) for ground in grounds]
    lightness = start
    while True:
        found = _hex(brand.at(lightness, chroma))
        own = _luminance(found)
        if lightness <= 0 or lightness >= 1 or all(_ratio(own, one) >= needed + _SPARE for one in light):
            return found
        lightness = min(1.0, max(0.0, lightness + away * _STEP))


def _beyond(lightness: float, scheme: Scheme) -> float:
    """A step further from the grounds; back where there is no room for one that could be seen."""
    further = lightness + scheme.away * _HOVER
    if further < 0.2:
        return max(0.28, lightness + 2 * _HOVER)
    return further if further <= 0.97 else lightness - 2 * _HOVER


def _ink(brand: Lab, fills: Iterable[str]) -> str:
    """White where it can be read, else nearly black."""
    white, dark = "#ffffff", _hex(brand.at(_INK[0], min(_INK[1], brand.chroma)))
    return white if all(contrast(white, fill) >= TEXT for fill in fills) else dark


# ---- colours ---------------------------------------------------------------------------------------------------------


def contrast(one: str, other: str) -> float:
    """The ratio that WCAG defines, 1 to 21."""
    return _ratio(_luminance(one), _luminance(other))


def mixed(one: str, share: float, other: str) -> str:
    """What CSS makes of color-mix(in oklab, ONE SHARE, OTHER)."""
    return _hex(Lab(*(share * x + (1 - share) * y for x, y in zip(_lab(one), _lab(other), strict=True))))


def _ratio(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (_decoded(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return red, green, blue


def _decoded(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _encoded(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else float(1.055 * value ** (1 / 2.4) - 0.055)


@lru_cache(maxsize=_KEPT)
def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lab(colour: str) -> Lab:
    red, green, blue = _linear(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return Lab(
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _rgb(seen: Lab) -> tuple[float, float, float]:
    """Linear light; beyond 0 to 1 where no screen can show it."""
    long = (seen.lightness + 0.3963377774 * seen.a + 0.2158037573 * seen.b) ** 3
    middle = (seen.lightness - 0.1055613458 * seen.a - 0.0638541728 * seen.b) ** 3
    short = (seen.lightness - 0.0894841775 * seen.a - 1.2914855480 * seen.b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _hex(seen: Lab) -> str:
    """As screens show it, with the most chroma they can."""
    fitting, beyond = 0.0, 1.0
    if _can_be_shown(seen):
        fitting = 1.0
    else:
        for _ in range(12):
            share = (fitting + beyond) / 2
            fits = _can_be_shown(Lab(seen.lightness, seen.a * share, seen.b * share))
            fitting, beyond = (share, beyond) if fits else (fitting, share)
    shown = _rgb(Lab(seen.lightness, seen.a * fitting, seen.b * fitting))
    return "#" + "".join(f"{round(255 * _encoded(min(1.0, max(0.0, value)))):02x}" for value in shown)


def _can_be_shown(seen: Lab) -> bool:
    return all(-0.0005 <= value <= 1.0005 for value in _rgb(seen))
