"""Uploaded pictures: decoded, brought to size and written anew, so that nothing else the file held is kept."""

import io
import secrets as random_source
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from threading import Lock

from flask import current_app
from PIL import Image, ImageOps, UnidentifiedImageError

from meetings import db, render
from meetings.domain.fields import Flaw
from meetings.domain.time import to_instant
from meetings.errors import Invalid
from meetings.models import Picture, User

MEGABYTES_MAX = 2
KEPT_UNUSED = timedelta(days=30)
# A small file can hold a huge picture: as many pixels as can be read in 200 MB of memory.
PIXELS_MAX = {"JPEG": 25_000_000, "PNG": 18_000_000, "WEBP": 12_000_000}
_WORKED_ON = 2048
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_turn = Lock()  # one at a time, or that would be so much for each thread
SMALL = 6 * 1024  # bytes; what is lighter travels inside a page, which saves a first visit a request
QUALITIES = (84, 76, 68, 60)  # to be tried in turn


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a kept picture is at most, in pixels: twice what pages show."""

    width: int
    height: int
    is_cropped: bool = False  # to fill the whole shape
    is_transparent: bool = False  # what can be seen through stays so


FACE = Shape(192, 192, is_cropped=True)  # a person's, or a meeting's in its place
LOGO = Shape(400, 112, is_transparent=True)
COVER = Shape(880, 1328, is_cropped=True)  # beside the question that a page begins with


def folder() -> Path:
    """Where pictures are."""
    found: Path = current_app.config["DATA_DIR"] / "pictures"
    return found


def keep(content: bytes, by: User | None, now: datetime, shape: Shape, field: str = "picture") -> Picture:
    """Keep an uploaded picture under a new name. Raises Invalid; `field` is what its flaw is laid on."""
    with _turn:
        image = _shaped(_opened(content, field), shape)
    name = f"{random_source.token_hex(16)}.webp"
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder() / name).write_bytes(_written(image))
    with db.transaction():
        return Picture.create(name=name, width=image.width, height=image.height, uploaded_by=by, created_at=now)


def _written(image: Image.Image) -> bytes:
    """As good as it can be if it is to be small; as good as it should be if it can't."""
    tries = []
    for quality in QUALITIES:
        target = io.BytesIO()
        image.save(target, "WEBP", quality=quality, method=6, exif=b"", icc_profile=None)
        tries.append(target.getvalue())
        if len(tries[-1]) <= SMALL:
            return tries[-1]
    return tries[0]


def address(name: str) -> str:
    """Where everybody finds a picture."""
    return render.absolute_url(f"/pictures/{name}")


def remove(name: str) -> None:
    """Forget a picture, if it is there."""
    with db.transaction():
        Picture.delete().where(Picture.name == name).execute()
    (folder() / name).unlink(missing_ok=True)


def clear_away(now: datetime) -> int:
    """Remove pictures that nobody shows, and haven't for long; returns how many."""
    old = db.rows("SELECT name FROM picture WHERE created_at < ?", [to_instant(now - KEPT_UNUSED)])
    unused = [name for (name,) in old if not _is_used(name)]
    for name in unused:
        remove(name)
    return len(unused)


def _is_used(name: str) -> bool:
    """Whether a person, a link or one of its drafts, or the team shows it; deleted links too: they may come back."""
    found = db.rows(
        'SELECT 1 FROM "user" WHERE picture = ?'
        " UNION ALL SELECT 1 FROM link WHERE scheduling LIKE ? OR unsaved LIKE ?"
        " UNION ALL SELECT 1 FROM setting WHERE value LIKE ?"
        " UNION ALL SELECT 1 FROM link_change WHERE changes LIKE ? LIMIT 1",
        [name, *[f"%{name}%"] * 4],
    )
    return bool(found)


@lru_cache(maxsize=256)
def small(name: str) -> bytes | None:
    """A picture that is light enough to travel inside a page; None for a heavier one, or one that is gone."""
    path = folder() / name
    with suppress(OSError):
        return path.read_bytes() if path.stat().st_size <= SMALL else None
    return None


def is_large(name: str) -> bool:
    """Whether a picture can fill a pane of a page; smaller ones would be drawn out of shape."""
    return Picture.select().where(Picture.name == name, Picture.width >= COVER.width // 2).exists()


def _opened(content: bytes, field: str) -> Image.Image:
    if len(content) > MEGABYTES_MAX * 1024 * 1024:
        raise Invalid([Flaw(field, "picture-too-large", {"maximum": MEGABYTES_MAX})])
    try:
        with Image.open(io.BytesIO(content), formats=tuple(PIXELS_MAX)) as opened:
            if opened.width * opened.height > PIXELS_MAX[str(opened.format)]:
                raise Invalid([Flaw(field, "not-a-picture")])
            opened.thumbnail((_WORKED_ON, _WORKED_ON))  # first: the rest then needs little memory
            return ImageOps.exif_transpose(opened).convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, *_BOMBS) as error:
        raise Invalid([Flaw(field, "not-a-picture")]) from error


def _shaped(image: Image.Image, shape: Shape) -> Image.Image:
    size = (shape.width, shape.height)
    seen = image if shape.is_transparent else _on_white(image)
    if shape.is_cropped:
        return ImageOps.fit(seen, size)
    if shape.is_transparent:
        seen = seen.crop(seen.getbbox())  # without empty space around it
    seen.thumbnail(size)  # smaller ones stay as they are
    return seen


def _on_white(image: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")
