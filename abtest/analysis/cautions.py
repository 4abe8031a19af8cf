"""What a reader of a comparison of means must know of its interval: with which data it is known to be off."""

from collections.abc import Iterator

from abtest.analysis.result import BayesResult, UnadjustedComparison
from abtest.stats.cautions import (
    FEW_ADJUSTED,
    FEW_CARRY,
    FEW_CREDIBLE,
    FEW_RESAMPLED,
    fewest_effective,
    lopsided,
    skewed_means,
)
from abtest.stats.values import Moments
from abtest.words.reason import Reason


def cautions(
    counted: tuple[Moments, Moments],
    whole: tuple[Moments, Moments],
    *,
    adjusted: bool,
    bayes: BayesResult | None,
    bootstrap: UnadjustedComparison | None,
    not_winsorised: UnadjustedComparison | None,
) -> list[Reason]:
    """Return the cautions on a control and an arm.

    ``counted`` are the moments of the values compared, ``whole`` those before winsorising. ``adjusted``: whether
    covariates took part. The others are the readings that stand beside, where there are such.
    """
    return [
        *_of_comparison(counted, adjusted=adjusted),
        *_of_readings(counted, whole, bayes, bootstrap, not_winsorised),
    ]


def _of_comparison(arms: tuple[Moments, Moments], *, adjusted: bool) -> Iterator[Reason]:
    fewest = fewest_effective(*arms)
    signed = any(arm.tail is not None and arm.tail.negative for arm in arms)
    if fewest is not None and fewest < FEW_CARRY:
        yield Reason.of("caution-few-carry", n=_whole(fewest))
    elif fewest is not None and adjusted and fewest < FEW_ADJUSTED:
        yield Reason.of("caution-few-adjusted", n=_whole(fewest))
    elif signed and skewed_means(*arms):
        yield Reason("caution-few-signed")
    if (adjusted or signed) and lopsided(*arms):
        yield Reason.of("caution-lopsided", adjusted=adjusted)


def _of_readings(
    counted: tuple[Moments, Moments],
    whole: tuple[Moments, Moments],
    bayes: BayesResult | None,
    bootstrap: UnadjustedComparison | None,
    not_winsorised: UnadjustedComparison | None,
) -> Iterator[Reason]:
    fewest, uncut = fewest_effective(*counted), fewest_effective(*whole)
    if bootstrap is not None and fewest is not None and fewest < FEW_RESAMPLED:
        yield Reason.of("caution-reading", reading="bootstrap", n=_whole(fewest))
    if bayes is not None and fewest is not None and fewest < FEW_CREDIBLE:
        yield Reason.of("caution-reading", reading="credible", n=_whole(fewest))
    if not_winsorised is not None and uncut is not None and uncut < FEW_CARRY:
        yield Reason.of("caution-reading", reading="not-winsorised", n=_whole(uncut))


def _whole(number: float) -> int:
    return max(1, round(number))
