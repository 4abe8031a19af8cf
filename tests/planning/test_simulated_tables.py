import duckdb
import numpy as np
import pytest

from abtest.errors import UsageError
from abtest.planning.behaviour import DripModel
from abtest.planning.simulate import NEVER, draw_customers, draw_events
from abtest.planning.tables import write_tables


def small():
    customers = draw_customers(DripModel(customers=2_000), 5)
    return customers, draw_events(customers, np.where(customers.eligible, 7, 0), 5)


def test_written_parquet_reads_back_equal(tmp_path, default):
    customers, events = default
    (tmp_path / "it's new").mkdir()
    paths = write_tables(tmp_path / "it's new", customers, events)
    assert [path.name for path in paths] == [
        "customers.parquet",
        "orders.parquet",
        "sends.parquet",
        "unsubscribes.parquet",
    ]
    assert sorted(paths[0].parent.iterdir()) == sorted(paths)
    assert sum(path.stat().st_size for path in paths) < 4_000_000

    connection = duckdb.connect()
    columns = {}
    for path in paths:
        relation = connection.from_parquet(str(path))
        columns[path.stem] = dict(zip(relation.columns, map(str, relation.types), strict=True))
    utc = "TIMESTAMP WITH TIME ZONE"
    assert columns == {
        "customers": {
            "customer_id": "VARCHAR",
            "country": "VARCHAR",
            "channel": "VARCHAR",
            "first_order_at": utc,
            "enrolled_at": utc,
        },
        "orders": {"customer_id": "VARCHAR", "ordered_at": utc, "amount": "DECIMAL(10,2)"},
        "sends": {"customer_id": "VARCHAR", "sent_at": utc},
        "unsubscribes": {"customer_id": "VARCHAR", "unsubscribed_at": utc},
    }

    order = np.lexsort((customers.customer_id, customers.first_order_at))
    written = connection.from_parquet(str(paths[0])).project(
        "customer_id, country, channel, epoch_us(first_order_at) AS first, epoch_us(enrolled_at) AS enrolled"
    )
    table = written.fetchnumpy()
    for name in ("customer_id", "country", "channel"):
        np.testing.assert_array_equal(table[name].astype(str), getattr(customers, name)[order])
    np.testing.assert_array_equal(table["first"], customers.first_order_at[order])
    np.testing.assert_array_equal(np.ma.filled(table["enrolled"], NEVER), customers.enrolled_at[order])

    for path, events_table, at in (
        (paths[1], events.orders, "ordered_at"),
        (paths[2], events.sends, "sent_at"),
        (paths[3], events.unsubscribes, "unsubscribed_at"),
    ):
        table = connection.from_parquet(str(path)).project(f"customer_id, epoch_us({at}) AS at").fetchnumpy()
        np.testing.assert_array_equal(table["at"], getattr(events_table, at))
        np.testing.assert_array_equal(table["customer_id"].astype(str), customers.customer_id[events_table.customer])
    amounts = connection.from_parquet(str(paths[1])).project("amount::DOUBLE AS amount").fetchnumpy()["amount"]
    np.testing.assert_array_equal(amounts, events.orders.amount)


def test_writing_twice_gives_the_same_bytes(tmp_path):
    for name in "01":
        (tmp_path / name).mkdir()
    first, second = (write_tables(tmp_path / name, *small()) for name in "01")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "orders.parquet").mkdir()
    with pytest.raises(UsageError, match=r"the simulated tables cannot be written: .*; choose another --data folder"):
        write_tables(tmp_path, *small())
