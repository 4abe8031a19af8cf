"""Files with one fault each, full of what belongs to customers: none of it may leave by any way.

Every table holds the same planted facts, so that one search finds whatever leaks. They are in no file's header, in no
name of a file and in no definition.
"""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

PLANTED = {
    "id": "KX77310942",
    "email": "anna.virtanen@posti.example",
    "phone": "+358405551234",
    "name": "Annukka Virtanen",
    "amount": "73519.47",
    "time": "2026-03-17T13:37:42Z",
    "hex": "9f86d081884c7d659a2f",
}
SECRETS = [
    PLANTED["id"],
    "anna.virtanen",
    "posti.example",
    "40555",
    "Annukka",
    "Virtanen",
    "73519",
    "13:37",
    "9f86d08188",
]
DEFINITION = """\
name: planted
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12, through: 2026-05-31}
arms:
  - {name: monthly, control: true}
  - {name: weekly}
population: {eligible: joined < period.start}
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.csv, arm: variant, at: assigned_at}
  orders: {path: orders.csv, at: ordered_at, value: amount}
metrics:
  bought: {role: primary, type: conversion, event: orders, window: [0d, 14d]}
  revenue: {type: sum, event: orders, window: [0d, 14d]}
"""
HEADERS = {
    "customers": ["customer_id", "email", "phone", "person", "token", "joined", "country"],
    "assignments": ["customer_id", "variant", "assigned_at"],
    "orders": ["customer_id", "ordered_at", "amount"],
}
Rows = list[list[str]]
Tables = dict[str, Rows]


def tables() -> Tables:
    """Return tables in which all is well: 40 customers, the first of whom holds every planted fact."""
    customers, assignments, orders = [], [], []
    for number in range(40):
        first = number == 0
        unit = PLANTED["id"] if first else f"KX{10_000_000 + number * 7919}"
        customers.append(
            [
                unit,
                PLANTED["email"] if first else f"mail{number}@x.example",
                PLANTED["phone"] if first else f"+35850000{number:04}",
                PLANTED["name"] if first else f"Per Son{'abcdefgh'[number % 8]}",
                PLANTED["hex"] if first else f"{number * 7919:020x}",
                "2025-06-01",
                ("FI", "SE")[number % 2],
            ]
        )
        assignments.append([unit, ("monthly", "weekly")[number % 2], f"2026-03-{2 + number % 20:02}T09:00:00Z"])
        orders.append([unit, PLANTED["time"] if first else f"2026-03-{12 + number % 18:02}T10:00:00Z", "20.50"])
    orders.append([PLANTED["id"], "2026-03-05T08:00:00Z", PLANTED["amount"]])
    return {"customers": customers, "assignments": assignments, "orders": orders}


def written(folder: Path, data: Tables, *, headers: Sequence[str] = ("customers", "assignments", "orders")) -> None:
    """Write the tables as CSV and the definition beside them; only the tables in ``headers`` get their header."""
    (folder / "d.yaml").write_text(DEFINITION)
    for name, rows in data.items():
        listed = [HEADERS[name], *rows] if name in headers else rows
        (folder / f"{name}.csv").write_text("".join(",".join(row) + "\n" for row in listed))


def edited(folder: Path, old: str, new: str) -> None:
    """Change the definition."""
    text = (folder / "d.yaml").read_text()
    assert old in text
    (folder / "d.yaml").write_text(text.replace(old, new))


Fault = Callable[[Path], None]


def _changed(table: str, place: int, value: str, row: int = 0) -> Fault:
    def fault(folder: Path) -> None:
        data = tables()
        data[table][row][place] = value
        written(folder, data)

    return fault


def _defined(old: str, new: str) -> Fault:
    def fault(folder: Path) -> None:
        written(folder, tables())
        edited(folder, old, new)

    return fault


def _raw(table: str, change: Callable[[bytes], bytes], name: str | None = None) -> Fault:
    def fault(folder: Path) -> None:
        written(folder, tables())
        path = folder / f"{table}.csv"
        content = change(path.read_bytes())
        path.unlink()
        (folder / (name or path.name)).write_bytes(content)
        if name:
            edited(folder, path.name, name)

    return fault


def _headerless(table: str) -> Fault:
    return lambda folder: written(folder, tables(), headers=[name for name in HEADERS if name != table])


