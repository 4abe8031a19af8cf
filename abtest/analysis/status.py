"""How far an experiment has come: who was enrolled when, whose window is over, when the answer can be read.

Principle: none of it is an outcome. It can be looked at every day, and nothing of the effect shows in it.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from abtest.analysis.value import Value

if TYPE_CHECKING:
    from abtest.analysis.result import Decision, MetricResult
    from abtest.definition.model import Definition
    from abtest.moments.collected import Collected
    from abtest.warehouse.calendar import Calendar

FEWEST = 0.5
"""The share of mature units from which on an early look is more than the few who came first."""
_EPOCH = dt.date(1970, 1, 1)
_DAY_US = 86_400_000_000
_SENDS = re.compile(r"^sends?$|sent|e?_?mails?$|mailing|messages?$|push|sms|notif|deliver|impression|letter|touch")
"""Tables of what an arm does to its units, and no outcome."""


class EnrolledOn(Value):
    """A day of enrolment in the definition's zone, and the eligible units that were assigned on it, by arm."""

    day: str
    units: dict[str, int]


class MatureNow(Value):
    """The counted units of an arm, and those of them whose whole window lies before the data's end."""

    arm: str
    mature: int
    counted: int


class MetricStatus(Value):
    """How far one metric is: ``readable_on`` is the ISO date on which all units are mature and their events are there.

    ``enrolled_readable_on`` is the same for the units enrolled so far. Both are ``None`` where no date is known, or the
    metric has no window. ``counts_immature``: immature units count for as long as they were followed.
    """

    metric: str
    arms: list[MatureNow]
    readable_on: str | None = None
    enrolled_readable_on: str | None = None
    counts_immature: bool = False

    @property
    def mature(self) -> int:
        """Mature units of all arms."""
        return sum(arm.mature for arm in self.arms)

    @property
    def counted(self) -> int:
        """Counted units of all arms."""
        return sum(arm.counted for arm in self.arms)


class DoneToArm(Value):
    """What an arm got: ``units`` of its units ``of``, or ``events`` of these, whichever is known.

    Units are eligible; those whose ``events`` are counted are enrolled until the data's end.
    """

    arm: str
    of: int
    units: int | None = None
    events: int | None = None


class Fidelity(Value):
    """Whether the arms got what they were to get: units exposed to what is tested, or what was sent to them.

    ``event`` is the table.
    """

    kind: Literal["exposed", "sent"]
    event: str
    arms: list[DoneToArm]


class Freshness(Value):
    """The last event of a table as an ISO instant, and how many days before the data's end that is."""

    source: str
    last: str | None
    days_before_end: float | None


class Status(Value):
    """How far the experiment has come. ``too_early``: a report of it is this status, and no effect.

    ``enrolment`` lists the days on which somebody is enrolled; ``enrolled`` counts those until the data's end, by arm,
    and ``later`` those who are assigned to a later day.
    """

    too_early: bool = False
    enrolled: dict[str, int] = Field(default_factory=dict)
    later: int = 0
    enrolment: list[EnrolledOn] = Field(default_factory=list)
    metrics: list[MetricStatus] = Field(default_factory=list)
    fidelity: list[Fidelity] = Field(default_factory=list)
    sources: list[Freshness] = Field(default_factory=list)

    @property
    def enrolled_days(self) -> list[str]:
        """The days of enrolment until the data's end."""
        wanted, seen, found = sum(self.enrolled.values()), 0, []
        for day in self.enrolment:
            if seen < wanted:
                found.append(day.day)
            seen += sum(day.units.values())
        return found

    def of(self, metric: str) -> MetricStatus | None:
        """Return the status of the metric called ``metric``; ``None`` where it has none."""
        return next((each for each in self.metrics if each.metric == metric), None)


