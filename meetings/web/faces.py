"""Pictures in pages: of hosts, of meetings, of the team."""

from base64 import b64encode

from flask import url_for
from markupsafe import Markup

from meetings.services import pictures
from meetings.services.branding import Branding


def source(name: str, *, carried: bool) -> str:
    """Where a picture comes from. `carried`: a small one inside the page, which saves a first visit a request."""
    content = pictures.small(name) if carried else None
    return f"data:image/webp;base64,{b64encode(content).decode()}" if content else url_for("pictures.file", name=name)


def face(name: str, *, carried: bool = False, alt: str = "") -> Markup:
    """The square of a host, or of a meeting in its place."""
    square = Markup('<img class="face" src="{}" width="72" height="72" alt="{}">')
    return square.format(source(name, carried=carried), alt)


def logo(brand: Branding) -> Markup:
    """The team's logo, as wide as it is."""
    plate = f" plate-{brand.plate}" if brand.plate else ""
    return Markup('<img class="logo{}" src="{}" alt="{}">').format(
        plate, source(brand.logo, carried=True), brand.logo_text
    )
