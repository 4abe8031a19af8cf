"""Event-free curves and incidences as a whole: bands that hold at all given times at once, also for differences.

The principle. Greenwood's sums v(t) say how the points of a curve hang together: cov(S(s), S(t)) is S(s)·S(t)·v of the
earlier of s and t. The largest |statistic| under that correlation gives one critical value for all times, and a band is
the pointwise interval at its level: as ``curves`` does for rates by period. On the complementary log-log scale this is
the equal-precision band of Nair (1984), Technometrics 26:265-275, at the given times rather than in between, and
without his approximation of the critical value.
"""

from collections.abc import Sequence

import numpy as np

from abtest.stats.checks import CONFIDENCE
from abtest.stats.competing import CompetingTable, compare_incidence, incidence_at, incidence_covariance
from abtest.stats.curves import Curve, CurveComparison, CurvePoint, band_level, compare_points, each
from abtest.stats.score import Floats
from abtest.stats.simultaneous import correlation, increments_critical_value, simultaneous_critical_value
from abtest.stats.survival import LifeTable, ProductLimit, compare_survival, survival_at
from abtest.stats.values import TwoSample


def event_free_curve(table: LifeTable, times: Sequence[float], confidence: float = CONFIDENCE) -> Curve:
    """Event-free shares of one arm at rising ``times``, as ``survival_at``, each by itself and as part of the curve.

    The logarithm of a curve has independent increments, so its critical value comes from a recursion and is exact but
    for the normal law. Times at which nobody has had the event yet, or all have, or that the follow-up does not reach,
    are not part of it. ``n`` of a point: the units whose state at its time is known.
    """
    shares, relative = _points(table, times)
    varies = (shares > 0) & (relative > 0)
    critical = increments_critical_value(relative[varies], confidence) if varies.any() else None
    level = band_level(critical, confidence)
    return Curve(
        tuple(
            CurvePoint(
                table.known(time),
                float(share**2 * variance) if varies[place] else None,
                survival_at(table, time, confidence),
                survival_at(table, time, level),
            )
            for place, (time, share, variance) in enumerate(zip(times, shares, relative, strict=True))
        ),
        critical,
    )


def compare_event_free(
    control: LifeTable, treatment: LifeTable, times: Sequence[float], confidence: float = CONFIDENCE
) -> CurveComparison:
    """Differences of the event-free shares at rising ``times``, as ``compare_survival``, with band and test.

    The test is whether the curves differ at any of these times, and agrees with the band; the log-rank test, which
    weighs all times, asks something else. An arm without an event yet borrows its variance for the statistic
    (``horizon.compare_estimates``); it has no part in the correlation.
    """

    def at(place: int, level: float) -> TwoSample:
        return compare_survival(control, treatment, times[place], level)

    covariance = _covariance(control, times) + _covariance(treatment, times)
    return compare_points(each(at, len(times)), covariance, confidence)


def incidence_curve(table: CompetingTable, cause: int, times: Sequence[float], confidence: float = CONFIDENCE) -> Curve:
    """Cumulative incidences of ``cause`` at rising ``times``, as ``incidence_at``, by themselves and as a whole curve.

    The critical value is that of the largest |z| under the covariance of the Aalen–Johansen estimates.
    """
    shares, covariance = incidence_covariance(table, cause, times)
    varies = (shares > 0) & (np.diag(covariance) > 0)
    critical = None
    if varies.any():
        critical = simultaneous_critical_value(correlation(covariance[np.ix_(varies, varies)]), confidence)
    level = band_level(critical, confidence)
    return Curve(
        tuple(
            CurvePoint(
                table.any_cause.known(time),
                float(covariance[place, place]) if varies[place] else None,
                incidence_at(table, cause, time, confidence),
                incidence_at(table, cause, time, level),
            )
            for place, time in enumerate(times)
        ),
        critical,
    )


def compare_incidence_curves(
    control: CompetingTable,
    treatment: CompetingTable,
    cause: int,
    times: Sequence[float],
    confidence: float = CONFIDENCE,
) -> CurveComparison:
    """Differences of the incidences of ``cause`` at rising ``times``, as ``compare_incidence``, with band and test.

    The test is whether the incidences differ at any of these times, and agrees with the band.
    """

    def at(place: int, level: float) -> TwoSample:
        return compare_incidence(control, treatment, cause, times[place], level)

    covariance = sum(incidence_covariance(table, cause, times)[1] for table in (control, treatment))
    return compare_points(each(at, len(times)), np.asarray(covariance), confidence)


def _points(table: LifeTable, times: Sequence[float]) -> tuple[Floats, Floats]:
    """Return the shares at the times and Greenwood's sums; both are 0 where the follow-up does not reach."""
    curve = ProductLimit.of(table)
    places = np.searchsorted(curve.times, np.asarray(times, dtype=float), side="right")
    shares = np.concatenate([[1.0], curve.survival])[places]
    relative = np.concatenate([[0.0], curve.relative_variance])[places]
    reached = np.array([table.unfinished(time) is None for time in times])
    return np.where(reached, shares, 0.0), np.where(reached, relative, 0.0)


def _covariance(table: LifeTable, times: Sequence[float]) -> Floats:
    shares, relative = _points(table, times)
    return np.outer(shares, shares) * np.minimum.outer(relative, relative)
