"""Makes the pictures of the README from a demo instance in a temporary folder: python -m tests.screenshots

They are taken on a fixed day, and with the typeface Inter where it is installed (Debian: fonts-inter).
"""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from meetings import clock, create_app, db
from meetings.models import User
from meetings.services import demo, passwords
from tests.browser import QUIET, Live, chromium, serving
from tests.make import PASSWORD

NOW = datetime(2026, 12, 1, 8, 10, tzinfo=UTC)  # a Tuesday, 09:10 in Paris
IMAGES = Path(__file__).parents[1] / "docs" / "images"
MOST = 150_000  # bytes of one picture
DESKTOP, PHONE = (1440, 900), (390, 844)
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<alias binding="strong"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
<alias binding="strong"><family>sans</family><prefer><family>Inter</family></prefer></alias>
<alias binding="strong"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
</fontconfig>"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, instance(Path(folder)) as live, browser(Path(folder)) as running:
        for name, page in pictures(running, live):
            keep(page.screenshot(), IMAGES / f"{name}.png")
            page.context.close()


@contextmanager
def instance(folder: Path) -> Iterator[Live]:
    clock.set_source(lambda: NOW)
    settings = {
        "DATA_DIR": str(folder / "data"),
        "BASE_URL": "http://meet.northlight.example",
        "MAIL_SERVER": "mail.northlight.example",
        "SCHEDULER": False,  # nothing is sent
    }
    with serving(lambda _url: create_app(settings)) as live:
        with live.app.app_context():
            db.migrate()
            list(demo.fill(NOW))
            User.update(password_hash=passwords.make_hash(PASSWORD)).execute()
            db.disconnect()
        yield live
    db.disconnect()


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    fonts = folder / "fonts.conf"
    fonts.write_text(FONTS)
    with sync_playwright() as playwright:
        environment = {**os.environ, "FONTCONFIG_FILE": str(fonts)}
        running = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET), env=environment)
        yield running
        running.close()


def pictures(running: Browser, live: Live) -> Iterator[tuple[str, Page]]:
    """Pages as they are to be seen, one after the other."""
    yield "booking", opened(running, f"{live.url}/book/ines-room?duration=30&date=2026-12-03", DESKTOP)
    yield "booking-phone", opened(running, f"{live.url}/book/ines-room?duration=30", PHONE, has_touch=True)
    yield "links", signed_in(running, live, "/links")
    wizard = signed_in(running, live, "/links/ines-room/edit/scheduling")
    wizard.frame_locator("#preview iframe").locator(".slot").first.wait_for()
    wizard.evaluate("document.querySelector('#hours_of').closest('section').scrollIntoView()")
    yield "wizard", wizard


def opened(running: Browser, address: str, size: tuple[int, int], **options: bool) -> Page:
    page = running.new_page(
        viewport={"width": size[0], "height": size[1]},
        locale="en-GB",
        timezone_id="Europe/Paris",
        reduced_motion="reduce",
        **options,
    )
    page.goto(address, wait_until="networkidle")
    return page


def signed_in(running: Browser, live: Live, path: str) -> Page:
    page = opened(running, f"{live.url}/sign-in", DESKTOP)
    page.fill("#email", "ines@northlight.example")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/links")
    page.goto(live.url + path, wait_until="networkidle")
    return page


def keep(picture: bytes, path: Path) -> None:
    """In full colour where that fits into the limit, else with as many as do."""
    full = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (None, 256, 128, 64):
        image = full.quantize(colours, kmeans=1, dither=Image.Dither.NONE) if colours else full
        image.save(path, optimize=True)
        if path.stat().st_size <= MOST:
            print(f"{path}: {full.width} × {full.height}, {path.stat().st_size // 1000} kB, {colours or 'all'} colours")
            return
    raise SystemExit(f"{path} is larger than {MOST} bytes")


if __name__ == "__main__":
    main()
