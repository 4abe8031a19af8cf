"""What is expected, measured on the definition's own data of an earlier time, by the same definitions of metrics.

Principle: the past is analysed as if the experiment had started then, with arms that nobody was treated by. Who is
eligible, what a window is and what a covariate is are the definition's own, so what is measured is what the test will
see. Everything runs in the engine; sums come back.
"""

import datetime as dt
import math
from dataclasses import dataclass, replace
from pathlib import Path

from abtest.assignment.draw import save
from abtest.definition.assignment import Assignment
from abtest.definition.load import Experiment
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition, Period, Source
from abtest.definition.plan_part import Expected, PlanInputs, PlannedClusters
from abtest.engines.choice import Choice
from abtest.engines.options import Progress
from abtest.errors import DataError, UsageError
from abtest.grammar.fields import YEARS, Level
from abtest.metrics.methods import Method, standard_error
from abtest.moments.sums import ClusterSums, MetricMoments
from abtest.planning.plan import Measured
from abtest.process.temporary import temporary_folder
from abtest.warehouse.collect import Collector

CONFIDENCE = 0.95
_FEWEST = 20
"""Mature units from which on anything is measured."""


def measure(
    experiment: Experiment,
    inputs: PlanInputs,
    between: str,
    *,
    choice: Choice | None = None,
    progress: Progress | None = None,
) -> tuple[PlanInputs, dict[str, Measured]]:
    """Return ``inputs`` with what they leave open measured, and the intervals of the measured baselines.

    ``between`` is ``FROM:TO``: all eligible customers enter on the first day, and the data count to the last one. What
    is given stays as it is. Raises :class:`~abtest.errors.UsageError` for days that are none, and
    :class:`~abtest.errors.DataError` where no unit is mature.
    """
    first, last = _days(between)
    past = _past(experiment, first, last)
    asked = choice or Choice()
    with temporary_folder() as folder:
        path = folder / "history.parquet"
        opened = asked.open(past.definition, progress)
        try:
            save(past, opened, path)
        finally:
            opened.close()
        opened = asked.open(past.definition, progress)
        try:
            collected = Collector(_with_assignments(past, path), opened).collect()
        finally:
            opened.close()
    metrics, measured = dict(inputs.metrics), {}
    clusters = inputs.clusters
    for name, moments in collected.metrics.items():
        found = _found(past.definition, name, moments)
        if found is None:
            if past.definition.metrics[name].role != "secondary":
                raise DataError(
                    f"--history {between}: too few units are mature for {name} by {last}; let it begin earlier, so "
                    "that its window is over for all"
                )
            continue
        said = metrics.get(name, Expected())
        if said.baseline is None:
            measured[name] = Measured(found.low, found.high, found.units)
        metrics[name] = said.model_copy(
            update={
                "baseline": said.baseline or Level(found.value, percent=False),
                "sd": said.sd if said.sd is not None or found.sd is None else found.sd,
                "r2": said.r2 or found.r2,
            }
        )
        if clusters is None and past.definition.metrics[name].role == "primary" and moments.clusters:
            clusters = _clusters(moments)
    return inputs.model_copy(update={"metrics": metrics, "clusters": clusters}), measured


def _days(between: str) -> tuple[dt.date, dt.date]:
    begin, _, end = between.partition(":")
    try:
        first, last = dt.date.fromisoformat(begin), dt.date.fromisoformat(end)
    except ValueError:
        raise UsageError(f"--history {between}: must be two days such as 2025-09-01:2025-12-31") from None
    if not YEARS[0] <= first.year <= last.year <= YEARS[1] or last <= first:
        raise UsageError(f"--history {between}: the second day must lie after the first")
    return first, last


def _past(experiment: Experiment, first: dt.date, last: dt.date) -> Experiment:
    """Return the experiment as if it had started on ``first`` with everybody, and the data ended on ``last``."""
    definition = experiment.definition
    if not definition.timed or CUSTOMERS not in definition.data:
        raise UsageError(
            f"{experiment.place('data')}: --history needs data.customers and metrics of events after a day; give "
            "baselines with --baseline instead"
        )
    lag = definition.period.lag if definition.period else None
    changed = definition.model_copy(
        update={
            "period": Period(start=first, end=first, through=last, lag=lag),
            "assignment": Assignment(),
            "segments": [],
            "compliance": None,
            "value": None,
            "analysis": definition.analysis.model_copy(update={"monitoring": None, "bayes": None}),
            "data": {name: source for name, source in definition.data.items() if name != ASSIGNMENTS},
        }
    )
    customers = changed.data[CUSTOMERS]
    if customers.arm is not None:
        raise UsageError(
            f"{experiment.place('data', CUSTOMERS)}: --history needs customers without arms; give baselines with "
            "--baseline instead"
        )
    return replace(experiment, definition=changed)


