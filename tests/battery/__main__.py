"""Runs the battery: `python -m tests.battery [--long] [--only T1,T12] [--database sqlite] [--seed N] [--report FILE]`.

The short form ends within minutes and is run with every change; the long form takes hours of a small machine. Every
seed is printed; the same seed draws the same cases, though not the same interleaving of threads and processes.
"""

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from tests.battery.report import Result, line, table
from tests.battery.world import POSTGRES, SQLITE, Stand

MODULES = (
    "races",
    "repeats",
    "changes",
    "turns",
    "shares",
    "mail_order",
    "mail_faults",
    "clocks",
    "servers",
    "storage",
    "crashes",
    "many",
)
SEED = 20261122


@dataclass(frozen=True)
class Program:
    """A program: `run` is called with a stand, a size and a seed, and yields its results."""

    id: str
    run: Callable[[Stand, int, int], Iterator[Result]]
    short: int  # sizes; what is counted, the program says
    long: int
    databases: tuple[str, ...] = (SQLITE, POSTGRES)


def programs() -> list[Program]:
    """All there are. A module names its own: `(id, run, short, long[, databases])` in PROGRAMS."""
    found = [Program(*row) for name in MODULES for row in import_module(f"tests.battery.{name}").PROGRAMS]
    return sorted(found, key=lambda program: int(program.id[1:]))


def main() -> int:
    """Run what is asked for; 1 if anything came out wrong."""
    options = _options()
    logging.disable(logging.WARNING)
    results: list[Result] = []
    for database in [options.database] if options.database else [SQLITE, POSTGRES]:
        with Stand(database) as stand:
            for program in programs():
                if _is_asked(program, options, database):
                    for result in _run(program, stand, options):
                        results.append(result)
                        _keep(results, options.report)  # each time: what ends early has found something too
    wrong = [result for result in results if not result.is_good]
    print(f"{len(results)} results, {len(wrong)} wrong.", flush=True)
    return 1 if wrong else 0


def _is_asked(program: Program, options: argparse.Namespace, database: str) -> bool:
    is_named = not options.only or program.id in options.only.split(",")
    return is_named and database in program.databases


def _run(program: Program, stand: Stand, options: argparse.Namespace) -> Iterator[Result]:
    size = max(1, round((program.long if options.long else program.short) * options.scale))
    began = time.monotonic()
    for result in program.run(stand, size, options.seed):
        result.seconds = time.monotonic() - began
        began = time.monotonic()
        print(line(result), flush=True)
        yield result


def _keep(results: list[Result], path: Path | None) -> None:
    if path is None:
        return
    path.write_text(table(results))
    path.with_suffix(".json").write_text(json.dumps([asdict(result) for result in results], indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.battery", description=__doc__)
    parser.add_argument("--long", action="store_true", help="the long form")
    parser.add_argument("--only", metavar="IDS", help="programs, by their ids with commas between")
    parser.add_argument("--database", choices=[SQLITE, POSTGRES], help="only this one")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies every size")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="where the results go as a table, and as JSON beside it"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
