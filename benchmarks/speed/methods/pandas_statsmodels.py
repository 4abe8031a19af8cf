"""What analysts write: pandas from the files to one row a customer, statsmodels for the intervals."""

import sys

import pandas as pd
import statsmodels.formula.api as smf
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from speed.formulas import print_metrics, shown
from speed.methods.unit_table import WINDOWS
from speed.workload import ARMS, HORIZON

folder, kind = sys.argv[1:]


def table(name: str, at: str) -> pd.DataFrame:
    """Read one of the files."""
    if kind == "parquet":
        return pd.read_parquet(f"{folder}/{name}.parquet")
    return pd.read_csv(f"{folder}/{name}.csv", parse_dates=[at])


customers = table("customers", "first_order_at")
eligible = customers.loc[customers["first_order_at"] < pd.Timestamp("2026-03-02", tz="UTC"), ["customer_id"]]
units = table("assignments", "assigned_at").merge(eligible, on="customer_id")
orders = table("orders", "ordered_at").merge(units[["customer_id", "assigned_at"]], on="customer_id")
after = (orders["ordered_at"] - orders["assigned_at"]).dt.total_seconds()
inside = (after >= 0) & (after < HORIZON)
columns = {"customer_id": orders["customer_id"], "orders": inside.astype("int64")}
columns["revenue"] = orders["amount"].where(inside, 0.0)
columns["before"] = orders["amount"].where((after >= -HORIZON) & (after < 0), 0.0)
for name, (low, high) in WINDOWS.items():
    columns[name] = (after >= low) & (after < high)
how = dict.fromkeys(WINDOWS, "max") | {"orders": "sum", "revenue": "sum", "before": "sum"}
per_unit = pd.DataFrame(columns).groupby("customer_id").agg(how).reset_index()
units = units[["customer_id", "arm"]].merge(per_unit, on="customer_id", how="left")
for name in how:
    units[name] = units[name].astype("float64").fillna(0.0)
by_arm = [units[units["arm"] == arm] for arm in ARMS]
counts = [len(frame) for frame in by_arm]

metrics = {}
for name in WINDOWS:
    totals = [frame[name].sum() for frame in by_arm]
    intervals = [proportion_confint(total, n, method="wilson") for total, n in zip(totals, counts, strict=True)]
    low, high = confint_proportions_2indep(totals[1], counts[1], totals[0], counts[0], method="newcomb")
    difference = totals[1] / counts[1] - totals[0] / counts[0], low, high
    metrics[name] = shown(counts, totals, intervals, difference, "Newcombe")
described = [DescrStatsW(frame["orders"]) for frame in by_arm]
low, high = CompareMeans(described[1], described[0]).tconfint_diff(usevar="unequal")
difference = described[1].mean - described[0].mean, low, high
totals = [frame["orders"].sum() for frame in by_arm]
metrics["orders"] = shown(counts, totals, [d.tconfint_mean() for d in described], difference, "Welch")
units["treated"] = (units["arm"] == ARMS[1]).astype("float64")
units["centred"] = units["before"] - units["before"].mean()
fitted = smf.ols("revenue ~ treated * centred", data=units).fit(cov_type="HC2")
low, high = fitted.conf_int().loc["treated"]
means = [DescrStatsW(frame["revenue"]).tconfint_mean() for frame in by_arm]
totals = [frame["revenue"].sum() for frame in by_arm]
metrics["revenue"] = shown(counts, totals, means, (fitted.params["treated"], low, high), "Lin, HC2")
print_metrics(metrics)
