"""A metric by period since the start: each point on its own mature denominator, with bands, and the difference."""

import numpy as np

from abtest.analysis.in_time import Curve, CurveArm, CurveComparison, CurvePoint, CurveTest
from abtest.analysis.verdicts import effect
from abtest.definition.model import Definition
from abtest.grammar.time import DAY
from abtest.metrics.base import Curved
from abtest.moments.outcome import Outcome
from abtest.moments.sums import CurveSums, MetricMoments
from abtest.stats import curves
from abtest.stats.curve_moments import CurveMoments
from abtest.stats.values import Estimate


def metric_curve(definition: Definition, name: str, moments: MetricMoments, title: str, unit: str) -> Curve | None:
    """Return the curve of a metric whose definition asks for one.

    A point is the metric with the period as its window: the same methods, so the same numbers. Bands hold for all
    periods at once. Amounts are cumulated: the mean cumulative function, to which immature units contribute too.
    """
    metric, periods = definition.metrics[name], moments.outcome.periods
    if moments.curve is None or not isinstance(metric, Curved) or metric.curve_step is None:
        return None
    confidence, rate = definition.analysis.confidence, moments.rate
    names = [arm.name for arm in definition.arms]
    control = names.index(definition.control.name)
    arms = [_cross(sums) for sums in moments.curve]
    drawn = [curves.curve(arm, confidence, rate=True) if rate else curves.cumulative(arm, confidence) for arm in arms]
    return Curve(
        metric=name,
        title=title,
        kind=metric.curve_kind,
        step=metric.curve_step,
        unit="fraction" if rate else unit,
        arms=[
            CurveArm(
                arm=arm,
                points=[
                    _point(part, point.n, point.estimate, point.band)
                    for part, point in zip(periods, of.points, strict=True)
                ],
            )
            for arm, of in zip(names, drawn, strict=True)
        ],
        comparisons=[
            _comparison((names[control], name), (arms[control], arms[arm]), periods, confidence, rate=rate)
            for arm, name in enumerate(names)
            if arm != control
        ],
    )


def _comparison(
    names: tuple[str, str],
    arms: tuple[CurveMoments, CurveMoments],
    periods: tuple[Outcome, ...],
    confidence: float,
    *,
    rate: bool,
) -> CurveComparison:
    """Compare a control and a treatment, in this order."""
    found = (
        curves.compare_curves(*arms, confidence, rate=True) if rate else curves.compare_cumulative(*arms, confidence)
    )
    end, both = found.points[-1].pointwise, arms[0].n + arms[1].n
    return CurveComparison(
        arm=names[1],
        control=names[0],
        points=[
            _point(part, int(n), point.pointwise.difference, point.band.difference)
            for part, n, point in zip(periods, both, found.points, strict=True)
        ],
        test=CurveTest(
            method=found.test.method,
            statistic=found.test.statistic,
            p_value=found.test.p_value,
            reason=found.test.reason,
        ),
        total_difference=None if rate else effect(end.difference),
        total_lift=None if rate else effect(end.lift),
        total_p_value=None if rate else end.p_value,
    )


def _point(part: Outcome, n: int, own: Estimate, band: Estimate) -> CurvePoint:
    low, high = part.window or (0, 0)
    return CurvePoint(
        start_day=low / DAY,
        end_day=high / DAY,
        n=n,
        value=own.estimate,
        low=own.low,
        high=own.high,
        band_low=band.low,
        band_high=band.high,
        reason=own.reason,
    )


def _cross(sums: CurveSums) -> CurveMoments:
    """Return exact sums as the statistics take them: divided by their scale once, and so rounded once."""
    totals = np.array([[total / sums.scale for total in row] for row in sums.totals], dtype=float)
    products = np.array([[product / sums.scale**2 for product in row] for row in sums.products], dtype=float)
    return CurveMoments(np.array(sums.n, dtype=np.int64), totals, products)
