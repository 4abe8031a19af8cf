"""The typed model of an experiment definition: one class per part of the YAML, one field per key."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from abtest.definition.assignment import Assignment, Edges
from abtest.definition.databases import Database
from abtest.definition.engine_parts import catalogues, with_engine_parts
from abtest.definition.formats import DEFAULT, FormatName
from abtest.definition.ids import Ids
from abtest.definition.plan_part import PlanInputs, Planned
from abtest.definition.read import Read
from abtest.grammar.expression import ExpressionError, parse_expression
from abtest.grammar.fields import (
    SECONDS,
    Day,
    Duration,
    Flag,
    Key,
    Location,
    Name,
    Number,
    Prose,
    TableName,
    Text,
    Title,
    Version,
    Whole,
    Zone,
    truth,
)
from abtest.grammar.nodes import Plain
from abtest.grammar.part import Part
from abtest.grammar.time import DAY
from abtest.metrics import Metric
from abtest.metrics.base import Window
from abtest.metrics.scope import Scope
from abtest.moments.outcome import Days, Outcome
from abtest.moments.reductions import ANY
from abtest.words.language import languages

CUSTOMERS = "customers"
ASSIGNMENTS = "assignments"
MAX_ARMS = 64
if TYPE_CHECKING:
    Spoken = str
else:
    Spoken = Literal[*languages()]  # one for each data file


def _unfolded(value: object) -> object:
    """Read the line ends of a condition that goes over several lines as blanks."""
    return " ".join(value.split("\n")).strip() if isinstance(value, str) else value


def _parses(text: str) -> str:
    try:
        parse_expression(text)
    except ExpressionError as error:
        raise ExpressionError(f"{error} (at character {error.offset + 1} of the expression)", error.offset) from None
    return text


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError(f"must be greater than 0 (got {value:g})")
    return value


def _share(value: float) -> float:
    if not 0.5 <= value < 1:
        raise ValueError(f"must be at least 0.5 and less than 1, such as 0.95 (got {value:g})")
    return value


def _length(value: int) -> int:
    if value <= 0:
        raise ValueError("must be longer than zero")
    return value


def _switch(value: object) -> object:
    """Read ``true`` as all defaults and ``false`` as absent."""
    switched = truth(value)
    if switched is not None:
        return {} if switched else None
    return value


def _draws(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, Plain) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 100 <= value <= 100_000:
        raise ValueError(f"must be a whole number from 100 to 100000 (got {str(value)[:40]!r})")
    return value


def _listed(value: object) -> object:
    """Read one text as a list of one."""
    return [value] if isinstance(value, str) else value


def _from_zero(value: int) -> int:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _planned(value: int) -> int:
    if not 10 <= value <= 10_000_000_000:
        raise ValueError(f"must be a whole number of at least 10 (got {value})")
    return value


def _whole_days(value: int) -> int:
    if value <= 0 or value % DAY:
        raise ValueError("must be a whole number of days, such as 30d")
    return value


def _periods(value: int) -> int:
    if not 1 <= value <= 1_200:
        raise ValueError(f"must be a whole number from 1 to 1200 (got {value})")
    return value


def _amount(value: float) -> float:
    if not 0 < value <= 1e12:
        raise ValueError(f"must be greater than 0 and at most 1e12 (got {value:g})")
    return value


def _discount(value: float) -> float:
    if value != 0 and not 0.0001 <= value < 1:
        raise ValueError(
            f"must be 0, or at least 0.0001 and less than 1, such as 0.01 for 1 % a period (got {value:g})"
        )
    return value


def _segment(value: object) -> object:
    """Read a bare name as a column."""
    return {"column": value} if isinstance(value, str) else value


Condition = Annotated[Text, BeforeValidator(_unfolded), AfterValidator(_parses)]


class Arm(Part):
    """One of the treatments compared, or the control."""

    name: Text = Field(description="The arm as the data writes it.", examples=["weekly"])
    values: list[Text] = Field(
        [],
        description="Other ways in which the data write the arm, each as it stands there.",
        examples=[["WEEKLY", "1"]],
    )
    control: Flag = Field(False, description="true for the one arm that the others are compared with.")
    weight: Annotated[Number, AfterValidator(_positive)] = Field(
        1.0, description="Relative share of the units.", json_schema_extra={"exclusiveMinimum": 0}
    )
    cadence: Annotated[Duration, AfterValidator(_length)] | None = Field(
        None, description="Time between two sends, such as 7d.", examples=["7d", "14d", "12h"]
    )
    ranges: list[Edges] = Field(
        [],
        description="[from, to) of the tool's numbers that are this arm's, as shares, where its weight does not tell: "
        "[[0.5, 0.6]]; see docs/audit.md.",
        examples=[[[0.5, 0.6]]],
    )
    title: Title | None = Field(
        None, description="What the report calls it; the name when absent.", examples=["Every week"]
    )
    description: Prose | None = Field(
        None, description="A sentence for the reader of the report.", examples=["An e-mail every week."]
    )


class Period(Part):
    """The days on which units enter the experiment, and the last day that the data covers."""

    start: Day = Field(description="First day of enrolment.", examples=["2026-03-02"])
    end: Day | None = Field(None, description="Last day of enrolment, included.", examples=["2026-04-12"])
    through: Day | None = Field(
        None,
        description="Last day, included, that the events cover completely; the last event's time when absent.",
        examples=["2026-06-07"],
    )
    lag: Annotated[Duration, AfterValidator(_from_zero)] | None = Field(
        None,
        description="How late events arrive, such as 2d; without `through`, data ends this long before its last event.",
        examples=["2d"],
    )


class Exposure(Part):
    """The first event by which a unit can have met what is tested: a send, an opened app, a visit."""

    event: Key = Field(description="The event source under `data`.", examples=["sends"])
    window: Window | None = Field(
        None,
        description="[from, to) since assignment in which the event counts; any time after it when absent.",
        examples=[["0d", "14d"]],
    )
    trigger: Literal["assignment", "exposure"] = Field(
        "assignment",
        description="assignment: every assigned unit is analysed, and exposure is only counted; exposure: only exposed "
        "units are, with windows from the first exposure.",
    )


class Population(Part):
    """Who can be counted."""

    eligible: Condition | None = Field(
        None,
        description="Condition on columns of the customers table that were known before the start, "
        "such as first_order_at < period.start.",
        examples=["first_order_at < period.start", "plan in ('basic', 'plus') and not blocked"],
    )
    exposure: Exposure | None = Field(None, description="The event that shows that a unit met what is tested.")


class Source(Part):
    """A table: where it is and which columns hold what."""

    path: Location | None = Field(
        None,
        description="File or glob, relative to the definition: .csv, .csv.gz, .parquet, .ndjson or .jsonl.",
        examples=["data/orders.parquet", "exports/orders-*.csv"],
    )
    table: TableName | None = Field(
        None,
        description="Table in place of `path`, such as public.orders: of the `database`, or of the engine's catalogue "
        f"with {catalogues()}.",
        examples=["warehouse.orders"],
    )
    database: Key | None = Field(
        None,
        description="The database, of those under `databases`, that `table` or `query` is asked of.",
        examples=["shop"],
    )
    query: Prose | None = Field(
        None,
        description="One SELECT in the database's own SQL, in place of `table`.",
        examples=["SELECT customer_id, ordered_at, amount FROM orders WHERE NOT test"],
    )
    unit: Text | None = Field(
        None, description="Column of the unit's id; the definition's `unit` when absent.", examples=["customer_id"]
    )
    at: Text | None = Field(
        None, description="Column of the time: of the event, or of the assignment.", examples=["ordered_at"]
    )
    arm: Text | None = Field(
        None, description="Column of the arm (assignments, or customers of a wide file).", examples=["variant"]
    )
    value: Text | None = Field(None, description="Column of the event's value, for sum and mean.", examples=["amount"])
    key: Annotated[list[Text], BeforeValidator(_listed)] = Field(
        [],
        description="Column, or columns together, that tell one event from another, such as transaction_id: rows with "
        "the same are one event, and must agree.",
        examples=["transaction_id"],
    )
    where: Condition | None = Field(
        None, description="Only rows for which this condition on columns is true.", examples=["status != 'cancelled'"]
    )
    read: Read = Field(Read(), description="How its files and values are written, where that is not the plain way.")


class Segment(Part):
    """A column of the customers table whose levels are looked at one by one."""

    column: Text = Field(
        description="A column of the customers table with few levels, known before the assignment.",
        examples=["country"],
    )
    declared: Flag = Field(
        False, description="true when it was chosen before the start; otherwise its effects are labelled exploratory."
    )


class Compliance(Part):
    """The event that shows that a unit took up what it was assigned: delivered, opened."""

    event: Key = Field(description="The event source under `data`.", examples=["opens"])
    window: Window = Field(
        description="[from, to) since assignment (since first exposure, with trigger: exposure).",
        examples=[["0d", "14d"]],
    )


class RatePrior(Part):
    """A Beta prior of each arm's rate."""

    a: Annotated[Number, AfterValidator(_positive)] = Field(
        0.5, description="Successes seen before, so to speak.", json_schema_extra={"exclusiveMinimum": 0}
    )
    b: Annotated[Number, AfterValidator(_positive)] = Field(
        0.5, description="Failures seen before, so to speak.", json_schema_extra={"exclusiveMinimum": 0}
    )


