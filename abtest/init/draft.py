"""What a draft says, before it is written as YAML. Plain values; every ``note`` is a guess that the user must check."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from abtest.init.scalars import Value


@dataclass(frozen=True, slots=True)
class ArmDraft:
    """One arm as the data writes it, and how many units it has."""

    name: str
    units: int
    weight: int
    cadence: int | None


@dataclass(frozen=True, slots=True)
class PeriodDraft:
    """Enrolment as seen in the data. ``through`` is ``None`` when the events tell nothing about the data's end."""

    start: dt.date
    end: dt.date
    through: dt.date | None
    note: str


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A table: its path as the user gave it, its columns, the keys that map them, notes and further comments."""

    name: str
    path: str
    columns: tuple[str, ...]
    keys: Mapping[str, Value]
    notes: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricDraft:
    """A metric: its keys in the order in which they are written, what is guessed, and lines to uncomment."""

    name: str
    keys: Mapping[str, Value]
    note: str | None = None
    comment: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """A condition on the customers: in force, or only suggested (``active`` false), and why."""

    condition: str
    active: bool
    note: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole definition, in the order of the file.

    ``segments`` and ``before`` are columns that could be segments and covariates; ``findings`` are facts about the data
    for the user to know.
    """

    name: str
    title: str
    files: tuple[str, ...]
    unit: str | None
    unit_note: str | None
    timezone: str | None
    timezone_note: str | None
    period: PeriodDraft | None
    arms: tuple[ArmDraft, ...]
    arms_notes: tuple[str, ...]
    eligibility: Eligibility | None
    sources: tuple[SourceDraft, ...]
    metrics: tuple[MetricDraft, ...]
    segments: tuple[str, ...]
    before: tuple[str, ...]
    findings: tuple[str, ...]

    @property
    def control(self) -> str:
        """The arm that the others are compared with."""
        return self.arms[0].name

    def checks(self) -> Iterator[tuple[str, str]]:
        """Yield every guess with the part of the file it stands in, in file order."""
        for part, note in (("unit", self.unit_note), ("timezone", self.timezone_note)):
            if note:
                yield part, note
        if self.period:
            yield "period", self.period.note
        yield from (("arms", note) for note in self.arms_notes)
        if self.eligibility:
            yield "population", self.eligibility.note
        for source in self.sources:
            yield from ((f"data.{source.name}", note) for note in source.notes)
        for metric in self.metrics:
            if metric.note:
                yield f"metrics.{metric.name}", metric.note
