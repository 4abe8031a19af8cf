"""What no single field can see: each rule between the parts, with the place and the cure."""

import pytest
from definition_texts import DRIP, WIDE, at, changed, loaded, refusal, refusals

EVENT = "orders: {path: data/orders.parquet, at: ordered_at, value: amount}"
ORDERS = f"  {EVENT}\n"


def _found(text: str, start: str) -> str:
    """Return the rest of the one message that begins with ``start``."""
    messages = [problem.message for problem in refusals(text) if problem.message.startswith(start)]
    assert len(messages) == 1, refusals(text)
    return messages[0][len(start) :]


def test_one_arm_must_be_the_control():
    assert "no arm has control: true" in _found(changed("control: true, ", ""), "arms: ")


def test_only_one_arm_can_be_the_control():
    text = changed("{name: weekly, ", "{name: weekly, control: true, ")
    found = refusal(text)
    assert found.message.startswith("arms[1].control: a second control")
    assert found.line == at(text, "{name: weekly")[0]


def test_two_arms_cannot_have_one_name():
    assert "is the name of arms[0] too" in _found(changed("{name: weekly", "{name: biweekly"), "arms[1].name: ")


def test_two_arms_cannot_differ_in_blanks_alone():
    assert "is the name of arms[0] too" in _found(changed("{name: weekly", '{name: "biweekly "'), "arms[1].name: ")


@pytest.mark.parametrize("key", ["end", "through"])
def test_the_period_cannot_run_backwards(key):
    text = changed("end: 2026-04-12", f"{key}: 2026-03-01")
    assert "must not be before period.start (2026-03-02)" in _found(text, f"period.{key}: ")


def test_a_period_of_one_day_is_fine():
    assert loaded(changed("end: 2026-04-12", "end: 2026-03-02"))


@pytest.mark.parametrize("name", ["Orders", "ORDERS"])
def test_tables_cannot_differ_in_case_alone(name):
    text = changed(ORDERS, f"{ORDERS}  {EVENT.replace('orders:', name + ':', 1)}\n")
    found = refusal(text)
    assert "differs from 'orders' only in upper and lower case" in found.message
    assert (found.line, found.column) == at(text, f"{name}: {{")


def test_metrics_cannot_differ_in_case_alone():
    assert "only in upper and lower case" in _found(
        changed("  revenue_56d: {", "  Retained_8W: {"), "metrics.Retained_8W: "
    )


@pytest.mark.parametrize("name", ["assigned", "customer", "population", "Outcomes", "raw_orders", "orders_by_unit"])
def test_names_of_the_queries_own_steps_are_reserved(name):
    text = changed("  unsubscribes: {", f"  {name}: {{", changed("event: unsubscribes", f"event: {name}"))
    assert "rename it" in _found(text, f"data.{name}: ")


def test_the_arms_stand_in_one_table_only():
    text = changed("customers: {path: data/customers.parquet}", "customers: {path: data/customers.parquet, arm: arm}")
    assert "the arms stand in data.assignments already" in _found(text, "data.customers.arm: ")


def test_some_table_must_hold_the_arms():
    assert "no table holds the arms" in _found(WIDE.replace(", arm: version", ""), "data.customers: ")


def test_some_table_must_hold_the_arms_even_without_customers():
    text = "".join(
        line for line in DRIP.splitlines(keepends=True) if "customers:" not in line and "assignments:" not in line
    )
    assert "no table holds the arms" in _found(text, "data: ")


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("customers", "{path: data/customers.parquet}", "{path: data/customers.parquet, value: x}"),
        ("assignments", "arm: variant,", "arm: variant, value: x,"),
    ],
)
def test_only_event_tables_have_a_value(table, old, new):
    assert "only event tables have a value" in _found(changed(old, new), f"data.{table}.value: ")


def test_an_event_table_needs_its_time():
    assert "needs `at`" in _found(changed("at: ordered_at, ", ""), "data.orders: ")


def test_an_event_table_has_no_arm():
    assert "have an arm; remove it" in _found(
        changed("at: ordered_at,", "at: ordered_at, arm: x,"), "data.orders.arm: "
    )


def test_each_table_needs_an_id():
    found = refusals(changed("unit: customer_id\n", ""))
    assert [problem.message.split(":")[0] for problem in found] == [
        "data.customers",
        "data.assignments",
        "data.orders",
        "data.unsubscribes",
    ]
    assert all("needs `unit`" in problem.message for problem in found)


def test_a_wide_file_with_events_needs_an_id_and_the_time_of_assignment():
    text = WIDE.replace("unit: userid, ", "")
    text = text.replace("arm: version}", "arm: version}, orders: {path: o.csv, unit: id, at: t}")
    text = text.replace("type: column", "type: retention, event: orders, window: [0d, 7d]")
    found = [problem.message for problem in refusals(text)]
    assert any("needs `at`: the column with the time of the assignment" in message for message in found)
    assert any("needs `unit`" in message for message in found)


