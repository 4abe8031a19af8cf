"""Mean: how large is a customer's typical event?"""

from typing import ClassVar, Literal

from abtest.metrics.base import ValueMetric
from abtest.metrics.scope import Scope
from abtest.metrics.traits import Traits
from abtest.moments.outcome import Outcome
from abtest.moments.reductions import MEAN
from abtest.words.reason import Reason


class Mean(ValueMetric):
    """Mean over units with an event of each unit's average value.

    It is conditional on behaviour: the treatment can change who has an event, so the arms' denominators need not be
    comparable. It is refused as primary unless ``allow_conditional: true`` says that this was considered.
    """

    type: Literal["mean"]
    traits: ClassVar[Traits] = Traits("a mean over events", conditional=True)

    def outcome(self, name: str) -> Outcome:  # noqa: ARG002
        """Return the unit's average value in the window; it does not exist without events."""
        return self._outcome(MEAN, self.window, self.value)

    def estimand(self, name: str, scope: Scope) -> Reason:  # noqa: ARG002
        """Return what is estimated."""
        return Reason.of("estimand-mean", taken=self._taken(), window=scope.window(self.window), **scope.told)
