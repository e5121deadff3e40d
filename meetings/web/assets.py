"""Styles and scripts: each under an address with the hash of its content, compressed once, cached for ever."""

import gzip
import hashlib
import posixpath
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from flask import Blueprint, Flask, current_app, make_response, request
from werkzeug.wrappers import Response

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
BUNDLES = {  # several files under one address: one request less on a first visit
    "booking.js": ("vendor/htmx-4.0.1.min.js", "app.js"),
    "booking.css": ("tokens.css", "booking.css"),
    "workspace.css": ("tokens.css", "workspace.css"),
}


@dataclass(frozen=True)
class Asset:
    """A file as it is served."""

    url: str
    mimetype: str
    content: bytes
    compressed: bytes | None
    stamp: float  # the file's time when it was read


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
            found = self._read(name)
        return found

    def at(self, url: str) -> Asset | None:
        """The file by its address, if it was handed out by this process or still is the same."""
        found = self._by_url.get(url)
        if found is None:  # a page from before a restart: the file may be unchanged
            stem, dot, rest = url.rpartition("/assets/")[2].rpartition(".")
            name = f"{stem.rpartition('.')[0]}{dot}{rest}"
            try:
                found = self.find(name)
            except OSError:
                return None
        return found if found.url == url else None

    def _changed(self, name: str, asset: Asset) -> bool:
        return self._stamp(name) != asset.stamp

    def _stamp(self, name: str) -> float:
        return max(path.stat().st_mtime for path in self._paths(name))

    def _paths(self, name: str) -> list[Path]:
        paths = [(self._folder / part).resolve() for part in BUNDLES.get(name, (name,))]
        if not all(path.is_relative_to(self._folder) and path.is_file() for path in paths):
            raise FileNotFoundError(name)
        return paths

    def _read(self, name: str) -> Asset:
        content = b"\n".join(path.read_bytes() for path in self._paths(name))
        stem, extension = posixpath.splitext(name)
        url = f"/assets/{stem}.{hashlib.sha256(content).hexdigest()[:12]}{extension}"
        mimetype = TYPES.get(extension, "application/octet-stream")
        compressed = None if extension in UNCOMPRESSED else gzip.compress(content, 9, mtime=0)
        asset = Asset(url, mimetype, content, compressed, self._stamp(name))
        with self._lock:
            self._by_name[name] = self._by_url[url] = asset
        return asset


def init_app(app: Flask) -> None:
    """Give templates `asset_url`."""
    shelf = Shelf(Path(app.static_folder or "static"), watch=app.debug)
    app.extensions["assets"] = shelf
    app.jinja_env.globals["asset_url"] = lambda name: shelf.find(name).url
    app.register_blueprint(blueprint)


@blueprint.get("/assets/<path:name>")
def file(name: str) -> Response:
    """One file; compressed for whoever takes it so."""
    shelf: Shelf = current_app.extensions["assets"]
    asset = shelf.at(f"/assets/{name}")
    if asset is None:
        raise NotFound
    compressed = asset.compressed if request.accept_encodings["gzip"] > 0 else None
    response = make_response(compressed or asset.content)
    response.headers["Content-Type"] = asset.mimetype
    response.headers["Cache-Control"] = FOR_EVER
    response.vary.add("Accept-Encoding")
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    return response
