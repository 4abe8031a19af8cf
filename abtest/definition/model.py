"""The typed model of an experiment definition: one class per part of the YAML, one field per key."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from abtest.definition.base import Part
from abtest.definition.expression import ExpressionError, parse_expression
from abtest.definition.fields import Day, Duration, Flag, Key, Name, Number, Prose, Text, Version, Zone
from abtest.definition.metrics import Metric

CUSTOMERS = "customers"
ASSIGNMENTS = "assignments"
MAX_ARMS = 64


def _unfolded(value: object) -> object:
    """Read the line ends of a condition that goes over several lines as blanks."""
    return " ".join(value.split("\n")).strip() if isinstance(value, str) else value


def _parses(text: str) -> str:
    try:
        parse_expression(text)
    except ExpressionError as error:
        raise ValueError(f"{error} (at character {error.offset + 1} of the expression)") from None
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


Condition = Annotated[Text, BeforeValidator(_unfolded), AfterValidator(_parses)]


class Arm(Part):
    """One of the treatments compared, or the control."""

    name: Text = Field(description="The arm as the data writes it.")
    control: Flag = Field(False, description="true for the one arm that the others are compared with.")
    weight: Annotated[Number, AfterValidator(_positive)] = Field(1.0, description="Relative share of the units.")
    cadence: Annotated[Duration, AfterValidator(_length)] | None = Field(
        None, description="Time between two sends, such as 7d."
    )
    title: Text | None = Field(None, description="What the report calls it; the name when absent.")
    description: Prose | None = Field(None, description="A sentence for the reader of the report.")


class Period(Part):
    """The days on which units enter the experiment, and the last day that the data covers."""

    start: Day = Field(description="First day of enrolment.")
    end: Day | None = Field(None, description="Last day of enrolment, included.")
    through: Day | None = Field(
        None, description="Last day, included, that the events cover completely; the last event's time when absent."
    )


class Population(Part):
    """Who can be counted."""

    eligible: Condition | None = Field(
        None,
        description="Condition on columns of the customers table that were known before the start, "
        "such as first_order_at < period.start.",
    )


class Source(Part):
    """A table: where it is and which columns hold what."""

    path: Text | None = Field(
        None, description="File or glob, relative to the definition: .csv, .csv.gz, .parquet, .ndjson or .jsonl."
    )
    unit: Text | None = Field(None, description="Column of the unit's id; the definition's `unit` when absent.")
    at: Text | None = Field(None, description="Column of the time: of the event, or of the assignment.")
    arm: Text | None = Field(None, description="Column of the arm (assignments, or customers of a wide file).")
    value: Text | None = Field(None, description="Column of the event's value, for sum and mean.")
    where: Condition | None = Field(None, description="Only rows for which this condition on columns is true.")


class Assignment(Part):
    """How `abtest assign` draws the arms."""

    salt: Text | None = Field(None, description="Text hashed with each unit's id; the experiment's name when absent.")
    at: Text | None = Field(
        None, description="Column of the customers table with the time a unit enters; period.start when absent."
    )


class AnalysisSettings(Part):
    """How the comparisons are tested."""

    confidence: Annotated[Number, AfterValidator(_share)] = Field(0.95, description="Level of the intervals.")
    correction: Literal["holm", "hochberg", "bonferroni", "bh", "by", "none"] = Field(
        "holm", description="Correction for several primary comparisons."
    )


class ReportSettings(Part):
    """What is written."""

    formats: list[Literal["pdf", "png"]] = Field(["pdf", "png"], description="Files to write beside results.json.")
    language: Literal["en"] = Field("en", description="Language of the report.")


class Definition(Part):
    """An experiment: who is compared, on what, and how it will be decided."""

    version: Version = Field(1, description="Version of this grammar.")
    name: Name = Field(description="Short name; reports and files are named after it.")
    title: Text | None = Field(None, description="What the report calls the experiment.")
    hypothesis: Prose | None = Field(None, description="What is believed, in a sentence, written before the start.")
    unit: Text | None = Field(None, description="Column of the id of what is randomised, such as customer_id.")
    timezone: Zone | None = Field(
        None, description="Time zone of dates and of timestamps without one, such as Europe/Helsinki."
    )
    period: Period | None = Field(None, description="Enrolment and data period.")
    arms: list[Arm] = Field(min_length=2, max_length=MAX_ARMS, description="The arms; one has control: true.")
    population: Population = Field(Population(), description="Who can be counted.")
    data: dict[Key, Source] = Field(
        min_length=1, description="The tables: customers, assignments, and one for each kind of event."
    )
    metrics: dict[Key, Metric] = Field(min_length=1, description="What is compared.")
    assignment: Assignment = Field(Assignment(), description="How `abtest assign` draws the arms.")
    analysis: AnalysisSettings = Field(AnalysisSettings(), description="How it is tested.")
    report: ReportSettings = Field(ReportSettings(), description="What is written.")

    @property
    def control(self) -> Arm:
        """The arm that the others are compared with."""
        return next(arm for arm in self.arms if arm.control)

    @property
    def treatments(self) -> list[Arm]:
        """All arms but the control, in the order of the file."""
        return [arm for arm in self.arms if not arm.control]

    @property
    def arm_source(self) -> str:
        """Name of the table that holds the arms."""
        return ASSIGNMENTS if ASSIGNMENTS in self.data else CUSTOMERS

    @property
    def event_sources(self) -> list[str]:
        """Names of the event tables that a metric uses, in the order of the file."""
        used = set()
        for name, metric in self.metrics.items():
            outcome = metric.outcome(name)
            used |= {outcome.source} | ({outcome.covariate.source} if outcome.covariate else set())
        return [name for name in self.data if name in used and name not in {CUSTOMERS, ASSIGNMENTS}]

    def unit_column(self, source: str) -> str | None:
        """Return the column with the unit's id in ``source``; ``None`` when each row is one unit."""
        return self.data[source].unit or self.unit

    @property
    def timed(self) -> bool:
        """Whether anything is counted from the time of the assignment."""
        return bool(self.event_sources)
