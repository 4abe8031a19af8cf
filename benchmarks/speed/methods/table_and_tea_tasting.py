"""The table of customers in DuckDB, and tea-tasting's analysis of it through Ibis."""

import math
import sys

import ibis
import tea_tasting as tt

from speed.formulas import Z, print_metrics, shown
from speed.methods import unit_table
from speed.workload import ARMS, RATES

folder, kind = sys.argv[1:]
backend = ibis.duckdb.connect()
unit_table.build(backend.con, folder, kind)
experiment = tt.Experiment(
    {
        **{name: tt.Mean(name) for name in (*RATES, "orders")},
        "revenue": tt.Mean("revenue", covariate="before"),
        "unadjusted": tt.Mean("revenue"),
        "units": tt.SampleRatio(),
    },
    variant="arm",
)
found = experiment.analyze(backend.table("units"), control=ARMS[0])
counts = int(found["units"].control), int(found["units"].treatment)
metrics = {}
for name in (*RATES, "orders", "revenue"):
    raw, result = found["unadjusted" if name == "revenue" else name], found[name]
    means = raw.control, raw.treatment
    # It gives no interval of an arm's own. A rate's follows from its mean; a mean's would need the variance.
    intervals = [(math.nan, math.nan)] * 2
    if name in RATES:
        halves = [Z * math.sqrt(mean * (1 - mean) / n) for mean, n in zip(means, counts, strict=True)]
        intervals = [(mean - half, mean + half) for mean, half in zip(means, halves, strict=True)]
    difference = result.effect_size, result.effect_size_ci_lower, result.effect_size_ci_upper
    totals = [mean * n for mean, n in zip(means, counts, strict=True)]
    if name != "revenue":
        totals = [round(total) for total in totals]
    method = "CUPED, pooled slope, Welch" if name == "revenue" else "Welch"
    metrics[name] = shown(counts, totals, intervals, difference, method)
print_metrics(metrics)
