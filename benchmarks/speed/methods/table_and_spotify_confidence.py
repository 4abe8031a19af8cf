"""The table of customers and its sums in DuckDB, and spotify-confidence's analysis of the sums."""

import sys

import duckdb
import spotify_confidence as confidence

from speed.formulas import print_metrics, shown
from speed.methods import unit_table
from speed.workload import ARMS, RATES

folder, kind = sys.argv[1:]
terms = {name: name for name in RATES}
terms |= {
    "orders": "orders",
    "orders_squared": "orders * orders",
    "revenue": "revenue",
    "revenue_squared": "revenue * revenue",
    "before": "before",
    "before_squared": "before * before",
    "revenue_before": "revenue * before",
}
listed = ", ".join(f"CAST(sum({term}) AS DOUBLE) AS {name}" for name, term in terms.items())
with duckdb.connect() as connection:
    unit_table.build(connection, folder, kind)
    frame = connection.execute(f"SELECT arm, count(*) AS n, {listed} FROM units GROUP BY arm ORDER BY arm").df()

counts = frame["n"].tolist()
shared = {"denominator_column": "n", "categorical_group_columns": "arm"}
metrics = {}
for name in (*RATES, "orders", "revenue"):
    if name in RATES:
        test, method = confidence.ZTest(frame, name, name, **shared), "Wald"
    elif name == "orders":
        test, method = confidence.StudentsTTest(frame, name, "orders_squared", **shared), "Welch"
    else:
        test, method = (
            confidence.ZTestLinreg(
                frame,
                name,
                "revenue_squared",
                feature_column="before",
                feature_sum_squares_column="before_squared",
                feature_cross_sum_column="revenue_before",
                **shared,
            ),
            "linear regression, pooled slope, z",
        )
    arms = test.summary().set_index("arm").loc[list(ARMS)]
    found = test.difference(level_1=ARMS[0], level_2=ARMS[1]).iloc[0]
    intervals = list(zip(arms["ci_lower"], arms["ci_upper"], strict=True))
    difference = found["difference"], found["ci_lower"], found["ci_upper"]
    metrics[name] = shown(counts, frame[name].tolist(), intervals, difference, method)
print_metrics(metrics)
