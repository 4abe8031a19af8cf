"""How the customers of the model case behave: an e-mail drip to existing customers, at one cadence or another.

Principle: everything random follows from four stated hazards, so that what the drip truly does can be computed.

1. **Orders.** A customer who has not churned orders as a Poisson process with ``rate · day(t) · mail(t)`` orders a day:
   the customer's own rate (gamma, skewed), the factor of the local day of week, and the factor of the mails.
2. **Mails.** Sends leave every ``cadence`` days from enrolment, for ``programme_days``. From the latest send, at s,
   ``mail(t) = 1 + boost · exp(−(t − s) / boost_decay_days)``: short-lived. Those who order seldom gain most from being
   reminded: ``boost = boost_max / (1 + rate / boost_half_rate)``. Before the first send ``mail(t) = 1``.
3. **Fatigue.** Each send puts the customer off with a probability that grows with the number of sends in the last
   ``fatigue_days``. From the send that does, no mail follows and ``mail(t) = unsubscribed_factor``; the click that
   unsubscribes comes within a day of it. Customers who have churned get mails and unsubscribe like the others.
4. **Churn.** From the first order on, a customer stops ordering for good with the customer's own hazard (gamma), which
   is lowered by the share ``shelter`` for ``shelter_days`` after each send, but for the send that puts them off.

Time is elapsed time (a day is 86,400 seconds); only the days of the week follow the local calendar.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from abtest.grammar.time import DAY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAY_SECONDS = DAY

RETENTION_WINDOW = (28, 56)
"""Days from enrolment, [from, to), in which an order makes a customer retained."""

HORIZON_DAYS = 56
"""Days from enrolment, [0, horizon), over which revenue and unsubscribing are counted."""


class Group(NamedTuple):
    """A group of customers, its share of all (0–1), and the factor on its order rates."""

    name: str
    share: float
    rate_factor: float = 1.0


@dataclass(frozen=True)
class DripModel:
    """The parameters of the model case. Dates are local and inclusive; rates and hazards are per elapsed day."""

    customers: int = 20_000
    """Number of customers, those who join late included."""
    timezone: str = "Europe/Helsinki"
    """IANA zone of the dates and of the days of the week."""
    period_start: date = date(2026, 3, 2)
    """First day of enrolment; who joined before it is eligible."""
    period_end: date = date(2026, 4, 12)
    """Last day of enrolment."""
    data_through: date = date(2026, 5, 31)
    """Last day of the data."""
    history_days: int = 56
    """Days of data before the period's start."""
    existing_share: float = 0.9
    """Share of customers who joined before the period's start; the others join from then on to the data's end."""
    tenure_days: float = 730
    """Existing customers joined evenly over this many days before the period's start."""
    enrolment_hours: tuple[float, float] = (8, 18)
    """Hours of the local clock between which customers are enrolled, on evenly drawn days of the period."""
    countries: tuple[Group, ...] = (Group("FI", 0.45), Group("SE", 0.30), Group("EE", 0.15), Group("LV", 0.10))
    """Where customers live."""
    channels: tuple[Group, ...] = (
        Group("search", 0.40, 1.0),
        Group("social", 0.25, 0.8),
        Group("referral", 0.15, 1.4),
        Group("partner", 0.20, 0.9),
    )
    """How customers were won."""

    rate_mean: float = 0.049
    """Mean of the customers' order rates, orders per day, before the factors of their groups."""
    rate_shape: float = 1.1
    """Shape of the gamma distribution of order rates; its coefficient of variation is 1/√shape."""
    day_factors: tuple[float, ...] = (1.10, 0.95, 0.85, 0.85, 0.95, 1.10, 1.20)
    """Factors on the order rate for Monday to Sunday."""
    amount_median: float = 38.0
    """Median order amount of the median customer, in the currency's unit."""
    amount_sigma_between: float = 0.6
    """Standard deviation of log amounts between customers."""
    amount_sigma_within: float = 0.6
    """Standard deviation of log amounts within a customer."""

    programme_days: int = 84
    """Sends leave at enrolment + k · cadence for as long as that is less than this many days."""
    boost_max: float = 4.5
    """Relative increase of the order rate right after a send, for a customer whose rate is near zero."""
    boost_half_rate: float = 0.01
    """Order rate, per day, at which the boost is half of ``boost_max``."""
    boost_decay_days: float = 3.0
    """Days in which the boost falls to 1/e."""

    unsubscribe_first: float = 0.0133
    """Probability that the first send puts the customer off."""
    unsubscribe_base: float = 0.000375
    """Probability that a later send does, if none was sent in the last ``fatigue_days``."""
    unsubscribe_fatigue: float = 0.0002
    """Added to that probability by each earlier send of the last ``fatigue_days``."""
    fatigue_days: int = 28
    """Days over which sends add up to fatigue."""
    unsubscribed_factor: float = 0.6
    """Factor on the order rate of a customer who was put off."""

    churn_mean: float = 0.001
    """Mean of the customers' churn hazards, per day."""
    churn_shape: float = 1.5
    """Shape of the gamma distribution of churn hazards."""
    shelter: float = 0.4
    """Share by which mails lower the churn hazard."""
    shelter_days: int = 7
    """Days after a send for which they do (at most until the next send is due)."""

    def __post_init__(self) -> None:
        if len(self.day_factors) != 7:
            raise ValueError(f"day_factors must have 7 values, Monday to Sunday, got {len(self.day_factors)}")
        for name in ("countries", "channels"):
            total = sum(group.share for group in getattr(self, name))
            if abs(total - 1) > 1e-9:
                raise ValueError(f"the shares of {name} must add up to 1, got {total}")
        if not 0 <= self.shelter < 1:
            raise ValueError(f"shelter must be in [0, 1), got {self.shelter}")

    def instant(self, day: date, hour: float = 0) -> int:
        """Return when clocks in the model's zone show ``hour`` (0–24) on ``day``, in seconds since 1970 UTC."""
        return int((datetime.combine(day, time(), ZoneInfo(self.timezone)) + timedelta(hours=hour)).timestamp())

    @property
    def data_start(self) -> int:
        """The instant at which the data begins, in seconds since 1970 UTC."""
        return self.instant(self.period_start - timedelta(days=self.history_days))

    @property
    def data_end(self) -> int:
        """The first instant after the data, in seconds since 1970 UTC."""
        return self.instant(self.data_through + timedelta(days=1))


