"""A real Chromium in front of the real server: for what only a browser can tell."""

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import waitress
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)
from waitress import wasyncore

from meetings import clock, create_app, db
from tests import make

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",  # it shows our own pages only, and root can't have the sandbox
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
HOME = {"127.0.0.1", "localhost"}
# Nothing but the loopback has an address. (Routes would do as well, but with them the browser keeps no file between pages.)
AT_HOME = "--host-resolver-rules=MAP * ~NOTFOUND, " + ", ".join(f"EXCLUDE {name}" for name in sorted(HOME))
WIDTHS = {"phone": (375, 740), "tablet": (768, 1024), "desktop": (1440, 900)}
BY_COLOUR = ("color-contrast", "link-in-text-block")  # rules of axe for which light or dark makes a difference
RUN_AXE = """only => axe.run(document, {runOnly: only, resultTypes: ["violations"], iframes: false}).then(
  ({violations}) => violations.flatMap(({id, nodes}) =>
    nodes.map(({target, failureSummary}) => `${id}: ${target.join(" ")} - ${failureSummary}`)))"""
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


# How long to wait for what a page should do: none waits longer than it must, and a busy machine is no fault of the page.
PATIENCE = 30
expect.set_options(timeout=PATIENCE * 1000)


def chromium() -> str | None:
    """Where the browser is: MEETINGS_TEST_BROWSER, else the usual names."""
    return os.environ.get("MEETINGS_TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("Chromium is not installed (on Debian: apt install chromium)")
    running = playwright.chromium.launch(executable_path=program, args=[*QUIET, AT_HOME])
    yield running
    running.close()


# --- the server


@dataclass(frozen=True)
class Live:
    """The app, served on the loopback."""

    app: Flask
    url: str


@contextmanager
def serving(make_app: Callable[[str], Flask], threads: int = 8) -> Iterator[Live]:
    """Serve on a free port the app that `make_app` gives for its public address."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = make_app(url)
    server = waitress.create_server(app, sockets=[listener], threads=threads)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Live(app, url)
    finally:
        with suppress(OSError):  # another pull may have closed everything in between
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))  # kept-alive connections too
        thread.join(timeout=10)
        server.task_dispatcher.shutdown()


@contextmanager
def data(live: Live) -> Iterator[None]:
    """The database behind the server, for a look or a change."""
    with live.app.app_context():
        db.connect()
        try:
            yield
        finally:
            db.disconnect()


@pytest.fixture
def live(settings: dict[str, Any]) -> Iterator[Live]:
    """The server in a thread, with the database of this test and no background jobs: a test runs them itself."""
    with serving(lambda url: create_app({**settings, "BASE_URL": url})) as running:
        yield running
    clock.set_source(None)


# --- pages


@dataclass
class Watched:
    """A browser context and whatever a page in it did wrong."""

    context: BrowserContext
    faults: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        """An answer such as 409 or 422, and a lost connection, are also said on the console; these are none of our faults."""
        network = ("Failed to load resource", "htmx: htmx:error: Failed to fetch")
        if message.type in {"error", "warning"} and not message.text.startswith(network):
            self.faults.append(f"console {message.type}: {message.text}")

    def asked(self, request: Request) -> None:
        """Requests to other hosts, which get no answer: pages load nothing from elsewhere."""
        there = urlsplit(request.url)
        if there.scheme in {"http", "https", "ws", "wss"} and there.hostname not in HOME:
            self.faults.append(f"request to another host: {request.url}")


Opener = Callable[..., Page]


def sign_in(context: BrowserContext, email: str) -> None:
    """Send the form of /sign-in as its page would, without drawing it: most tests are about what comes after."""
    form = re.search(r'name="csrf_token" value="([^"]+)"', context.request.get("/sign-in").text())
    typed = {"csrf_token": form[1] if form else "", "email": email, "password": make.PASSWORD}
    answer = context.request.post("/sign-in", form=typed, max_redirects=0)
    assert answer.headers.get("location", "").endswith("/links"), answer.text()


@contextmanager
def opening(browser: Browser, base_url: str) -> Iterator[Opener]:
    """What `open_page` gives, for the pages of any server."""
    opened: list[Watched] = []

    def open_one(
        path: str = "/", *, signed_in: str | None = None, width: str = "desktop", script: bool = True, **options: Any
    ) -> Page:
        size = WIDTHS[width]
        options = {"locale": "en-GB", "timezone_id": "Europe/Paris", "reduced_motion": "reduce", **options}
        context = browser.new_context(
            base_url=base_url,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            **options,
        )
        context.set_default_timeout(PATIENCE * 1000)
        watched = Watched(context)
        opened.append(watched)
        context.on("request", watched.asked)
        context.on("page", watched.watch)
        if signed_in:
            sign_in(context, signed_in)
        page = context.new_page()
        page.goto(path)
        return page

    try:
        yield open_one
    finally:
        for watched in opened:
            watched.context.close()
    assert [fault for watched in opened for fault in watched.faults] == []


@pytest.fixture
def open_page(browser: Browser, live: Live) -> Iterator[Opener]:
    """Open a page in a context of its own: open_page("/book/demo", width="phone", locale="fr-FR", script=False, …).

    With signed_in="alice@example.org" it is a page of the workspace, for somebody whom tests/make.py made.
    Afterwards the test fails if any of its pages logged an error, broke the content policy, or called another host.
    """
    with opening(browser, live.url) as open_one:
        yield open_one


@cache
def axe_script() -> str:
    return AXE.read_text(encoding="utf-8") + ";0"


AT_REST = """async () => {
  const moment = () => new Promise(done => setTimeout(done, 20));
  const laid = () => [...document.querySelectorAll("input, button, a, h2")].map(one => one.getBoundingClientRect().top).join();
  for (let before = null, still = 0, left = 300; still < 3 && left > 0; left -= 1) {
    const now = laid();
    still = now === before && !document.querySelector(".htmx-request") ? still + 1 : 0;
    before = now;
    await moment();
  }
}"""


def until(page: Page | Frame, condition: str, seconds: float = PATIENCE) -> None:
    """Wait until the script's condition holds. (wait_for_function looks again by eval, which our content policy refuses.)"""
    end = time.monotonic() + seconds
    while not page.evaluate(f"Boolean({condition})"):
        assert time.monotonic() < end, f"not so after {seconds} seconds: {condition}"
        page.wait_for_timeout(30)


def at_rest(page: Page) -> None:
    """Wait until no fragment is under way and nothing moved for a moment: axe remembers places while it reads."""
    page.evaluate(AT_REST)


def accessibility_faults(page: Page, *rules: str) -> list[str]:
    """What axe-core finds on the page as it stands, one line for each element; by these rules alone if any is named.

    What is in frames is not looked at: axe would wait half a second for each to answer, and none has axe in it.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_script())
    at_rest(page)
    only = {"type": "rule", "values": list(rules)} if rules else AXE_TAGS
    found: list[str] = page.evaluate(RUN_AXE, only)
    return found


def with_script(page: Page) -> Page:
    """The same page as a picture of itself for axe-core, which never ends in one opened with script=False."""
    body = page.content()
    context = page.context.browser.new_context(
        viewport=page.viewport_size, storage_state=page.context.storage_state(), reduced_motion="reduce"
    )
    twin = context.new_page()
    policy = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "script-src 'none'"}
    twin.route(page.url, lambda route: route.fulfill(body=body, headers=policy))
    twin.goto(page.url)
    return twin


def assert_accessible(page: Page, *, script: bool = True) -> None:
    """Nothing for axe-core to find; say script=False where the page was opened so."""
    assert accessibility_faults(page if script else with_script(page)) == []


def assert_accessible_light_and_dark(page: Page) -> None:
    """Nothing for axe-core to find in either scheme: by all rules in the light, in the dark by those about colours."""
    page.emulate_media(color_scheme="light")
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    assert accessibility_faults(page, *BY_COLOUR) == []


def shoot(page: Page, name: str, folder: Path) -> list[Path]:
    """Pictures of the page at three widths, light and dark: NAME-phone-light.png and so on."""
    made = []
    for width, (across, down) in WIDTHS.items():
        page.set_viewport_size({"width": across, "height": down})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            made.append(folder / f"{name}-{width}-{scheme}.png")
            page.screenshot(path=made[-1], full_page=True)
    page.emulate_media(color_scheme="light")
    return made