def test_some_metric_must_decide():
    assert "no metric has role: primary" in _found(changed("role: primary, ", ""), "metrics: ")


def test_a_metrics_event_must_be_a_table_and_the_nearest_is_named():
    assert "did you mean 'unsubscribes'?" in _found(
        changed("event: unsubscribes", "event: unsubscribe"), "metrics.unsubscribed.event: "
    )


@pytest.mark.parametrize("event", ["customers", "assignments"])
def test_customers_and_assignments_are_no_events(event):
    message = _found(changed("event: unsubscribes", f"event: {event}"), "metrics.unsubscribed.event: ")
    assert "the event tables under data are orders, unsubscribes" in message


def test_a_sum_needs_a_value():
    assert "needs `value`" in _found(changed(", value: amount", ""), "metrics.revenue_56d: ")
    text = changed("type: sum,", "type: sum, value: amount,", changed(", value: amount", ""))
    assert loaded(text)


def test_a_column_metric_needs_the_customers():
    text = changed("  customers: {path: data/customers.parquet}\n", "", changed("  eligible", "  # eligible"))
    text = changed("population:\n", "", text)
    text = changed(
        "role: primary, type: retention, event: orders, window: [28d, 56d]", "role: primary, type: column", text
    )
    assert "needs data.customers" in _found(text, "metrics.retained_8w: ")


def test_a_conditional_metric_is_primary_only_when_it_says_so():
    text = changed("role: primary, type: retention,", "role: primary, type: mean,")
    assert "allow_conditional: true" in _found(text, "metrics.retained_8w.role: ")
    assert loaded(changed("type: mean,", "type: mean, allow_conditional: true,", text))


def test_only_a_guardrail_has_a_margin():
    text = changed("role: guardrail, ", "")
    found = refusal(text)
    assert "only a guardrail has a margin" in found.message
    assert (found.line, found.column) == at(text, "margin:")


def test_percentage_points_are_for_rates():
    text = changed("role: secondary, type: sum,", "role: guardrail, margin: 1pp, type: sum,")
    assert "percentage points are for rates" in _found(text, "metrics.revenue_56d.margin: ")


def test_a_rates_margin_says_whether_it_is_points_or_a_share():
    assert "1pp (percentage points) or 1%" in _found(
        changed("margin: 1pp", "margin: 1"), "metrics.unsubscribed.margin: "
    )


@pytest.mark.parametrize("covariate", ["{}", "{window: [-56d, 0d], column: score}"])
def test_a_covariate_is_a_window_or_a_column(covariate):
    text = changed("covariate: {window: [-56d, 0d]}", f"covariate: {covariate}")
    assert "needs either `window`" in _found(text, "metrics.revenue_56d.covariate: ")


def test_a_covariate_lies_before_the_assignment():
    text = changed("covariate: {window: [-56d, 0d]}", "covariate: {window: [-56d, 1d]}")
    assert "must end at 0d or earlier" in _found(text, "metrics.revenue_56d.covariate.window: ")


def test_a_covariate_column_needs_the_customers():
    text = changed("covariate: {window: [-56d, 0d]}", "covariate: {column: score}")
    text = changed("  customers: {path: data/customers.parquet}\n", "", text)
    assert "needs data.customers" in _found(text, "metrics.revenue_56d.covariate.column: ")


def test_an_expression_that_names_the_period_needs_one():
    text = changed("period: {start: 2026-03-02, end: 2026-04-12}      # enrolment\n", "")
    assert "has no `period`" in _found(text, "population.eligible: ")


def test_an_expression_that_names_the_periods_end_needs_it():
    text = changed("first_order_at < period.start", "first_order_at < period.end", changed(", end: 2026-04-12", ""))
    assert "has no `end`" in _found(text, "population.eligible: ")


def test_a_filter_that_names_the_period_needs_one_too():
    text = changed("value: amount", "value: amount, where: ordered_at > period.start")
    text = changed("period: {start: 2026-03-02, end: 2026-04-12}      # enrolment\n", "", text)
    assert "has no `period`" in _found(text, "data.orders.where: ")


def test_eligibility_needs_the_customers():
    text = changed("  customers: {path: data/customers.parquet}\n", "")
    assert "needs data.customers" in _found(text, "population.eligible: ")


def test_the_time_of_entry_needs_the_customers():
    text = changed("  customers: {path: data/customers.parquet}\n", "") + "assignment: {at: enrolled_at}\n"
    assert "needs data.customers" in _found(text, "assignment.at: ")
