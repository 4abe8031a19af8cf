"""Mean: how large is a customer's typical event?"""

from typing import ClassVar, Literal

from abtest.metrics.base import ValueMetric
from abtest.moments.outcome import Outcome


class Mean(ValueMetric):
    """Mean over units with an event of each unit's average value.

    It is conditional on behaviour: the treatment can change who has an event, so the arms' denominators need not be
    comparable. It is refused as primary unless ``allow_conditional: true`` says that this was considered.
    """

    conditional: ClassVar[bool] = True

    type: Literal["mean"]

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's average value in the window; it does not exist without events."""
        return self._outcome("mean", self.window, self.value)

    def estimand(self, name: str) -> str:  # noqa: ARG002
        """Return in words what is estimated."""
        what = f"{self.value} of {self.event}" if self.value else f"the value of {self.event}"
        return f"Mean over units with an event of their average {what} {self._when()} (conditional on behaviour)"