class Calendar(NamedTuple):
    """Local days: the instants at which they begin, in seconds since 1970 UTC, and the order-rate factor of each."""

    midnights: Floats
    factors: Floats

    def day_of(self, seconds: Floats) -> Ints:
        """Return the position of the day in which each instant lies."""
        return np.searchsorted(self.midnights, seconds, side="right") - 1


def calendar(model: DripModel) -> Calendar:
    """Return the days from the data's start until every enrolled customer's horizon and the data have ended."""
    first = model.period_start - timedelta(days=model.history_days)
    last = max(model.data_through, model.period_end + timedelta(days=HORIZON_DAYS)) + timedelta(days=3)
    days = [first + timedelta(days=i) for i in range((last - first).days)]
    return Calendar(
        np.array([model.instant(day) for day in days], dtype=np.float64),
        np.array([model.day_factors[day.weekday()] for day in days]),
    )


def planned_sends(model: DripModel, cadence: int) -> int:
    """Return how many sends a customer gets who never unsubscribes, ``cadence`` days apart."""
    return -(-model.programme_days // cadence)


def put_off_probabilities(model: DripModel, cadence: int) -> Floats:
    """Return for each planned send the probability that it is the one that puts the customer off.

    They add up to the probability of ever being put off.
    """
    send = np.arange(planned_sends(model, cadence))
    recent = np.minimum(send, -(-model.fatigue_days // cadence) - 1)
    later = model.unsubscribe_base + model.unsubscribe_fatigue * recent
    chance = np.where(send == 0, model.unsubscribe_first, later)
    still_subscribed = np.cumprod(np.append(1.0, 1 - chance[:-1]))
    return np.asarray(chance * still_subscribed, dtype=np.float64)


def mail_boost(model: DripModel, rate: Floats) -> Floats:
    """Return the relative increase of the order rate right after a send, for customers with these order rates."""
    return model.boost_max / (1 + rate / model.boost_half_rate)


def mail_factor(model: DripModel, day: Floats, cadence: Ints, boost: Floats, put_off_day: Floats) -> Floats:
    """Return the factor of the mails on the order rate.

    All arguments are arrays of one shape: ``day`` counts elapsed days from enrolment (negative or NaN: not enrolled
    yet), ``cadence`` is 0 where no mails are sent, ``put_off_day`` is infinite where no send puts the customer off.
    """
    step = np.maximum(cadence, 1)
    latest_send = np.minimum(np.floor(day / step), -(-model.programme_days // step) - 1)
    boosted = 1 + boost * np.exp(-np.maximum(day - latest_send * step, 0) / model.boost_decay_days)
    mailed = (cadence > 0) & (day >= 0)
    return np.where(mailed, np.where(day >= put_off_day, model.unsubscribed_factor, boosted), 1.0)


def churn_exposure(model: DripModel, day: Floats, cadence: int, effective_sends: Floats) -> Floats:
    """Return the days of full churn hazard that ``day`` elapsed days from enrolment amount to.

    ``effective_sends`` is the number of sends before the one that puts the customer off, or of all planned ones.
    """
    sheltered_days = min(model.shelter_days, cadence)
    cycles = np.minimum(np.floor(day / cadence), effective_sends)
    in_last = np.where(cycles < effective_sends, np.minimum(day - cycles * cadence, sheltered_days), 0.0)
    return day - model.shelter * (cycles * sheltered_days + in_last)


def churn_day(model: DripModel, exposure: Floats, cadence: int, effective_sends: Floats) -> Floats:
    """Return the elapsed days from enrolment that amount to ``exposure`` days of full churn hazard.

    The inverse of `churn_exposure`; a negative exposure, before enrolment, is returned as it is.
    """
    sheltered_days = min(model.shelter_days, cadence)
    cycle_exposure = cadence - model.shelter * sheltered_days
    cycles = np.clip(np.floor(exposure / cycle_exposure), 0, effective_sends)
    rest = exposure - cycles * cycle_exposure
    in_cycle = np.minimum(rest / (1 - model.shelter), rest + model.shelter * sheltered_days)
    return cycles * cadence + np.where((cycles < effective_sends) & (rest > 0), in_cycle, rest)
