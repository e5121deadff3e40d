"""A real Chromium in front of the real server: for what only a browser can tell."""

import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import waitress
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Route, sync_playwright
from waitress import wasyncore

from meetings import clock, create_app

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",  # it shows our own pages only, and root can't have the sandbox
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDTHS = {"phone": (375, 740), "tablet": (768, 1024), "desktop": (1440, 900)}
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


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
    running = playwright.chromium.launch(executable_path=program, args=list(QUIET))
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

    def keep_home(self, route: Route) -> None:
        """Requests to other hosts are refused and remembered: pages load nothing from elsewhere."""
        if urlsplit(route.request.url).hostname in {"127.0.0.1", "localhost"}:
            route.continue_()
            return
        self.faults.append(f"request to another host: {route.request.url}")
        route.abort()


Opener = Callable[..., Page]


@contextmanager
def opening(browser: Browser, base_url: str) -> Iterator[Opener]:
    """What `open_page` gives, for the pages of any server."""
    opened: list[Watched] = []

    def open_one(path: str = "/", *, width: str = "desktop", script: bool = True, **options: Any) -> Page:
        size = WIDTHS[width]
        options = {"locale": "en-GB", "timezone_id": "Europe/Paris", "reduced_motion": "reduce", **options}
        context = browser.new_context(
            base_url=base_url,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            **options,
        )
        context.set_default_timeout(10_000)
        watched = Watched(context)
        opened.append(watched)
        context.route(re.compile(r"^https?://"), watched.keep_home)
        context.on("page", watched.watch)
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

    Afterwards the test fails if any of its pages logged an error, broke the content policy, or called another host.
    """
    with opening(browser, live.url) as open_one:
        yield open_one


def accessibility_faults(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands, one line for each element."""
    page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
    result = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", AXE_TAGS)
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))} - {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


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
