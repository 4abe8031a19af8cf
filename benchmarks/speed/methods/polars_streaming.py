"""Polars, lazy and streaming: one query from the files to the sums per arm."""

import datetime as dt
import sys

import polars as pl

from speed.formulas import ArmSums, print_results
from speed.methods.unit_table import WINDOWS
from speed.workload import ARMS, HORIZON, RATES, START

folder, kind = sys.argv[1:]


def table(name: str, at: str) -> pl.LazyFrame:
    """Return a table of the workload, with its time in microseconds."""
    if kind == "parquet":
        frame = pl.scan_parquet(f"{folder}/{name}.parquet")
    else:
        frame = pl.scan_csv(f"{folder}/{name}.csv").with_columns(
            pl.col(at).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC")
        )
    return frame


def within(low: int, high: int) -> pl.Expr:
    """Whether an order lies in the window [low, high) seconds from the assignment."""
    after = pl.col("ordered_at") - pl.col("assigned_at")
    return (after >= pl.duration(seconds=low)) & (after < pl.duration(seconds=high))


start = dt.datetime.fromtimestamp(START, dt.UTC)
eligible = table("customers", "first_order_at").filter(pl.col("first_order_at") < start).select("customer_id")
units = table("assignments", "assigned_at").join(eligible, on="customer_id", how="semi")
rates = {name: within(*window).any() for name, window in WINDOWS.items()}
per_unit = (
    table("orders", "ordered_at")
    .join(units.select("customer_id", "assigned_at"), on="customer_id")
    .group_by("customer_id")
    .agg(
        orders=within(0, HORIZON).sum().cast(pl.Int64),
        revenue=pl.col("amount").filter(within(0, HORIZON)).sum(),
        before=pl.col("amount").filter(within(-HORIZON, 0)).sum(),
        **rates,
    )
)
y, x = pl.col("revenue"), pl.col("before")
products = {
    "orders": pl.col("orders"),
    "orders_squared": pl.col("orders") ** 2,
    "revenue": y,
    "revenue_squared": y * y,
    "before": x,
    "before_squared": x * x,
    "revenue_before": y * x,
}
rows = (
    units.select("customer_id", "arm")
    .join(per_unit, on="customer_id", how="left")
    .group_by("arm")
    .agg(
        n=pl.len(),
        **{name: pl.col(name).sum() for name in RATES},
        **{f"sum_{name}": expression.sum() for name, expression in products.items()},
    )
    .collect(engine="streaming")
    .rows(named=True)
)
sums = {
    row["arm"]: ArmSums(row["n"], {name: row[name] for name in RATES}, *(row[f"sum_{name}"] for name in products))
    for row in rows
}
print_results(*(sums[arm] for arm in ARMS))
