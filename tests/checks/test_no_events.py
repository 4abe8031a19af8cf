"""Rows that are no events of their own are found, and each cure that is said gives the numbers of the plain table."""

import datetime as dt
import random

import polars as pl
import pytest
from near_data import experiment, saved, tables, told

import abtest
from abtest.errors import DataError

IDS = [f"c-{number}" for number in range(150)]
COUNTED = {
    "kept": {"role": "primary", "type": "retention", "event": "buys", "window": ["28d", "56d"]},
    "spent": {"type": "sum", "event": "buys", "window": ["0d", "56d"]},
    "times": {"type": "count", "event": "buys", "window": ["0d", "56d"]},
}
KINDS = ("repeated_rows", "order_lines", "amounts")


def _plain(seed):
    frames, truth = tables(IDS, seed=seed)
    return frames, {arm: (kept, round(spent, 2)) for arm, (kept, spent) in truth.items()}


def _numbered(frames, column):
    numbers = pl.Series(column, [f"T{place}" for place in range(frames["buys"].height)])
    return {**frames, "buys": frames["buys"].with_columns(numbers)}


def _found(analysis):
    return [check for check in analysis.checks if check.id.split(".")[-1] in KINDS]


def _of(buys, metrics=None):
    data = {"assignments": {"at": "since"}, "buys": {"at": "moment", "value": "paid", **buys}}
    return experiment(data=data, metrics=metrics or COUNTED)


@pytest.mark.parametrize("column", ["transaction_id", "Order Number", "insert_id", "id"])
@pytest.mark.parametrize("share", [0.05, 1.0])
def test_events_that_came_twice_are_said_and_a_key_counts_each_once(column, share):
    frames, truth = _plain(3)
    frames = _numbered(frames, column)
    twice = frames["buys"].sample(fraction=share, seed=1)
    doubled = {**frames, "buys": pl.concat([frames["buys"], twice]).sample(fraction=1, shuffle=True, seed=2)}
    broken = abtest.analyze(_of({}), doubled)
    assert told(broken) != truth
    (check,) = _found(broken)
    assert check.message.startswith(f"buys: {twice.height} rows repeat the {column} of another row")
    assert f"`key: {column}`" in check.message
    cured = abtest.analyze(_of({"key": column}), doubled)
    assert told(cured) == truth
    assert _found(cured) == []


def test_rows_without_a_number_that_came_twice_take_a_key_of_several_columns(tmp_path):
    frames, truth = _plain(4)
    doubled = {**frames, "buys": pl.concat([frames["buys"], frames["buys"].head(40)])}
    saved(doubled, tmp_path)
    paths = {name: str(tmp_path / f"{name}.csv") for name in doubled}
    data = {
        "assignments": {"path": paths["assignments"], "at": "since"},
        "buys": {"path": paths["buys"], "at": "moment", "value": "paid"},
    }
    (check,) = _found(abtest.analyze(experiment(data=data, metrics=COUNTED)))
    assert check.message.startswith("buys: 40 rows are equal to another in every column")
    data["buys"]["key"] = ["who", "moment", "paid"]
    cured = abtest.analyze(experiment(data=data, metrics=COUNTED))
    assert told(cured) == truth
    assert _found(cured) == []


def test_lines_of_an_order_are_said_and_distinct_counts_orders():
    frames, _ = _plain(5)
    frames = _numbered(frames, "order_id")
    plain = abtest.analyze(_of({}), frames)
    draw = random.Random(6)
    lines = frames["buys"].filter(pl.Series([draw.random() < 0.4 for _ in range(frames["buys"].height)]))
    split = {**frames, "buys": pl.concat([frames["buys"], lines.with_columns(paid=pl.lit(1.5))])}
    (check,) = _found(abtest.analyze(_of({}), split))
    assert check.message.startswith(f"buys: {lines.height} rows have the order_id of another row, and differ from it")
    cured = abtest.analyze(_of({}, {**COUNTED, "times": {**COUNTED["times"], "distinct": "order_id"}}), split)
    assert _found(cured) == []
    assert cured.metric("times").arms == plain.metric("times").arms
    with pytest.raises(DataError, match=rf"{lines.height} of {frames['buys'].height} values of order_id stand in rows"):
        abtest.analyze(_of({"key": "order_id"}), split)


@pytest.mark.parametrize("amount", [-12.5, 0.0])
def test_refunds_are_said_and_a_condition_leaves_them_out(amount):
    frames, truth = _plain(7)
    assigned = frames["assignments"]
    refunds = assigned.select(who="who", moment=pl.col("since") + dt.timedelta(days=40), paid=pl.lit(amount))
    mixed = {**frames, "buys": pl.concat([frames["buys"], refunds])}
    broken = abtest.analyze(_of({}), mixed)
    assert told(broken)["a"][0] == assigned.height / 2
    (check,) = _found(broken)
    assert f"{assigned.height} rows have a value" in check.message
    assert "`where: paid > 0`" in check.message
    cured = abtest.analyze(_of({"where": "paid > 0"}), mixed)
    assert told(cured) == truth
    assert _found(cured) == []


def test_rows_without_a_key_each_count():
    frames, truth = _plain(8)
    frames = _numbered(frames, "transaction_id")
    some = pl.when(pl.int_range(pl.len()) % 3 == 0).then(None).otherwise(pl.col("transaction_id"))
    bare = {**frames, "buys": frames["buys"].with_columns(transaction_id=some)}
    assert told(abtest.analyze(_of({"key": "transaction_id"}), bare)) == truth


@pytest.mark.parametrize("seed", range(6))
def test_clean_tables_find_nothing(seed):
    frames, truth = _plain(seed)
    for given in (frames, _numbered(frames, "order_id")):
        analysis = abtest.analyze(_of({}), given)
        assert told(analysis) == truth
        assert _found(analysis) == []
