"""The value that an analysis is. Reports render from it alone; it serialises to ``results.json``.

Principles: rates are fractions, never percent; a value that does not exist is ``None`` (``null``) with a reason,
never 0, 1 or NaN; numbers keep full precision; nothing here is about one customer.
"""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, JsonValue

from abtest.analysis.in_time import BoardResult, Curve, InTotal, PlainWords, Reading, SurvivalResult, ValueResult
from abtest.analysis.status import Status
from abtest.analysis.value import Detectable as Detectable  # noqa: PLC0414
from abtest.analysis.value import Effect as Effect  # noqa: PLC0414 - part of the results, and of this module
from abtest.analysis.value import OverallTest as OverallTest  # noqa: PLC0414
from abtest.analysis.value import ReasonCode as ReasonCode  # noqa: PLC0414
from abtest.analysis.value import Reasoned, Value
from abtest.errors import UsageError
from abtest.grammar.fields import Good, nearest
from abtest.metrics import traits_of
from abtest.words.reason import Reason
from abtest.words.visible import visible_json

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SCHEMA_VERSION = "1"

Role = Literal["primary", "secondary", "guardrail"]
Kind = Literal["rate", "mean"]
Verdict = Literal[
    "better",
    "worse",
    "no difference shown",
    "safe",
    "harmed",
    "not shown safe",
    "equivalent",
    "margin not shown",
    "not estimable",
]
Recommendation = Literal["ship", "keep control", "keep running", "inconclusive", "invalid"]
Clock = Literal["exact", "day", "week", "month", "quarter", "year"]
CheckStatus = Literal["pass", "warn", "fail", "skipped"]


class ArmInfo(Value):
    """An arm as the definition declares it. ``share`` is its planned fraction of the units."""

    name: str
    title: str | None = None
    description: str | None = None
    control: bool
    share: float
    cadence_days: float | None = None


class Deviation(Value):
    """A field of the definition that was changed after it was locked; ``sentence`` says what was changed.

    ``old`` and ``new`` are as the YAML writes them, ``None`` where the field is absent, which then means ``default``
    (``None`` where it means nothing). ``file`` and ``line`` (from 1)
    are the present place, or that of what held the field when it was removed. ``decides``: another value of the field
    could change the decision.
    """

    key: str
    old: str | None
    new: str | None
    default: str | None = None
    file: str
    line: int
    sentence: str
    decides: bool = False

    @property
    def change(self) -> Reason:
        """What was changed, for every language."""
        from abtest.definition.lock import change_of

        return change_of(self.key, self.old, self.new, self.default)


class ExperimentInfo(Value):
    """What was tested. ``period_start`` and ``period_end`` are ISO dates (end inclusive) in ``timezone``.

    ``cluster`` and ``strata`` are columns; ``compliance`` is the event that shows take-up, ``exposure`` the one that
    shows that a unit met what is tested; ``triggered``: only exposed units are analysed, from their first exposure.
    ``language`` is that of the report.

    ``locked`` says that a lock of the definition stands beside it, written at ``locked_at`` (ISO, UTC);
    ``locked_after_data`` whether outcomes existed then, ``None`` where that is not known.
    """

    name: str
    title: str
    hypothesis: str | None = None
    unit: str | None = None
    timezone: str | None = None
    period_start: str | None = None
    period_end: str | None = None
    eligible: str | None = None
    cluster: str | None = None
    strata: list[str] = Field(default_factory=list)
    compliance: str | None = None
    exposure: str | None = None
    exposure_days: tuple[float, float] | None = None
    language: str = "en"
    triggered: bool = False
    arms: list[ArmInfo]
    definition_sha256: str
    locked: bool = False
    locked_at: str | None = None
    locked_after_data: bool | None = None
    deviations: list[Deviation] = Field(default_factory=list)


class SourceInfo(Value):
    """A table that was read: the path as the definition writes it, the rows read, and a hash of the content."""

    name: str
    path: str | None
    rows: int
    fingerprint: str


class DataInfo(Value):
    """``through`` is the ISO instant at which the data ends; ``None`` when no event source is used."""

    through: str | None
    sources: list[SourceInfo]


