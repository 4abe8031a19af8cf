from dataclasses import fields, replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from abtest.planning.behaviour import DAY_SECONDS, DripModel, Group, put_off_probabilities
from abtest.planning.draws import gamma, poisson
from abtest.planning.simulate import MICROSECONDS, NEVER, draw_customers, draw_events

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
