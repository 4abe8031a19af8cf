"""What no single field can see: the rules between the parts of a definition."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from abtest.definition.assignment import assignment_problems
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition
from abtest.definition.plan_rules import plan_problems
from abtest.definition.setting_rules import setting_problems
from abtest.grammar.expression import parse_expression, uses_period
from abtest.grammar.fields import nearest
from abtest.grammar.nodes import Problem
from abtest.metrics.base import CoveredMetric, MetricBase

if TYPE_CHECKING:
    from abtest.metrics.base import Covariate


def problems(definition: Definition) -> list[Problem]:
    """Return all that is wrong between the parts; empty when the definition holds together."""
    checks = (
        _arms,
        _period,
        _names,
        _tables,
        _metrics,
        _columns,
        _levels,
        _expressions,
        assignment_problems,
        setting_problems,
        plan_problems,
    )
    return [problem for check in checks for problem in check(definition)]


def _arms(definition: Definition) -> Iterator[Problem]:
    controls = [index for index, arm in enumerate(definition.arms) if arm.control]
    if not controls:
        yield Problem(("arms",), "no arm has control: true; mark the one that the others are compared with")
    for index in controls[1:]:
        yield Problem(("arms", index, "control"), "a second control; only one arm can have control: true")
    seen: dict[str, int] = {}
    for index, arm in enumerate(definition.arms):
        if arm.name in seen:
            yield Problem(
                ("arms", index, "name"), f"{arm.name!r} is the name of arms[{seen[arm.name]}] too; rename one"
            )
        seen.setdefault(arm.name, index)
    for index, arm in enumerate(definition.arms):
        for place, value in enumerate(arm.values):
            if seen.setdefault(value, index) != index:
                other = f"is a value or the name of arms[{seen[value]}] too; leave it to one of them"
                yield Problem(("arms", index, "values", place), f"{value!r} {other}")


def _period(definition: Definition) -> Iterator[Problem]:
    period = definition.period
    if period is None:
        return
    if period.end is not None and period.end < period.start:
        yield Problem(("period", "end"), f"must not be before period.start ({period.start})")
    if period.through is not None and period.through < period.start:
        yield Problem(("period", "through"), f"must not be before period.start ({period.start})")


_RESERVED = frozenset({"assigned", "customer", "exposed", "members", "local_days", "population", "outcomes"})
"""Names that the SQL gives to its own steps."""


def _names(definition: Definition) -> Iterator[Problem]:
    for part, keys in (("data", definition.data), ("metrics", definition.metrics)):
        seen: dict[str, str] = {}
        for key in keys:
            other = seen.setdefault(key.lower(), key)
            if other != key:
                yield Problem(
                    (part, key), f"differs from {other!r} only in upper and lower case; rename one", on_key=True
                )
    for key in definition.data:
        if key.lower() in _RESERVED or key.lower().startswith("raw_") or key.lower().endswith("_by_unit"):
            yield Problem(("data", key), "is a name that the queries use themselves; rename it", on_key=True)


def _tables(definition: Definition) -> Iterator[Problem]:
    data = definition.data
    customers = data.get(CUSTOMERS)
    wide_arm = customers.arm if customers else None
    if ASSIGNMENTS in data and wide_arm:
        yield Problem(
            ("data", CUSTOMERS, "arm"), "the arms stand in data.assignments already; remove this or data.assignments"
        )
    if ASSIGNMENTS not in data and not wide_arm:
        place = ("data", CUSTOMERS) if customers else ("data",)
        yield Problem(place, "no table holds the arms: add data.assignments, or data.customers.arm for a wide file")
    for name, source in data.items():
        if name in {CUSTOMERS, ASSIGNMENTS}:
            if source.key:
                yield Problem(("data", name, "key"), "only event tables have a key; remove it", on_key=True)
            if source.value is not None:
                yield Problem(("data", name, "value"), "only event tables have a value column; remove it", on_key=True)
        else:
            if source.at is None:
                yield Problem(("data", name), "needs `at`: the column with the time of the event")
            if source.arm is not None:
                yield Problem(
                    ("data", name, "arm"), "only assignments and customers have an arm; remove it", on_key=True
                )
        if name != CUSTOMERS and definition.unit_column(name) is None:
            yield Problem(("data", name), "needs `unit`: the column with the id (or set `unit` for all tables)")
    if definition.timed and wide_arm and ASSIGNMENTS not in data:
        if customers and customers.at is None:
            yield Problem(("data", CUSTOMERS), "needs `at`: the column with the time of the assignment")
        if definition.unit_column(CUSTOMERS) is None:
            yield Problem(("data", CUSTOMERS), "needs `unit`: the column with the id that the events have too")
    if ASSIGNMENTS in data and customers and definition.unit_column(CUSTOMERS) is None:
        yield Problem(("data", CUSTOMERS), "needs `unit`: the column with the id that the assignments have too")


def _metrics(definition: Definition) -> Iterator[Problem]:
    if not any(metric.role == "primary" for metric in definition.metrics.values()):
        yield Problem(("metrics",), "no metric has role: primary; the decision needs one, chosen before the start")
    for name, metric in definition.metrics.items():
        yield from _events(definition, name, metric)
        if isinstance(metric, CoveredMetric):
            yield from _covariates(definition, name, metric)
        if metric.traits.strata == "refused" and definition.analysis.strata:
            what = f"{metric.traits.noun} is not stratified; remove it or analysis.strata"
            yield Problem(("metrics", name, "type"), what)
        if metric.outcome(name).source == CUSTOMERS and CUSTOMERS not in definition.data:
            yield Problem(("metrics", name), f"{metric.traits.noun} metric needs data.customers")
        if metric.traits.conditional and metric.role == "primary" and not getattr(metric, "allow_conditional", False):
            yield Problem(
                ("metrics", name, "role"),
                "its denominator (units with an event) can be moved by the treatment, so it cannot be primary; "
                "use type: sum or retention, or accept it with allow_conditional: true",
            )
        yield from _margin(name, metric)


def _events(definition: Definition, name: str, metric: MetricBase) -> Iterator[Problem]:
    """Every event that a metric names is a table, with a value column where one is needed."""
    data = definition.data
    events = [key for key in data if key not in {CUSTOMERS, ASSIGNMENTS}]
    for used in metric.events():
        if used.event not in events:
            known = f"; the event tables under data are {', '.join(events)}" if events else "; data has no event table"
            message = f"{used.event!r} is not under data{nearest(used.event, events) or known}"
            yield Problem(("metrics", name, *used.path), message, code="unknown-name")
        elif used.takes_value and not (used.value or data[used.event].value):
            here = ("metrics", name, *used.path[:-1])
            yield Problem(here, f"needs `value`: the column of {used.event} to take (here or under data)")


def _margin(name: str, metric: MetricBase) -> Iterator[Problem]:
    here, margin = ("metrics", name, "margin"), metric.margin
    if metric.test is not None and margin is None:
        yield Problem(("metrics", name, "test"), f"{metric.test} is tested against a margin; add `margin`", on_key=True)
    if margin is None:
        return
    if metric.role != "guardrail" and metric.test is None:
        yield Problem(
            here,
            "only a guardrail has a margin without `test`; say test: superiority, or set role: guardrail",
            on_key=True,
        )
    if not metric.traits.margins:
        yield Problem(here, f"{metric.traits.noun} is not tested against a margin; remove it", on_key=True)
    if margin.scale == "points" and metric.is_mean:
        yield Problem(here, "percentage points are for rates; write 5% (of the control) or a plain number")
    if margin.scale == "plain" and metric.is_rate:
        yield Problem(here, "say which it is for a rate: 1pp (percentage points) or 1% (of the control's rate)")
    if margin.scale != "plain" and margin.value >= 1:
        yield Problem(here, "must be less than 100: no rate or share can change by more")


def _covariates(definition: Definition, name: str, metric: CoveredMetric) -> Iterator[Problem]:
    places: list[tuple[tuple[str | int, ...], Covariate]] = []
    if metric.covariate is not None:
        places.append((("metrics", name, "covariate"), metric.covariate))
    places += [(("metrics", name, "covariates", index), part) for index, part in enumerate(metric.covariates)]
    for here, covariate in places:
        if (covariate.window is None) == (covariate.column is None):
            yield Problem(here, "needs either `window` (such as [-56d, 0d]) or `column`, and not both")
        if covariate.window is not None and covariate.window[1] > 0:
            yield Problem(
                (*here, "window"),
                "must end at 0d or earlier: what comes after the assignment can be moved by the treatment",
            )
        if covariate.column is not None and CUSTOMERS not in definition.data:
            yield Problem((*here, "column"), "needs data.customers to take the column from")


def _columns(definition: Definition) -> Iterator[Problem]:
    columns: list[tuple[str | int, ...]] = [("analysis", "strata", i) for i in range(len(definition.analysis.strata))]
    columns += [("segments", index, "column") for index in range(len(definition.segments))]
    if definition.cluster is not None:
        columns.append(("cluster",))
    if CUSTOMERS not in definition.data:
        for place in columns:
            yield Problem(place, "needs data.customers to take the column from")


def _levels(definition: Definition) -> Iterator[Problem]:
    for name, metric in definition.metrics.items():
        for key in ("benchmark", "goal"):
            level = getattr(metric, key)
            if level is None:
                continue
            if level.percent and metric.is_mean:
                yield Problem(("metrics", name, key), f"a percentage is for rates; write a plain number (got {level})")
            if not level.percent and metric.is_rate and level.value < 0:
                yield Problem(("metrics", name, key), f"a rate is not negative; write 45% or 0.45 (got {level})")
            if not level.percent and metric.is_rate and level.value > 1:
                cure = f"45% or 0.45 (got {level}; did you mean {level}%?)"
                yield Problem(("metrics", name, key), f"a rate's level is a share: write {cure}")


def _expressions(definition: Definition) -> Iterator[Problem]:
    eligible = definition.population.eligible
    conditions = [(("data", name, "where"), source.where) for name, source in definition.data.items()]
    for place, condition in [(("population", "eligible"), eligible), *conditions]:
        if condition is None or not uses_period(parse_expression(condition)):
            continue
        if definition.period is None:
            yield Problem(place, "names the period, but the definition has no `period`")
        elif "period.end" in condition and definition.period.end is None:
            yield Problem(place, "names period.end, but the period has no `end`")
    if eligible is not None and CUSTOMERS not in definition.data:
        yield Problem(("population", "eligible"), "needs data.customers to take the columns from")
    if definition.assignment.at is not None and CUSTOMERS not in definition.data:
        yield Problem(("assignment", "at"), "needs data.customers to take the column from")
