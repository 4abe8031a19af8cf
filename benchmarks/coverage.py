"""Exact coverage of intervals for two rates: ours beside the formulas of other tools.

For given true rates every table that can occur is enumerated with its binomial probability (counts with a probability
below 1e-10 are left out), and the probability of an interval that misses the true difference or lift is summed up on
each side. *Low miss*: the whole interval lies above the truth; *high miss*: below it. Nothing is simulated.

A method that gives no interval for a table says nothing there: it counts as covering, and the probability of such
tables is shown under *none*; a cell in which it never gives one is a dash. An interval that is given, (0, 0) included,
is taken at its word.

Run: python benchmarks/coverage.py [--smoke]
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special

sys.path.insert(0, str(Path(__file__).parents[1]))

from abtest.stats.odds import lowest_odds_ratio
from abtest.stats.score import no_effect, score_bounds

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]
CONFIDENCE = 0.95
Z = float(special.ndtri(1 - (1 - CONFIDENCE) / 2))
NEGLIGIBLE = 1e-10
PIECE = 20_000

# control n, p, treatment n, p
NAMED = [
    (200, 0.05, 200, 0.05),
    (500, 0.03, 500, 0.04),
    (100, 0.95, 100, 0.97),
    (200, 0.10, 3800, 0.14),
    (3800, 0.14, 200, 0.10),
    (1000, 0.02, 9000, 0.03),
    (1000, 0.40, 1000, 0.40),
    (50, 0.10, 50, 0.20),
    (30, 0.02, 30, 0.05),
]
Cell = tuple[int, float, int, float]


@dataclass(frozen=True, slots=True)
class Tables:
    """Flat arrays of tables with their probabilities."""

    x_c: Floats
    n_c: int
    x_t: Floats
    n_t: int
    weight: Floats

    @property
    def rates(self) -> tuple[Floats, Floats]:
        return self.x_c / self.n_c, self.x_t / self.n_t


@dataclass(frozen=True, slots=True)
class Method:
    """A formula for each interval; ``None`` where the tool has none. NaN bounds: none for that table."""

    name: str
    difference: Callable[[Tables], Bounds] | None
    lift: Callable[[Tables], Bounds] | None


def ours(tables: Tables, *, corrected: bool = True) -> tuple[Bounds, Bounds]:
    found = score_bounds(tables.x_c, tables.n_c, tables.x_t, tables.n_t, CONFIDENCE, corrected=corrected)
    nothing = (tables.x_c == 0) & (tables.x_t == 0)
    lift = np.where(nothing, np.nan, found.lift_low), np.where(nothing, np.nan, found.lift_high)
    return (found.difference_low, found.difference_high), lift


def our_odds(tables: Tables) -> Bounds:
    """Bounds of the odds ratio less 1; none where nobody, or everybody, has the event."""
    x_c, x_t = tables.x_c, tables.x_t
    n_c, n_t = np.full_like(x_c, tables.n_c), np.full_like(x_t, tables.n_t)
    critical = no_effect(x_c, n_c, x_t, n_t).critical(1 - CONFIDENCE)
    low, inverse = lowest_odds_ratio(x_t, n_t, x_c, n_c, critical), lowest_odds_ratio(x_c, n_c, x_t, n_t, critical)
    nothing = (x_c + x_t == 0) | (x_c + x_t == n_c + n_t)
    return np.where(nothing, np.nan, low - 1), np.where(nothing, np.nan, 1 / inverse - 1)


def welch(first: Floats, second: Floats, n_c: int, n_t: int) -> Floats:
    """Critical t value on Satterthwaite's degrees of freedom of two squared standard errors."""
    degrees = (first + second) ** 2 / (first**2 / (n_c - 1) + second**2 / (n_t - 1))
    critical: Floats = special.stdtrit(degrees, 1 - (1 - CONFIDENCE) / 2)
    return critical


def squares(tables: Tables, *, sample: bool) -> tuple[Floats, Floats]:
    """Squared standard errors of both rates, by the sample variance or by p(1 − p)."""
    p, q = tables.rates
    return (
        p * (1 - p) / (tables.n_c - 1 if sample else tables.n_c),
        q * (1 - q) / (tables.n_t - 1 if sample else tables.n_t),
    )


def round_estimate(estimate: Floats, half: Floats) -> Bounds:
    return estimate - half, estimate + half


