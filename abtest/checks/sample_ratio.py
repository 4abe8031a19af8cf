"""Do the arms' sizes fit the planned shares, at each stage from assignment to the end of the window?"""

from collections.abc import Iterator

from abtest.checks.finding import SURPRISE, Finding, Given
from abtest.stats.srm import sample_ratio_mismatch


def findings(given: Given) -> Iterator[Finding]:
    """Return one finding for each stage, ``srm_<stage>``; a mismatch makes the analysis invalid.

    But for the exposed units of an analysis of all assigned units, where an arm may expose more.
    """
    planned = ":".join(f"{weight:g}" for weight in given.weights)
    clustered, triggered = given.definition.cluster is not None, given.definition.triggered
    for stage, counts in _stages(given).items():
        test = sample_ratio_mismatch(counts, given.weights)
        shown = " / ".join(f"{count:,}" for count in counts)
        what = f"{'counted' if clustered and triggered else stage} {'clusters' if clustered else 'units'}"
        name = f"srm_{stage}"
        if test.p_value is None:
            yield Finding(name, "skipped", f"Sample ratio of {what}: {test.reason}.")
        elif test.p_value >= SURPRISE:
            yield Finding(name, "pass", f"Sample ratio: {what} {shown} fit the planned {planned}.", test.p_value)
        elif stage == "exposed" and not triggered:
            message = (
                f"Sample ratio: {what} {shown} do not fit the planned {planned}; the arms differ in who is "
                "exposed, which an analysis of all assigned units allows."
            )
            yield Finding(name, "warn", message, test.p_value)
        else:
            message = f"Sample-ratio mismatch: {what} {shown} do not fit the planned {planned}."
            yield Finding(name, "fail", message, test.p_value)


def _stages(given: Given) -> dict[str, list[int]]:
    """Return the sizes of the arms at each stage.

    What was randomised is what must be in proportion: the sizes of clusters vary by more than chance between units.
    """
    ledger = given.collected.ledger
    if given.definition.cluster is not None:
        return {"eligible": [arm.clusters or 0 for arm in ledger]}
    stages = {"assigned": [arm.assigned for arm in ledger], "eligible": [arm.eligible for arm in ledger]}
    if given.definition.population.exposure is not None:
        stages["exposed"] = [arm.exposed or 0 for arm in ledger]
    if given.primary is not None and given.definition.timed:
        stages["mature"] = list(given.primary.mature)
    return stages
