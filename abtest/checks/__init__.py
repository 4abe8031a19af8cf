"""Health: is the data what the experiment says it is? One check a file: what it looks at, its test, its words.

Principle: a check is a function from what was counted to findings. It asks nothing of the data itself, so that one more
check costs no query, and it decides nothing: a finding that fails makes the analysis invalid, wherever it comes from.
A new check is one new file here and its name in :data:`CHECKS`, in the order in which reports list them.
"""

from abtest.checks import (
    counted,
    data_end,
    events,
    maturity,
    near_ids,
    no_events,
    outcomes,
    outside_period,
    placeholders,
    rows,
    sample_ratio,
    sample_ratio_within,
    several_arms,
    sparse_events,
    values,
)
from abtest.checks.finding import Finding, Given
from abtest.definition.model import Definition
from abtest.moments.collected import ArmLedger, Collected
from abtest.moments.facts import Facts

CHECKS = (
    sample_ratio.findings,
    sample_ratio_within.findings,
    counted.findings,
    several_arms.findings,
    outside_period.findings,
    rows.findings,
    values.findings,
    events.findings,
    near_ids.findings,
    placeholders.findings,
    data_end.findings,
    no_events.findings,
    outcomes.findings,
    sparse_events.findings,
    maturity.findings,
)

OF_ROWS = (near_ids.findings, data_end.findings, no_events.findings)
"""Those that look at the rows alone, and so need no outcome."""


def of_rows(definition: Definition, facts: Facts, assigned: int) -> list[Finding]:
    """Return what the checks of the rows find, before any outcome is counted."""
    ledger = (ArmLedger(assigned, assigned, {}),)
    given = Given(definition, Collected(None, ledger, {}, None, (), facts=facts), None)
    return [finding for check in OF_ROWS for finding in check(given)]


def health(given: Given) -> list[Finding]:
    """Return what every check finds."""
    return [finding for check in CHECKS for finding in check(given)]
