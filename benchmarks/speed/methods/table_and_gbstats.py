"""The table of customers and its sums in DuckDB, and gbstats' analysis of the sums."""

import math
import sys

import duckdb
from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
from gbstats.models.statistics import ProportionStatistic, RegressionAdjustedStatistic, SampleMeanStatistic

from speed.formulas import print_metrics, shown
from speed.methods import unit_table
from speed.workload import ARMS, RATES

SUMS = ["orders", "orders * orders", "revenue", "revenue * revenue", "before", "before * before", "revenue * before"]

folder, kind = sys.argv[1:]
listed = ", ".join(f"CAST(sum({term}) AS DOUBLE)" for term in (*RATES, *SUMS))
with duckdb.connect() as connection:
    unit_table.build(connection, folder, kind)
    summed = connection.execute(f"SELECT arm, count(*), {listed} FROM units GROUP BY arm").fetchall()
rows = {arm: sums for arm, *sums in summed}

statistics = {}
for arm in ARMS:
    n, *sums = rows[arm]
    rates, (orders, squared, y, yy, x, xx, yx) = sums[: len(RATES)], sums[len(RATES) :]
    after, before = SampleMeanStatistic(n=n, sum=y, sum_squares=yy), SampleMeanStatistic(n=n, sum=x, sum_squares=xx)
    statistics[arm] = {
        **{name: ProportionStatistic(n=n, sum=total) for name, total in zip(RATES, rates, strict=True)},
        "orders": SampleMeanStatistic(n=n, sum=orders, sum_squares=squared),
        "revenue": RegressionAdjustedStatistic(
            n=n, post_statistic=after, pre_statistic=before, post_pre_sum_of_products=yx, theta=0
        ),
    }
counts = [rows[arm][0] for arm in ARMS]
metrics = {}
for name in (*RATES, "orders", "revenue"):
    pair = [statistics[arm][name] for arm in ARMS]
    result = TwoSidedTTest(*pair, FrequentistConfig(difference_type="absolute")).compute_result()
    totals = [stat.post_statistic.sum if name == "revenue" else stat.sum for stat in pair]
    method = "CUPED, pooled slope, Welch" if name == "revenue" else "Welch"
    none = [(math.nan, math.nan)] * 2  # it gives no interval of an arm's own
    metrics[name] = shown(counts, totals, none, (result.expected, *result.ci), method)
print_metrics(metrics)
