"""What looks at pages: whether they fit and can be read by everybody, and instances to look at."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from meetings import clock, create_app, db
from tests.browser import Live, accessibility_faults, serving, shoot

NOW = datetime(2026, 11, 30, 8, 10, tzinfo=UTC)  # a Monday, 09:10 in Paris
TOMORROW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
WIDTHS = ((320, 640), (375, 740), (768, 1024), (1120, 760), (1440, 900))
SHOTS = os.environ.get("MEETINGS_TEST_SHOTS")
FAULTS = """() => {
  const told = (sort, found) => found.slice(0, 5).map(one => [sort, one.outerHTML.slice(0, 120)]);
  const box = one => one.getBoundingClientRect();
  const narrow = one => { const {width, height} = box(one); return width > 1 && width < 32 && height > 64; };
  const hidden = one => one && (getComputedStyle(one).clipPath === "inset(50%)" || hidden(one.parentElement));
  const wide = document.documentElement.scrollWidth > innerWidth ? [...document.body.querySelectorAll("*")] : [];
  const words = [...document.body.querySelectorAll("td, th, p, h1, h2, h3, label, button, a, span, b")];
  return [
    ...told("too wide", wide.filter(one => box(one).right > innerWidth + 1 || box(one).left < -1)),
    ...told("letter under letter", words.filter(one =>
      narrow(one) && one.checkVisibility() && one.innerText.trim().length > 3 && !hidden(one))),
  ];
}"""


@dataclass
class Inspection:
    """Looks at pages one by one; what is wrong is said all together at the end."""

    page: Page
    faults: list[str] = field(default_factory=list)

    def measure(self, path: str, locale: str = "fr") -> None:
        """Only whether the page fits."""
        self.page.goto(path)
        self.fit(path)
        if SHOTS:
            shoot(self.page, path.strip("/").replace("/", "-").partition("?")[0] + f"-{locale}", Path(SHOTS))

    def fit(self, name: str) -> None:
        for across, down in WIDTHS:
            self._fit(name, across, down)

    def look(self, name: str) -> None:
        self.page.wait_for_load_state()  # what is there may be seen before its styles are
        for across, down in WIDTHS:
            self._fit(name, across, down)
            if across in {375, 1440}:
                self.page.emulate_media(color_scheme="dark" if across == 375 else "light")
                self.faults += [f"{name}, {across}: {fault}" for fault in accessibility_faults(self.page)]
        if SHOTS:
            shoot(self.page, name, Path(SHOTS))

    def _fit(self, name: str, across: int, down: int) -> None:
        self.page.set_viewport_size({"width": across, "height": down})
        self.faults += [f"{name}: {sort} at {across}: {one}" for sort, one in self.page.evaluate(FAULTS)]

    def done(self) -> None:
        assert not self.faults, "\n".join(self.faults)

    def at(self, path: str, name: str) -> None:
        self.page.goto(path)
        self.look(name)


# --- instances


@contextmanager
def instance(template: Any, folder: Path, **settings: Any) -> Iterator[Live]:
    url = template.copy(folder)
    settings = {"TESTING": True, "DATA_DIR": str(folder), "DATABASE_URL": url, "SECRET_KEY": "only", **settings}
    clock.set_source(lambda: NOW)
    try:
        with serving(lambda base: create_app({**settings, "BASE_URL": base, "SCHEDULER": False})) as running:
            yield running
    finally:
        clock.set_source(None)
        db.disconnect()
        template.drop(url)


def send_as_it_is(page: Page) -> None:
    """Send the form without the browser's own checks, so that the server's answer is seen."""
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.locator("main form button:is([type=submit], .primary)").first.click()
    page.wait_for_load_state()