def _lines(table: str, change: Callable[[list[dict[str, str]]], list[str]]) -> Fault:
    def fault(folder: Path) -> None:
        data = tables()
        written(folder, data)
        records = [dict(zip(HEADERS[table], row, strict=True)) for row in data[table]]
        (folder / f"{table}.ndjson").write_text("\n".join(change(records)) + "\n")
        edited(folder, f"{table}.csv", f"{table}.ndjson")

    return fault


def _parquet(
    table: str, change: Callable[[pa.Table], pa.Table], damage: Callable[[bytes], bytes] | None = None
) -> Fault:
    def fault(folder: Path) -> None:
        data = tables()
        written(folder, data)
        columns = {name: [row[place] for row in data[table]] for place, name in enumerate(HEADERS[table])}
        path = folder / f"{table}.parquet"
        pq.write_table(change(pa.table(columns)), path)
        if damage:
            path.write_bytes(damage(path.read_bytes()))
        edited(folder, f"{table}.csv", f"{table}.parquet")

    return fault


def _dumped(records: list[dict[str, str]]) -> list[str]:
    return [json.dumps(record) for record in records]


def _keyed(records: list[dict[str, str]]) -> list[str]:
    return [json.dumps({PLANTED["email"]: 1, PLANTED["name"]: 2, PLANTED["id"]: 3}) for _ in records]


def _pair(folder: Path) -> None:
    """Two files of one pattern that do not agree."""
    written(folder, tables())
    (folder / "orders2.csv").write_text(",".join(PLANTED.values()) + "\n")
    edited(folder, "path: orders.csv", 'path: "orders*.csv"')


def _hive(folder: Path) -> None:
    written(folder, tables())
    inside = folder / "orders" / f"customer_id={PLANTED['email']}"
    inside.mkdir(parents=True)
    (inside / "notes.txt").write_text("x")
    edited(folder, "orders.csv", "orders")


E_, P_, N_, I_, A_, T_ = (PLANTED[key] for key in ("email", "phone", "name", "id", "amount", "time"))

