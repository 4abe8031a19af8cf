"""Did the split hold on every day and in every segment? A warning, since a changed plan shows too."""

from collections.abc import Iterator, Mapping

from abtest.checks.finding import SURPRISE, Finding, Given
from abtest.stats.srm import anytime_sample_ratio, sample_ratio_by_group
from abtest.words.reason import Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return ``srm_anytime``, which holds however often one looks, and ``srm_by_<group>`` for days and segments."""
    if given.definition.cluster is not None:
        return
    days, levels = tuple(given.collected.days.values()), given.collected.levels
    groups = {
        f"srm_by_{column}": ("check-split-by-column", {"column": column}, counts) for column, counts in levels.items()
    }
    if len(days) > 1:
        groups["srm_by_day"] = ("check-split-by-day", {}, days)
        yield _finding("srm_anytime", "check-split-at-any-time", {}, anytime_sample_ratio(days, given.weights).p_value)
    for name, (code, fields, counts) in groups.items():
        p_value = sample_ratio_by_group(counts, given.weights).p_value
        if p_value is not None:
            yield _finding(name, code, fields, p_value)


def _finding(name: str, code: str, fields: Mapping[str, str], p_value: float | None) -> Finding:
    holds = p_value is None or p_value >= SURPRISE
    return Finding(name, "pass" if holds else "warn", Reason.of(code, holds=holds, **fields), p_value)
