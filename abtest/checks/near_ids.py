"""Would ids that match nobody match somebody if they were written alike?

Principle: what is lost that way is lost in silence, and rarely alike in both arms. It stops an analysis when the units
concerned are enough to move a share by a tenth of the largest standard error that it can have; fewer are a warning.
"""

from collections.abc import Iterator

from abtest.checks.finding import Finding, Given
from abtest.definition.model import CUSTOMERS
from abtest.moments.facts import NearIds
from abtest.words.reason import Reason

_TENTHS = 100
"""Units concerned, squared and by this, against the units of all arms: k / n >= 0.1 / sqrt(n)."""


def findings(given: Given) -> Iterator[Finding]:
    """Return ``<table>.near_ids`` for each table with such ids, and ``ids.folded`` where folding made two ids one."""
    deciding = {
        part.source
        for name, metric in given.definition.metrics.items()
        if metric.role != "secondary"
        for part in given.definition.outcome(name).parts
    }
    for near in given.collected.facts.near:
        decides = near.within == CUSTOMERS or near.source in deciding
        moves = _TENTHS * near.units**2 >= given.assigned
        yield Finding(f"{near.source}.near_ids", "fail" if decides and moves else "warn", _told(near, given))
    if given.collected.facts.collided:
        yield Finding("ids.folded", "warn", Reason.of("check-ids-folded", n=given.collected.facts.collided))


def _told(near: NearIds, given: Given) -> Reason:
    code = "check-near-customers" if near.within == CUSTOMERS else "check-near-events"
    folds = [*given.definition.ids.fold, *(fold for fold in near.folds if fold not in given.definition.ids.fold)]
    return Reason.of(code, source=near.source, n=near.rows, units=near.units, folds=", ".join(folds))
