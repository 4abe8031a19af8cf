from dataclasses import fields, replace
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from abtest.planning.behaviour import (
    DAY_SECONDS,
    DripModel,
    Group,
    calendar,
    churn_day,
    churn_exposure,
    mail_boost,
    mail_factor,
    put_off_probabilities,
)
from abtest.planning.draws import gamma, poisson
from abtest.planning.simulate import DEFAULT_SEED, MICROSECONDS, NEVER, draw_customers, draw_events
from abtest.planning.tables import write_tables
from abtest.planning.truth import expected_outcomes, true_effects

SMALL = DripModel(customers=2_000)
DAY = DAY_SECONDS * MICROSECONDS


def alternating(customers):
    """Weekly for every other customer, biweekly for the rest, no mails for those who are not eligible."""
    return np.where(customers.eligible, np.where(np.arange(len(customers)) % 2, 7, 14), 0)


def simulate(model, seed):
    customers = draw_customers(model, seed)
    return customers, draw_events(customers, alternating(customers), seed)


def arrays(value):
    if isinstance(value, np.ndarray):
        return [value]
    return [array for field in fields(value) if field.name != "model" for array in arrays(getattr(value, field.name))]


def from_enrolment(customers, customer, at):
    """Return elapsed days from enrolment, NaN for customers who are not eligible."""
    enrolled = customers.enrolled_at[customer]
    return np.where(enrolled == NEVER, np.nan, (at - enrolled) / DAY)


def any_within(customers, customer, at, low, high):
    day = from_enrolment(customers, customer, at)
    return np.bincount(customer[(day >= low) & (day < high)], minlength=len(customers)) > 0


@pytest.fixture(scope="module")
def default():
    return simulate(DripModel(), DEFAULT_SEED)


# --- the same seed, the same tables ---


