"""Writes what the battery found into docs/reliability.md: `python -m tests.battery.page RESULTS.json…`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.battery.report import Result, table

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
MARKS = {
    "results": "<!-- results: written by tests/battery/page.py -->",
    "controls": "<!-- controls: written by tests/battery/page.py -->",
}
END = "<!-- end -->"


def main() -> None:
    """Replace both tables of the page by those of the given files."""
    results = [Result(**row) for name in sys.argv[1:] for row in json.loads(Path(name).read_text())]
    if wrong := [result for result in results if not result.is_good]:
        sys.exit(f"{len(wrong)} results came out wrong; what is wrong is mended, not published.")
    results.sort(key=lambda result: (int(result.id[1:]), result.title, result.database == "postgres"))
    PAGE.write_text(filled(PAGE.read_text(), results))


def filled(page: str, results: Sequence[Result]) -> str:
    """The page with these results in its tables."""
    parts = {
        "results": [result for result in results if not result.must_fail],
        "controls": [result for result in results if result.must_fail],
    }
    for name, found in parts.items():
        before, mark, rest = page.partition(MARKS[name])
        _, end, after = rest.partition(END)
        page = f"{before}{mark}\n\n{table(found)}\n{end}{after}"
    return page


if __name__ == "__main__":
    main()
