"""What a program found, and how it is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

Figure = int | float | str


@dataclass
class Result:
    """One run of a program on one database."""

    id: str
    title: str
    database: str
    seed: int
    figures: Mapping[str, Figure] = field(default_factory=dict)
    violations: Sequence[str] = ()
    must_fail: bool = False  # a control: its guard was taken out, so it has to find something
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether it came out as it must."""
        return bool(self.violations) == self.must_fail

    @property
    def verdict(self) -> str:
        if self.must_fail:
            return f"fails as it should ({len(self.violations)})" if self.violations else "DID NOT FAIL"
        return "holds" if not self.violations else f"BROKEN ({len(self.violations)})"


TRIES = 4  # seeds that a control draws before it counts as one that found nothing


def control(run: Callable[[int], Result], seed: int, title: str = "") -> Result:
    """What a run without a guard found. It takes some luck to meet at the wrong moment: others are drawn if need be."""
    for drawn in range(seed, seed + TRIES):
        result = run(drawn)
        if result.violations:
            break
    return replace(result, id="T11", title=title or f"{result.id} {result.title}", must_fail=True)


def line(result: Result) -> str:
    """For the terminal."""
    figures = ", ".join(f"{name} {_number(value)}" for name, value in result.figures.items())
    mark = "ok  " if result.is_good else "FAIL"
    text = f"{mark} {result.id:<5} {result.database:<8} {result.title}: {result.verdict}; {figures}"
    text += f"; seed {result.seed}; {result.seconds:.0f} s"
    if result.is_good:
        return text
    return "\n".join([text, *(f"       {violation}" for violation in result.violations[:20])])


def table(results: Sequence[Result]) -> str:
    """For a page: a Markdown table."""
    head = [
        "| program | database | what came of it | figures | seed | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *(_row(result) for result in results)]) + "\n"


def _row(result: Result) -> str:
    figures = "; ".join(f"{name} {_number(value)}" for name, value in result.figures.items())
    database = {"sqlite": "SQLite", "postgres": "PostgreSQL"}.get(result.database, result.database)
    return (
        f"| {result.id} {result.title} | {database} | {result.verdict} | {figures} | {result.seed}"
        f" | {result.seconds:.0f} |"
    )


def _number(value: Figure) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if value < 100 else f"{value:.0f}"
    return f"{value:,}" if isinstance(value, int) else value
