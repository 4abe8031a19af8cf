"""Draw customers and what they do from the model of `abtest.planning.behaviour`.

Principle: the same seed gives the same tables on every platform (see `abtest.planning.draws`); times are cut to whole
seconds and amounts rounded to cents. The draws do not depend on the cadences: giving one customer another cadence
changes that customer's events alone, and the two cadences of one customer are counterfactuals of each other.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from abtest.planning.behaviour import (
    DAY_SECONDS,
    Bools,
    DripModel,
    Floats,
    Ints,
    calendar,
    churn_day,
    mail_boost,
    mail_factor,
    planned_sends,
    put_off_probabilities,
)
from abtest.planning.draws import Stream, gamma, pick, poisson, uniforms

DEFAULT_SEED = 20260302
"""The seed of the shipped example: the first day of its period."""

NEVER = int(np.iinfo(np.int64).min)
"""The time of what does not happen: numpy's NaT, read as an integer. Written to files as null."""

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Customers:
    """Customers, one position per customer in every array. Times are microseconds since 1970 UTC."""

    model: DripModel
    customer_id: NDArray[np.str_]
    country: NDArray[np.str_]
    channel: NDArray[np.str_]
    first_order_at: Ints
    enrolled_at: Ints
    """When the customer enters the drip; `NEVER` for those who join after the period's start."""
    rate: Floats
    """Latent: orders per day, before the factors of day and mails."""
    churn_hazard: Floats
    """Latent: per day, without shelter."""
    log_amount: Floats
    """Latent: mean of the logarithm of the customer's order amounts."""

    @property
    def eligible(self) -> Bools:
        """Who had joined before the period's start, and so has a time of enrolment."""
        return np.not_equal(self.enrolled_at, NEVER)

    def __len__(self) -> int:
        return len(self.customer_id)


@dataclass(frozen=True)
class Orders:
    """Orders by time: the customer's position in `Customers`, microseconds since 1970 UTC, amount to the cent."""

    customer: Ints
    ordered_at: Ints
    amount: Floats


@dataclass(frozen=True)
class Sends:
    """Mails sent, by time: the customer's position in `Customers`, microseconds since 1970 UTC."""

    customer: Ints
    sent_at: Ints


@dataclass(frozen=True)
class Unsubscribes:
    """Clicks that unsubscribe, by time: the customer's position in `Customers`, microseconds since 1970 UTC."""

    customer: Ints
    unsubscribed_at: Ints


@dataclass(frozen=True)
class Events:
    """What the customers do within the data's dates."""

    orders: Orders
    sends: Sends
    unsubscribes: Unsubscribes
    churned_at: Ints
    """Latent, per customer: when they stop ordering, microseconds since 1970 UTC; `NEVER` if after the data's end."""


class _Mailing(NamedTuple):
    """The mails of each customer, as far as the data's end does not cut them off."""

    cadence: Ints
    """Days between sends, 0 for no mails."""
    effective_sends: Ints
    """Number of sends before the one that puts the customer off, or of all planned ones."""
    put_off_day: Floats
    """Elapsed days from enrolment of the send that puts the customer off, infinite if none does."""


def draw_customers(model: DripModel, seed: int) -> Customers:
    """Draw the customers of ``model``. The same seed gives the same customers."""
    n = model.customers
    start = model.instant(model.period_start)
    existing = uniforms(seed, Stream.EXISTING, n) < model.existing_share
    joined = uniforms(seed, Stream.JOINED, n)
    first_order = np.where(
        existing,
        start - np.ceil(joined * model.tenure_days * DAY_SECONDS),
        start + np.floor(joined * (model.data_end - start)),
    ).astype(np.int64)
    channel = pick(model.channels, uniforms(seed, Stream.CHANNEL, n))
    rate_factor = np.array([group.rate_factor for group in model.channels])[channel]
    country = pick(model.countries, uniforms(seed, Stream.COUNTRY, n))
    country_factor = np.array([group.rate_factor for group in model.countries])[country]
    gamma_rate = gamma(model.rate_mean, model.rate_shape, uniforms(seed, Stream.RATE, n))
    digits = max(6, len(str(n)))
    return Customers(
        model=model,
        customer_id=np.array([f"C{number:0{digits}d}" for number in range(1, n + 1)]),
        country=np.array([group.name for group in model.countries])[country],
        channel=np.array([group.name for group in model.channels])[channel],
        first_order_at=first_order * MICROSECONDS,
        enrolled_at=np.where(existing, _enrolment(model, seed) * MICROSECONDS, NEVER),
        rate=gamma_rate * rate_factor * country_factor,
        churn_hazard=gamma(model.churn_mean, model.churn_shape, uniforms(seed, Stream.CHURN_HAZARD, n)),
        log_amount=np.log(model.amount_median)
        + model.amount_sigma_between * special.ndtri(uniforms(seed, Stream.AMOUNT_SCALE, n)),
    )