FAULTS: dict[str, Fault] = {
    "nothing is wrong": lambda folder: written(folder, tables()),
    "customers without a header": _headerless("customers"),
    "assignments without a header": _headerless("assignments"),
    "orders without a header": _headerless("orders"),
    "no table has a header": lambda folder: written(folder, tables(), headers=[]),
    "names in a column of amounts": _changed("orders", 2, N_),
    "an e-mail in a column of amounts": _changed("orders", 2, E_),
    "a phone in a column of times": _changed("orders", 1, P_),
    "a time without a zone": _defined("timezone: Europe/Helsinki\n", ""),
    "an impossible day": _changed("orders", 1, "2026-02-30 13:37:42"),
    "a zone that is none": _changed("orders", 1, "2026-03-17T13:37:42+25:00"),
    "an amount with separators": _changed("orders", 2, "73_519.47"),
    "an amount beyond all": _changed("orders", 2, "73519e400"),
    "an infinite amount": _changed("orders", 2, "inf"),
    "an e-mail as arm": _changed("assignments", 1, E_),
    "a name as arm": _changed("assignments", 1, N_),
    "an id as arm": _changed("assignments", 1, I_),
    "arms in the column of ids": _defined("arm: variant", "arm: customer_id"),
    "arms in the column of times": _defined("arm: variant", "arm: assigned_at"),
    "times in the column of arms": _defined("at: assigned_at", "at: variant"),
    "a wide file whose arms are e-mails": _defined(
        "  assignments: {path: assignments.csv, arm: variant, at: assigned_at}\n", ""
    ),
    "values in the column of ids": _defined("value: amount", "value: customer_id"),
    "no such id column": _defined("unit: customer_id", "unit: cid"),
    "no such time column": _defined("at: ordered_at", "at: when"),
    "no such value column": _defined("value: amount", "value: worth"),
    "no such arm column": _defined("arm: variant", "arm: grp"),
    "segments by e-mail": _defined("metrics:\n", "segments: [email]\nmetrics:\n"),
    "segments by person": _defined("metrics:\n", "segments: [person]\nmetrics:\n"),
    "strata of tokens": _defined("metrics:\n", "analysis: {strata: [token]}\nmetrics:\n"),
    "a metric of e-mails": _defined("metrics:\n", "metrics:\n  mails: {type: column, column: email}\n"),
    "a cluster of phones": _defined("metrics:\n", "cluster: phone\nmetrics:\n"),
    "a condition on a text as a number": _defined("joined < period.start", "email > 5"),
    "a condition on an e-mail as a time": _defined("joined < period.start", "email < period.start"),
    "a condition on an e-mail as a truth": _defined("joined < period.start", "email"),
    "a condition on no column": _defined("joined < period.start", "joind < period.start"),
    "a row with a cell more": _raw("orders", lambda raw: raw + f"{I_},{T_},{A_},{E_}\n".encode()),
    "a row with a cell less": _raw("orders", lambda raw: raw + f"{I_},{T_}\n".encode()),
    "a quote that is not closed": _raw("orders", lambda raw: raw + f'"{I_},{T_},{A_}\n'.encode()),
    "a stray quote": _raw("orders", lambda raw: raw + f'{I_},"{N_}" x,{A_}\n'.encode()),
    "bytes that are no UTF-8": _raw("orders", lambda raw: raw + f"{I_},{T_},".encode() + b"\xff\xfe\n"),
    "no UTF-8 in the header": _raw("orders", lambda raw: b"\xff\xfe" + raw),
    "a zero byte": _raw("orders", lambda raw: raw + f"{I_},{T_},\0{A_}\n".encode()),
    "UTF-16": _raw("orders", lambda raw: raw.decode().encode("utf-16")),
    "mixed ends of lines": _raw("orders", lambda raw: raw.replace(b"\n", b"\r\n", 7)),
    "an empty file": _raw("orders", lambda raw: raw[:0]),
    "a header alone": _raw("orders", lambda raw: raw.split(b"\n")[0] + b"\n"),
    "a header of two equal values": _raw("customers", lambda _: f"{E_},{E_},{N_}\n1,2,3\n".encode()),
    "a header of values in two cases": _raw("customers", lambda _: f"{N_},{N_.upper()}\n1,2\n".encode()),
    "a first name twice": _raw("customers", lambda _: b"Annukka,Annukka\nPekka,Liisa\n"),
    "a cut gzip": _raw("orders", lambda raw: gzip.compress(raw)[:-20], "orders.csv.gz"),
    "a gzip that is none": _raw("orders", lambda raw: raw, "orders.csv.gz"),
    "a Parquet that is a CSV": _raw("orders", lambda raw: raw, "orders.parquet"),
    "a JSON that is a CSV": _raw("orders", lambda raw: raw, "orders.ndjson"),
    "two files that do not agree": _pair,
    "a folder that names a customer": _hive,
    "JSON whose keys are customers": _lines("orders", _keyed),
    "JSON cut in a line": _lines("orders", lambda records: [*_dumped(records), f'{{"customer_id": "{I_}", "am']),
    "JSON with a bare word": _lines("orders", lambda records: [*_dumped(records), f"{{customer_id: {I_}}}"]),
    "JSON with a key twice": _lines("orders", lambda records: [*_dumped(records), f'{{"{E_}": 1, "{E_}": 2}}']),
    "one JSON array": _lines("orders", lambda records: [json.dumps(records)]),
    "nested JSON": _lines(
        "orders", lambda records: [json.dumps({"customer_id": {E_: r}, "amount": [A_]}) for r in records]
    ),
    "JSON with a word for an amount": _lines("orders", lambda r: [*_dumped(r), json.dumps({**r[0], "amount": N_})]),
    "Parquet without a header": _parquet("orders", lambda table: table.rename_columns([I_, T_, A_])),
    "Parquet with names for names": _parquet("customers", lambda t: t.rename_columns([N_, E_, P_, *"abcd"])),
    "Parquet cut off": _parquet("orders", lambda table: table, lambda raw: raw[:-40]),
    "Parquet damaged within": _parquet(
        "orders", lambda table: table, lambda raw: raw[:40] + bytes(len(raw[40:200])) + raw[200:]
    ),
    "an id in two arms": lambda folder: written(
        folder, {**tables(), "assignments": [*tables()["assignments"], [I_, "weekly", T_]]}
    ),
    "rows of a customer that disagree": lambda folder: written(
        folder, {**tables(), "customers": [*tables()["customers"], [I_, E_, P_, N_, "x", "2026-03-17", "SE"]]}
    ),
    "ids that are formulas": _changed("customers", 0, f"=HYPERLINK({I_})"),
}
