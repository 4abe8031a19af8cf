"""The table of customers in DuckDB, and cluster-experiments' regressions on it, one a metric."""

import math
import sys

import duckdb
from cluster_experiments import AnalysisPlan, HypothesisTest, SimpleMetric, Variant

from speed.formulas import print_metrics, shown
from speed.methods import unit_table
from speed.workload import ARMS, RATES

NAMES = (*RATES, "orders", "revenue")

folder, kind = sys.argv[1:]
with duckdb.connect() as connection:
    unit_table.build(connection, folder, kind)
    units = connection.execute("SELECT * FROM units").df()
units = units.astype(dict.fromkeys((*RATES, "orders"), "float64"))
plan = AnalysisPlan(
    tests=[
        HypothesisTest(
            metric=SimpleMetric(alias=name, name=name),
            analysis_type="ols",
            analysis_config={"covariates": ["before"], "cov_type": "HC2"} if name == "revenue" else {"cov_type": "HC2"},
        )
        for name in NAMES
    ],
    variants=[Variant(ARMS[0], is_control=True), Variant(ARMS[1], is_control=False)],
    variant_col="arm",
)
found = plan.analyze(exp_data=units).to_dataframe().set_index("metric_alias")
counts = [int((units["arm"] == arm).sum()) for arm in ARMS]
metrics = {}
for name in NAMES:
    row = found.loc[name]
    means = row["control_variant_mean"], row["treatment_variant_mean"]
    totals = [mean * n for mean, n in zip(means, counts, strict=True)]
    if name != "revenue":
        totals = [round(total) for total in totals]
    none = [(math.nan, math.nan)] * 2  # it gives no interval of an arm's own
    difference = row["ate"], row["ate_ci_lower"], row["ate_ci_upper"]
    metrics[name] = shown(counts, totals, none, difference, "ordinary least squares, HC2, z")
print_metrics(metrics)