def test_same_seed_gives_identical_tables():
    first, second = simulate(SMALL, 5), simulate(SMALL, 5)
    for mine, other in zip(arrays(first[0]) + arrays(first[1]), arrays(second[0]) + arrays(second[1]), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_another_seed_gives_other_tables():
    (customers, events), (other_customers, other_events) = simulate(SMALL, 5), simulate(SMALL, 6)
    assert np.mean(customers.first_order_at == other_customers.first_order_at) < 0.01
    assert np.mean(customers.rate == other_customers.rate) < 0.01
    assert set(events.orders.ordered_at).isdisjoint(set(other_events.orders.ordered_at[:100]))


def test_first_customers_do_not_depend_on_how_many_follow():
    few, many = draw_customers(SMALL, 5), draw_customers(replace(SMALL, customers=3_000), 5)
    for mine, other in zip(arrays(few), arrays(many), strict=True):
        np.testing.assert_array_equal(mine, other[: len(few)])


def test_one_customers_cadence_changes_that_customers_events_alone():
    customers = draw_customers(SMALL, 5)
    cadence = alternating(customers)
    changed = cadence.copy()
    changed[np.flatnonzero(cadence == 14)[3]] = 7
    one = int(np.flatnonzero(cadence != changed)[0])
    before, after = draw_events(customers, cadence, 5), draw_events(customers, changed, 5)
    for table in ("orders", "sends", "unsubscribes"):
        mine, other = arrays(getattr(before, table)), arrays(getattr(after, table))
        for left, right in zip(mine, other, strict=True):
            np.testing.assert_array_equal(left[mine[0] != one], right[other[0] != one])
    assert np.sum(before.sends.customer == one) < np.sum(after.sends.customer == one)


def test_distributions_by_inversion_match_scipy():
    uniform = np.random.default_rng(1).random(2_000)
    mean = np.geomspace(0.001, 900, 2_000)
    np.testing.assert_array_equal(poisson(mean, uniform), stats.poisson.ppf(uniform, mean))
    np.testing.assert_allclose(gamma(0.05, 1.1, uniform), stats.gamma.ppf(uniform, 1.1, scale=0.05 / 1.1), rtol=1e-10)


# --- customers ---


def test_about_nine_in_ten_joined_before_the_period_and_at_most_two_years_earlier(default):
    customers, _ = default
    start = DripModel().instant(date(2026, 3, 2)) * MICROSECONDS
    np.testing.assert_array_equal(customers.eligible, customers.first_order_at < start)
    assert abs(customers.eligible.mean() - 0.9) < 4 * np.sqrt(0.09 / 20_000)
    assert customers.first_order_at.min() >= start - 730 * DAY
    assert customers.first_order_at.max() < DripModel().data_end * MICROSECONDS
    assert customers.customer_id[122] == "C000123"
    assert len(set(customers.customer_id)) == 20_000


def test_enrolment_fills_the_period_in_local_working_hours(default):
    customers, _ = default
    enrolled = pd.DatetimeIndex(customers.enrolled_at[customers.eligible] * 1000, tz="UTC").tz_convert(
        "Europe/Helsinki"
    )
    assert (enrolled.min().date(), enrolled.max().date()) == (date(2026, 3, 2), date(2026, 4, 12))
    assert set(enrolled.hour) == set(range(8, 18))
    assert stats.chisquare(np.unique(enrolled.date, return_counts=True)[1]).pvalue > 1e-4


def test_late_joiners_are_never_enrolled_nor_sent_mails(default):
    customers, events = default
    late = ~customers.eligible
    assert np.all(customers.enrolled_at[late] == NEVER)
    assert not late[events.sends.customer].any()
    assert not late[events.unsubscribes.customer].any()
    assert late[events.orders.customer].any()
    with pytest.raises(ValueError, match="not eligible"):
        draw_events(customers, np.full(len(customers), 7), 1)


@pytest.mark.parametrize(("cadence", "message"), [([7.0], "one value per customer"), ([7.5, 0], "whole numbers")])
def test_cadences_that_do_not_fit_are_refused(cadence, message):
    customers = draw_customers(replace(SMALL, customers=2, existing_share=1), 1)
    with pytest.raises(ValueError, match=message):
        draw_events(customers, cadence, 1)


def test_nan_and_zero_both_mean_no_mails():
    customers = draw_customers(SMALL, 1)
    none, nan = (draw_events(customers, np.full(len(customers), value), 1) for value in (0, np.nan))
    assert len(none.sends.sent_at) == len(none.unsubscribes.unsubscribed_at) == 0
    np.testing.assert_array_equal(none.orders.ordered_at, nan.orders.ordered_at)


def test_models_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="7 values"):
        DripModel(day_factors=(1.0,))
    with pytest.raises(ValueError, match="add up to 1"):
        DripModel(countries=(Group("FI", 0.5),))
    with pytest.raises(ValueError, match="shelter"):
        DripModel(shelter=1.0)


# --- events ---


def test_sends_follow_the_cadence_to_the_second_and_stop_at_unsubscription(default):
    customers, events = default
    cadence, data_end = alternating(customers), customers.model.data_end * MICROSECONDS
    unsubscribed = np.full(len(customers), np.iinfo(np.int64).max)
    unsubscribed[events.unsubscribes.customer] = events.unsubscribes.unsubscribed_at
    order = np.lexsort((events.sends.sent_at, events.sends.customer))
    sent = np.split(events.sends.sent_at[order], np.cumsum(np.bincount(events.sends.customer, minlength=20_000))[:-1])
    last_sends_of_the_unsubscribed = []
    for i in np.flatnonzero(customers.eligible):
        programme = customers.enrolled_at[i] + np.arange(0, 84, cadence[i]) * DAY
        expected = programme[(programme < data_end) & (programme <= unsubscribed[i])]
        if unsubscribed[i] < data_end:
            last_sends_of_the_unsubscribed.append(unsubscribed[i] - expected[-1])
        elif len(sent[i]) < len(expected):  # put off by the last send before the data's end, the click lies after it
            assert data_end - sent[i][-1] < DAY
        np.testing.assert_array_equal(sent[i], expected)
    assert len(last_sends_of_the_unsubscribed) > 200
    assert max(last_sends_of_the_unsubscribed) < DAY


