"""What callers asked and what they were told: the ground of every verdict."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

DONE = "done"  # the app said that it did it
REFUSED = "refused"  # the app said that it did not
UNKNOWN = "unknown"  # no answer, or one that leaves it open: done or not, but never twice


@dataclass
class Operation:
    """One request. `asked` and `answer` hold what matters of it; times are in seconds by the steady clock."""

    kind: str  # book, move, cancel, hand over
    caller: int
    asked: dict[str, Any]
    began: float
    ended: float = 0.0
    outcome: str = UNKNOWN
    status: int = 0  # 0: no answer
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class History:
    """All operations of a run, in the order in which they ended."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._lock = threading.Lock()

    def add(self, operation: Operation) -> None:
        with self._lock:
            self.operations.append(operation)

    def of(self, kind: str, outcome: str | None = None) -> list[Operation]:
        """The operations of a kind, or only those with this outcome."""
        return [one for one in self.operations if one.kind == kind and outcome in (None, one.outcome)]

    def statuses(self) -> Counter[int]:
        """How often which HTTP status was answered."""
        return Counter(one.status for one in self.operations)

    def slowest(self) -> float:
        """Seconds that the slowest operation took."""
        return max((one.seconds for one in self.operations), default=0.0)

    def quantile(self, part: float) -> float:
        """Seconds within which this part of all operations was answered."""
        times = sorted(one.seconds for one in self.operations)
        return times[min(len(times) - 1, int(part * len(times)))] if times else 0.0
