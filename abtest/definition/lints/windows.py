"""What the lints about windows share: which metrics have one, where it stands in the file, how it is written."""

from collections.abc import Iterator
from dataclasses import dataclass

from abtest.definition.model import Definition
from abtest.grammar.fields import duration_text
from abtest.metrics import MetricBase, TimeToEvent
from abtest.moments.outcome import Outcome

_KEYS = ("window", "day", "after", "by", "horizon")
"""The keys that can set a window, the one that names it best first."""
NOMINAL_DAYS = {"week": 7, "month": 30, "quarter": 91, "year": 365}


@dataclass(frozen=True, slots=True)
class Windowed:
    """A metric that looks at a window of a unit's events. ``key`` is where the file sets the window."""

    name: str
    metric: MetricBase
    outcome: Outcome
    key: str

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where the window stands in the file."""
        return ("metrics", self.name, self.key)

    @property
    def text(self) -> str:
        """The window in words."""
        low, high = self.outcome.window or (0, 0)
        if self.outcome.clock in NOMINAL_DAYS:
            return f"{self.outcome.clock} {low} after that of the assignment"
        return f"[{duration_text(low)}, {duration_text(high)}]"

    @property
    def starts_at_zero(self) -> bool:
        """Whether the grammar of the metric has no other start."""
        return isinstance(self.metric, TimeToEvent)

    def spelled(self, window: tuple[int, int]) -> str:
        """Return how the metric would write another window."""
        low, high = (duration_text(edge) for edge in window)
        if self.starts_at_zero:
            return f"`horizon: {high}`"
        if self.key == "after":
            return f"`after: {low}` with `horizon: {high}`"
        return f"`window: [{low}, {high}]`" + (f" instead of `{self.key}`" if self.key in {"day", "by"} else "")


def windowed(definition: Definition) -> Iterator[Windowed]:
    """Yield the metrics that have a window, in the order of the file."""
    for name, metric in definition.metrics.items():
        outcome = definition.outcome(name)
        if outcome.window is not None:
            key = next((key for key in _KEYS if getattr(metric, key, None) is not None), "window")
            yield Windowed(name, metric, outcome, key)
