"""Did the split hold on every day and in every segment? A warning, since a changed plan shows too."""

from collections.abc import Iterator

from abtest.checks.finding import SURPRISE, Finding, Given
from abtest.stats.srm import anytime_sample_ratio, sample_ratio_by_group


def findings(given: Given) -> Iterator[Finding]:
    """Return ``srm_anytime``, which holds however often one looks, and ``srm_by_<group>`` for days and segments."""
    if given.definition.cluster is not None:
        return
    days, levels = given.collected.days, given.collected.levels
    groups = {f"srm_by_{column}": (f"in every level of {column}", counts) for column, counts in levels.items()}
    if len(days) > 1:
        groups["srm_by_day"] = ("on every day of assignment", days)
        p_value = anytime_sample_ratio(days, given.weights).p_value
        if p_value is not None and p_value < SURPRISE:
            message = (
                "The sample ratio left the planned shares at some day of enrolment by more than chance allows, "
                "however often one looks."
            )
            yield Finding("srm_anytime", "warn", message, p_value)
        else:
            message = (
                "The sample ratio stayed with the planned shares on every day of enrolment, however often one looks."
            )
            yield Finding("srm_anytime", "pass", message, p_value)
    for name, (where, counts) in groups.items():
        p_value = sample_ratio_by_group(counts, given.weights).p_value
        if p_value is None:
            continue
        if p_value < SURPRISE:
            message = (
                f"The sample ratio does not hold {where}; was the split changed, or does something decide who is in "
                "which arm there?"
            )
            yield Finding(name, "warn", message, p_value)
        else:
            yield Finding(name, "pass", f"The sample ratio holds {where}.", p_value)
