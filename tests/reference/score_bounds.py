"""Makes score_bounds.json: score bounds by brute force in 60-digit arithmetic, independent of abtest.

The constrained maximum of the likelihood is found by bisection on its derivative, the statistic is formed from it as
Miettinen & Nurminen (1985) define it, and the bound is the contrast at which the statistic meets the normal quantile,
again by bisection. Run: python score_bounds.py (needs mpmath; 1.4.1 made the stored numbers; some minutes).
"""

import json
from pathlib import Path

import mpmath as mp

mp.mp.dps = 60
STEPS = 110

# control successes, control n, treatment successes, treatment n
TABLES = [
    (8502, 44700, 8279, 45489), (2033, 3785, 1945, 3423), (10, 200, 10, 200), (95, 100, 97, 100), (20, 200, 532, 3800),
    (0, 100, 12, 100), (12, 100, 0, 100), (0, 50, 0, 70), (50, 50, 70, 70), (50, 50, 60, 70), (3, 10, 10, 10),
    (10, 10, 3, 10), (0, 5, 5, 5), (5, 5, 0, 5), (1, 1, 1, 1), (0, 1, 1, 1), (1, 2, 1, 3), (1, 1_000_000, 9, 1_000_000),
    (3, 1_000_000, 0, 40), (999_990, 1_000_000, 999_970, 1_000_000), (500_000, 1_000_000, 501_500, 1_000_000), (7, 9, 1, 40),
]  # fmt: skip


def bisect(function, low, high):
    """Root of a decreasing function."""
    for _ in range(STEPS):
        middle = (low + high) / 2
        if function(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def score(p, x, n):
    """Derivative of the log-likelihood of one arm, with 0/0 as 0."""
    return (x / p if x else 0) - ((n - x) / (1 - p) if n - x else 0)


def constrained(kind, value, x_c, n_c, x_t, n_t):
    """Rates of control and treatment that maximise the likelihood under the contrast."""
    if kind == "difference":
        low, high = max(mp.mpf(0), -value), min(mp.mpf(1), 1 - value)
        p = bisect(lambda p: score(p, x_c, n_c) + score(p + value, x_t, n_t), low, high)
        return p, p + value
    if kind == "ratio":
        high = min(mp.mpf(1), 1 / value)
        p = bisect(lambda p: score(p, x_c, n_c) + value * score(p * value, x_t, n_t), mp.mpf(0), high)
        return p, p * value
    treated = lambda p: value * p / (1 - p + value * p)  # noqa: E731
    # Under a fixed odds ratio the likelihood equation is that the successes add up.
    p = bisect(lambda p: x_c + x_t - n_c * p - n_t * treated(p), mp.mpf(0), mp.mpf(1))
    return p, treated(p)


def statistic(kind, value, x_c, n_c, x_t, n_t):
    p, q = constrained(kind, value, x_c, n_c, x_t, n_t)
    factor = mp.mpf(n_c + n_t) / (n_c + n_t - 1)
    a, b = mp.mpf(x_c) / n_c, mp.mpf(x_t) / n_t
    if kind == "difference":
        return (b - a - value) / mp.sqrt((p * (1 - p) / n_c + q * (1 - q) / n_t) * factor)
    if kind == "ratio":
        return (b - value * a) / mp.sqrt((value**2 * p * (1 - p) / n_c + q * (1 - q) / n_t) * factor)
    above, below = (b - q) / (q * (1 - q)), (a - p) / (p * (1 - p))
    return (above - below) / mp.sqrt((1 / (n_c * p * (1 - p)) + 1 / (n_t * q * (1 - q))) * factor)


def bounds(kind, table, confidence):
    """The two bounds; None where the statistic never reaches the quantile (the bound is the end of the scale)."""
    if kind == "odds ratio" and table[0] + table[2] in (0, table[1] + table[3]):
        return [None, None]  # nobody or everybody: no odds ratio is excluded
    critical = mp.sqrt(2) * mp.erfinv(mp.mpf(str(confidence)))
    tiny = mp.mpf(10) ** -25
    if kind == "difference":
        to, ends = (lambda u: u), (-1 + tiny, 1 - tiny)
    else:
        to, ends = (lambda u: mp.exp(u)), (mp.mpf(-40), mp.mpf(40))
    found = []
    for target in (critical, -critical):
        excess = lambda u, target=target: statistic(kind, to(u), *table) - target  # noqa: E731
        at_ends = excess(ends[0]), excess(ends[1])
        found.append(mp.nstr(to(bisect(excess, *ends)), 18) if at_ends[0] > 0 > at_ends[1] else None)
    return found


def main():
    rows = []
    for table in TABLES:
        for confidence in (0.95, 0.99) if table[1] < 1000 else (0.95,):
            row = {"table": table, "confidence": confidence}
            for kind in ("difference", "ratio", "odds ratio"):
                row[kind] = bounds(kind, table, confidence)
            rows.append(row)
            print(row, flush=True)
    margins = [
        {"table": t, "kind": kind, "value": str(v), "statistic": mp.nstr(statistic(kind, mp.mpf(str(v)), *t), 18)}
        for t in TABLES
        for kind, v in (("difference", -0.02), ("difference", 0.1), ("ratio", 0.9), ("ratio", 1.25))
        if not (kind == "ratio" and t[0] + t[2] == 0)
    ]
    text = {
        "made by": "score_bounds.py",
        "mpmath": mp.__version__,
        "digits": mp.mp.dps,
        "bounds": rows,
        "margins": margins,
    }
    Path(__file__).with_suffix(".json").write_text(json.dumps(text, indent=0) + "\n")


if __name__ == "__main__":
    main()
