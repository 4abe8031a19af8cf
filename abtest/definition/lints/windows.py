"""What the lints about windows share: which metrics have one, where it stands in the file, how it is written."""

from collections.abc import Iterator
from dataclasses import dataclass

from abtest.definition.model import Definition
from abtest.grammar.fields import duration_text
from abtest.metrics import MetricBase
from abtest.moments.outcome import Outcome

NOMINAL_DAYS = {"week": 7, "month": 30, "quarter": 91, "year": 365}


@dataclass(frozen=True, slots=True)
class Windowed:
    """A metric that looks at a window of a unit's events."""

    name: str
    metric: MetricBase
    outcome: Outcome

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where the window stands in the file."""
        return ("metrics", self.name, self.metric.window_key)

    @property
    def text(self) -> str:
        """The window in words."""
        low, high = self.outcome.window or (0, 0)
        if self.outcome.clock in NOMINAL_DAYS:
            return f"{self.outcome.clock} {low} after that of the assignment"
        return f"[{duration_text(low)}, {duration_text(high)}]"


def windowed(definition: Definition) -> Iterator[Windowed]:
    """Yield the metrics that have a window, in the order of the file."""
    for name, metric in definition.metrics.items():
        outcome = definition.outcome(name)
        if outcome.window is not None:
            yield Windowed(name, metric, outcome)