def draw_events(customers: Customers, cadence_days: ArrayLike, seed: int) -> Events:
    """Draw what ``customers`` do when customer i gets a mail every ``cadence_days[i]`` days from enrolment.

    A cadence is a whole number of days; 0 or NaN means no mails. Orders hold first orders too, where within the data.

    Raises:
        ValueError: ``cadence_days`` is not one whole number for each customer, or mails go to one who is not eligible.

    """
    mailing = _draw_mailing(customers, cadence_days, seed)
    churned = _churn_seconds(customers, mailing, seed)
    end = customers.model.data_end
    return Events(
        orders=_draw_orders(customers, mailing, churned, seed),
        sends=_sends(customers, mailing),
        unsubscribes=_unsubscribes(customers, mailing, seed),
        churned_at=np.where(churned < end, _microseconds(np.minimum(churned, end)), NEVER),
    )


def _microseconds(seconds: Floats) -> Ints:
    return np.floor(seconds).astype(np.int64) * MICROSECONDS


def _enrolment(model: DripModel, seed: int) -> Ints:
    """Return each customer's time of enrolment, if they are eligible, in seconds."""
    days = (model.period_end - model.period_start).days + 1
    first, last = model.enrolment_hours
    openings = np.array([model.instant(model.period_start + timedelta(days=i), first) for i in range(days)])
    day = np.floor(uniforms(seed, Stream.ENROLMENT_DAY, model.customers) * days).astype(np.int64)
    hour = (last - first) * uniforms(seed, Stream.ENROLMENT_TIME, model.customers)
    return openings[day] + np.floor(hour * 3600).astype(np.int64)


def _checked_cadence(customers: Customers, cadence_days: ArrayLike) -> Ints:
    days = np.nan_to_num(np.asarray(cadence_days, dtype=np.float64))
    if days.shape != (len(customers),):
        raise ValueError(f"cadence_days must have one value per customer ({len(customers)}), got shape {days.shape}")
    if np.any((days < 0) | (days != np.floor(days))):
        raise ValueError("cadence_days must be whole numbers of days, 0 or NaN for no mails")
    if np.any((days > 0) & ~customers.eligible):
        raise ValueError("cadence_days must be 0 or NaN for customers who are not eligible: they joined too late")
    return days.astype(np.int64)


def _draw_mailing(customers: Customers, cadence_days: ArrayLike, seed: int) -> _Mailing:
    model, cadence = customers.model, _checked_cadence(customers, cadence_days)
    uniform = uniforms(seed, Stream.PUT_OFF, len(cadence))
    effective_sends = np.zeros(len(cadence), dtype=np.int64)
    put_off_day = np.full(len(cadence), np.inf)
    for days in _cadences(cadence):
        mailed = np.flatnonzero(cadence == days)
        send = np.searchsorted(np.cumsum(put_off_probabilities(model, days)), uniform[mailed], side="right")
        effective_sends[mailed] = send
        put_off_day[mailed] = np.where(send < planned_sends(model, days), send * days, np.inf)
    return _Mailing(cadence, effective_sends, put_off_day)


def _cadences(cadence: Ints) -> list[int]:
    return [int(days) for days in np.unique(cadence) if days > 0]


def _churn_seconds(customers: Customers, mailing: _Mailing, seed: int) -> Floats:
    """Return when each customer stops ordering, in seconds: where the cumulated hazard meets an exponential draw."""
    exposure = -np.log(uniforms(seed, Stream.CHURN, len(customers))) / np.maximum(customers.churn_hazard, 1e-300)
    first_order = customers.first_order_at / MICROSECONDS
    churned = first_order + exposure * DAY_SECONDS
    for days in _cadences(mailing.cadence):
        mailed = mailing.cadence == days
        enrolled = customers.enrolled_at[mailed] / MICROSECONDS
        from_enrolment = exposure[mailed] - (enrolled - first_order[mailed]) / DAY_SECONDS
        day = churn_day(customers.model, from_enrolment, days, mailing.effective_sends[mailed].astype(np.float64))
        churned[mailed] = enrolled + day * DAY_SECONDS
    return churned