def wald(tables: Tables) -> Bounds:
    p, q = tables.rates
    return round_estimate(q - p, Z * np.sqrt(sum(squares(tables, sample=False))))


def katz(tables: Tables) -> Bounds:
    """Delta method on the log scale, normal."""
    p, q = tables.rates
    factor = np.exp(Z * np.sqrt((1 - p) / tables.x_c + (1 - q) / tables.x_t))
    return q / p / factor - 1, q / p * factor - 1


def newcombe(tables: Tables) -> Bounds:
    """Newcombe (1998), method 10: from the two Wilson intervals."""
    (p, q), bounds = tables.rates, []
    for x, n in ((tables.x_c, tables.n_c), (tables.x_t, tables.n_t)):
        centre, half = 2 * x + Z**2, Z * np.sqrt(Z**2 + 4 * x * (1 - x / n))
        bounds.append(((centre - half) / (2 * (n + Z**2)), (centre + half) / (2 * (n + Z**2))))
    (low_c, high_c), (low_t, high_t) = bounds
    return q - p - np.hypot(q - low_t, high_c - p), q - p + np.hypot(high_t - q, p - low_c)


def tea_mean_difference(tables: Tables) -> Bounds:
    p, q = tables.rates
    first, second = squares(tables, sample=True)
    return round_estimate(q - p, welch(first, second, tables.n_c, tables.n_t) * np.sqrt(first + second))


def tea_mean_lift(tables: Tables) -> Bounds:
    """Delta method on the log scale with sample variances and t."""
    p, q = tables.rates
    first, second = (square / rate**2 for square, rate in zip(squares(tables, sample=True), (p, q), strict=True))
    factor = np.exp(welch(first, second, tables.n_c, tables.n_t) * np.sqrt(first + second))
    return q / p / factor - 1, q / p * factor - 1


def pooled_error(tables: Tables) -> tuple[Floats, Floats]:
    pooled = (tables.x_c + tables.x_t) / (tables.n_c + tables.n_t)
    return pooled, np.sqrt(pooled * (1 - pooled) * (1 / tables.n_c + 1 / tables.n_t))


def large_only(tables: Tables, bounds: Bounds) -> Bounds:
    """Below 1,000 units in total that tool switches to a test without an interval."""
    return bounds if tables.n_c + tables.n_t >= 1000 else (bounds[0] * np.nan, bounds[1] * np.nan)


def tea_proportion_difference(tables: Tables) -> Bounds:
    p, q = tables.rates
    half = Z * pooled_error(tables)[1] + 0.5 * (1 / tables.n_c + 1 / tables.n_t)
    return large_only(tables, round_estimate(q - p, half))


def tea_proportion_lift(tables: Tables) -> Bounds:
    (p, q), (pooled, error) = tables.rates, pooled_error(tables)
    factor = np.exp(Z * error / pooled + 0.5 * (1 / tables.n_c + 1 / tables.n_t) / p)
    return large_only(tables, (q / p / factor - 1, q / p * factor - 1))


def collapsed(tables: Tables, bounds: Bounds) -> Bounds:
    """An arm without variance makes that tool return p = 1 and the interval (0, 0)."""
    (p, q), (low, high) = tables.rates, bounds
    degenerate = (p * (1 - p) == 0) | (q * (1 - q) == 0)
    return np.where(degenerate, 0.0, low), np.where(degenerate, 0.0, high)


def gb_absolute(tables: Tables) -> Bounds:
    p, q = tables.rates
    first, second = squares(tables, sample=False)
    half = welch(first, second, tables.n_c, tables.n_t) * np.sqrt(first + second)
    return collapsed(tables, round_estimate(q - p, half))


def gb_relative(tables: Tables) -> Bounds:
    """Delta method on the plain scale, t on the degrees of freedom of the difference."""
    p, q = tables.rates
    first, second = squares(tables, sample=False)
    half = welch(first, second, tables.n_c, tables.n_t) * np.sqrt(second / p**2 + first * q**2 / p**4)
    return collapsed(tables, round_estimate(q / p - 1, half))


METHODS = [
    Method("abtest", lambda t: ours(t)[0], lambda t: ours(t)[1]),
    Method("score, not corrected", lambda t: ours(t, corrected=False)[0], lambda t: ours(t, corrected=False)[1]),
    Method("tea-tasting Mean", tea_mean_difference, tea_mean_lift),
    Method("tea-tasting Proportion", tea_proportion_difference, tea_proportion_lift),
    Method("gbstats", gb_absolute, gb_relative),
    Method("Wald / log", wald, katz),
    Method("Newcombe", newcombe, None),
]