class MeanPrior(Part):
    """A normal prior of each arm's mean."""

    mean: Number = Field(description="Expected mean of an arm, in the metric's unit.", examples=[50])
    sd: Annotated[Number, AfterValidator(_positive)] = Field(
        description="Standard deviation of that expectation.", examples=[10], json_schema_extra={"exclusiveMinimum": 0}
    )


class Bayes(Part):
    """The Bayesian view beside the tests. Without priors of your own: Jeffreys' for rates, a flat one for means."""

    rate_prior: RatePrior = Field(RatePrior(), description="Beta prior for every rate; Jeffreys' Beta(0.5, 0.5).")
    mean_priors: dict[Key, MeanPrior] = Field({}, description="Normal priors by metric; flat where absent.")


class Monitoring(Part):
    """Looking at the results before the end: intervals and p-values that hold at every look, at the price of width."""

    method: Literal["anytime"] = Field("anytime", description="anytime: confidence sequences, valid at any look.")
    planned: Annotated[Whole, AfterValidator(_planned)] = Field(
        description="Units with a value, both arms together, at which the intervals are to be tightest.",
        examples=[20000],
        json_schema_extra={"minimum": 10},
    )


class CustomerWorth(Part):
    """What a customer who stays is worth, so that times to a loss become money."""

    metric: Key = Field(
        description="The time_to_event metric whose event is the loss of the customer.", examples=["churned"]
    )
    margin: Annotated[Number, AfterValidator(_amount)] = Field(
        description="What a customer brings in each period that they stay, such as 12.50.", examples=[12.5]
    )
    unit: Text | None = Field(None, description="The unit of the margin, such as EUR.", examples=["EUR"])
    period: Annotated[Duration, AfterValidator(_whole_days)] = Field(
        30 * SECONDS["d"],
        validate_default=False,
        json_schema_extra={"default": "30d"},
        description="Length of a period in whole days, such as 7d.",
        examples=["7d", "30d"],
    )
    horizon: Annotated[Whole, AfterValidator(_periods)] | None = Field(
        None,
        description="Number of periods that count, observed and projected; without end when absent.",
        examples=[24],
    )
    discount: Annotated[Number, AfterValidator(_discount)] = Field(
        0.0, description="Rate by which a period later is worth less, such as 0.01.", examples=[0.01]
    )

    @model_validator(mode="after")
    def _finite(self) -> Self:
        if self.horizon is None and self.discount == 0:
            raise ValueError("needs `horizon` or `discount`: without either, the value of those who stay has no end")
        return self


