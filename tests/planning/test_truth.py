from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from abtest.planning.behaviour import (
    DAY_SECONDS,
    DripModel,
    calendar,
    churn_day,
    churn_exposure,
    mail_boost,
    mail_factor,
    put_off_probabilities,
)
from abtest.planning.simulate import MICROSECONDS, NEVER, draw_customers, draw_events
from abtest.planning.truth import expected_outcomes, true_effects

DAY = DAY_SECONDS * MICROSECONDS


def from_enrolment(customers, customer, at):
    """Return elapsed days from enrolment, NaN for customers who are not eligible."""
    enrolled = customers.enrolled_at[customer]
    return np.where(enrolled == NEVER, np.nan, (at - enrolled) / DAY)


def any_within(customers, customer, at, low, high):
    day = from_enrolment(customers, customer, at)
    return np.bincount(customer[(day >= low) & (day < high)], minlength=len(customers)) > 0


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


@pytest.mark.parametrize(("cadence", "exposed_days"), [(0, 56), (7, 56 - 0.9 * 56), (14, 56 - 0.9 * 28)])
def test_churn_as_simulated_agrees_with_its_hazard(cadence, exposed_days):
    model = DripModel(existing_share=1, churn_mean=0.005, shelter=0.9, rate_mean=1e-6, data_through=date(2026, 6, 8))
    model = replace(model, unsubscribe_first=0, unsubscribe_base=0, unsubscribe_fatigue=0)
    customers = draw_customers(model, 4)
    churned_at = draw_events(customers, np.full(len(customers), cadence), 4).churned_at
    age = (customers.enrolled_at - customers.first_order_at) / DAY
    for days_later, exposure in ((0, age), (56, age + exposed_days)):
        churned = (churned_at != NEVER) & (churned_at < customers.enrolled_at + days_later * DAY)
        chance = -np.expm1(-customers.churn_hazard * exposure)
        assert abs((churned - chance).sum() / np.sqrt((chance * (1 - chance)).sum())) < 4


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
