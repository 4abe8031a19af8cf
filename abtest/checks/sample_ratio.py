"""Do the arms' sizes fit the planned shares, at each stage from assignment to the end of the window?"""

from collections.abc import Iterator

from abtest.checks.finding import SURPRISE, Finding, Given, Status
from abtest.stats.srm import sample_ratio_mismatch
from abtest.words.reason import Field, Reason


def findings(given: Given) -> Iterator[Finding]:
    """Return one finding for each stage, ``srm_<stage>``; a mismatch makes the analysis invalid.

    But for the exposed units of an analysis of all assigned units, where an arm may expose more.
    """
    clustered, triggered = given.definition.cluster is not None, given.definition.triggered
    for stage, counts in _stages(given).items():
        test = sample_ratio_mismatch(counts, given.weights)
        fields: dict[str, Field] = {
            "stage": "counted" if clustered and triggered else stage,
            "clusters": clustered,
            "by_arm": list(counts),
            "planned": list(given.weights),
        }
        status: Status
        if test.p_value is None:
            status, code = "skipped", "check-sample-ratio-untested"
            fields["because"] = test.reason
        elif test.p_value >= SURPRISE:
            status, code = "pass", "check-sample-ratio-fits"
        elif stage == "exposed" and not triggered:
            status, code = "warn", "check-sample-ratio-of-exposed"
        else:
            status, code = "fail", "check-sample-ratio-mismatch"
        yield Finding(f"srm_{stage}", status, Reason(code, fields), test.p_value)


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