def test_nobody_orders_before_the_first_order_or_after_churn_in_latent_truth(default):
    customers, events = default
    orders = events.orders
    assert np.all(orders.ordered_at >= customers.first_order_at[orders.customer])
    churned = events.churned_at[orders.customer]
    later = orders.ordered_at > customers.first_order_at[orders.customer]
    assert np.all((churned == NEVER) | (orders.ordered_at <= churned) | ~later)
    assert 0.2 < np.mean(events.churned_at != NEVER) < 0.5
    joined_within_data = customers.first_order_at >= customers.model.data_start * MICROSECONDS
    first = np.isin(customers.first_order_at[joined_within_data], orders.ordered_at)
    assert first.all()


def test_times_are_whole_seconds_within_the_data_and_sorted_and_amounts_whole_cents(default):
    customers, events = default
    start, end = customers.model.data_start * MICROSECONDS, customers.model.data_end * MICROSECONDS
    for at in (events.orders.ordered_at, events.sends.sent_at, events.unsubscribes.unsubscribed_at):
        assert np.all(at % MICROSECONDS == 0)
        assert np.all((at >= start) & (at < end))
        assert np.all(np.diff(at) >= 0)
    amount = events.orders.amount
    np.testing.assert_array_equal(amount, np.round(amount, 2))
    assert amount.min() > 0


def test_orders_by_local_weekday_follow_the_declared_factors():
    model = DripModel(
        customers=20_000, existing_share=1, tenure_days=1, history_days=7 * 8, churn_mean=1e-12, rate_mean=0.1
    )
    customers = draw_customers(model, 3)
    orders = draw_events(customers, np.zeros(len(customers)), 3).orders
    local = pd.DatetimeIndex(orders.ordered_at * 1000, tz="UTC").tz_convert("Europe/Helsinki")
    midnights = pd.date_range("2026-03-02", "2026-06-01", tz="Europe/Helsinki")
    hours = np.diff(midnights) / pd.Timedelta(hours=1)
    weekday = midnights[:-1].day_of_week
    expected = np.bincount(weekday, hours * np.array(model.day_factors)[weekday])
    observed = np.bincount(local[local >= midnights[0]].day_of_week, minlength=7)
    assert hours.min() == 23
    assert stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-4
    assert observed[6] > 1.3 * observed[2]


def test_unsubscribing_grows_with_recent_sends():
    model = DripModel()
    weekly, biweekly = put_off_probabilities(model, 7), put_off_probabilities(model, 14)
    assert (len(weekly), len(biweekly)) == (12, 6)
    assert weekly[1] < weekly[2] < weekly[3]
    assert biweekly[1] == pytest.approx(weekly[1])
    assert weekly[4] > biweekly[2]


# --- known truth ---


def test_default_truth_is_the_calibrated_one(default):
    truth = true_effects(default[0])
    assert truth.control.retained == pytest.approx(0.45, abs=0.006)
    assert truth.treatment.retained == pytest.approx(0.48, abs=0.006)
    assert truth.control.unsubscribed == pytest.approx(0.0150, abs=5e-5)
    assert truth.treatment.unsubscribed == pytest.approx(0.0194, abs=5e-5)
    assert truth.difference.retained == pytest.approx(truth.treatment.retained - truth.control.retained)
    assert 0.05 < truth.difference.revenue / truth.control.revenue < 0.12