class AnalysisSettings(Part):
    """How the comparisons are tested."""

    confidence: Annotated[Number, AfterValidator(_share)] = Field(
        0.95, description="Level of the intervals.", json_schema_extra={"minimum": 0.5, "exclusiveMaximum": 1}
    )
    correction: Literal["holm", "hochberg", "bonferroni", "bh", "by", "dunnett", "none"] = Field(
        "holm", description="Correction for several primary comparisons."
    )
    alternative: Literal["two-sided", "one-sided"] = Field(
        "two-sided",
        description="one-sided: primary and secondary metrics are tested in their good direction only; guardrails stay "
        "two-sided.",
    )
    monitoring: Monitoring | None = Field(
        None, description="How results may be looked at before the end; absent: they are analysed once."
    )
    days: Days = Field(
        "exact", description="What a day of a window is, for metrics that do not say: exact (24 hours) or calendar."
    )
    gatekeeping: Flag = Field(
        False, description="Test secondary metrics only after every primary one: adjusts their p-values too."
    )
    strata: list[Text] = Field(
        [],
        description="Columns of the customers table by which the assignment was stratified; the analysis follows.",
        examples=[["country"]],
    )
    odds_ratio: Flag = Field(False, description="Show the odds ratio of rates too.")
    bayes: Annotated[Bayes | None, BeforeValidator(_switch)] = Field(
        None, description="Show the Bayesian view too: true, or priors."
    )
    permutation: Annotated[int | None, BeforeValidator(_draws)] = Field(
        None,
        description="Number of random permutations for a permutation p-value of means, such as 9999.",
        examples=[9999],
        json_schema_extra={"minimum": 100, "maximum": 100000},
    )
    bootstrap: Annotated[int | None, BeforeValidator(_draws)] = Field(
        None,
        description="Number of Poisson bootstrap draws for a second interval of means and ratios, such as 2000.",
        examples=[2000],
        json_schema_extra={"minimum": 100, "maximum": 100000},
    )