def status_of(definition: "Definition", collected: "Collected", metrics: Sequence["MetricResult"]) -> Status | None:
    """Return how far the experiment has come; ``None`` where nothing has a time, as in one wide file.

    Whether it is too early is said by :func:`judged`, which needs the decision.
    """
    if not definition.timed:
        return None
    names = [arm.name for arm in definition.arms]
    from abtest.warehouse.calendar import Calendar

    calendar = Calendar.of(definition)
    last = max(collected.days, default=None)
    ended = _last_day(calendar, collected.through)
    sizes = [arm.eligible for arm in collected.ledger]
    enrolled = [sum(units[arm] for day, units in collected.days.items() if day <= ended) for arm in range(len(names))]
    enrolled = enrolled if collected.days else sizes
    return Status(
        enrolled=dict(zip(names, enrolled, strict=True)),
        later=sum(sizes) - sum(enrolled),
        enrolment=[
            EnrolledOn(day=_date(day).isoformat(), units=dict(zip(names, units, strict=True)))
            for day, units in collected.days.items()
        ],
        metrics=[_metric(definition, metric, None if last is None else _date(last)) for metric in metrics],
        fidelity=_fidelity(definition, collected, dict(zip(names, enrolled, strict=True))),
        sources=[
            Freshness(
                source=source.name,
                last=calendar.iso(source.last),
                days_before_end=_before(source.last, collected.through),
            )
            for source in collected.sources
            if source.name in definition.event_sources
        ],
    )


def judged(
    status: Status | None, metrics: Sequence["MetricResult"], decision: "Decision", *, monitored: bool
) -> Status | None:
    """Return a status that says whether it is too early: no primary metric says enough for its effect to be looked at.

    ``monitored``: figures hold at every look.
    """
    because = decision.because
    waits = decision.recommendation == "keep running" and because is not None and because.what == "maturity"
    if status is None or not waits:
        return status
    primaries = [metric for metric in metrics if metric.role == "primary"]
    return status.model_copy(update={"too_early": all(_unread(one, monitored=monitored) for one in primaries)})


def _unread(metric: "MetricResult", *, monitored: bool) -> bool:
    immature = sum(arm.immature for arm in metric.arms)
    if not immature:
        return False
    if all(comparison.difference.estimate is None for comparison in metric.comparisons):
        return True
    if metric.counts_immature or monitored:
        return False
    mature = sum(arm.mature for arm in metric.arms)
    return mature < FEWEST * (mature + immature)


def _metric(definition: "Definition", metric: "MetricResult", last: dt.date | None) -> MetricStatus:
    from abtest.definition.timeline import readable

    outcome = definition.outcome(metric.name)
    waits = any(arm.immature for arm in metric.arms)
    return MetricStatus(
        metric=metric.name,
        arms=[MatureNow(arm=arm.arm, mature=arm.mature, counted=arm.mature + arm.immature) for arm in metric.arms],
        readable_on=_iso(readable(definition, outcome)) if waits else None,
        enrolled_readable_on=_iso(readable(definition, outcome, last)) if waits and last is not None else None,
        counts_immature=metric.counts_immature,
    )


def _fidelity(definition: "Definition", collected: "Collected", enrolled: Mapping[str, int]) -> list[Fidelity]:
    exposure = definition.population.exposure
    ledger = collected.ledger
    found = []
    if exposure is not None:
        arms = [
            DoneToArm(arm=name, of=arm.eligible, units=arm.exposed) for name, arm in zip(enrolled, ledger, strict=True)
        ]
        found.append(Fidelity(kind="exposed", event=exposure.event, arms=arms))
    taken = definition.compliance.event if definition.compliance else None
    for source in collected.sources:
        if source.by_arm is not None and (source.name == taken or _sends(definition, source.name)):
            arms = [
                DoneToArm(arm=name, of=units, events=events)
                for (name, units), events in zip(enrolled.items(), source.by_arm, strict=True)
            ]
            found.append(Fidelity(kind="sent", event=source.name, arms=arms))
    return found


def _sends(definition: "Definition", source: str) -> bool:
    """Whether a table holds what the arms send, and decides nothing."""
    deciding = [name for name, metric in definition.metrics.items() if metric.role != "secondary"]
    decides = any(part.source == source for name in deciding for part in definition.outcome(name).parts)
    return not decides and _SENDS.search(source.lower()) is not None


def _last_day(calendar: "Calendar", through: int | None) -> int:
    """Return the last local day, since 1970, that has an instant before the data's end."""
    text = None if through is None else calendar.iso(through - 1)
    return dt.date.max.toordinal() if text is None else (dt.date.fromisoformat(text[:10]) - _EPOCH).days


def _before(last: int | None, through: int | None) -> float | None:
    return None if last is None or through is None else max(0.0, (through - last) / _DAY_US)


def _date(day: int) -> dt.date:
    return _EPOCH + dt.timedelta(days=day)


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