def _with_assignments(past: Experiment, path: Path) -> Experiment:
    definition = past.definition
    unit = definition.unit_column(CUSTOMERS)
    source = Source(path=str(path), arm="arm", at="assigned_at", unit=unit)
    data = {CUSTOMERS: definition.data[CUSTOMERS], ASSIGNMENTS: source, **definition.data}
    return replace(past, definition=definition.model_copy(update={"data": data}))


@dataclass(frozen=True, slots=True)
class _Found:
    """What was measured of one metric over both arms: its value with an interval, a unit's spread, and R²."""

    value: float
    low: float | None
    high: float | None
    sd: float | None
    r2: float
    units: int


def _found(definition: Definition, name: str, moments: MetricMoments) -> _Found | None:
    metric = definition.metrics[name]
    method = metric.method(moments)
    arms = range(len(moments.arms))
    sizes = [lifetimes.units for lifetimes in moments.lifetimes] if metric.traits.times and moments.lifetimes else None
    units = [sums.n for sums in moments.arms] if sizes is None else sizes
    total = sum(units)
    values = [method.value(arm, CONFIDENCE) for arm in arms]
    known = [
        (value.estimate, (value.high - value.low) / 2, n)
        for value, n in zip(values, units, strict=True)
        if value.estimate is not None and value.low is not None and value.high is not None and n > 0
    ]
    if total < _FEWEST or len(known) < len(units):
        return None
    value = math.fsum(estimate * n for estimate, _, n in known) / total
    # The arms are parts of one population: their half-widths add up as errors of a weighted mean do.
    half = math.sqrt(math.fsum((half * n / total) ** 2 for _, half, n in known))
    z = 1.959963984540054
    spread = math.sqrt(math.fsum(n * n * (half / z) ** 2 for _, half, n in known) / total)
    rate = moments.rate and metric.traits.sized == "average"
    low, high = value - half, value + half
    if rate:
        low, high = max(low, value / 10), min(high, 1 - (1 - value) / 10)
        if not 0 < value < 1:
            return None
    return _Found(value, low, high, None if rate else spread or None, _explained(method), total)


def _explained(method: Method) -> float:
    """Return the share of the variance of a difference that covariates remove."""
    if method.unadjusted is None:
        return 0.0
    errors = [standard_error(way.compare(1, 0, CONFIDENCE), CONFIDENCE) for way in (method, method.unadjusted)]
    if not errors[0] or not errors[1]:
        return 0.0
    return min(max(1 - (errors[0] / errors[1]) ** 2, 0.0), 0.999)


def _clusters(moments: MetricMoments) -> PlannedClusters | None:
    """Return size, its variation and the intraclass correlation, by analysis of variance: Donner & Koval (1980)."""
    groups: tuple[ClusterSums, ...] = tuple(group for group in moments.clusters or () if sum(group.members) > 0)
    count = sum(group.clusters for group in groups)
    sizes = [(sum(group.members), group.clusters) for group in groups]
    members = sum(size * many for size, many in sizes)
    if count < 2 or members <= count:
        return None
    scale = moments.arms[0].scale
    grand = sum(sum(group.totals) for group in groups) / scale
    within_total = sum(sums.squares for sums in moments.arms) / scale**2
    between = sum(sum(sum(row) for row in group.products) / scale**2 / sum(group.members) for group in groups)
    square_b = (between - grand**2 / members) / (count - 1)
    square_w = (within_total - between) / (members - count)
    squares = sum(size * size * many for size, many in sizes)
    typical = (members - squares / members) / (count - 1)
    icc = (square_b - square_w) / (square_b + (typical - 1) * square_w) if square_b + square_w > 0 else 0.0
    mean = members / count
    variation = math.sqrt(max(squares / count - mean * mean, 0.0)) / mean
    return PlannedClusters(size=mean, cv=variation, icc=min(max(icc, 0.0), 0.999))
