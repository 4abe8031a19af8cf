"""Plain DuckDB SQL: join, one CASE a metric, group by customer, then by arm."""

import sys

import duckdb

from speed.formulas import print_results
from speed.methods.unit_table import arm_sums, sums_query, views
from speed.workload import ARMS

folder, kind = sys.argv[1:]
with duckdb.connect() as connection:
    views(connection, folder, kind)
    sums = arm_sums(connection.execute(sums_query()).fetchall())
print_results(*(sums[arm] for arm in ARMS))