class CustomerBase(Value):
    """The customers table as a whole. ``unassigned`` counts eligible customers without an arm."""

    total: int
    eligible: int
    not_eligible: int
    unassigned: int


class ArmPopulation(Value):
    """The ledger of one arm: ``assigned`` − Σ ``excluded`` = ``eligible``.

    ``mature`` units are those whose longest primary window lies before the data's end; ``clusters`` counts what was
    randomised, where that is groups of units. ``exposed`` eligible units met what was tested, where the definition says
    how to know.
    """

    arm: str
    assigned: int
    eligible: int
    exposed: int | None = None
    mature: int
    clusters: int | None = None
    excluded: dict[str, int]


class Check(Value):
    """A health check. A failed one makes the analysis invalid.

    ``message`` is in English; ``code`` and ``fields`` say the same for every language.
    """

    id: str
    status: CheckStatus
    message: str
    p_value: float | None = None
    code: str | None = None
    fields: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def reason(self) -> Reason | None:
        """What was found, by its code; ``None`` where an earlier version wrote the check."""
        return None if self.code is None else Reason.read(self.code, self.fields)


class LevelReading(Value):
    """An arm's value beside a level that the definition names: last year's, or what the team wants to reach.

    ``reading``: whether the arm's interval lies above it, below it, or holds it.
    """

    kind: Literal["benchmark", "goal"]
    level: float
    reading: Literal["above", "below", "not distinguished"]


class ArmResult(Reasoned):
    """A metric in one arm.

    ``mature``: eligible units whose whole window lies before the data's end. ``n``: units in the denominator.
    ``numerator``: units with the event, for a rate. ``immature``: eligible units left out because their window is open.
    """

    arm: str
    n: int
    mature: int
    immature: int = 0
    missing: int = 0
    numerator: int | None = None
    value: float | None
    low: float | None
    high: float | None
    standard_deviation: float | None = None
    against: list[LevelReading] = Field(default_factory=list)
    reason: str | None = None
    reason_code: ReasonCode | None = None


class MarginResult(Value):
    """A test against a pre-declared margin, one-sided at half of 1 − confidence: ``shown`` when the interval agrees.

    non-inferiority: not worse by the margin or more; superiority: better by more than it; equivalence: within it both
    ways. ``value`` is a fraction for rates (0.01 = one percentage point) and for relative margins.
    ``adjusted_p_value`` is one-sided too: the p-value corrected for several questions, where this one is of a family.
    """

    test: Literal["non-inferiority", "superiority", "equivalence"] = "non-inferiority"
    value: float
    scale: Literal["absolute", "relative"]
    p_value: float | None
    shown: bool
    adjusted_p_value: float | None = None


class UnadjustedComparison(Value):
    """The same comparison done in another way: without covariates, without winsorising, or by the bootstrap."""

    method: str
    difference: Effect
    lift: Effect
    p_value: float | None


class AdjustedValues(Value):
    """The arms' means as if their covariates were alike: the difference of these two is the adjusted difference."""

    control: Effect
    arm: Effect


class ExactResult(Value):
    """The exact unconditional companion of a small table: Chan & Zhang's interval with its p-value, and Boschloo's."""

    p_value: float | None
    boschloo_p_value: float | None
    difference: Effect


class BayesResult(Reasoned):
    """The Bayesian view: ``prior`` in words; losses in the metric's unit; credible intervals."""

    prior: str
    probability_better: float | None
    expected_loss_treatment: float | None
    expected_loss_control: float | None
    difference: Effect
    lift: Effect
    reason: str | None = None
    reason_code: ReasonCode | None = None


class ComplierResult(Value):
    """The effect on those whom the assignment made comply, beside the difference in compliance (a fraction)."""

    method: str
    effect: Effect
    standard_error: float | None
    compliance: Effect
    p_value: float | None


