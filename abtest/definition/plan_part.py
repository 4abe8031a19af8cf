"""The parts of a definition that speak of its size: what is expected (`plan`), and what was planned (`planned`)."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from abtest.grammar.fields import Day, Key, LevelField, MarginField, Number, Text, Whole
from abtest.grammar.part import Part


def _share(value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"must be at least 0 and less than 1, such as 0.3 (got {value:g})")
    return value


def _part_of_all(value: float) -> float:
    if not 0 < value <= 1:
        raise ValueError(f"must be more than 0 and at most 1, such as 0.05 (got {value:g})")
    return value


def _power(value: float) -> float:
    if not 0.5 <= value < 1:
        raise ValueError(f"must be at least 0.5 and less than 1, such as 0.8 (got {value:g})")
    return value


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError(f"must be greater than 0 (got {value:g})")
    return value


def _not_negative(value: float) -> float:
    if value < 0:
        raise ValueError(f"must not be negative (got {value:g})")
    return value


def _counted(value: int) -> int:
    if value < 1:
        raise ValueError(f"must be at least 1 (got {value})")
    return value


Positive = Annotated[Number, AfterValidator(_positive)]
NotNegative = Annotated[Number, AfterValidator(_not_negative)]
Share = Annotated[Number, AfterValidator(_share)]
PartOfAll = Annotated[Number, AfterValidator(_part_of_all)]
Power = Annotated[Number, AfterValidator(_power)]
Counted = Annotated[Whole, AfterValidator(_counted)]


class Expected(Part):
    """What is expected of one metric."""

    baseline: LevelField | None = Field(
        None,
        description="The control's value: 40% of a rate (of a time to an event: the share with it by the horizon), "
        "else a number in the metric's unit.",
        examples=["40%", 52.5],
    )
    effect: MarginField | None = Field(
        None,
        description="The effect worth finding, in the good direction: 5pp, 5% (of the baseline) or a plain number in "
        "the metric's unit. A guardrail's is none when absent.",
        examples=["5pp", "5%", 2.5],
    )
    sd: Positive | None = Field(
        None,
        description="Standard deviation of a unit's value, for metrics that are no rates; of a ratio or a quantile, "
        "the standard error of an arm's value times the square root of its units.",
        examples=[80],
    )
    r2: Share = Field(0.0, description="The share of the variance that covariates (or strata) explain.", examples=[0.3])


class Batch(Part):
    """Units that enter on one day."""

    on: Day = Field(description="The day.", examples=["2026-03-02"])
    units: Counted = Field(description="Units of all arms that enter on it.", examples=[5000])


class Phase(Part):
    """From a day on, only a share of those who come enter."""

    since: Day = Field(description="The first day of the phase.", examples=["2026-03-09"])
    share: PartOfAll = Field(description="The share of the stream that enters.", examples=[0.1])


class Accrual(Part):
    """How units of all arms together enter: a base on the first day, batches, a stream, or several of them."""

    base: Counted | None = Field(None, description="Units that enter on the first day.", examples=[40000])
    batches: list[Batch] = Field([], description="Units that enter on given days.")
    per_week: Positive | None = Field(None, description="Units that enter each week.", examples=[2000])
    weekdays: list[NotNegative] = Field(
        [],
        description="Units that enter on a Monday, a Tuesday, … a Sunday: seven numbers.",
        examples=[[400, 300, 300, 300, 350, 200, 150]],
    )
    ramp: list[Phase] = Field(
        [], description="Phases in which only a share of the stream enters; all before the first."
    )
    cap: Counted | None = Field(None, description="Units that there are at most.", examples=[60000])

    @model_validator(mode="after")
    def _one_stream(self) -> Self:
        if self.per_week is not None and self.weekdays:
            raise ValueError("has `per_week` and `weekdays`: the stream is given by one of them")
        if self.weekdays and (len(self.weekdays) != 7 or not sum(self.weekdays)):
            raise ValueError(f"needs seven `weekdays`, Monday to Sunday, not all 0 (got {len(self.weekdays)})")
        if self.base is None and not self.batches and self.per_week is None and not self.weekdays:
            raise ValueError("needs `base`, `batches`, `per_week` or `weekdays`: how many units enter")
        days = [phase.since for phase in self.ramp]
        if days != sorted(set(days)):
            raise ValueError("has a `ramp` whose days do not rise")
        return self


class PlannedClusters(Part):
    """Clusters of units, for a definition with `cluster`."""

    size: Positive = Field(description="Units of a cluster on average.", examples=[25])
    cv: NotNegative = Field(0.0, description="Coefficient of variation of the clusters' sizes.", examples=[0.5])
    icc: Share = Field(description="Intraclass correlation of the units of a cluster.", examples=[0.02])


class PlanInputs(Part):
    """What `abtest plan` reckons with: expected values, the power asked for, and how units enter."""

    power: Power = Field(0.8, description="The chance to ship an arm that has the effect: of the whole ship rule.")
    split: Literal["equal", "free", "independent"] = Field(
        "equal",
        description="How the risk of missing it is shared by the primary and the guardrails: equal (in equal parts), "
        "free (the risks add up to it; fewer units) or independent (as if the tests were; fewest). The first two hold "
        "whatever their dependence.",
    )
    metrics: dict[Key, Expected] = Field({}, description="What is expected of each metric.")
    accrual: Accrual | None = Field(None, description="How units enter; without it there are no dates.")
    clusters: PlannedClusters | None = Field(None, description="The clusters, with `cluster`.")
    reached: PartOfAll | None = Field(
        None,
        description="The share of the assigned units that the treatment can reach; the effects are theirs.",
        examples=[0.05],
    )
    cost: dict[Text, NotNegative] = Field(
        {}, description="What one unit costs, by arm: sends, discounts.", examples=[{"weekly": 0.08}]
    )
    cost_unit: Text | None = Field(None, description="The unit of the costs.", examples=["EUR"])


class Planned(Part):
    """What was planned before the start; `abtest plan --write` writes it."""

    units: Counted = Field(description="Units of all arms together, with a value.", examples=[3068])
    power: Power = Field(description="The chance to ship with so many, if the effect is as expected.", examples=[0.8])
    detectable: dict[Key, MarginField] = Field(
        {},
        description="The effect that each metric would show with that power.",
        examples=[{"retained_8w": "1.8pp"}],
    )
    readable: Day | None = Field(None, description="The day on which enough units are mature.", examples=["2026-06-07"])
