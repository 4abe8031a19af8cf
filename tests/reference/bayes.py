"""Makes the part "exact" of bayes.json: P(T > C) and expected losses in 40 digits, by sums that are exact for integers.

Cook (2005), "Exact calculation of beta inequalities", and Miller's sum for an integer first parameter of T:
P(T > C) = sum over i < a_t of B(a_c + i, b_c + b_t) / ((b_t + i) B(1 + i, b_t) B(a_c, b_c)).
With Beta(1, 1) priors all parameters are integers. E max(0, C - T) = E(C) P(C* > T) - E(T) P(C > T*) with * one more
success. With half-integers (Jeffreys) the same quantities by mpmath's quadrature in the logit.
Run: python bayes.py (mpmath 1.4).
"""

import json
from pathlib import Path

import mpmath as mp

mp.mp.dps = 40
HERE = Path(__file__).parent
INTEGERS = [
    (480, 2000, 530, 2000), (20, 40, 20, 40), (0, 100, 12, 100), (0, 0, 0, 0), (3, 10**6, 9, 10**6), (5, 10, 450, 1000),
    (8502, 44700, 8279, 45489), (500, 10**6, 480, 10**6), (10**6, 10**6, 999990, 10**6), (100, 100, 0, 3),
    (20000, 10**5, 20400, 10**5),
]  # fmt: skip
HALVES = [(0, 100, 12, 100), (0, 0, 0, 0), (0, 50, 0, 200), (3, 50, 12, 60), (95, 100, 97, 100), (0, 2000, 2, 100)]


def exceeds(c, t):
    """P(T > C) for an integer first parameter of T."""
    (a_c, b_c), (a_t, b_t) = c, t
    term = mp.beta(a_c, b_c + b_t) / (b_t * mp.beta(1, b_t) * mp.beta(a_c, b_c))
    total = mp.mpf(0)
    for i in range(a_t):
        total += term
        term *= mp.mpf((a_c + i) * (b_t + i)) / ((a_c + b_c + b_t + i) * (1 + i))
    return total


def probability(first, second):
    """P(first > second), by the shortest of the four sums that are equal by symmetry."""
    mirrored = [(b, a) for a, b in (first, second)]  # of 1 - x
    return {
        first[0]: lambda: exceeds(second, first),
        second[1]: lambda: exceeds(mirrored[0], mirrored[1]),
        second[0]: lambda: 1 - exceeds(first, second),
        first[1]: lambda: 1 - exceeds(mirrored[1], mirrored[0]),
    }[min(*first, *second)]()


def exact(table):
    c, t = (table[0] + 1, table[1] - table[0] + 1), (table[2] + 1, table[3] - table[2] + 1)
    mean_c, mean_t = mp.mpf(c[0]) / sum(c), mp.mpf(t[0]) / sum(t)
    more_c, more_t = (c[0] + 1, c[1]), (t[0] + 1, t[1])
    loss_t = mean_c * probability(more_c, t) - mean_t * probability(c, more_t)
    loss_c = mean_t * probability(more_t, c) - mean_c * probability(t, more_c)
    return probability(t, c), loss_t, loss_c


def by_quadrature(table):
    half = mp.mpf(1) / 2
    c, t = ((x + half, n - x + half) for x, n in (table[:2], table[2:]))

    def below(d, x):
        return mp.betainc(d[0], d[1], 0, x, regularized=True)

    def weight(u):
        x = 1 / (1 + mp.exp(-u))
        return x, mp.exp(c[0] * u - (c[0] + c[1]) * mp.log1p(mp.exp(u))) / mp.beta(*c)

    middles = sorted(mp.log(d[0] / d[1]) for d in (c, t))
    cuts = sorted(
        {middles[0] - k for k in (150, 60, 25, 10, 4, 1.5)}
        | set(middles)
        | {middles[1] + k for k in (1, 2, 4, 8, 20, 60, 150)}
    )
    better = mp.quad(lambda u: weight(u)[1] * (1 - below(t, weight(u)[0])), cuts)

    def loss(low, high):
        def inside(u):
            x = 1 / (1 + mp.exp(-u))
            return below(low, x) * (1 - below(high, x)) * x * (1 - x)

        return mp.quad(inside, cuts)

    return better, loss(t, c), loss(c, t)


def entry(table, values):
    return {"table": table, **dict(zip(("better", "loss_treatment", "loss_control"), map(float, values), strict=True))}


if __name__ == "__main__":
    store = HERE / "bayes.json"
    data = json.loads(store.read_text()) if store.exists() else {}
    integers = [entry(table, exact(table)) for table in INTEGERS]
    mp.mp.dps = 20
    halves = [entry(table, by_quadrature(table)) for table in HALVES]
    data["exact"] = {"made_by": "bayes.py", "mpmath": mp.__version__, "uniform": integers, "jeffreys": halves}
    store.write_text(json.dumps(data))