class Comparison(Reasoned):
    """One arm against the control.

    ``difference`` is in the metric's unit (a fraction for rates), ``lift`` is relative to the control. Both intervals
    belong to ``p_value``: it is below α exactly when each of them excludes 0. ``adjusted`` holds the same two at the
    level at which the correction tested this comparison, and belongs to ``adjusted_p_value`` in the same way.
    Where a margin is tested (``margin`` with a ``test`` of its own), ``adjusted_p_value`` is twice the margin's
    one-sided p-value, corrected (``margin.adjusted_p_value``), and ``margin.shown`` is judged at the same level; the
    interval of the plain difference stands at that level too.
    ``expected_fewest`` is there where an arm expects fewer than five events, or units without one, under equal rates:
    so few, and the exact test given their number decides.
    ``cautions`` say where the interval, or that of a reading beside it, is known to end too early with such data.
    With a covariate, ``unadjusted`` is the same comparison without it and ``variance_removed`` the share of the
    difference's variance that the covariate explains. ``detectable`` is there where nothing is shown.
    """

    arm: str
    control: str
    method: str
    difference: Effect
    lift: Effect
    p_value: float | None
    expected_fewest: float | None = None
    adjusted_p_value: float | None = None
    adjusted_difference: Effect | None = None
    adjusted_lift: Effect | None = None
    unadjusted: UnadjustedComparison | None = None
    adjusted_values: AdjustedValues | None = None
    variance_removed: float | None = None
    not_winsorised: UnadjustedComparison | None = None
    odds_ratio: Effect | None = None
    exact: ExactResult | None = None
    bayes: BayesResult | None = None
    complier: ComplierResult | None = None
    in_words: PlainWords | None = None
    in_total: InTotal | None = None
    permutation_p_value: float | None = None
    bootstrap: UnadjustedComparison | None = None
    margin: MarginResult | None = None
    cautions: list[ReasonCode] = Field(default_factory=list)
    detectable: Detectable | None = None
    verdict: Verdict
    reason: str | None = None
    reason_code: ReasonCode | None = None

    def to_pandas(self) -> "pd.DataFrame":
        """Return the comparison as a frame of one row."""
        from abtest.analysis.display import comparison_record, frame

        return frame([comparison_record(self)])

    def _repr_html_(self) -> str:
        # The report stands above this room; the package's door leads there.
        import abtest

        return abtest.to_html(self)


class MetricResult(Value):
    """All that is known of one metric. ``unit`` is the unit of its values: ``fraction`` for a rate.

    ``window_days`` are exact 24-hour days (``clock: exact``) or days of the calendar (``day``); with a longer clock,
    ``window_periods`` counts weeks, months, quarters or years after the one of the start.
    ``readings`` are there while units are immature: the one that the definition chose, which ``arms`` and
    ``comparisons`` hold too, and the other.
    """

    name: str
    title: str
    description: str | None = None
    role: Role
    type: str
    kind: Kind
    unit: str
    good: Good
    window_days: tuple[float, float] | None = None
    clock: Clock = "exact"
    window_periods: tuple[int, int] | None = None
    estimand: str
    estimand_code: ReasonCode | None = None
    method: str
    arms: list[ArmResult]
    overall: OverallTest | None = None
    comparisons: list[Comparison]
    readings: list[Reading] = Field(default_factory=list)
    survival: SurvivalResult | None = None

    @property
    def is_rate(self) -> bool:
        """Whether its values are shares of units."""
        return self.kind == "rate"

    @property
    def counts_immature(self) -> bool:
        """Whether immature units count too, for as long as they were followed."""
        chosen = any(reading.primary and reading.reading == "kaplan-meier" for reading in self.readings)
        return chosen or traits_of(self.type).counts_immature


class SegmentLevel(Value):
    """One level of a segment: the effect of an arm there, and what is left of it after shrinkage."""

    level: str
    control_n: int
    n: int
    control_value: float | None
    value: float | None
    difference: Effect
    shrunken: Effect
    p_value: float | None
    adjusted_p_value: float | None = None


class SegmentResult(Reasoned):
    """An arm's effect on a metric by the levels of a customer column.

    ``interaction_p_value``: Cochran's Q, the test that the effect is the same in all levels. Effects are exploratory
    unless ``declared``; then ``adjusted_p_value`` is Holm's over the levels.
    """

    column: str
    declared: bool
    metric: str
    arm: str
    control: str
    interaction_statistic: float | None
    interaction_degrees_of_freedom: float | None
    interaction_p_value: float | None
    heterogeneity: float | None
    levels: list[SegmentLevel]
    reason: str | None = None
    reason_code: ReasonCode | None = None


