"""What names are taken to mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abtest.init import vocabulary as words


@pytest.mark.parametrize(
    "name", ["customer_id", "customerID", "CustomerId", "user_id", "userid", "client_no", "Kundennummer"]
)
def test_a_customers_id_is_known_in_any_spelling(name):
    assert words.id_score(name, "orders") >= 90


def test_an_events_own_id_is_not_the_customers():
    assert words.id_score("order_id", "orders") == 0
    assert words.id_score("id", "orders") < words.id_score("id", "customers") < words.id_score("customer_id", "orders")


@pytest.mark.parametrize(
    "name", ["arm", "Variant", "group", "test_group", "testgroup", "ab_variant", "treatment", "version"]
)
def test_arm_columns_are_known(name):
    assert words.arm_score(name) >= 50


@pytest.mark.parametrize("name", ["age_group", "customer_group", "group_id", "assigned_at", "country", "test_date"])
def test_groups_of_customers_are_no_arms(name):
    assert words.arm_score(name) < 50


@pytest.mark.parametrize(
    ("control", "other"),
    [
        ("control", "treatment"),
        ("No E-Mail", "Mens E-Mail"),
        ("hold-out", "voucher"),
        ("A", "B"),
        ("0", "1"),
        ("baseline", "new"),
        ("control", "no_control_mail"),
        ("old checkout", "checkout"),
    ],
)
def test_the_control_sounds_more_like_one(control, other):
    assert words.control_score(control) > words.control_score(other)


@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("weekly", 7),
        ("Bi-weekly", 14),
        ("biweekly", 14),
        ("every_2_weeks", 14),
        ("10d", 10),
        ("daily mail", 1),
        ("14 days", 14),
    ],
)
def test_cadences_are_read_from_names(name, days):
    assert words.cadence_days(name) == days


@pytest.mark.parametrize("name", ["control", "A", "gate_30", "voucher 10 EUR", "plan2", "5000d", "twice weekly"])
def test_other_names_tell_no_cadence(name):
    assert words.cadence_days(name) is None


@pytest.mark.parametrize(
    ("better", "worse", "table"),
    [
        ("assigned_at", "created_at", "assignments"),
        ("created_at", "updated_at", "assignments"),
        ("ordered_at", "shipped_at", "orders"),
        ("order_date", "due_date", "orders"),
        ("unsubscribed_at", "created_at", "unsubscribes"),
        ("timestamp", "expires_at", "sessions"),
    ],
)
def test_the_time_of_the_event_is_told_from_other_times(better, worse, table):
    assert words.time_score(better, table) > words.time_score(worse, table)


def test_money_is_told_from_other_numbers():
    assert words.value_score("amount") > words.value_score("net") > 0
    assert words.value_score("discount_amount") == words.value_score("quantity") == words.value_score("tax_total") == 0


@pytest.mark.parametrize(
    ("table", "nature"),
    [
        ("orders", "activity"),
        ("sessions", "activity"),
        ("sends", "sent"),
        ("emails", "sent"),
        ("email_opens", "engagement"),
        ("clicks", "engagement"),
        ("unsubscribes", "unwanted"),
        ("complaints", "unwanted"),
        ("refunds", "unwanted"),
    ],
)
def test_event_tables_are_told_apart_by_what_they_mean_for_the_business(table, nature):
    assert words.event_nature(table) == nature


@pytest.mark.parametrize(
    "name", ["retained", "retention_7", "converted", "visit", "spend", "sum_gamerounds", "churned"]
)
def test_outcomes_sound_like_outcomes(name):
    assert words.outcome_score(name) > 0


@pytest.mark.parametrize(
    "name", ["recency", "revenue_before", "previous_orders", "age", "tenure_days", "last_order_value"]
)
def test_what_was_known_before_is_no_outcome(name):
    assert words.outcome_score(name) < 0


@given(st.text(), st.sampled_from(["customers", "assignments", "orders", "x"]))
def test_any_name_at_all_gets_an_answer(name, table):
    words.id_score(name, table)
    words.arm_score(name)
    words.control_score(name)
    words.cadence_days(name)
    words.time_score(name, table)
    words.value_score(name)
    words.joined_score(name)
    words.event_nature(name)
    words.outcome_score(name)
    words.known_name(name)
