"""PySpark on this machine: the plain query, and the formulas in numpy.

The memory that is measured is Python's; what Spark's Java holds is not in it.
"""

import sys

from pyspark.sql import SparkSession

from speed.formulas import print_results
from speed.methods.unit_table import QUERY, arm_sums, sums_query
from speed.workload import ARMS, TABLES

folder, kind = sys.argv[1:]
# Spark's names of the same functions.
query = QUERY.replace("epoch_us(", "unix_micros(").replace("TIMESTAMPTZ '", "TIMESTAMP '")
session = (
    SparkSession.builder.master("local[*]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.driver.memory", "6g")
    .config("spark.sql.shuffle.partitions", "16")
    .getOrCreate()
)
for table in TABLES:
    path = f"{folder}/{table}.{kind}"
    frame = session.read.parquet(path) if kind == "parquet" else session.read.csv(path, header=True, inferSchema=True)
    frame.createOrReplaceTempView(table)
sums = arm_sums(session.sql(sums_query(query)).collect())
print_results(*(sums[arm] for arm in ARMS))
session.stop()