class AnalysisSettings(Value):
    """How it was tested. ``family`` names the comparisons that share the correction.

    ``monitoring``: ``anytime`` when intervals and p-values hold at every look, tightest at ``planned_units``; ``None``
    when they are for one.
    """

    confidence: float
    correction: str
    family: str
    family_code: ReasonCode | None = None
    alternative: Literal["two-sided", "one-sided"] = "two-sided"
    monitoring: str | None = None
    planned_units: int | None = None


class Deciding(Value):
    """What the recommendation rests on: a failed ``check``, a ``metric`` in an ``arm``, or units that must mature.

    The first reason speaks of it.
    """

    what: Literal["check", "primary", "guardrail", "maturity"]
    metric: str | None = None
    arm: str | None = None
    check: str | None = None


class Decision(Value):
    """What the pre-declared rules say. ``arm`` is the arm to ship, else ``None``.

    ``because`` is what decides. ``readable_on``: the ISO date on which every unit is mature for every primary metric
    and guardrail and their events have arrived; ``None`` where that is past, or not known.
    ``exploratory``: what decides was changed after the lock, so that nothing is confirmed and nothing is shipped.
    ``reasons`` are in English; ``reason_codes`` has the same in their order, by code and fields, for every language.
    """

    recommendation: Recommendation
    arm: str | None = None
    because: Deciding | None = None
    readable_on: str | None = None
    exploratory: bool = False
    reasons: list[str]
    reason_codes: list[ReasonCode | None] = Field(default_factory=list)


class LockedAnswer(Reasoned):
    """The answer to the question as it was locked, from the same data: what decides, and what it says.

    ``decision`` is ``None`` where there is no answer, for the ``reason``.
    """

    decision: Decision | None = None
    metrics: list[MetricResult] = Field(default_factory=list)
    reason: str | None = None
    reason_code: ReasonCode | None = None


class Provenance(Value):
    """What made the numbers. ``generated_at`` is the only thing that differs between two runs on one machine."""

    abtest: str
    python: str
    platform: str
    packages: dict[str, str]
    seed: int | None = None
    generated_at: str


class Analysis(Value):
    """A complete analysis. Build reports from it with :func:`abtest.render`; it holds no customer-level data."""

    schema_version: str = SCHEMA_VERSION
    experiment: ExperimentInfo
    settings: AnalysisSettings
    data: DataInfo
    customers: CustomerBase | None = None
    population: list[ArmPopulation]
    checks: list[Check]
    metrics: list[MetricResult]
    curves: list[Curve] = Field(default_factory=list)
    segments: list[SegmentResult] = Field(default_factory=list)
    value: ValueResult | None = None
    board: BoardResult | None = None
    decision: Decision
    status: Status | None = None
    locked_answer: LockedAnswer | None = None
    provenance: Provenance

    @property
    def valid(self) -> bool:
        """Whether no health check failed."""
        return not any(check.status == "fail" for check in self.checks)

    def metric(self, name: str) -> MetricResult:
        """Return the metric called ``name``; raises :class:`~abtest.errors.UsageError` when there is none."""
        for metric in self.metrics:
            if metric.name == name:
                return metric
        names = [metric.name for metric in self.metrics]
        raise UsageError(f"no metric is called {name!r}{nearest(str(name), names)}; there are: {', '.join(names)}")

    @classmethod
    def load(cls, path: "str | Path") -> "Analysis":
        """Read a ``results.json``.

        Raises :class:`~abtest.errors.UsageError` for a file that cannot be read, and
        :class:`~abtest.errors.DataError` for one that is not a ``results.json`` of this version.
        """
        from abtest.analysis.stored import read_analysis

        return read_analysis(path)

    def to_pandas(self) -> "pd.DataFrame":
        """Return one row per metric and comparison."""
        from abtest.analysis.display import analysis_frame

        return analysis_frame(self)

    def __repr__(self) -> str:
        from abtest.analysis.display import analysis_text

        return analysis_text(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        # The report stands above this room; the package's door leads there.
        import abtest

        return abtest.to_html(self)

    def to_json(self) -> str:
        """Return ``results.json`` as text: UTF-8, two-space indent, hidden characters escaped, a final newline."""
        return visible_json(self.model_dump_json(indent=2)) + "\n"