@pytest.mark.parametrize("cadence", [7, 14])
def test_churn_day_inverts_churn_exposure(cadence):
    model, day = DripModel(), np.linspace(0, 120, 997)
    for sends in (0.0, 1.0, 3.0, float(-(-84 // cadence))):
        effective = np.full_like(day, sends)
        np.testing.assert_allclose(
            churn_day(model, churn_exposure(model, day, cadence, effective), cadence, effective), day
        )
    assert churn_day(model, np.array([-3.5]), cadence, np.array([2.0])) == -3.5


@pytest.mark.parametrize("cadence", [7, 10, 14])
def test_truth_matches_integration_of_the_simulated_hazards_on_a_fine_grid(cadence):
    # Enrolled around the clock, so that some windows cross the change of clocks close to midnight.
    model = DripModel(customers=40, existing_share=1, enrolment_hours=(0, 24), churn_mean=0.004, unsubscribe_base=0.05)
    customers, steps = draw_customers(model, 2), 400
    day = (np.arange(56 * steps) + 0.5) / steps
    chance = put_off_probabilities(model, cadence)[: -(-56 // cadence)]
    cases = [*((p, k * cadence) for k, p in enumerate(chance)), (1 - chance.sum(), np.inf)]
    rate, hazard = customers.rate, customers.churn_hazard
    age = (customers.enrolled_at - customers.first_order_at) / DAY
    days = calendar(model)
    retained, orders = np.zeros(40), np.zeros(40)
    for i in range(40):
        weekday = days.factors[days.day_of(customers.enrolled_at[i] / MICROSECONDS + day * DAY_SECONDS)]
        boost = np.full_like(day, mail_boost(model, rate[i : i + 1])[0])
        for p, put_off_day in cases:
            mail = mail_factor(model, day, np.full(len(day), cadence), boost, np.full_like(day, put_off_day))
            sheltered = (day % cadence < model.shelter_days) & (np.floor(day / cadence) * cadence < put_off_day)
            churn = hazard[i] * (1 - model.shelter * sheltered)
            alive = np.exp(-hazard[i] * age[i] - (np.cumsum(churn) - churn / 2) / steps)
            order = rate[i] * weekday * mail
            late = np.where(day >= 28, order, 0)
            orders[i] += p * np.sum(order * alive) / steps
            retained[i] += p * np.sum(late * alive * np.exp(-(np.cumsum(late) - late / 2) / steps)) / steps
    truth = expected_outcomes(customers, cadence)
    amount = np.exp(customers.log_amount + model.amount_sigma_within**2 / 2)
    np.testing.assert_allclose(truth.retained, retained, atol=5e-5)
    np.testing.assert_allclose(truth.revenue, orders * amount, rtol=5e-4)
    assert np.mean(truth.retained - retained) == pytest.approx(0, abs=1e-5)


@pytest.fixture(scope="module")
def both_arms():
    """200,000 customers, all eligible and mature, at either cadence: outcomes as simulated and as expected."""
    model = DripModel(customers=200_000, existing_share=1, data_through=date(2026, 6, 8))
    customers = draw_customers(model, 11)
    simulated, expected = [], []
    for days in (14, 7):
        events = draw_events(customers, np.full(len(customers), days), 11)
        orders, clicks = events.orders, events.unsubscribes
        day = from_enrolment(customers, orders.customer, orders.ordered_at)
        counted = (day >= 0) & (day < 56)
        revenue = np.bincount(orders.customer[counted], orders.amount[counted], minlength=len(customers))
        retained = any_within(customers, orders.customer, orders.ordered_at, 28, 56)
        unsubscribed = any_within(customers, clicks.customer, clicks.unsubscribed_at, 0, 56)
        simulated.append({"retained": retained, "unsubscribed": unsubscribed, "revenue": revenue})
        expected.append(expected_outcomes(customers, days)._asdict())
    return simulated, expected


@pytest.mark.parametrize("outcome", ["retained", "unsubscribed", "revenue"])
@pytest.mark.parametrize("arm", [0, 1])
def test_large_simulation_agrees_with_truth(both_arms, arm, outcome):
    simulated, expected = both_arms[0][arm][outcome], both_arms[1][arm][outcome]
    error = simulated - expected
    variance = np.var(error) if outcome == "revenue" else np.mean(expected * (1 - expected))
    assert abs(error.mean() / np.sqrt(variance / len(error))) < 4


@pytest.mark.parametrize("outcome", ["retained", "unsubscribed", "revenue"])
def test_large_simulation_agrees_with_true_difference(both_arms, outcome):
    (control, treatment), (expected_control, expected_treatment) = both_arms
    error = (
        treatment[outcome].astype(float) - control[outcome] - expected_treatment[outcome] + expected_control[outcome]
    )
    assert abs(error.mean() / (error.std() / np.sqrt(len(error)))) < 4


def test_large_simulation_agrees_with_truth_among_frequent_and_among_rare_customers(both_arms):
    for simulated, expected in zip(*both_arms, strict=True):
        chance = expected["retained"]
        for group in np.array_split(np.argsort(chance), 10):
            error = simulated["retained"][group].mean() - chance[group].mean()
            assert abs(error) < 4 * np.sqrt(np.mean(chance[group] * (1 - chance[group])) / len(group))


# --- files ---


def test_written_parquet_reads_back_equal(tmp_path, default):
    customers, events = default
    paths = write_tables(tmp_path / "it's new", customers, events)
    assert [path.name for path in paths] == [
        "customers.parquet",
        "orders.parquet",
        "sends.parquet",
        "unsubscribes.parquet",
    ]
    assert sorted(paths[0].parent.iterdir()) == sorted(paths)
    assert sum(path.stat().st_size for path in paths) < 4_000_000

    connection = duckdb.connect()
    columns = {}
    for path in paths:
        relation = connection.from_parquet(str(path))
        columns[path.stem] = dict(zip(relation.columns, map(str, relation.types), strict=True))
    utc = "TIMESTAMP WITH TIME ZONE"
    assert columns == {
        "customers": {
            "customer_id": "VARCHAR",
            "country": "VARCHAR",
            "channel": "VARCHAR",
            "first_order_at": utc,
            "enrolled_at": utc,
        },
        "orders": {"customer_id": "VARCHAR", "ordered_at": utc, "amount": "DECIMAL(10,2)"},
        "sends": {"customer_id": "VARCHAR", "sent_at": utc},
        "unsubscribes": {"customer_id": "VARCHAR", "unsubscribed_at": utc},
    }

    order = np.lexsort((customers.customer_id, customers.first_order_at))
    written = connection.from_parquet(str(paths[0])).project(
        "customer_id, country, channel, epoch_us(first_order_at) AS first, epoch_us(enrolled_at) AS enrolled"
    )
    table = written.fetchnumpy()
    for name in ("customer_id", "country", "channel"):
        np.testing.assert_array_equal(table[name].astype(str), getattr(customers, name)[order])
    np.testing.assert_array_equal(table["first"], customers.first_order_at[order])
    np.testing.assert_array_equal(np.ma.filled(table["enrolled"], NEVER), customers.enrolled_at[order])

    for path, events_table, at in (
        (paths[1], events.orders, "ordered_at"),
        (paths[2], events.sends, "sent_at"),
        (paths[3], events.unsubscribes, "unsubscribed_at"),
    ):
        table = connection.from_parquet(str(path)).project(f"customer_id, epoch_us({at}) AS at").fetchnumpy()
        np.testing.assert_array_equal(table["at"], getattr(events_table, at))
        np.testing.assert_array_equal(table["customer_id"].astype(str), customers.customer_id[events_table.customer])
    amounts = connection.from_parquet(str(paths[1])).project("amount::DOUBLE AS amount").fetchnumpy()["amount"]
    np.testing.assert_array_equal(amounts, events.orders.amount)


def test_writing_twice_gives_the_same_bytes(tmp_path):
    first, second = (write_tables(tmp_path / str(i), *simulate(SMALL, 5)) for i in range(2))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_folder_that_cannot_be_written_is_an_os_error_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "orders.parquet").mkdir()
    (tmp_path / "orders.parquet" / "kept").touch()
    with pytest.raises(OSError, match=r"orders\.parquet"):
        write_tables(tmp_path, *simulate(SMALL, 5))
    assert not list(tmp_path.glob(".*"))
