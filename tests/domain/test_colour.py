"""Accents of any brand's colour can be read on every ground that static/ lays them on.

Contrast and mixtures are computed anew here, by the formulas of the specifications and by another way through XYZ.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meetings.domain import colour
from meetings.domain.colour import DARK, LIGHT, Scheme, Tones, palette
from meetings.domain.fields import Flaw

STATIC = Path(__file__).parents[2] / "static"
NASTY = ("#ffffff", "#000000", "#ffff00", "#00ff00", "#00ffff", "#ff00ff", "#808080", "#ff0000", "#0000ff", "#fefefe")

Triple = tuple[float, float, float]

# --- the independent half: WCAG 2.2 "relative luminance", CSS Color 4 "Sample code for color conversions"

TO_XYZ = (
    (506752 / 1228815, 87881 / 245763, 12673 / 70218),
    (87098 / 409605, 175762 / 245763, 12673 / 175545),
    (7918 / 409605, 87881 / 737289, 1001167 / 1053270),
)
TO_LMS = (
    (0.8190224379967030, 0.3619062600528904, -0.1288737815209879),
    (0.0329836539323885, 0.9292868615863434, 0.0361446663506424),
    (0.0481771893596242, 0.2642395317527308, 0.6335478284694309),
)
TO_LAB = (
    (0.2104542683093140, 0.7936177747023054, -0.0040720430116193),
    (1.9779985324311684, -2.4285922420485799, 0.4505937096174110),
    (0.0259040424655478, 0.7827717124575296, -0.8086757549230774),
)


def times(matrix: tuple[Triple, ...], vector: Triple) -> Triple:
    one, two, three = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return one, two, three


def inverse(matrix: tuple[Triple, ...]) -> tuple[Triple, ...]:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        ((e * i - f * h) / whole, (c * h - b * i) / whole, (b * f - c * e) / whole),
        ((f * g - d * i) / whole, (a * i - c * g) / whole, (c * d - a * f) / whole),
        ((d * h - e * g) / whole, (b * g - a * h) / whole, (a * e - b * d) / whole),
    )


def light(written: str) -> Triple:
    """Linear red, green and blue of "#rrggbb"."""
    bands = [channel / 255 for channel in bytes.fromhex(written.removeprefix("#"))]
    red, green, blue = (band / 12.92 if band <= 0.04045 else ((band + 0.055) / 1.055) ** 2.4 for band in bands)
    return red, green, blue


def oklab(written: str) -> Triple:
    long, middle, short = times(TO_LMS, times(TO_XYZ, light(written)))
    return times(TO_LAB, (math.cbrt(long), math.cbrt(middle), math.cbrt(short)))


def from_oklab(seen: Triple) -> Triple:
    long, middle, short = times(inverse(TO_LAB), seen)
    found = times(inverse(TO_XYZ), times(inverse(TO_LMS), (long**3, middle**3, short**3)))
    red, green, blue = (min(1.0, max(0.0, one)) for one in found)
    return red, green, blue


def mixture(one: str, share: float, other: str) -> Triple:
    """color-mix(in oklab, ONE SHARE, OTHER) as linear light."""
    first, second = oklab(one), oklab(other)
    lightness, a, b = (share * x + (1 - share) * y for x, y in zip(first, second, strict=True))
    return from_oklab((lightness, a, b))


def ratio(one: Triple, other: Triple) -> float:
    lights = sorted((0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def hue(written: str) -> tuple[float, float]:
    """In degrees, and how strong it is."""
    _, a, b = oklab(written)
    return math.degrees(math.atan2(b, a)), math.hypot(a, b)


# --- what must hold


def grounds(tones: Tones, scheme: Scheme) -> list[Triple]:
    """What static/booking.css lays accents on: panels, notices, soft tiles, and the pane of who and what."""
    plain = [light(one) for one in (scheme.panel, *scheme.others, tones.soft)]
    return [*plain, mixture(tones.soft, 0.55, scheme.panel)]


def too_faint(tones: Tones, scheme: Scheme) -> Iterator[str]:
    under = grounds(tones, scheme)
    tinted = [*under, mixture(tones.accent, 0.09, tones.soft), mixture(tones.accent, 0.15, scheme.panel)]
    inks = ("#191d24", "#545861") if scheme is LIGHT else ("#e5e8ed", "#a7abb3")
    pairs = [
        ("accent", tones.accent, 4.5, under),
        ("strong", tones.strong, 4.5, tinted),
        ("line", tones.line, 3, under),
    ]
    pairs += [("text on the accent", tones.on, 4.5, [light(tones.accent), light(tones.strong)])]
    pairs += [("ink", ink, 4.5, tinted[len(scheme.others) + 1 :]) for ink in inks]
    for name, over, needed, below in pairs:
        lowest = min(ratio(light(over), one) for one in below)
        if lowest < needed:
            yield f"{name} {over}: {lowest:.2f}"


@given(st.integers(0, 0xFFFFFF))
@example(0xFFD400)
def test_accents_of_any_colour_can_be_read(number: int) -> None:
    assert faults(f"#{number:06x}") == []


@pytest.mark.parametrize("brand", NASTY)
def test_accents_of_nasty_colours_can_be_read(brand: str) -> None:
    assert faults(brand) == []


def test_accents_of_thousands_of_colours_can_be_read() -> None:
    """Every corner of what screens show, evenly."""
    steps = [*range(0, 256, 17)]
    wrong = [
        (brand, found)
        for brand in (f"#{r:02x}{g:02x}{b:02x}" for r in steps for g in steps for b in steps)
        if (found := faults(brand))
    ]
    assert wrong == []


def faults(brand: str) -> list[str]:
    made = palette(brand)
    return [*too_faint(made.light, LIGHT), *too_faint(made.dark, DARK)]


@given(st.integers(0, 0xFFFFFF))
def test_the_hue_stays(number: int) -> None:
    brand = f"#{number:06x}"
    angle, strength = hue(brand)
    for tones in (palette(brand).light, palette(brand).dark):
        for made in (tones.accent, tones.strong, tones.line):
            there, chroma = hue(made)
            if strength > 0.03 and chroma > 0.03:  # less looks grey
                assert abs((there - angle + 180) % 360 - 180) < 4
            assert chroma <= strength + 0.004


@given(st.integers(0, 0xFFFFFF))
def test_what_is_pointed_at_looks_different(number: int) -> None:
    for tones in (palette(f"#{number:06x}").light, palette(f"#{number:06x}").dark):
        assert abs(oklab(tones.accent)[0] - oklab(tones.strong)[0]) >= 0.03


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert palette("#0f5a6b").light.accent == "#0f5a6b"
    assert colour.shift("#0f5a6b", "#0f5a6b") == 0


def test_what_was_moved_is_known() -> None:
    assert colour.shift("#ffd400", palette("#ffd400").light.accent) == -1
    assert colour.shift("#0f5a6b", palette("#0f5a6b").dark.accent) == 1


def test_figures_agree_with_the_specifications() -> None:
    assert colour.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)  # WCAG's own example of just enough
    assert colour.contrast("#000000", "#ffffff") == pytest.approx(21)
    for one, other in (("#2c58bf", "#ffffff"), ("#ff6a00", "#191c22"), ("#00ff00", "#1d2b47")):
        assert colour.contrast(one, other) == pytest.approx(ratio(light(one), light(other)))
        mixed, expected = light(colour.mixed(one, 0.4, other)), mixture(one, 0.4, other)
        assert mixed == pytest.approx(expected, abs=0.01)


# --- the grounds are those of the sheet


def of_the_sheet(name: str) -> tuple[str, str]:
    """A token's colour in both schemes, as written in tokens.css."""
    text = (STATIC / "tokens.css").read_text(encoding="utf-8")
    found = re.search(rf"--{name}: light-dark\((#fff|oklch\([^)]*\)), (oklch\([^)]*\))\);", text)
    assert found, name
    return found[1], found[2]


