"""Uploaded pictures: what is kept of them, and what is refused."""

import io
import re
import struct
import subprocess
import sys
import zlib
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from meetings.errors import Invalid
from meetings.models import Picture, Setting, User
from meetings.services import links, pictures, users
from meetings.services.pictures import LOGO, Shape
from tests import make
from tests.make import NOW

pytestmark = pytest.mark.usefixtures("app")

SQUARE = Shape(100, 100, is_cropped=True)


def drawn(width: int, height: int, kind: str = "PNG", mode: str = "RGB", colour: Any = "teal", **more: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, (width, height), colour).save(file, kind, **more)
    return file.getvalue()


def announced(width: int, height: int) -> bytes:
    """A file that says it holds so many pixels, and holds none."""
    parts = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0), b"IDAT" + zlib.compress(b""), b"IEND"]
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def kept(content: bytes, shape: Shape = LOGO) -> Image.Image:
    row = pictures.keep(content, None, NOW, shape)
    with Image.open(pictures.folder() / row.name) as found:
        found.load()
        assert (found.format, found.size) == ("WEBP", (row.width, row.height))
        return found.copy()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_each_kind_is_written_anew(kind: str) -> None:
    assert kept(drawn(60, 40, kind)).size == (60, 40)


def test_a_large_one_shrinks_and_keeps_its_proportions() -> None:
    assert kept(drawn(4000, 1000)).size == (400, 100)
    assert kept(drawn(1000, 4000)).size == (28, 112)
    assert kept(drawn(4000, 1000), SQUARE).size == (100, 100)


def test_what_can_be_seen_through_stays_so_in_a_logo() -> None:
    seen = drawn(20, 20, mode="RGBA", colour=(0, 0, 0, 0))
    assert kept(seen).getpixel((5, 5))[3] == 0
    assert kept(seen, SQUARE).convert("RGB").getpixel((5, 5)) == (255, 255, 255)


def test_empty_space_around_a_logo_is_cut_off() -> None:
    drawing = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    drawing.paste("teal", (100, 40, 200, 60))
    file = io.BytesIO()
    drawing.save(file, "PNG")
    assert kept(file.getvalue()).size == (100, 20)


@pytest.mark.parametrize(("width", "height", "is_light"), [(240, 80, True), (400, 112, False)])
def test_a_detailed_one_is_made_light_enough_to_travel_inside_pages(width: int, height: int, *, is_light: bool) -> None:
    """If it can be: as it is drawn best it is too heavy."""
    noise = Image.effect_noise((width, height), 15 if is_light else 80)
    file, best = io.BytesIO(), io.BytesIO()
    noise.save(file, "PNG")
    noise.convert("RGBA").save(best, "WEBP", quality=pictures.QUALITIES[0], method=6)
    assert len(best.getvalue()) > pictures.SMALL
    row = pictures.keep(file.getvalue(), None, NOW, LOGO)
    written = (pictures.folder() / row.name).read_bytes()
    assert (written, pictures.small(row.name)) == ((written, written) if is_light else (best.getvalue(), None))


def test_nothing_else_of_the_file_is_kept() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "made at home <script>")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    for content in (drawn(30, 30, pnginfo=notes), drawn(30, 30, "JPEG", exif=exif) + b"<script>alert(1)</script>"):
        row = pictures.keep(content, None, NOW, LOGO)
        written = (pictures.folder() / row.name).read_bytes()
        assert b"home" not in written
        assert b"script" not in written


def test_a_turned_one_is_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    assert kept(drawn(60, 40, "JPEG", exif=exif)).size == (40, 60)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a" + b"\0" * 20,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + b"x" * 50,
        drawn(40, 40)[:60],
        drawn(4250, 4250),
        drawn(5001, 5001, "JPEG"),
        drawn(3500, 3500, "WEBP"),
        announced(10_000, 10_000),
        announced(50_000, 50_000),
        announced(2**31 - 1, 1),
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        pictures.keep(content, None, NOW, LOGO, field="logo")
    assert [(flaw.field, flaw.code) for flaw in refused.value.flaws] == [("logo", "not-a-picture")]
    assert not Picture.select().exists()


