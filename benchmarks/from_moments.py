"""How long answers from moments take: one comparison, and 1,000 segments of 20 metrics. ``--smoke``: a tenth of it.

Prints medians of repeated runs in one process, after a first run that is not counted.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable

from abtest.analysis.segments import segment_results
from abtest.definition.load import load
from abtest.moments.sums import Arms, MetricMoments, Sums
from abtest.stats.means import compare_means
from abtest.stats.rates import compare_rates
from abtest.stats.values import Moments, Rate

ONE, ALL = 0.001, 2.0


def median(run: Callable[[], object], repeats: int) -> float:
    """Return the median time of a run in seconds."""
    run()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def experiment(metrics: int) -> object:
    """Return a definition with rates and means in turn, and one segment."""
    columns = {
        f"m{number}": {"type": "column", "role": "primary" if number == 0 else "secondary"} for number in range(metrics)
    }
    return load(
        {
            "name": "moments",
            "arms": [{"name": "a", "control": True}, {"name": "b"}],
            "data": {"customers": {"path": "x.parquet", "arm": "arm"}},
            "metrics": columns,
            "segments": ["country"],
        }
    ).definition


def level(place: int, *, rate: bool) -> Arms:
    """Return the sums of a segment's two arms."""
    found = []
    for arm in (0, 1):
        n = 500 + 7 * (place % 90) + arm
        total = n * (30 + (place + arm) % 40) // 100 if rate else n * (4_000 + place % 97 + 30 * arm)
        square = total if rate else total * total // n + n * 250_000
        found.append(Sums(n, n, ("y",), (1,), (total,), (square,)))
    return tuple(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a tenth of the segments")
    segments, metrics, repeats = (100 if parser.parse_args().smoke else 1_000), 20, 5
    definition = experiment(metrics)
    moments = {}
    for number, name in enumerate(definition.metrics):  # type: ignore[attr-defined]
        rate = number % 2 == 0
        levels = {f"c{place:04d}": level(place + number, rate=rate) for place in range(segments)}
        whole = level(number, rate=rate)
        moments[name] = MetricMoments(
            definition.outcome(name),
            rate,
            whole,
            segments={"country": levels},  # type: ignore[attr-defined]
        )
    rates = median(lambda: compare_rates(Rate(4_480, 10_000), Rate(4_630, 10_011)), 500)
    means = median(lambda: compare_means(Moments(10_000, 50.1, 900.0), Moments(10_011, 51.0, 905.0)), 500)
    together = median(lambda: segment_results(definition, moments), repeats)  # type: ignore[arg-type]
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    print("| from moments | median | target |\n|---|---|---|")
    print(f"| two rates: p-value, difference, lift | {rates * 1e3:.2f} ms | ≤ {ONE * 1e3:g} ms |")
    print(f"| two means | {means * 1e3:.2f} ms | ≤ {ONE * 1e3:g} ms |")
    print(f"| {segments:,} segments × {metrics} metrics, tests and shrinkage | {together:.2f} s | ≤ {ALL:g} s |")


if __name__ == "__main__":
    main()
