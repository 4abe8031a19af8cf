"""Filters on units: those that the treatment can move are found, those on settled facts are not."""

import datetime as dt
import itertools

import pytest
import yaml
from definition_texts import WIDE
from hypothesis import given, settings
from hypothesis import strategies as st
from lint_texts import codes, found, merged, tree

from abtest.definition.lints import Finding, lints
from abtest.definition.lints.eligibility import post_assignment_eligibility
from abtest.definition.load import load
from abtest.grammar.expression import (
    Column,
    Compare,
    Constant,
    Group,
    IsNull,
    Negation,
    PeriodEdge,
    parse_expression,
)


def eligible(condition, **change) -> list[Finding]:
    text = yaml.safe_dump({"population": {"eligible": condition}, **change})
    return [f for f in found(text) if f.code == "post-assignment-eligibility"]


@pytest.mark.parametrize(
    "condition",
    [
        "last_order_at < period.start",
        "lastOrderAt <= period.start",
        "last_order_at > period.start",
        "`Last order` < 2026-01-01",
        "latest_login >= 2025-01-01",
        "current_plan = 'pro'",
        "days_since_last_order > 30",
        "not (last_order_at >= period.start)",
        "unsubscribed_at is null",
        "unsubscribed_at >= period.start",
        "not unsubscribed_at < period.start",
        "churned = false",
        "not churned",
        "is_active",
        "status = 'active'",
        "status in ('active', 'paused')",
        "n_orders_total > 3",
        "lifetime_value > 100",
        "ltv > 3",
        "email_opt_in",
        "opened = 1",
        "order_count >= 2",
        "first_order_at < period.end",
        "first_order_at < 2026-03-03",
        "first_order_at < '2026-03-03'",
        "2026-03-03 > first_order_at",
        "first_order_at >= period.start",
        "first_order_at is not null",
        "first_order_at >= 2025-01-01",
        "contract_end > period.start",
        "country = 'FI' and (status = 'active' or plan = 'pro')",
        "trial_ended_at < period.end",
        "unsubscribed_at is null or unsubscribed_at >= period.end",
        "last_order_at is null or last_order_at >= period.start",
    ],
)
def test_filters_on_what_the_treatment_can_change_are_found(condition):
    (finding,) = eligible(condition)
    assert finding.path == ("population", "eligible")


@pytest.mark.parametrize(
    "condition",
    [
        "first_order_at < period.start",
        "first_order_at <= 2026-03-02",
        "first_order_at < 2025-12-01",
        "period.start > first_order_at",
        "not (first_order_at >= period.start)",
        "first_order_at >= 2025-01-01 and first_order_at < period.start",
        "first_order_at is not null and first_order_at < period.start",
        "(country = 'FI' and first_order_at > 2025-01-01) and first_order_at < period.start",
        "unsubscribed_at < period.start",
        "unsubscribed_at is null or unsubscribed_at >= period.start",
        "not (unsubscribed_at is not null and unsubscribed_at < period.start)",
        "first_order_at is null or first_order_at >= period.start",
        "signed_up_at >= period.start and signed_up_at < period.end",
        "created_at > 2026-03-10",
        "country in ('FI', 'SE') and plan = 'pro' and age >= 18",
        "status_at_start = 'active'",
        "orders_before > 3",
        "last_name != 'Test'",
        "is_test = false",
        "segment = 'total loyal' and state = 'NY'",
    ],
)
def test_filters_on_settled_facts_are_right(condition):
    assert eligible(condition) == []


def test_a_filter_on_the_last_order_says_who_drops_out():
    (finding,) = eligible("last_order_at < period.start")
    assert "leaves out the customers who came back after the start" in finding.message
    assert "first_order_at < period.start" in finding.message


def test_each_column_is_told_once():
    findings = eligible("status = 'a' and status != 'b' and last_order_at < period.start")
    assert len(findings) == 2


def test_rows_of_customers_and_assignments_are_filters_on_units_too():
    assert codes("data: {customers: {where: status = 'active'}}") == {"post-assignment-eligibility"}
    assert codes("data: {assignments: {where: delivered = true}}") == {"post-assignment-eligibility"}
    assert codes("data: {orders: {where: status = 'paid'}}") == set()


def test_the_time_of_the_assignment_is_no_outcome():
    assert codes("data: {assignments: {where: assigned_at < period.end}}") == set()
    assert codes("data: {assignments: {at: ts, where: ts < period.end}}") == set()
    assert codes("data: {assignments: {where: ts < period.end}}") == {"post-assignment-eligibility"}
    assert eligible("ts < period.end and ts >= period.start", assignment={"at": "ts"}) == []