def test_a_heavy_file_is_refused_with_the_limit() -> None:
    with pytest.raises(Invalid) as refused:
        pictures.keep(drawn(40, 40) + b"\0" * 2 * 1024 * 1024, None, NOW, LOGO)
    assert [(flaw.code, flaw.params) for flaw in refused.value.flaws] == [("picture-too-large", {"maximum": 2})]


def test_who_uploaded_it_is_known() -> None:
    alice = make.user()
    row = pictures.keep(drawn(40, 40), alice, NOW, LOGO)
    assert (row.uploaded_by_id, row.created_at) == (alice.id, NOW)


def test_a_removed_one_is_gone() -> None:
    row = pictures.keep(drawn(40, 40), None, NOW, LOGO)
    pictures.remove(row.name)
    pictures.remove(row.name)
    assert not Picture.select().exists()
    assert not (pictures.folder() / row.name).exists()


def test_what_nobody_shows_is_cleared_away_after_a_while() -> None:
    alice = make.user()
    used, unsaved, past, logo, unused = (pictures.keep(drawn(40, 40), alice, NOW, SQUARE).name for _ in range(5))
    link = make.link(alice, picture=used)
    links.keep_unsaved(link, "scheduling", {"picture_name": unsaved})
    links.update(alice, make.link(alice, "other", picture=past), {"scheduling": {"picture": "default"}}, NOW)
    Setting.create(name="branding", value={"logo": logo})
    users.set_picture(alice, drawn(40, 40), NOW)
    assert pictures.clear_away(NOW + timedelta(days=29)) == 0
    assert pictures.clear_away(NOW + timedelta(days=31)) == 1
    assert set(Picture.names()) == {used, unsaved, past, logo, User.get_by_id(alice.id).picture}
    assert not (pictures.folder() / unused).exists()
    assert pictures.clear_away(NOW + timedelta(days=31)) == 0


def test_a_light_one_travels_inside_pages() -> None:
    row = pictures.keep(drawn(40, 40), None, NOW, LOGO)
    assert pictures.small(row.name) == (pictures.folder() / row.name).read_bytes()
    (pictures.folder() / "heavy.webp").write_bytes(b"x" * (pictures.SMALL + 1))
    assert pictures.small("heavy.webp") is None
    assert pictures.small("gone.webp") is None


MEASURED = """
import resource, sys
from meetings.services import pictures
content = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
pictures._shaped(pictures._opened(content, ""), pictures.FACE)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.alike
@pytest.mark.parametrize(
    ("kind", "side", "mode"), [("PNG", 4240, "RGBA"), ("JPEG", 5000, "CMYK"), ("WEBP", 3460, "RGBA")]
)
def test_the_largest_ones_are_read_in_bounded_memory(kind: str, side: int, mode: str) -> None:
    content = drawn(side, side, kind, mode, 1)
    done = subprocess.run([sys.executable, "-c", MEASURED], input=content, capture_output=True, check=True)
    assert int(done.stdout) < 220  # megabytes


def test_of_a_moving_one_the_first_picture_is_kept() -> None:
    frames = [Image.new("RGB", (40, 40), (number % 256, 0, 0)) for number in range(1000)]
    file = io.BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    found = kept(file.getvalue())
    assert (found.size, getattr(found, "n_frames", 1)) == ((40, 40), 1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "RGB", "RGBA"])
def test_pictures_of_every_depth(mode: str) -> None:
    assert kept(drawn(60, 40, mode=mode, colour=1 if mode != "LA" else (1, 1))).size == (60, 40)


def test_a_file_that_is_two_things_is_kept_as_a_picture_alone() -> None:
    row = pictures.keep(drawn(30, 30) + b"<script>alert(1)</script>GIF89a/*", None, NOW, LOGO)
    assert b"script" not in (pictures.folder() / row.name).read_bytes()


def test_no_name_of_ours_says_anything_of_the_file() -> None:
    names = {pictures.keep(drawn(30, 30), None, NOW, LOGO).name for _ in range(3)}
    assert len(names) == 3
    assert names == set(Picture.names())
    assert all(re.fullmatch("[0-9a-f]{32}[.]webp", name) for name in names)
