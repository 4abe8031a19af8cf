"""Write simulated tables as Parquet files, as an export from a shop would hold them.

Principle: what a shop could not know is not written. The latent rates and churn stay in memory.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from abtest.engines.choice import embedded
from abtest.engines.engine import EngineError, Statement
from abtest.engines.options import Limits
from abtest.errors import UsageError
from abtest.planning.simulate import NEVER, Customers, Events

CUSTOMERS_SQL = f"""
    SELECT
        CAST(customer_id AS STRING) AS customer_id,
        CAST(country AS STRING) AS country,
        CAST(channel AS STRING) AS channel,
        to_instant(first_order_at) AS first_order_at,
        to_instant(nullif(enrolled_at, {NEVER})) AS enrolled_at
    FROM customers
    ORDER BY customers.first_order_at, customer_id
"""  # noqa: S608 - a constant of ours

ORDERS_SQL = """
    SELECT
        CAST(customer_id AS STRING) AS customer_id,
        to_instant(ordered_at) AS ordered_at,
        CAST(amount AS DECIMAL(10, 2)) AS amount
    FROM orders JOIN customers USING (customer)
    ORDER BY orders.ordered_at, customer, amount
"""

SENDS_SQL = """
    SELECT
        CAST(customer_id AS STRING) AS customer_id,
        to_instant(sent_at) AS sent_at
    FROM sends JOIN customers USING (customer)
    ORDER BY sends.sent_at, customer
"""

UNSUBSCRIBES_SQL = """
    SELECT
        CAST(customer_id AS STRING) AS customer_id,
        to_instant(unsubscribed_at) AS unsubscribed_at
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
    # One thread, so that equal tables give equal bytes.
    engine = embedded(Limits(threads=1)).open()
    try:
        for name, columns in _columns(customers, events).items():
            engine.attach_frame(name, columns)
        for statement, path in zip(TABLES.values(), written, strict=True):
            engine.save(Statement(statement, {}), str(path), "parquet")
    except (EngineError, OSError) as error:
        told = (error.strerror if isinstance(error, OSError) else None) or str(error).split(": ", 1)[-1]
        reason = told.split(";", maxsplit=1)[0]
        raise UsageError(f"the simulated tables cannot be written: {reason}; choose another --data folder") from error
    finally:
        engine.close()
    return written


def _columns(customers: Customers, events: Events) -> dict[str, Mapping[str, object]]:
    """Return the arrays as tables."""
    return {
        "customers": {
            "customer": np.arange(len(customers)),
            "customer_id": customers.customer_id,
            "country": customers.country,
            "channel": customers.channel,
            "first_order_at": customers.first_order_at,
            "enrolled_at": customers.enrolled_at,
        },
        **{name: vars(getattr(events, name)) for name in ("orders", "sends", "unsubscribes")},
    }
