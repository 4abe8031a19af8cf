"""Write simulated tables as Parquet files, as an export from a shop would hold them.

Principle: what a shop could not know is not written. The latent rates and churn stay in memory.
"""

from pathlib import Path

import duckdb
import numpy as np

from abtest.engines.duckdb.door import Door
from abtest.engines.engine import Limits
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
        # One thread, so that equal tables give equal bytes.
        with Door(Limits(threads=1), writable=[folder]) as door:
            door.close_behind()
            _register(door.connection, customers, events)
            for statement, path in zip(TABLES.values(), written, strict=True):
                door.connection.sql(statement).write_parquet(str(path), compression="zstd")
    except duckdb.Error as error:
        reason = "the disk is full" if "No space left" in str(error) else f"the engine cannot ({type(error).__name__})"
        raise UsageError(f"the simulated tables cannot be written: {reason}; choose another --data folder") from error
    return written


def _register(connection: duckdb.DuckDBPyConnection, customers: Customers, events: Events) -> None:
    """Let the engine see the arrays as tables."""
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
