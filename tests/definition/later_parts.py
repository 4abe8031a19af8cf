"""Definitions that hold the parts which the strategies do not draw: each is written and read back as it is."""

from collections.abc import Iterator

import yaml

_BASE = """\
name: later
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12}
arms: [{name: control, control: true, values: [CONTROL, "0"]}, {name: weekly, values: [w]}]
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.csv, arm: variant, at: assigned_at}
  orders: {path: orders.csv, at: ordered_at, value: amount}
metrics:
  bought: {role: primary, type: conversion, event: orders, window: [0d, 28d]}
"""
_FORMS = """\
{decimal: ",", thousands: ".", currency: "€", percent: true, dates: DD/MM/YYYY, epoch: ms, "null": ["NULL", "-"],
 "true": ["Yes"], "false": ["No"]}
"""
_PLAN = """\
power: 0.9
split: equal
reached: 0.8
metrics: {bought: {baseline: 40%, effect: 5pp, r2: 0.2, sd: 0.4}}
clusters: {size: 20, icc: 0.02, cv: 0.3}
cost: {weekly: 0.5}
cost_unit: EUR
accrual: {per_week: 700, cap: 9000, ramp: [{since: 2026-03-09, share: 0.5}]}
"""


def _with(**parts: object) -> dict[str, object]:
    return {**yaml.safe_load(_BASE), **parts}


def _source(**keys: object) -> dict[str, object]:
    tree = _with()
    tree["data"]["orders"] |= keys  # type: ignore[index]
    return tree


def _metric(**keys: object) -> dict[str, object]:
    tree = _with()
    tree["metrics"]["other"] = keys  # type: ignore[index]
    return tree


def later_parts() -> Iterator[dict[str, object]]:
    """Yield definitions that hold the parts, and each word that they may be."""
    yield _with(ids={"fold": ["case", "unicode", "blanks", "zeros", "decimal"]})
    forms = yaml.safe_load(_FORMS)
    yield _source(read={**forms, "delimiter": ";", "encoding": "latin-1", "skip": 2, "columns": {"amount": forms}})
    yield _source(path="orders.xlsx", read={"sheet": "Orders"})
    for epoch in ("s", "ms", "us", "ns"):
        yield _source(read={"epoch": epoch})
    for thousands in (",", " ", "'"):
        yield _source(read={"decimal": ".", "thousands": thousands})
    for key in ("order_id", ["order_id", "line"]):
        yield _source(key=key)
    yield _metric(type="count", event="orders", window=["0d", "28d"], distinct="order_id")
    for unit in ("hours", "days", "weeks", "months"):
        yield _metric(
            type="time_to_event", event="orders", horizon="60d", time_unit=unit, follow_up={"until": "left_at"}
        )
    shop = {"driver": "postgresql", "uri": {"env": "SHOP_URL"}, "timeout": 60}
    lite = {"driver": "sqlite", "path": "shop.db"}
    other = {"driver": "snowflake", "uri": {"file": "secrets/address.txt"}}
    tree = _with(databases={"shop": shop, "lite": lite, "other": other})
    tree["data"] = {
        "customers": {"database": "lite", "table": "customers"},
        "assignments": {"database": "other", "table": "a.assignments", "arm": "variant", "at": "assigned_at"},
        "orders": {"database": "shop", "query": "SELECT *\nFROM orders", "at": "ordered_at", "value": "amount"},
    }
    yield tree
    plan = yaml.safe_load(_PLAN)
    for split in ("equal", "free", "independent"):
        yield _with(plan={**plan, "split": split}, cluster="store")
    yield _with(plan={"accrual": {"weekdays": [9, 9, 9, 9, 9, 0, 0]}})
    yield _with(plan={"accrual": {"base": 5000, "batches": [{"on": "2026-03-03", "units": 50}]}})
    yield _with(planned={"units": 5000, "power": 0.9, "detectable": {"bought": 0.025}, "readable": "2026-06-07"})