def support(n: int, p: float) -> tuple[Floats, Floats]:
    """Counts that are not negligible, with their binomial probabilities."""
    x = np.arange(n + 1, dtype=float)
    log = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    weight = np.exp(log + special.xlogy(x, p) + special.xlog1py(n - x, -p))
    kept = weight > NEGLIGIBLE
    return x[kept], weight[kept]


def enumerate_tables(cell: Cell) -> Tables:
    n_c, p_c, n_t, p_t = cell
    (x_c, w_c), (x_t, w_t) = support(n_c, p_c), support(n_t, p_t)
    first, second = np.meshgrid(x_c, x_t, indexing="ij")
    return Tables(first.ravel(), n_c, second.ravel(), n_t, np.outer(w_c, w_t).ravel())


@dataclass(frozen=True, slots=True)
class Coverage:
    """Probabilities: truth inside, interval wholly above, wholly below, no interval."""

    inside: float
    low_miss: float
    high_miss: float
    none: float


def coverage(rule: Callable[[Tables], Bounds], tables: Tables, truth: float) -> Coverage:
    above = below = none = 0.0
    for start in range(0, len(tables.weight), PIECE):
        part = slice(start, start + PIECE)
        piece = Tables(tables.x_c[part], tables.n_c, tables.x_t[part], tables.n_t, tables.weight[part])
        with np.errstate(all="ignore"):
            low, high = rule(piece)
        above += float(piece.weight[low > truth + 1e-12].sum())
        below += float(piece.weight[high < truth - 1e-12].sum())
        none += float(piece.weight[np.isnan(low) | np.isnan(high)].sum())
    return Coverage(1 - above - below, above, below, none)


def both(method: Method, cell: Cell, tables: Tables) -> tuple[Coverage | None, Coverage | None]:
    truths = cell[3] - cell[1], cell[3] / cell[1] - 1
    rules = method.difference, method.lift
    first, second = (rule and coverage(rule, tables, truth) for rule, truth in zip(rules, truths, strict=True))
    return first, second


def random_cells(count: int) -> list[Cell]:
    """Seeded: 30 to 5,000 units per arm, rates from 1 to 99 %, effects up to half a unit of log odds."""
    random = np.random.default_rng(2024)
    cells = []
    for _ in range(count):
        n_c, n_t = np.exp(random.uniform(np.log(30), np.log(5000), 2)).astype(int)
        logit = random.uniform(-4.6, 4.6)
        p_c, p_t = (1 / (1 + np.exp(-(logit + shift))) for shift in (0, random.uniform(-0.5, 0.5)))
        cells.append((int(n_c), float(p_c), int(n_t), float(p_t)))
    return cells


def show(found: Coverage | None) -> str:
    if found is None or found.none > 1 - 1e-6:
        return "– | – | – | –"
    return f"{found.inside:.3f} | {found.low_miss:.3f} | {found.high_miss:.3f} | {found.none:.3f}"


def named_table(cells: list[Cell]) -> None:
    head = "covers | low miss | high miss | none"
    print(f"| control n, p / treatment n, p | method | difference {head} | lift {head} |")
    print("|---|---|" + "---:|" * 8)
    for cell in cells:
        tables = enumerate_tables(cell)
        for method in METHODS:
            difference, lift = both(method, cell, tables)
            label = f"{cell[0]}, {cell[1]:g} / {cell[2]}, {cell[3]:g}"
            print(f"| {label} | {method.name} | {show(difference)} | {show(lift)} |")