class ReportSettings(Part):
    """What is written."""

    formats: list[FormatName] = Field(list(DEFAULT), description="Files to write beside results.json.")
    language: Spoken = Field("en", description="Language of the report.")


@with_engine_parts
class Definition(Part):
    """An experiment: who is compared, on what, and how it will be decided."""

    version: Version = Field(1, description="Version of this grammar.")
    include: Annotated[list[Location], BeforeValidator(_listed)] = Field(
        [],
        exclude=True,
        description="Library files, relative to this one, whose metrics and sources can be named here.",
        examples=["library.yaml"],
    )
    name: Name = Field(description="Short name; reports and files are named after it.", examples=["drip-cadence"])
    title: Title | None = Field(
        None, description="What the report calls the experiment.", examples=["Weekly vs biweekly e-mail drip"]
    )
    hypothesis: Prose | None = Field(
        None,
        description="What is believed, in a sentence, written before the start.",
        examples=["A weekly drip keeps more customers than a biweekly one."],
    )
    unit: Text | None = Field(
        None, description="Column of the id of what is randomised, such as customer_id.", examples=["customer_id"]
    )
    ids: Ids = Field(Ids(), description="How ids are compared.")
    timezone: Zone | None = Field(
        None,
        description="Time zone of dates and of timestamps without one, such as Europe/Helsinki.",
        examples=["Europe/Helsinki", "UTC"],
    )
    period: Period | None = Field(None, description="Enrolment and data period.")
    arms: list[Arm] = Field(min_length=2, max_length=MAX_ARMS, description="The arms; one has control: true.")
    population: Population = Field(Population(), description="Who can be counted.")
    data: dict[Key, Source] = Field(
        min_length=1, description="The tables: customers, assignments, and one for each kind of event."
    )
    databases: dict[Key, Database] = Field({}, description="Databases that tables are read from.")
    metrics: dict[Key, Metric] = Field(min_length=1, description="What is compared.")
    cluster: Text | None = Field(
        None,
        description="Column of the customers table with what was randomised, when that is a group of units.",
        examples=["store_id"],
    )
    segments: list[Annotated[Segment, BeforeValidator(_segment)]] = Field(
        [], description="Columns of the customers table to look at level by level.", examples=[["country", "plan"]]
    )
    compliance: Compliance | None = Field(
        None, description="The event that shows take-up; adds the effect on compliers to primary metrics."
    )
    value: CustomerWorth | None = Field(
        None, description="What a customer who stays is worth: adds observed and projected value per arm."
    )
    assignment: Assignment = Field(Assignment(), description="How the arms are drawn, and by which tool.")
    analysis: AnalysisSettings = Field(AnalysisSettings(), description="How it is tested.")
    plan: PlanInputs | None = Field(None, description="What `abtest plan` reckons with.")
    planned: Planned | None = Field(None, description="What was planned before the start.")
    report: ReportSettings = Field(ReportSettings(), description="What is written.")
    ignore: list[Text] = Field(
        [], description="Codes of warnings that are not shown, such as partial-weeks.", examples=[["cadence"]]
    )
    engine: str | None = Field(None, description="What counts.")

    def outcome(self, name: str) -> Outcome:
        """Return what each unit contributes to the metric called ``name``, its windows in the days asked for."""
        metric = self.metrics[name]
        outcome = metric.outcome(name).on(getattr(metric, "days", None) or self.analysis.days)
        return outcome if self.reads_early else replace(outcome, periods=())

    def scope(self, name: str) -> Scope:
        """Return how the units of the metric called ``name`` are counted."""
        metric = self.metrics[name]
        return Scope(
            start="exposure" if self.triggered else "assignment",
            days=getattr(metric, "days", None) or self.analysis.days,
            reading=getattr(metric, "reading", "mature"),
        )

    def estimand(self, name: str) -> str:
        """Return in English what is estimated by the metric called ``name``."""
        return str(self.metrics[name].estimand(name, self.scope(name)))

    @property
    def reads_early(self) -> bool:
        """Whether curves and early readings are made: for units that are independent, and for one look."""
        return self.cluster is None and self.analysis.monitoring is None

    @property
    def arm_values(self) -> dict[str, str]:
        """The arm's name for each further way in which the data write it."""
        return {value: arm.name for arm in self.arms for value in arm.values}

    @property
    def control(self) -> Arm:
        """The arm that the others are compared with."""
        return next(arm for arm in self.arms if arm.control)

    @property
    def treatments(self) -> list[Arm]:
        """All arms but the control, in the order of the file."""
        return [arm for arm in self.arms if not arm.control]

    @property
    def primaries(self) -> list[str]:
        """Names of the primary metrics, in the order of the file."""
        return [name for name, metric in self.metrics.items() if metric.role == "primary"]

    @property
    def arm_source(self) -> str:
        """Name of the table that holds the arms."""
        return ASSIGNMENTS if ASSIGNMENTS in self.data else CUSTOMERS

    @property
    def event_sources(self) -> list[str]:
        """Names of the event tables that a metric uses, in the order of the file."""
        used = {part.source for name in self.metrics for part in self.outcome(name).parts}
        if self.compliance is not None:
            used.add(self.compliance.event)
        if self.population.exposure is not None:
            used.add(self.population.exposure.event)
        return [name for name in self.data if name in used and name not in {CUSTOMERS, ASSIGNMENTS}]

    def addresses(self) -> dict[str, str]:
        """Return where the address of each database stands that a table is read from: ``env:NAME``, ``file:PATH``."""
        used = {source.database for source in self.data.values()}
        found = {name: database.uri for name, database in self.databases.items() if name in used}
        return {
            name: f"env:{uri.env}" if uri.env is not None else f"file:{uri.file}"
            for name, uri in found.items()
            if uri is not None
        }

    def engine_part(self, name: str) -> dict[str, object]:
        """Return what is said of the engine called ``name``, in the part that bears its name: by key, what is set."""
        part = getattr(self, name, None)
        return part.model_dump(exclude_none=True) if isinstance(part, Part) else {}

    def unit_column(self, source: str) -> str | None:
        """Return the column with the unit's id in ``source``; ``None`` when each row is one unit."""
        return self.data[source].unit or self.unit

    @property
    def timed(self) -> bool:
        """Whether anything is counted from the time of the assignment."""
        return bool(self.event_sources)

    @property
    def compliance_outcome(self) -> Outcome:
        """Whether a unit took up what it was assigned; raises ``ValueError`` without `compliance`."""
        if self.compliance is None:
            raise ValueError("the definition has no compliance")
        return Outcome(self.compliance.event, ANY, self.compliance.window).on(self.analysis.days)

    @property
    def triggered(self) -> bool:
        """Whether only exposed units are analysed, from their first exposure."""
        exposure = self.population.exposure
        return exposure is not None and exposure.trigger == "exposure"


class Library(Part):
    """A file of metrics and sources that experiments include."""

    version: Version = Field(1, description="Version of this grammar.")
    include: Annotated[list[Location], BeforeValidator(_listed)] = Field(
        [], description="Further library files, relative to this one.", examples=["tables.yaml"]
    )
    data: dict[Key, Source] = Field({}, description="Tables; paths are relative to this file.")
    metrics: dict[Key, Metric] = Field({}, description="Metrics that an experiment can name.")