def as_light(written: str) -> Triple:
    if written == "#fff":
        return 1.0, 1.0, 1.0
    lightness, chroma, angle = map(float, written.removeprefix("oklch(").removesuffix(")").split())
    return from_oklab((lightness, chroma * math.cos(math.radians(angle)), chroma * math.sin(math.radians(angle))))


@pytest.mark.parametrize(("name", "place"), [("panel", 0), ("ground", 1), ("raised", 2), ("warn-soft", 3)])
def test_grounds_are_those_of_the_sheet(name: str, place: int) -> None:
    for written, scheme in zip(of_the_sheet(name), (LIGHT, DARK), strict=True):
        assert light((scheme.panel, *scheme.others)[place]) == pytest.approx(as_light(written), abs=0.006)


@pytest.mark.parametrize("name", ["accent", "accent-strong", "accent-soft", "accent-line", "on-accent"])
def test_the_products_own_accents_are_those_of_the_sheet(name: str) -> None:
    tone = {"accent-strong": "strong", "accent-soft": "soft", "accent-line": "line", "on-accent": "on"}.get(name, name)
    for written, tones in zip(of_the_sheet(name), (colour.OWN.light, colour.OWN.dark), strict=True):
        assert light(getattr(tones, tone)) == pytest.approx(as_light(written), abs=0.006)


def test_the_products_own_accents_can_be_read() -> None:
    assert [*too_faint(colour.OWN.light, LIGHT), *too_faint(colour.OWN.dark, DARK)] == []


def test_every_accent_of_the_public_sheet_is_derived() -> None:
    """A new --accent-… must be derived as well, or a brand's page would have one of another colour."""
    used = set()
    for name in ("tokens.css", "booking.css"):
        used |= set(re.findall(r"--((?:on-)?accent[\w-]*)", (STATIC / name).read_text(encoding="utf-8")))
    assert used == {"accent", "accent-strong", "accent-soft", "accent-line", "on-accent"}


# --- what people type


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("#0F5A6B", "#0f5a6b"), (" 0f5a6b ", "#0f5a6b"), ("#abc", "#aabbcc"), ("FFF", "#ffffff"), ("", ""), ("  ", "")],
)
def test_colours_are_read_as_people_write_them(typed: str, kept: str) -> None:
    assert colour.colour(typed, "colour") == (kept, [])


@pytest.mark.parametrize(
    "typed",
    [
        "red",
        "#12345",
        "#1234567",
        "#ggg",
        "rgb(1,2,3)",
        "#fff;}",
        "#０f5a6b",
        "url(x)",
        "#fff\n#000",
        "\x00",
        7,
        None,
        "#" * 99,
    ],
)
def test_anything_else_is_no_colour(typed: object) -> None:
    kept, flaws = colour.colour(typed, "colour")
    assert kept is None
    assert [flaw.field for flaw in flaws] == ["colour"]


def test_the_flaw_says_how_to_write_one() -> None:
    assert colour.colour("teal", "colour")[1] == [Flaw("colour", "not-a-colour")]
