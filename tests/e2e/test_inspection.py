"""That what is wrong with a page would be noticed: the other browser tests rely on it."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import accessibility_faults, opening, until

from .inspection import Inspection

pytestmark = pytest.mark.browser

HEAD = "<!doctype html><html lang=en><title>A page</title><link rel=icon href='data:,'>"
STYLE = "<style>.pale {color: #ddd; background: #fff} .far {inline-size: 900px}</style>"
PAGES = {
    "/good": "<main><h1>All is well</h1></main>",
    "/wrong": "<main><h1>Wrong</h1><p class=pale>Hardly to be read</p><img src='data:,'>"
    "<p class=far>Far out</p><p style='inline-size: 20px; word-break: break-all'>letter under letter</p></main>",
    "/away": "<main><h1>Away</h1><img alt='' src='http://evil.example/x.png'></main>",
    "/by-number": "<main><h1>Away</h1><script>fetch('http://192.0.2.1/x').catch(() => document.title = 'over')</script></main>",
    "/loud": "<main><h1>Loud</h1><script>console.error('not good')</script></main>",
    "/broken": "<main><h1>Broken</h1><script>nothing()</script></main>",
}


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"{HEAD}{STYLE}{PAGES[self.path]}".encode())

    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_nothing_is_found_where_nothing_is_wrong(browser: Browser, site: str) -> None:
    with opening(browser, site) as open_one:
        seen = Inspection(open_one("/good"))
        seen.look("good")
        seen.done()


def test_what_is_wrong_is_found(browser: Browser, site: str) -> None:
    with opening(browser, site) as open_one:
        seen = Inspection(open_one("/wrong"))
        seen.look("wrong")
    found = "\n".join(seen.faults)
    for fault in (
        "too wide at 320: <p class=",
        "letter under letter at 768: <p style=",
        "wrong, 375: color-contrast: .pale",
        "wrong, 1440: color-contrast: .pale",
        "wrong, 1440: image-alt: img",
    ):
        assert fault in found
    assert "too wide at 1440" not in found


def test_rules_can_be_named(browser: Browser, site: str) -> None:
    with opening(browser, site) as open_one:
        found = accessibility_faults(open_one("/wrong"), "color-contrast")
    assert [fault.partition(":")[0] for fault in found] == ["color-contrast"]


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/away", "request to another host: http://evil.example/x.png"),
        ("/by-number", "request to another host: http://192.0.2.1/x"),
        ("/loud", "console error: not good"),
        ("/broken", "script error"),
    ],
)
def test_what_a_page_does_wrong_is_found(browser: Browser, site: str, path: str, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        visit(browser, site, path)


def visit(browser: Browser, site: str, path: str) -> None:
    with opening(browser, site) as open_one:
        page = open_one(path)
        if path == "/by-number":
            until(page, "document.title === 'over'")  # so it got no answer
