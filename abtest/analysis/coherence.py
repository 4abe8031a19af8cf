"""Can a stored analysis be rendered? Asked once, when it is read, since a stranger can have made it.

Principle: whatever renders results may rely on this, so that nothing there guards itself. Numbers can be multiplied by
a hundred, subtracted and drawn; counts are counts; what is drawn or listed comes to an end. Names are given once, what
is named is there, and an arm is compared with another one. An analysis of ours is not asked, however large it is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from pydantic import BaseModel

from abtest.analysis.result import Analysis, MetricResult

LARGEST = 10**120
"""The largest size of a number. The statistics refuse values beyond 1e75, and a lift may be larger."""
LARGEST_COUNT = 2**63 - 1
LONGEST_TEXT = 20_000
"""Characters of a text."""
MOST_ENTRIES = 5_000
"""Entries of any list, such as checks, reasons, or the points of one curve."""
MOST_ARMS = 100
MOST_METRICS = 300
MOST_CURVES = 300
MOST_COMPARISONS = 3_000
"""Comparisons of all metrics, their readings, curves and levels of segments together."""
MOST_POINTS = 30_000
"""Points of all curves and projections together."""


def require_renderable(analysis: Analysis) -> None:
    """Raise :class:`ValueError` that says which part is too large, or does not fit to which."""
    _require_bounded("", analysis)
    arms = [arm.name for arm in analysis.experiment.arms]
    metrics = [metric.name for metric in analysis.metrics]
    _require_sizes(analysis)
    _require_once("experiment.arms", arms)
    _require_once("metrics", metrics)
    if sum(arm.control for arm in analysis.experiment.arms) != 1:
        raise ValueError("experiment.arms: exactly one must be the control")
    _require_once("population", [entry.arm for entry in analysis.population])
    if not all(metric.arms for metric in analysis.metrics):
        raise ValueError("metrics.arms: names no arm")
    known = set(arms)
    for place, named, others in _named(analysis):
        _require_once(place, named)
        for name in (*named, *others):
            if name not in known:
                raise ValueError(f"{place}: names an arm that experiment.arms does not have")
    for place, compared in _compared(analysis):
        if any(arm == control for arm, control in compared):
            raise ValueError(f"{place}: compares an arm with itself")
    for place, used in _used_metrics(analysis):
        if not set(used) <= set(metrics):
            raise ValueError(f"{place}: names a metric that metrics does not have")


def _require_bounded(place: str, value: object) -> None:
    """Raise :class:`ValueError` for a number, text or list that is too large, with its place."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, BaseModel):
        for name, part in value.__dict__.items():
            _require_bounded(f"{place}.{name}" if place else name, part)
    elif isinstance(value, float):
        if abs(value) > LARGEST:
            raise ValueError(f"{place}: must not exceed {float(LARGEST):g} in size")
    elif isinstance(value, int):
        if not 0 <= value <= LARGEST_COUNT:
            raise ValueError(f"{place}: must be a count from 0 to {LARGEST_COUNT}")
    elif isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise ValueError(f"{place}: must not be longer than {LONGEST_TEXT:,} characters")
    elif isinstance(value, list | tuple | dict):
        if len(value) > MOST_ENTRIES:
            raise ValueError(f"{place}: must not have more than {MOST_ENTRIES:,} entries")
        for entry in [*value, *value.values()] if isinstance(value, dict) else value:
            _require_bounded(place, entry)


def _require_once(place: str, names: Iterable[str]) -> None:
    if any(times > 1 for times in Counter(names).values()):
        raise ValueError(f"{place}: a name stands there twice")


def _require_sizes(analysis: Analysis) -> None:
    points = sum(len(arm.points) for curve in analysis.curves for arm in curve.arms)
    points += sum(len(compared.points) for curve in analysis.curves for compared in curve.comparisons)
    points += sum(len(arm.projection) for arm in (analysis.value.arms if analysis.value else ()))
    compared = sum(len(pairs) for _, pairs in _compared(analysis)) + sum(len(s.levels) for s in analysis.segments)
    for what, count, most in (
        ("arms", len(analysis.experiment.arms), MOST_ARMS),
        ("metrics", len(analysis.metrics), MOST_METRICS),
        ("curves", len(analysis.curves), MOST_CURVES),
        ("comparisons", compared, MOST_COMPARISONS),
        ("points of curves", points, MOST_POINTS),
    ):
        if count > most:
            raise ValueError(f"there are {count:,} {what}, and no more than {most:,} are rendered")


def _named(analysis: Analysis) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield the lists of arms by place: those that a list names, each once, and others that it refers to."""
    yield "population", [entry.arm for entry in analysis.population], []
    for metric in analysis.metrics:
        yield from _of_metric(metric)
    for curve in analysis.curves:
        yield "curves", [arm.arm for arm in curve.arms], []
        yield "curves", [c.arm for c in curve.comparisons], [c.control for c in curve.comparisons]
    for segment in analysis.segments:
        yield "segments", [segment.arm], [segment.control]
    if analysis.value is not None:
        yield "value", [arm.arm for arm in analysis.value.arms], []
        yield "value", [c.arm for c in analysis.value.comparisons], [c.control for c in analysis.value.comparisons]
    if analysis.board is not None:
        yield "board", [row.arm for row in analysis.board.rows], []
    if analysis.decision.arm is not None:
        yield "decision", [analysis.decision.arm], []


def _of_metric(metric: MetricResult) -> Iterator[tuple[str, list[str], list[str]]]:
    yield "metrics.arms", [arm.arm for arm in metric.arms], []
    yield "metrics.comparisons", [c.arm for c in metric.comparisons], [c.control for c in metric.comparisons]
    for reading in metric.readings:
        yield "metrics.readings", [arm.arm for arm in reading.arms], []
        yield "metrics.readings", [c.arm for c in reading.comparisons], [c.control for c in reading.comparisons]
    if metric.survival is not None:
        yield "metrics.survival", [median.arm for median in metric.survival.medians], []
        yield "metrics.survival", [h.arm for h in metric.survival.hazards], [h.control for h in metric.survival.hazards]
        for landmark in metric.survival.landmarks:
            yield "metrics.survival", [arm.arm for arm in landmark.arms], []
            yield "metrics.survival", [c.arm for c in landmark.comparisons], [c.control for c in landmark.comparisons]


def _compared(analysis: Analysis) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for metric in analysis.metrics:
        yield "metrics.comparisons", [(c.arm, c.control) for c in metric.comparisons]
        for reading in metric.readings:
            yield "metrics.readings", [(c.arm, c.control) for c in reading.comparisons]
        for landmark in metric.survival.landmarks if metric.survival is not None else ():
            yield "metrics.survival", [(c.arm, c.control) for c in landmark.comparisons]
    for curve in analysis.curves:
        yield "curves", [(c.arm, c.control) for c in curve.comparisons]
    for segment in analysis.segments:
        yield "segments", [(segment.arm, segment.control)]
    if analysis.value is not None:
        yield "value", [(c.arm, c.control) for c in analysis.value.comparisons]


def _used_metrics(analysis: Analysis) -> Iterator[tuple[str, list[str]]]:
    yield "curves", [curve.metric for curve in analysis.curves]
    yield "segments", [segment.metric for segment in analysis.segments]
    yield "value", [analysis.value.metric] if analysis.value is not None else []
    yield "board", [analysis.board.metric] if analysis.board is not None else []
