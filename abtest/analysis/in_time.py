"""Retention in time as results: curves, the other reading of a metric, survival, customer value, the board's rate.

Observed and extrapolated numbers are never in one field, but for a ``total`` that says so.
"""

from typing import Literal

from pydantic import Field

from abtest.analysis.value import Effect, OverallTest, ReasonCode, Reasoned, Value

CurveKind = Literal["bracket", "on or after", "event-free", "incidence", "cumulative"]
Step = Literal["hour", "day", "week", "month"]
TimeUnit = Literal["hours", "days", "weeks", "months"]
ReadingKind = Literal["mature", "kaplan-meier"]


class CurvePoint(Reasoned):
    """One period of a curve: days [``start_day``, ``end_day``) since the start; for a step curve the state at its end.

    ``n`` is the point's own denominator: units mature for the period, or still at risk at its end. ``low`` and ``high``
    bound the point by itself, ``band_low`` and ``band_high`` as part of the whole curve.
    """

    start_day: float
    end_day: float
    n: int
    value: float | None
    low: float | None
    high: float | None
    band_low: float | None = None
    band_high: float | None = None
    reason: str | None = None
    reason_code: ReasonCode | None = None


class CurveArm(Value):
    """The curve of one arm."""

    arm: str
    points: list[CurvePoint]


class CurveTest(Reasoned):
    """Do the curves differ? By period, ``p_value`` < α exactly when the band of the difference excludes 0 somewhere.

    The test of incidences is of the same kind. That of event-free curves is the log-rank test, which weighs all times
    and need not agree with their band.
    """

    method: str
    statistic: float | None
    p_value: float | None
    reason: str | None = None
    reason_code: ReasonCode | None = None


class CurveComparison(Value):
    """The curve of the difference of an arm and the control (its points' ``n`` are both arms' together).

    ``total``: for a cumulative amount, difference and lift at the end of the last period, from mature and immature
    units, with its p-value.
    """

    arm: str
    control: str
    points: list[CurvePoint]
    test: CurveTest | None = None
    total_difference: Effect | None = None
    total_lift: Effect | None = None
    total_p_value: float | None = None


class Curve(Value):
    """A metric over the time since the start.

    ``kind``: bracket (returned in the period), on or after (returned in or after it, up to the horizon), event-free
    (Kaplan–Meier), incidence (of ``cause``, Aalen–Johansen), cumulative (amount up to the period's end). A ``month`` is
    30 days. ``unit`` is ``fraction`` for shares.
    """

    metric: str
    title: str
    kind: CurveKind
    step: Step
    unit: str
    cause: str | None = None
    arms: list[CurveArm]
    comparisons: list[CurveComparison]


class ReadingArm(Reasoned):
    """One arm's value by a reading; ``n`` units take part in it."""

    arm: str
    n: int
    value: float | None
    low: float | None
    high: float | None
    reason: str | None = None
    reason_code: ReasonCode | None = None


class ReadingComparison(Reasoned):
    """An arm against the control by a reading."""

    arm: str
    control: str
    difference: Effect
    lift: Effect
    p_value: float | None
    reason: str | None = None
    reason_code: ReasonCode | None = None


class Reading(Value):
    """One way to read a metric while units are immature: of the mature units alone, or of all by Kaplan–Meier.

    Values are shares. ``primary`` marks the one that the definition chose before the start; it alone is in the metric's
    own ``arms`` and ``comparisons``, and decides. Of a time to an event neither is: its restricted mean decides, and
    the readings are of the share with the event by the horizon. ``withheld`` says why a reading must not be used,
    although it is shown.
    """

    reading: ReadingKind
    primary: bool
    method: str
    horizon_days: float
    arms: list[ReadingArm]
    comparisons: list[ReadingComparison]
    withheld: str | None = None
    withheld_code: ReasonCode | None = None


class MedianResult(Reasoned):
    """Time until half of an arm's units have had the event; missing where the curve does not come down to a half."""

    arm: str
    median: float | None
    low: float | None
    high: float | None
    reason: str | None = None
    reason_code: ReasonCode | None = None


class HazardResult(Reasoned):
    """An arm against the control by Cox's model (Efron's ties); ``proportionality_p_value`` small: it does not fit."""

    arm: str
    control: str
    ratio: Effect
    p_value: float | None
    proportionality_p_value: float | None
    reason: str | None = None
    reason_code: ReasonCode | None = None


