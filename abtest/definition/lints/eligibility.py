"""Filters on what the treatment could change: who is counted must have been settled before the assignment.

The rules, for each test in the condition:

- The latest of something (``last_order_at``) is never a safe filter: ``last_order_at < period.start`` drops exactly
  those who came back after the start. The first of something (``first_order_at < period.start``) is safe, since it
  cannot move any more once it has happened.
- A date that is compared with a later one than the start, or that must lie after the start, selects on what happened
  during the experiment. When a customer came to be one (``signed_up_at``) is exempt: no assignment comes before it.
- A state (``status``, ``is_active``, ``orders_total``) is what it was when the table was made, after the treatment.
- ``unsubscribed_at is null or unsubscribed_at >= period.start`` is safe: together it says "not before the start".
"""

import datetime as dt
from collections.abc import Iterator
from typing import Literal

from abtest.definition.lints.finding import Finding
from abtest.definition.lints.names import entry, first, frozen, moving, state
from abtest.definition.model import ASSIGNMENTS, CUSTOMERS, Definition
from abtest.grammar.expression import (
    Column,
    Compare,
    Constant,
    Expression,
    Group,
    IsNull,
    Negation,
    Operand,
    Operator,
    PeriodEdge,
    columns_of,
    parse_expression,
)

CODE = "post-assignment-eligibility"
Side = Literal["before", "start", "after"]
_FLIPPED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
_NEGATED: dict[Operator, Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
_CURE = (
    "use a fact that was settled before the start, such as first_order_at < period.start, or a column frozen then and "
    "named so ({column}_at_start)"
)


def post_assignment_eligibility(definition: Definition) -> Iterator[Finding]:
    """Find conditions on who is counted that the treatment could have changed."""
    start = definition.period.start if definition.period else None
    for place, condition, own in _conditions(definition):
        told = set()
        for column, reason in _reasons(_pushed(parse_expression(condition)), start, own):
            if column not in told:
                told.add(column)
                yield Finding(CODE, place, f"{reason}; {_CURE.format(column=column.removesuffix('_at'))}")


def _conditions(definition: Definition) -> Iterator[tuple[tuple[str, ...], str, frozenset[str]]]:
    """Yield each condition on units with its place, and the columns that hold the time of the assignment itself."""
    customers = definition.data.get(CUSTOMERS)
    if definition.population.eligible is not None:
        times = (definition.assignment.at, customers.at if customers else None)
        own = frozenset(time for time in times if time is not None)
        yield ("population", "eligible"), definition.population.eligible, own
    for name in (CUSTOMERS, ASSIGNMENTS):
        source = definition.data.get(name)
        if source is not None and source.where is not None:
            yield ("data", name, "where"), source.where, frozenset({source.at} if source.at else ())


def _pushed(node: Expression, negated: bool = False) -> Expression:
    """Return the expression with every `not` at its tests, and `and` in `and` (`or` in `or`) flat."""
    match node:
        case Negation(operand):
            return _pushed(operand, not negated)
        case Group(operator, parts):
            turned: Literal["and", "or"] = operator if not negated else ("or" if operator == "and" else "and")
            flat: list[Expression] = []
            for part in parts:
                pushed = _pushed(part, negated)
                flat += pushed.parts if isinstance(pushed, Group) and pushed.operator == turned else [pushed]
            return Group(turned, tuple(flat))
        case Compare(operator, left, right) if negated:
            return Compare(_NEGATED[operator], left, right)
        case IsNull(operand, was) if negated:
            return IsNull(operand, not was)
        case _:
            return node


def _reasons(node: Expression, start: dt.date | None, settled: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield each suspicious column with what is wrong. ``settled``: columns that the tests around leave no play."""
    if isinstance(node, Group):
        inside = settled | (_bounded(node, start) if node.operator == "and" else _not_before(node, start))
        for part in node.parts:
            yield from _reasons(part, start, inside)
        return
    for column in columns_of(node):
        reason = None if column in settled else _reason(node, column, start)
        if reason:
            yield column, reason


def _reason(node: Expression, column: str, start: dt.date | None) -> str | None:
    timed = _timed(node, start)
    if moving(column):
        upper = timed is not None and timed[1] in {"<", "<="}
        what = (
            f"{column} moves with every new one, so this leaves out the customers who came back after the start, "
            "which is what the treatment is for"
            if upper
            else f"{column} moves with every new one, also with those that the treatment brings about"
        )
        return f"{what}: each arm is filtered by its own outcome"
    if timed is not None:
        return None if entry(column) else _late(column, timed)
    if first(column) and not frozen(column) and isinstance(node, IsNull):
        return (
            f"{column} may have been filled after the start, by the treatment: each arm is filtered by its own outcome"
        )
    if state(column):
        return (
            f"{column} is what it was when the table was made, after the treatment could change it: "
            "each arm is filtered by its own outcome"
        )
    return None


def _late(column: str, timed: tuple[str, Operator, Side]) -> str | None:
    """Say whether a date test looks beyond the start."""
    _, operator, side = timed
    upper = operator in {"<", "<=", "="}
    if side == "after":
        return (
            f"{column} is compared with a time after the start, so what happens during the experiment decides who is "
            "counted"
        )
    if upper or (side == "before" and not (first(column) or state(column))):
        return None
    return (
        f"{column} may lie after the start here, so what happens during the experiment decides who is counted "
        "(unless it is what starts the assignment)"
    )


def _bounded(group: Group, start: dt.date | None) -> frozenset[str]:
    """Return the columns that one of the tests joined by `and` keeps before the start."""
    return frozenset(
        timed[0]
        for part in group.parts
        if (timed := _timed(part, start))
        and timed[1] in {"<", "<=", "="}
        and timed[2] != "after"
        and not moving(timed[0])
    )


def _not_before(group: Group, start: dt.date | None) -> frozenset[str]:
    """Return the columns of `x is null or x >= period.start`: not yet at the start, whenever later."""
    empty = {
        part.operand.name
        for part in group.parts
        if isinstance(part, IsNull) and not part.negated and isinstance(part.operand, Column)
    }
    return frozenset(
        timed[0]
        for part in group.parts
        if (timed := _timed(part, start)) and timed[1] in {">", ">="} and timed[2] != "after"
        if timed[0] in empty and not moving(timed[0])
    )


def _timed(node: Expression, start: dt.date | None) -> tuple[str, Operator, Side] | None:
    """Return the column, the operator and the side of the start on which the other operand of a date test lies."""
    if not isinstance(node, Compare):
        return None
    left, right, operator = node.left, node.right, node.operator
    if isinstance(right, Column):
        left, right, operator = right, left, _FLIPPED[operator]
    if not isinstance(left, Column):
        return None
    side = _side(right, start)
    return (left.name, operator, side) if side else None


def _side(operand: Operand, start: dt.date | None) -> Side | None:
    if isinstance(operand, PeriodEdge):
        return "start" if operand.edge == "start" else "after"
    if not isinstance(operand, Constant) or start is None:
        return None
    day: object = operand.value
    if isinstance(day, str):
        try:
            day = dt.date.fromisoformat(day[:10])
        except ValueError:
            return None
    if not isinstance(day, dt.date):
        return None
    return "start" if day == start else ("after" if day > start else "before")
