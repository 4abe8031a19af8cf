"""What a check is given, and what it finds."""

from dataclasses import dataclass
from typing import Literal

from abtest.definition.model import Definition
from abtest.moments.collected import Collected
from abtest.words.reason import Reason

SURPRISE = 0.001
"""The p-value below which a split is no chance: checks are many, and a false alarm costs an analyst a day."""
Status = Literal["pass", "warn", "fail", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report's health: ``p_value`` is that of its test, where it has one."""

    id: str
    status: Status
    message: Reason | str
    p_value: float | None = None


@dataclass(frozen=True, slots=True)
class Maturity:
    """Of the primary metric whose window ends last, the one with the fewest mature units: its units of each arm.

    ``followed``: immature units count for as long as they were followed.
    """

    metric: str
    mature: tuple[int, ...]
    immature: tuple[int, ...]
    followed: bool


@dataclass(frozen=True, slots=True)
class Given:
    """What all checks look at: the plan, what was counted, and how far the primary metric has come."""

    definition: Definition
    collected: Collected
    primary: Maturity | None

    @property
    def weights(self) -> list[float]:
        """The planned share of each arm, as a weight."""
        return [arm.weight for arm in self.definition.arms]

    @property
    def assigned(self) -> int:
        """How many units were assigned to an arm."""
        return sum(arm.assigned for arm in self.collected.ledger)

    @property
    def eligible(self) -> int:
        """How many of them are eligible."""
        return sum(arm.eligible for arm in self.collected.ledger)

    def excluded(self, reason: str) -> int:
        """How many assigned units are left out for a reason."""
        return sum(arm.excluded.get(reason, 0) for arm in self.collected.ledger)