def _draw_orders(customers: Customers, mailing: _Mailing, churned: Floats, seed: int) -> Orders:
    """Draw first orders, and the later ones by thinning a Poisson process whose rate no cadence can exceed."""
    model = customers.model
    first_order = customers.first_order_at / MICROSECONDS
    start = np.maximum(first_order, model.data_start)
    bound = max(model.day_factors) * np.maximum(1 + mail_boost(model, customers.rate), model.unsubscribed_factor)
    expected = customers.rate * bound * (model.data_end - start) / DAY_SECONDS
    counts = poisson(expected, uniforms(seed, Stream.ORDER_COUNT, len(customers)))

    customer = np.repeat(np.arange(len(customers)), counts)
    time = start[customer] + (model.data_end - start[customer]) * uniforms(seed, Stream.ORDER_TIME, len(customer))
    level = bound[customer] * uniforms(seed, Stream.ORDER_THINNING, len(customer))
    kept = (time < churned[customer]) & (level < _order_factor(customers, mailing, customer, time))
    deviate = uniforms(seed, Stream.ORDER_AMOUNT, len(customer))[kept]

    joined = np.flatnonzero(first_order >= model.data_start)
    first_deviate = uniforms(seed, Stream.FIRST_AMOUNT, len(customers))[joined]
    ordered_at = np.concatenate([customers.first_order_at[joined], _microseconds(time[kept])])
    customer = np.concatenate([joined, customer[kept]])
    deviation = special.ndtri(np.concatenate([first_deviate, deviate]))
    amount = np.exp(customers.log_amount[customer] + model.amount_sigma_within * deviation)
    amount = np.floor(amount * 100 + 0.5) / 100
    order = np.lexsort((amount, customer, ordered_at))
    return Orders(customer[order], ordered_at[order], amount[order])


def _order_factor(customers: Customers, mailing: _Mailing, customer: Ints, time: Floats) -> Floats:
    """Return day(t) · mail(t) for the customers at these positions, at these times in seconds."""
    model, days = customers.model, calendar(customers.model)
    enrolled = np.where(customers.eligible, customers.enrolled_at / MICROSECONDS, np.nan)
    mail = mail_factor(
        model,
        (time - enrolled[customer]) / DAY_SECONDS,
        mailing.cadence[customer],
        mail_boost(model, customers.rate)[customer],
        mailing.put_off_day[customer],
    )
    return days.factors[days.day_of(time)] * mail


def _sends(customers: Customers, mailing: _Mailing) -> Sends:
    """Return every send from enrolment to the one that puts the customer off, the last planned, or the data's end."""
    cadence = mailing.cadence
    sends = mailing.effective_sends + np.isfinite(mailing.put_off_day)
    customer = np.repeat(np.arange(len(customers)), sends)
    number = np.arange(len(customer)) - np.repeat(np.cumsum(sends) - sends, sends)
    sent_at = customers.enrolled_at[customer] + number * cadence[customer] * (DAY_SECONDS * MICROSECONDS)
    kept = np.flatnonzero(sent_at < customers.model.data_end * MICROSECONDS)
    order = kept[np.lexsort((customer[kept], sent_at[kept]))]
    return Sends(customer[order], sent_at[order])


def _unsubscribes(customers: Customers, mailing: _Mailing, seed: int) -> Unsubscribes:
    """Return the clicks: within a day of the send that puts the customer off, half of them within three hours."""
    customer = np.flatnonzero(np.isfinite(mailing.put_off_day))
    delay = uniforms(seed, Stream.UNSUBSCRIBE_DELAY, len(customers))[customer] ** 3
    seconds = np.floor((mailing.put_off_day[customer] + delay) * DAY_SECONDS)
    clicked_at = customers.enrolled_at[customer] + _microseconds(seconds)
    kept = np.flatnonzero(clicked_at < customers.model.data_end * MICROSECONDS)
    order = kept[np.lexsort((customer[kept], clicked_at[kept]))]
    return Unsubscribes(customer[order], clicked_at[order])
