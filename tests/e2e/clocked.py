"""Runs the real app.py. Only its clock goes wrong, by as many seconds as the file says that is named first."""

import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from meetings import clock

    offset = Path(sys.argv.pop(1))
    clock.set_source(lambda: datetime.now(UTC) + timedelta(seconds=float(offset.read_text())))
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


if __name__ == "__main__":
    main()
