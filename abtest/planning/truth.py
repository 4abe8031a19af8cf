"""What a cadence truly does to simulated customers, computed from the model and not by drawing outcomes.

Principle: given a customer's latent rates and times of first order and enrolment, and the send that puts them off,
orders and churn are independent Poisson processes with known hazards. So the probability of an order in a window is an
integral over time, summed over the sends that may put the customer off; the truth is its mean over eligible customers.

The integral is summed over elapsed days from enrolment. Both cumulated hazards are exact at the day's ends; within a
day they are taken to grow in step, which leaves an error of the order of rate · churn hazard per day: below 10⁻⁵ in a
mean over customers.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from abtest.planning.behaviour import (
    DAY_SECONDS,
    HORIZON_DAYS,
    RETENTION_WINDOW,
    Calendar,
    DripModel,
    Floats,
    calendar,
    churn_exposure,
    mail_boost,
    put_off_probabilities,
)
from abtest.planning.simulate import MICROSECONDS, Customers


class Outcomes(NamedTuple):
    """Means over customers of the outcomes of the model case, or differences of such means."""

    retained: float
    """Share with an order in [28d, 56d) from enrolment."""
    unsubscribed: float
    """Share unsubscribed in [0d, 56d)."""
    revenue: float
    """Sum of order amounts in [0d, 56d), per customer."""


class ExpectedOutcomes(NamedTuple):
    """`Outcomes` of each eligible customer, as probabilities and expected sums, in the order of `Customers`."""

    retained: Floats
    unsubscribed: Floats
    revenue: Floats


@dataclass(frozen=True)
class TrueEffects:
    """What is expected of all eligible customers at the control's cadence and at the treatment's."""

    control: Outcomes
    treatment: Outcomes

    @property
    def difference(self) -> Outcomes:
        """Treatment − control."""
        return Outcomes(*(t - c for t, c in zip(self.treatment, self.control, strict=True)))


def true_effects(customers: Customers, control_days: int = 14, treatment_days: int = 7) -> TrueEffects:
    """Return what is expected of the eligible ``customers`` with a mail every so many days, at either cadence."""
    return TrueEffects(
        *(
            Outcomes(*(float(np.mean(values)) for values in expected_outcomes(customers, days)))
            for days in (control_days, treatment_days)
        )
    )


def expected_outcomes(customers: Customers, cadence: int) -> ExpectedOutcomes:
    """Return what is expected of each eligible customer with a mail every ``cadence`` days.

    Expectations are over orders, churn (also before enrolment), fatigue and amounts, given the latent rates.
    """
    model, days = customers.model, calendar(customers.model)
    eligible = customers.eligible
    rate, hazard = customers.rate[eligible], customers.churn_hazard[eligible]
    enrolled = customers.enrolled_at[eligible] / MICROSECONDS
    age = (enrolled - customers.first_order_at[eligible] / MICROSECONDS) / DAY_SECONDS
    boost = mail_boost(model, rate)

    # One row per case: the send that puts the customer off, or none within the horizon.
    chance = put_off_probabilities(model, cadence)[: -(-HORIZON_DAYS // cadence)]
    weight = np.append(chance, 1 - chance.sum())
    effective_sends = np.append(np.arange(len(chance), dtype=np.float64), np.inf)
    exposure = churn_exposure_by_day(model, cadence, effective_sends)

    alive = np.tile(np.exp(-hazard * age), (len(weight), 1))
    no_order = np.ones_like(alive)
    retained, orders = np.zeros_like(rate), np.zeros_like(rate)
    for day in range(HORIZON_DAYS):
        plain, boosted = _order_exposure(model, days, enrolled, day, cadence)
        put_off = day >= effective_sends * cadence
        order = rate * np.where(put_off[:, None], model.unsubscribed_factor * plain, plain + boost * boosted)
        churn = hazard * exposure[:, day, None]
        # exprel(−x) = (1 − e^−x)/x: what is left, on average over the day, of those who were there as it began.
        orders += weight @ (order * alive * special.exprel(-churn))
        if RETENTION_WINDOW[0] <= day < RETENTION_WINDOW[1]:
            retained += weight @ (order * alive * no_order * special.exprel(-(order + churn)))
            no_order *= np.exp(-order)
        alive *= np.exp(-churn)

    amount = np.exp(customers.log_amount[eligible] + model.amount_sigma_within**2 / 2)
    return ExpectedOutcomes(retained, np.full_like(rate, chance.sum()), orders * amount)


def churn_exposure_by_day(model: DripModel, cadence: int, effective_sends: Floats) -> Floats:
    """Return the days of full churn hazard in each elapsed day of the horizon, one row per number of sends."""
    sends = np.minimum(effective_sends, -(-model.programme_days // cadence))
    ends = np.arange(HORIZON_DAYS + 1, dtype=np.float64)
    return np.diff(churn_exposure(model, ends[None, :], cadence, sends[:, None]), axis=1)


def _order_exposure(
    model: DripModel, days: Calendar, enrolled: Floats, day: int, cadence: int
) -> tuple[Floats, Floats]:
    """Return ∫ day(t) dt and ∫ day(t) · exp(−(t − s)/decay) dt over one elapsed day, s being its latest send.

    A local midnight may lie within the day, two where the clocks change: at most three pieces, each integrated exactly.
    """
    latest_send = min(day // cadence, -(-model.programme_days // cadence) - 1)
    start = enrolled + day * DAY_SECONDS
    local_day = days.day_of(start)
    plain, boosted = np.zeros_like(enrolled), np.zeros_like(enrolled)
    begin = np.full_like(enrolled, day - latest_send * cadence)
    for piece in range(3):
        midnight = (days.midnights[local_day + piece + 1] - start) / DAY_SECONDS
        end = day - latest_send * cadence + np.minimum(midnight, 1.0)
        factor = days.factors[local_day + piece]
        plain += factor * (end - begin)
        decay = np.exp(-begin / model.boost_decay_days) - np.exp(-end / model.boost_decay_days)
        boosted += factor * model.boost_decay_days * decay
        begin = end
    return plain, boosted
