"""A generated shop with its rows as frames, the definitions that read them, and the same numbers by pandas alone.

The frames hold what the wiring must carry: three arms, staggered assignment, orders and sessions on both sides of it,
households, gaps in a number column and in a category. ``per_unit`` reduces the rows without the package.
"""

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from abtest import analyze, load
from abtest.analysis.result import Analysis, Comparison

ARMS = ("control", "weekly", "daily")
START = pd.Timestamp("2026-01-05", tz="UTC")
WINDOW = (0, 28)
BEFORE = (-28, 0)
ALPHA = 0.05


@functools.cache
def shop(units: int = 2_000, seed: int = 11) -> Mapping[str, pd.DataFrame]:
    """Return customers, assignments, orders, sessions and opens; the same for the same seed."""
    rng = np.random.default_rng(seed)
    household = rng.integers(0, units // 4, units)
    number = np.arange(units)
    habit = rng.gamma(2.0, 0.5, units) + rng.gamma(1.0, 0.6, units // 4)[household]
    arm = rng.choice(3, units, p=[0.4, 0.35, 0.25])
    age = np.round(rng.normal(45, 12, units) + 4 * habit, 1)
    customers = pd.DataFrame(
        {
            "customer_id": number,
            "country": rng.choice(["FI", "SE", "DE", "IS", "FO"], units, p=[0.5, 0.3, 0.17, 0.02, 0.01]),
            "channel": rng.choice(["web", "app", None], units, p=[0.5, 0.4, 0.1]),
            "household": [None if i % 40 == 7 else f"h{h}" for i, h in zip(number, household, strict=True)],
            "ring": [f"{ARMS[a]}-{h % 60}" for a, h in zip(arm, household, strict=True)],
            "age": np.where(rng.random(units) < 0.15, np.nan, age),
            "tier": np.where(
                rng.random(units) < 0.1, None, np.where(habit > 1.8, "gold", np.where(age > 45, "a", "b"))
            ),
            "score": np.round(10 * habit + 2 * arm + rng.normal(0, 4, units), 3),
            "vip": (rng.random(units) < 0.15 + 0.1 * habit + 0.05 * arm).astype(int),
            "one": 1.0,
            "nothing": 0.0,
            "nobody": None,
            "same": "x",
        }
    )
    at = START + pd.to_timedelta(rng.integers(0, 20 * 86_400, units), unit="s")
    assignments = pd.DataFrame({"customer_id": number, "arm": np.array(ARMS)[arm], "assigned_at": at})

    def events(rate: np.ndarray, low: int, high: int) -> tuple[np.ndarray, pd.Series]:
        who = np.repeat(number, rng.poisson(rate))
        when = pd.Series(at[who]) + pd.to_timedelta(rng.integers(low * 86_400, high * 86_400, len(who)), unit="s")
        return who, when

    before, after = events(0.8 * habit, -40, 0), events((0.5 + 0.1 * arm) * habit, 0, 45)
    orders = pd.DataFrame(
        {
            "customer_id": np.concatenate([before[0], after[0]]),
            "at": pd.concat([before[1], after[1]], ignore_index=True),
        }
    )
    orders["amount"] = np.round(rng.lognormal(3, 0.9, len(orders)) * (1 + 0.1 * habit[orders.customer_id]), 2)
    seen = events(2 * habit, -40, 45)
    sessions = pd.DataFrame({"customer_id": seen[0], "at": seen[1]})
    opened = number[rng.random(units) < np.array([0.04, 0.5, 0.6])[arm]]
    opens = pd.DataFrame({"customer_id": opened, "at": at[opened] + pd.Timedelta(days=1)})
    return {
        "customers": customers,
        "assignments": assignments,
        "orders": orders,
        "sessions": sessions,
        "opens": opens,
    }


def definition(
    metrics: Mapping[str, Mapping[str, object]],
    *,
    arms: Sequence[str] = ARMS,
    analysis: Mapping[str, object] | None = None,
    **parts: object,
) -> dict[str, object]:
    """Return a definition over the shop's tables; the first metric is primary unless one says so itself."""
    declared = {name: dict(metric) for name, metric in metrics.items()}
    if not any(metric.get("role") == "primary" for metric in declared.values()):
        next(iter(declared.values()))["role"] = "primary"
    return {
        "name": "shop",
        "unit": "customer_id",
        "timezone": "UTC",
        "period": {"start": "2026-01-05", "end": "2026-01-31", "through": "2026-03-31"},
        "arms": [{"name": name, "control": name == "control"} for name in arms],
        "data": {
            "customers": {},
            "assignments": {"at": "assigned_at", **({} if tuple(arms) == ARMS else {"where": only(arms)})},
            "orders": {"at": "at", "value": "amount"},
            "sessions": {"at": "at"},
            "opens": {"at": "at"},
        },
        "metrics": declared,
        "analysis": dict(analysis or {}),
        **parts,
    }


def only(arms: Sequence[str]) -> str:
    """Return the condition that keeps these arms."""
    return f"arm in ({', '.join(repr(arm) for arm in arms)})"


def analysed(given: Mapping[str, object], tables: Mapping[str, pd.DataFrame] | None = None) -> Analysis:
    """Return the analysis of a definition over the shop's tables, or over others."""
    tables = shop() if tables is None else tables
    experiment = load(given)
    used = {"customers", "assignments", *experiment.definition.event_sources} & set(given["data"])
    return analyze(experiment, {name: frame for name, frame in tables.items() if name in used})


def of(analysis: Analysis, metric: str, arm: str = "weekly") -> Comparison:
    """Return one comparison."""
    return next(comparison for comparison in analysis.metric(metric).comparisons if comparison.arm == arm)


def per_unit(tables: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    """Return one row per customer: the customer's columns, the arm, and its events reduced in the two windows."""
    tables = shop() if tables is None else tables
    frame = tables["assignments"].merge(tables["customers"], on="customer_id").set_index("customer_id")
    for name, source in (("orders", "orders"), ("sessions", "sessions"), ("opens", "opens")):
        rows = tables[source].merge(tables["assignments"], on="customer_id")
        days = (rows["at"] - rows["assigned_at"]) / pd.Timedelta(days=1)
        for label, (low, high) in (("", WINDOW), ("_before", BEFORE)):
            inside = rows[(days >= low) & (days < high)].groupby("customer_id")
            frame[name + label] = inside.size().reindex(frame.index, fill_value=0)
            if source == "orders":
                frame["amount" + label] = inside["amount"].sum().reindex(frame.index, fill_value=0.0)
                frame["basket" + label] = inside["amount"].mean().reindex(frame.index)
    frame["returned"] = (frame["orders"] > 0).astype(int)
    frame["opened"] = (frame["opens"] > 0).astype(int)
    return frame


def indicators(column: pd.Series) -> pd.DataFrame:
    """Return one 0/1 column per level but the first; an empty cell is a level of its own."""
    return pd.get_dummies(column.fillna("(none)"), drop_first=True, dtype=float)


def with_gaps(column: pd.Series) -> pd.DataFrame:
    """Return the number with gaps as 0, and the indicator of a gap."""
    return pd.DataFrame({"value": column.fillna(0.0), "missing": column.isna().astype(float)})


def lin(y: pd.Series, treated: pd.Series, covariates: pd.DataFrame) -> tuple[float, float, float]:
    """Return the coefficient of treatment in y ~ T·(1 + x − x̄), its standard error, and the share of variance removed.

    The standard error is that of the two arms' least-squares predictions at x̄, plus what x̄ itself varies.
    """
    x = covariates.loc[:, covariates.nunique() > 1].astype(float)
    x = x - x.mean()
    x.columns = [f"x{place}" for place in range(x.shape[1])]
    t = treated.astype(float)
    design = pd.concat([t.rename("t"), x, x.mul(t, axis=0).add_prefix("t")], axis=1)
    estimate = sm.OLS(y, sm.add_constant(design)).fit().params["t"]
    fits = [sm.OLS(y[t == side], sm.add_constant(x[t == side])).fit() for side in (0, 1)]
    centre = np.r_[1.0, np.zeros(x.shape[1])]
    squares = sum(float(fit.get_prediction(centre).se_mean[0]) ** 2 for fit in fits)
    slope = (fits[1].params - fits[0].params).drop("const").to_numpy()
    within = sum((t == side).mean() * x[t == side].cov().to_numpy() for side in (0, 1)) / len(x)
    variance = squares + float(slope @ within @ slope)
    plain = sum(y[t == side].var() / (t == side).sum() for side in (0, 1))
    return float(estimate), variance**0.5, 1 - variance / plain


def welch(control: pd.Series, treated: pd.Series, confidence: float = 0.95) -> tuple[float, float, float, float]:
    """Return difference, bounds and p-value of scipy's Welch test."""
    result = stats.ttest_ind(treated, control, equal_var=False)
    interval = result.confidence_interval(confidence)
    return float(treated.mean() - control.mean()), float(interval.low), float(interval.high), float(result.pvalue)


def pair(frame: pd.DataFrame, arm: str = "weekly") -> pd.DataFrame:
    """Return the units of the control and one arm, with ``t`` for the latter."""
    two = frame[frame["arm"].isin(["control", arm])]
    return two.assign(t=(two["arm"] == arm).astype(int))


def excludes_zero(effect: object) -> bool:
    """Whether the interval lies on one side of 0; a missing bound is unbounded."""
    return (effect.low is not None and effect.low > 0) or (effect.high is not None and effect.high < 0)