@pytest.mark.parametrize("condition", ["status = 'active'", "last_order_at < 2026-01-01"])
def test_names_are_judged_without_a_period_and_without_events(condition):
    findings = lints(load(merged(tree(WIDE), {"population": {"eligible": condition}})).definition)
    assert [finding.code for finding in findings] == ["post-assignment-eligibility"]


@given(st.text(st.sampled_from("acdeilnorstu_ L"), min_size=1, max_size=20), st.sampled_from(["<", ">=", "=", "!="]))
def test_any_column_name_gets_an_answer(name, operator):
    change = {"population": {"eligible": f"`{name}` {operator} period.start or not `{name}`"}}
    if name.strip():
        found(yaml.safe_dump(change))


# An oracle: a condition is movable when the same past can end in another answer.

START, END = dt.date(2026, 3, 2), dt.date(2026, 4, 13)
PAST = [dt.date(2024, 5, 1), dt.date(2025, 6, 1), dt.date(2026, 2, 1)]
FUTURE = [dt.date(2026, 3, 3), dt.date(2026, 3, 20), dt.date(2026, 4, 20), END]
NAMES = ("first_order_at", "last_order_at", "unsubscribed_at")


def histories():
    """Yield for each past what the table can hold for it in the end: once-only dates stay, the last one moves on."""
    for first, unsubscribed in itertools.product([None, *PAST], repeat=2):
        lasts = [None] if first is None else [day for day in PAST if day >= first]
        for last in lasts:
            ends = itertools.product(
                [first] if first else [None, *FUTURE],
                [last, *FUTURE],
                [unsubscribed] if unsubscribed else [None, *FUTURE],
            )
            yield [dict(zip(NAMES, end, strict=True)) for end in ends]


def value(node, row):
    """Evaluate as SQL does: true, false, or None where an empty cell leaves it open."""
    match node:
        case Column(name):
            return row[name]
        case Constant(day):
            return day
        case PeriodEdge(edge):
            return START if edge == "start" else END
        case IsNull(operand, negated):
            return (value(operand, row) is None) != negated
        case Negation(operand):
            inner = value(operand, row)
            return None if inner is None else not inner
        case Group(operator, parts):
            answers = {value(part, row) for part in parts}
            strong = operator == "or"
            return strong if strong in answers else None if None in answers else not strong
        case Compare(operator, left, right):
            a, b = value(left, row), value(right, row)
            if a is None or b is None:
                return None
            return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "=": a == b, "!=": a != b}[operator]
    raise AssertionError(node)


def movable(condition) -> bool:
    node = parse_expression(condition)
    return any(len({value(node, row) is True for row in ends}) > 1 for ends in histories())


TIMES = ["period.start", "period.end", *(str(day) for day in (*PAST, *FUTURE, START))]
OPERATORS = ["<", "<=", ">", ">=", "=", "!="]
TESTS = st.one_of(
    st.builds("{} {} {}".format, st.sampled_from(NAMES), st.sampled_from(OPERATORS), st.sampled_from(TIMES)),
    st.builds("{} {} {}".format, st.sampled_from(TIMES), st.sampled_from(OPERATORS[:4]), st.sampled_from(NAMES)),
    st.builds("{} is {}null".format, st.sampled_from(NAMES), st.sampled_from(["", "not "])),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) and ({})".format, inner, inner),
        st.builds("({}) or ({})".format, inner, inner),
    ),
    max_leaves=4,
)
DEFINITION = load(tree(WIDE) | {"period": {"start": str(START), "end": "2026-04-12"}}).definition


@given(CONDITIONS)
@settings(max_examples=1500, deadline=None)
def test_every_condition_that_the_treatment_can_move_is_found(condition):
    population = DEFINITION.population.model_copy(update={"eligible": condition})
    findings = list(post_assignment_eligibility(DEFINITION.model_copy(update={"population": population})))
    assert findings or not movable(condition)


@pytest.mark.parametrize("column", ["first_order_at", "unsubscribed_at"])
@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "="])
@pytest.mark.parametrize("time", ["period.start", "period.end", "2025-06-01", "2026-03-20"])
def test_a_test_of_a_date_that_comes_once_is_found_exactly_when_it_is_movable(column, operator, time):
    condition = f"{column} {operator} {time}"
    assert bool(eligible(condition)) == movable(condition)