class Landmark(Value):
    """Shares with the event by ``day``: Kaplan–Meier, or Aalen–Johansen's of ``cause`` where causes compete."""

    day: float
    cause: str | None = None
    method: str
    arms: list[ReadingArm]
    comparisons: list[ReadingComparison]


class SurvivalResult(Value):
    """What else is known of a time to an event, beside its restricted mean. ``competing``: events that preclude it.

    ``stratified_hazards`` are those with a baseline hazard for each stratum. Medians are in ``time_unit`` (a month is
    30 days); ``day`` of a landmark is in days whatever it is.
    """

    medians: list[MedianResult]
    log_rank: OverallTest
    stratified_log_rank: OverallTest | None = None
    hazards: list[HazardResult]
    stratified_hazards: list[HazardResult] = Field(default_factory=list)
    landmarks: list[Landmark]
    competing: list[str] = Field(default_factory=list)
    time_unit: TimeUnit = "days"


class ProjectionPoint(Value):
    """The share still there after ``period`` periods; ``extrapolated`` ones are the model's."""

    period: int
    share: float | None
    low: float | None
    high: float | None
    extrapolated: bool


class ArmValue(Reasoned):
    """What a customer of an arm is worth: ``observed`` periods by Kaplan–Meier, later ones by the model, and both.

    ``lifetime``: expected periods that a customer of the start stays, within the horizon, in the same three parts.
    ``model``: ``shifted beta-geometric`` or ``geometric`` with ``alpha`` and ``beta``; ``fit_p_value`` small: it does
    not fit what was observed.
    """

    arm: str
    customers: int
    observed: Effect
    extrapolated: Effect
    total: Effect
    lifetime_observed: Effect
    lifetime_extrapolated: Effect
    lifetime_total: Effect
    model: str | None
    alpha: Effect
    beta: Effect
    fit_p_value: float | None
    projection: list[ProjectionPoint]
    reason: str | None = None
    reason_code: ReasonCode | None = None


class ValueComparison(Value):
    """An arm's value per customer against the control's, each part by itself."""

    arm: str
    control: str
    observed: Effect
    extrapolated: Effect
    total: Effect
    observed_p_value: float | None
    total_p_value: float | None


class ValueResult(Value):
    """Customer value by arm: a ``margin`` per ``period_days`` that a customer stays, by the time to event ``metric``.

    ``last_observed`` is the last period taken from the data; ``horizon`` the last that counts, ``None`` without end;
    ``discount`` the rate per period.
    """

    metric: str
    unit: str
    margin: float
    period_days: int
    last_observed: int
    horizon: int | None
    discount: float
    arms: list[ArmValue]
    comparisons: list[ValueComparison]


class PlainWords(Value):
    """A difference of rates in other words.

    ``per_thousand``: customers more with the outcome among 1,000. ``needed``: customers to treat for one better
    outcome (``benefit``) or one worse (``harm``), from ``needed_best`` to ``needed_worst``; an interval that
    ``passes_infinity`` is in two pieces. ``None`` is infinitely many, or unknown.
    """

    per_thousand: Effect
    needed: float | None
    needed_kind: Literal["benefit", "harm"] | None
    needed_best: float | None
    needed_best_kind: Literal["benefit", "harm"] | None
    needed_worst: float | None
    needed_worst_kind: Literal["benefit", "harm"] | None
    passes_infinity: bool


class InTotal(Value):
    """A difference of an amount per customer as a sum over customers, in the metric's unit and within its window.

    ``arm``: over the arm's ``arm_customers``, as run; ``base``: over the ``base_customers`` of all arms, as if all of
    them were treated; both may be ``None`` in results of an earlier version.
    """

    arm_customers: int
    arm: Effect
    base_customers: int | None
    base: Effect | None


class BoardRow(Value):
    """What an arm's effect means for the board's (E − N)/S.

    ``share_reached``: the arm's units of the base S. ``moved``: by how much the arm, as run, moved the base's rate;
    ``if_all``: by how much it would, were all of S treated as the arm was.
    """

    arm: str
    share_reached: float
    moved: Effect
    if_all: Effect
    customers_moved: Effect
    customers_if_all: Effect


class BoardResult(Value):
    """The experiment's effect on the customer retention rate (E − N)/S of the whole base.

    ``base`` is S: eligible customers at the start. ``assigned`` of them take part. ``metric`` is the primary retention,
    whose window is the board's period here. Customers who join later are in neither side of E − N.
    """

    metric: str
    base: int
    assigned: int
    share_assigned: float
    control_rate: float | None
    rows: list[BoardRow]
