"""The limit: read the needed columns of the orders, and do nothing with them."""

import sys

import duckdb

folder, kind = sys.argv[1:]
read = f"read_{kind}('{folder}/orders.{kind}')"
with duckdb.connect() as connection:
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SELECT max(customer_id), epoch_us(max(ordered_at)), sum(amount) FROM {read}").fetchall()
