"""Runs the real app.py, with what a test wants to be different around it.

Usage: python launch.py CLOCK ALTERATIONS. CLOCK is a file that says by how many seconds the clock is wrong;
ALTERATIONS is JSON, `[["module:function", {…arguments}], …]`: called in turn before the app starts.
"""

import json
import runpy
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from meetings import clock

    offset, alterations = Path(sys.argv.pop(1)), json.loads(sys.argv.pop(1))
    clock.set_source(lambda: datetime.now(UTC) + timedelta(seconds=float(offset.read_text())))
    for name, arguments in alterations:
        module, _, function = name.partition(":")
        getattr(import_module(module), function)(**arguments)
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


if __name__ == "__main__":
    main()
