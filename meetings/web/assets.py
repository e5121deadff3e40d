"""Styles and scripts: each under an address with the hash of its content, compressed once, cached for ever."""

import gzip
import hashlib
import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

from flask import Blueprint, Flask, current_app, make_response, request
from werkzeug.wrappers import Response

from meetings.domain.colour import palette
from meetings.errors import NotFound

blueprint = Blueprint("assets", __name__)

FOR_EVER = "public, max-age=31536000, immutable"
TYPES = {  # the machine's own table of types is not to be relied on
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
}
UNCOMPRESSED = {".png"}
_BRANDED = re.compile(r"(booking)-([0-9a-f]{6})(\.css)")  # the public sheet in a team's own colour
_BRANDED_KEPT = 16  # of those: an admin who looks at many colours fills no memory
BUNDLES = {  # several files under one address: one request less on a first visit
    "booking.js": ("vendor/htmx-4.0.1.min.js", "app.js"),
    "booking.css": ("tokens.css", "booking.css"),
    "workspace.js": ("workspace.js", "links.js"),
    "workspace.css": (
        *("tokens.css", "workspace.css", "links.css", "editing.css", "builder.css", "schedule.css", "explain.css"),
        *("turns.css", "contacts.css", "team.css"),
    ),
    "captcha.js": ("vendor/altcha-3.2.2.min.js", "captcha.js"),
    "captcha.css": ("vendor/altcha-3.2.2.css", "captcha.css"),
}


@dataclass(frozen=True)
class Asset:
    """A file as it is served."""

    url: str
    mimetype: str
    content: bytes
    can_shrink: bool
    stamp: float  # the file's time when it was read

    @cached_property
    def compressed(self) -> bytes | None:
        return gzip.compress(self.content, 9, mtime=0) if self.can_shrink else None


class Shelf:
    """The files of a folder, read when first asked for, and again when they change in debug mode."""

    def __init__(self, folder: Path, *, watch: bool) -> None:
        self._folder = folder.resolve()
        self._watch = watch
        self._by_name: dict[str, Asset] = {}
        self._by_url: dict[str, Asset] = {}
        self._lock = Lock()

    def find(self, name: str) -> Asset:
        """The file by its name in the folder. Raises FileNotFoundError."""
        found = self._by_name.get(name)
        if found is None or (self._watch and self._changed(name, found)):
            found = self._made(name)
            self._keep(name, found)
        return found

    def at(self, url: str) -> Asset | None:
        """The file by its address, if it was handed out by this process or still is the same."""
        found = self._by_url.get(url)
        if found is None:  # a page from before a restart: the file may be unchanged
            stem, dot, rest = url.rpartition("/assets/")[2].rpartition(".")
            name = f"{stem.rpartition('.')[0]}{dot}{rest}"
            try:
                found = self._by_name.get(name) or self._made(name)  # not kept: strangers may ask for any colour
            except OSError:
                return None
        return found if found.url == url else None

    def _changed(self, name: str, asset: Asset) -> bool:
        return self._stamp(name) != asset.stamp

    def _stamp(self, name: str) -> float:
        return max(path.stat().st_mtime for path in self._paths(_unbranded(name)))

    def _paths(self, name: str) -> list[Path]:
        paths = [(self._folder / part).resolve() for part in BUNDLES.get(name, (name,))]
        if not all(path.is_relative_to(self._folder) and path.is_file() for path in paths):
            raise FileNotFoundError(name)
        return paths

    def _made(self, name: str) -> Asset:
        sheets = [path.read_bytes() for path in self._paths(_unbranded(name))]
        content = b"\n".join([*sheets, *_accents(name)])
        stem, extension = posixpath.splitext(name)
        url = f"/assets/{stem}.{hashlib.sha256(content).hexdigest()[:12]}{extension}"
        mimetype = TYPES.get(extension, "application/octet-stream")
        return Asset(url, mimetype, content, extension not in UNCOMPRESSED, self._stamp(name))

    def _keep(self, name: str, asset: Asset) -> None:
        with self._lock:
            self._by_name[name] = self._by_url[asset.url] = asset
            branded = [kept for kept in self._by_name if _BRANDED.fullmatch(kept)]
            for former in branded[:-_BRANDED_KEPT]:
                self._by_url.pop(self._by_name.pop(former).url, None)


# ---- the public sheet in a team's own colour: joined to it, as one more request would be felt on a first visit


_TOKENS = (  # names in static/tokens.css, and in domain/colour.py
    ("accent", "accent"),
    ("accent-strong", "strong"),
    ("accent-soft", "soft"),
    ("accent-line", "line"),
    ("on-accent", "on"),
)


def _branded(name: str, colour: str) -> str:
    """The name of a sheet in a team's colour ("#rrggbb"); its own name where there is none."""
    stem, dot, extension = name.rpartition(".")
    return f"{stem}-{colour.removeprefix('#')}{dot}{extension}" if colour else name


def _unbranded(name: str) -> str:
    return _BRANDED.sub(r"\1\3", name)


def _accents(name: str) -> list[bytes]:
    """The accents that take the place of the product's own, if the name asks for some."""
    match = _BRANDED.fullmatch(name)
    if match is None:
        return []
    made = palette(f"#{match[2]}")
    tokens = "".join(
        f"--{token}:light-dark({getattr(made.light, tone)},{getattr(made.dark, tone)});" for token, tone in _TOKENS
    )
    return [f"@layer tokens{{:root{{{tokens}}}}}".encode()]


def init_app(app: Flask) -> None:
    """Give templates `asset_url`."""
    files = Shelf(Path(app.static_folder or "static"), watch=app.debug)
    app.extensions["assets"] = files
    app.jinja_env.globals["asset_url"] = lambda name, colour="": files.find(_branded(name, colour)).url
    app.register_blueprint(blueprint)


@blueprint.get("/assets/<path:name>")
def file(name: str) -> Response:
    """One file; compressed for whoever takes it so."""
    asset = shelf().at(f"/assets/{name}")
    if asset is None:
        raise NotFound
    return served(asset, FOR_EVER)


def shelf() -> Shelf:
    """The app's files."""
    found: Shelf = current_app.extensions["assets"]
    return found


def served(asset: Asset, cache: str) -> Response:
    """The answer that brings a file; `cache` says how long it may be kept."""
    compressed = asset.compressed if request.accept_encodings["gzip"] > 0 else None
    response = make_response(compressed or asset.content)
    response.headers["Content-Type"] = asset.mimetype
    response.headers["Cache-Control"] = cache
    response.vary.add("Accept-Encoding")
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    return response