def random_table(cells: list[Cell]) -> None:
    print(f"\n{len(cells)} random cells (30 to 5,000 units per arm, rates 1 to 99 %):\n")
    print("| method | interval | lowest | 5th percentile | median | highest | below 0.93 | largest one-sided miss |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    results: dict[tuple[str, str], list[Coverage]] = {}
    for cell in cells:
        tables = enumerate_tables(cell)
        for method in METHODS:
            for kind, found in zip(("difference", "lift"), both(method, cell, tables), strict=True):
                if found is not None and found.none < 1 - 1e-6:
                    results.setdefault((method.name, kind), []).append(found)
    for (name, kind), found in results.items():
        inside = np.array([one.inside for one in found])
        worst = max(max(one.low_miss, one.high_miss) for one in found)
        parts = inside.min(), np.quantile(inside, 0.05), np.median(inside), inside.max()
        numbers = " | ".join(f"{part:.3f}" for part in parts)
        print(f"| {name} | {kind} | {numbers} | {np.mean(inside < 0.93):.0%} | {worst:.3f} |")


def wide_cells(count: int) -> list[Cell]:
    """Seeded (14): 5 to 5,000 units in the larger arm, shares down to 5 %, rates 0.3 to 99.7 %, effects to 1 logit."""
    random = np.random.default_rng(14)
    cells: list[Cell] = []
    while len(cells) < count:
        larger, share = np.exp(random.uniform(np.log(5), np.log(5000))), random.uniform(0.05, 0.95)
        other = larger * min(share, 1 - share) / max(share, 1 - share)
        n_c, n_t = (int(n) for n in ((larger, other) if share > 0.5 else (other, larger)))
        logit = random.uniform(-5.8, 5.8)
        p_c, p_t = (float(1 / (1 + np.exp(-(logit + shift)))) for shift in (0, random.uniform(-1, 1)))
        if min(n_c, n_t) >= 5 and min(p_c, p_t) >= 0.003 and max(p_c, p_t) <= 0.997:
            cells.append((n_c, p_c, n_t, p_t))
    return cells


def expected_fewest(cell: Cell) -> float:
    n_c, p_c, n_t, p_t = cell
    events = n_c * p_c + n_t * p_t
    return min(n_c, n_t) * min(events, n_c + n_t - events) / (n_c + n_t)


def type_one(cell: Cell, levels: tuple[float, ...]) -> list[float]:
    """Chance of a p-value below each level when both arms have the control's rate."""
    tables = enumerate_tables((cell[0], cell[1], cell[2], cell[1]))
    p_value = no_effect(
        tables.x_c, np.full_like(tables.x_c, tables.n_c), tables.x_t, np.full_like(tables.x_t, tables.n_t)
    ).p_value
    return [float(tables.weight[p_value < level].sum()) for level in levels]


def wide_table(cells: list[Cell]) -> None:
    print(
        f"\n{len(cells)} cells down to arms of five units (5 to 5,000, shares to 5/95, rates 0.3 to 99.7 %; seed 14):\n"
    )
    print("| method | interval | lowest | below 0.945 | least and largest miss of a side, five or more expected |")
    print("|---|---|---:|---:|---:|")
    rules: dict[tuple[str, str], Callable[[Tables], Bounds]] = {
        (method.name, kind): rule
        for method in METHODS[:2]
        for kind, rule in (("difference", method.difference), ("lift", method.lift))
        if rule is not None
    }
    rules["abtest", "odds ratio"] = our_odds
    truths = {
        "difference": lambda c: c[3] - c[1],
        "lift": lambda c: c[3] / c[1] - 1,
        "odds ratio": lambda c: c[3] * (1 - c[1]) / (c[1] * (1 - c[3])) - 1,
    }
    enough = [expected_fewest(cell) >= 5 for cell in cells]
    found: dict[tuple[str, str], list[Coverage]] = {key: [] for key in rules}
    for cell in cells:
        tables = enumerate_tables(cell)
        for key, rule in rules.items():
            found[key].append(coverage(rule, tables, truths[key[1]](cell)))
    for (name, kind), all_found in found.items():
        inside = np.array([one.inside for one in all_found])
        sides = [
            miss for one, much in zip(all_found, enough, strict=True) if much for miss in (one.low_miss, one.high_miss)
        ]
        print(
            f"| {name} | {kind} | {inside.min():.4f} | {np.sum(inside < 0.945)} | {min(sides):.4f}, {max(sides):.4f} |"
        )
    levels = (0.05, 0.01, 0.001)
    worst = np.max([type_one(cell, levels) for cell in cells], axis=0)
    print("\nLargest chance of a p-value below 0.05, 0.01 and 0.001 in these cells when both arms have one rate: ")
    print(", ".join(f"{value:.4f}" for value in worst[:2]) + f" and {worst[2]:.5f}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a few cells, in seconds")
    smoke = parser.parse_args().smoke
    start = time.perf_counter()
    named_table(NAMED[:4] + NAMED[7:] if smoke else NAMED)
    random_table(random_cells(10 if smoke else 200))
    wide_table(wide_cells(12 if smoke else 400))
    print(f"\nEnumerated in {time.perf_counter() - start:.0f} s.", file=sys.stderr)


if __name__ == "__main__":
    main()
