"""Write simulated tables as Parquet files, as an export from a shop would hold them.

Principle: what a shop could not know is not written. The latent rates and churn stay in memory.
"""

from pathlib import Path

import duckdb
import numpy as np

from abtest.errors import UsageError
from abtest.planning.simulate import NEVER, Customers, Events

CUSTOMERS_SQL = f"""
    SELECT
        customer_id::VARCHAR AS customer_id,
        country::VARCHAR AS country,
        channel::VARCHAR AS channel,
        make_timestamp(first_order_at) AT TIME ZONE 'UTC' AS first_order_at,
        make_timestamp(nullif(enrolled_at, {NEVER})) AT TIME ZONE 'UTC' AS enrolled_at
    FROM customers
    ORDER BY customers.first_order_at, customer_id
"""  # noqa: S608 - a constant of ours

ORDERS_SQL = """
    SELECT
        customer_id::VARCHAR AS customer_id,
        make_timestamp(ordered_at) AT TIME ZONE 'UTC' AS ordered_at,
        amount::DECIMAL(10, 2) AS amount
    FROM orders JOIN customers USING (customer)
    ORDER BY orders.ordered_at, customer, amount
"""

SENDS_SQL = """
    SELECT
        customer_id::VARCHAR AS customer_id,
        make_timestamp(sent_at) AT TIME ZONE 'UTC' AS sent_at
    FROM sends JOIN customers USING (customer)
    ORDER BY sends.sent_at, customer
"""

UNSUBSCRIBES_SQL = """
    SELECT
        customer_id::VARCHAR AS customer_id,
        make_timestamp(unsubscribed_at) AT TIME ZONE 'UTC' AS unsubscribed_at
    FROM unsubscribes JOIN customers USING (customer)
    ORDER BY unsubscribes.unsubscribed_at, customer
"""

TABLES = {"customers": CUSTOMERS_SQL, "orders": ORDERS_SQL, "sends": SENDS_SQL, "unsubscribes": UNSUBSCRIBES_SQL}
"""The tables written, each to the Parquet file of its name, and the statements that make them."""


def write_tables(folder: Path, customers: Customers, events: Events) -> list[Path]:
    """Write customers, orders, sends and unsubscribes as new Parquet files into ``folder`` and return their paths.

    Rows are sorted by time, then customer; times are UTC timestamps, amounts decimals with two places.

    Raises:
        UsageError: the files cannot be written.

    """
    written = [folder / f"{table}.parquet" for table in TABLES]
    try:
        with _connection(customers, events) as connection:
            for statement, path in zip(TABLES.values(), written, strict=True):
                connection.sql(statement).write_parquet(str(path), compression="zstd")
    except duckdb.Error as error:
        reason = "the disk is full" if "No space left" in str(error) else str(error).splitlines()[0]
        raise UsageError(f"the simulated tables cannot be written: {reason}; choose another --data folder") from error
    return written


def _connection(customers: Customers, events: Events) -> duckdb.DuckDBPyConnection:
    """Return an engine that sees the arrays as tables. One thread, so that equal tables give equal bytes."""
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 1}
    )
    connection.register(
        "customers",
        {
            "customer": np.arange(len(customers)),
            "customer_id": customers.customer_id,
            "country": customers.country,
            "channel": customers.channel,
            "first_order_at": customers.first_order_at,
            "enrolled_at": customers.enrolled_at,
        },
    )
    for name, table in (("orders", events.orders), ("sends", events.sends), ("unsubscribes", events.unsubscribes)):
        connection.register(name, vars(table))
    return connection
