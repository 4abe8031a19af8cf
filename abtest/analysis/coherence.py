"""Do the parts of an analysis fit together? Asked once, when all of them are read.

Principle: readers look up by name and find one thing. So names are given once, what is named is there, an arm is
compared with another one; and all that is drawn or listed is no more than a report can hold.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from abtest.analysis import bounds

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis, MetricResult


def require_coherent(analysis: "Analysis") -> None:
    """Raise :class:`ValueError` that says which part does not fit to which."""
    arms = [arm.name for arm in analysis.experiment.arms]
    metrics = [metric.name for metric in analysis.metrics]
    _require_sizes(analysis)
    _require_once("experiment.arms", arms)
    _require_once("metrics", metrics)
    if sum(arm.control for arm in analysis.experiment.arms) != 1:
        raise ValueError("experiment.arms: exactly one must be the control")
    _require_once("population", [entry.arm for entry in analysis.population])
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


def _require_once(place: str, names: Iterable[str]) -> None:
    if any(times > 1 for times in Counter(names).values()):
        raise ValueError(f"{place}: a name stands there twice")


def _require_sizes(analysis: "Analysis") -> None:
    points = sum(len(line.points) for curve in analysis.curves for line in (*curve.arms, *curve.comparisons))
    points += sum(len(arm.projection) for arm in (analysis.value.arms if analysis.value else ()))
    compared = sum(len(pairs) for _, pairs in _compared(analysis)) + sum(len(s.levels) for s in analysis.segments)
    for what, count, most in (
        ("arms", len(analysis.experiment.arms), bounds.MOST_ARMS),
        ("metrics", len(analysis.metrics), bounds.MOST_METRICS),
        ("curves", len(analysis.curves), bounds.MOST_CURVES),
        ("comparisons", compared, bounds.MOST_COMPARISONS),
        ("points of curves", points, bounds.MOST_POINTS),
    ):
        if count > most:
            raise ValueError(f"there are {count:,} {what}, and no more than {most:,} are read")


def _named(analysis: "Analysis") -> Iterator[tuple[str, list[str], list[str]]]:
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


def _of_metric(metric: "MetricResult") -> Iterator[tuple[str, list[str], list[str]]]:
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


def _compared(analysis: "Analysis") -> Iterator[tuple[str, list[tuple[str, str]]]]:
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


def _used_metrics(analysis: "Analysis") -> Iterator[tuple[str, list[str]]]:
    yield "curves", [curve.metric for curve in analysis.curves]
    yield "segments", [segment.metric for segment in analysis.segments]
    yield "value", [analysis.value.metric] if analysis.value is not None else []
    yield "board", [analysis.board.metric] if analysis.board is not None else []
