"""A PostgreSQL server of the tests' own, where PostgreSQL is installed; a SQLite file; and one experiment's tables."""

import contextlib
import datetime as dt
import os
import pwd
import random
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("adbc_driver_manager")

DEFINITION = """\
name: small
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12, through: 2026-06-01}
arms: [{name: biweekly, control: true}, {name: weekly}]
population: {eligible: first_order_at < period.start}
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.csv, arm: variant, at: assigned_at}
  orders: {path: orders.csv, at: ordered_at, value: amount}
metrics:
  retained: {role: primary, type: retention, event: orders, window: [7d, 35d]}
  revenue: {type: sum, event: orders, window: [0d, 35d], covariate: {window: [-28d, 0d]}}
  score: {type: column}
"""
POSTGRES = "databases: {shop: {driver: postgresql, uri: {env: SHOP_URL}}}\n"
SQLITE = "databases: {shop: {driver: sqlite, path: shop.db}}\n"
TYPES = {
    "customers": "customer_id text, first_order_at timestamptz, plan text, score float8",
    "assignments": "customer_id text, variant text, assigned_at timestamptz",
    "orders": "customer_id text, ordered_at timestamptz, amount numeric(12, 2), status text",
}


def asked(head: str, schema: str = "") -> str:
    """Return the definition whose tables are of a database."""
    text = DEFINITION.replace("data:\n", head + "data:\n")
    for name in TYPES:
        text = text.replace(f"path: {name}.csv", f"database: shop, table: {schema}{name}")
    return text


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Draw the tables: orders long before and after the windows, without a time, and of people without an arm."""
    draw = random.Random(7)
    customers, arms, orders = [], [], []
    for number in range(240):
        unit = f"c{number}"
        customers.append((unit, dt.datetime(2025, 5, 1 + number % 28, tzinfo=dt.UTC), "pro", number % 9 / 8))
        if number % 12:
            arms.append(
                (unit, ("biweekly", "weekly")[number % 2], dt.datetime(2026, 3, 2 + number % 25, 9, tzinfo=dt.UTC))
            )
        for _ in range(draw.randrange(7)):
            at = dt.datetime(2025, 9, 1, 12, tzinfo=dt.UTC) + dt.timedelta(hours=draw.randrange(24 * 400))
            orders.append(
                (unit, at, round(draw.randrange(100, 99999) / 100, 2), draw.choice(("paid", " paid", "void", None)))
            )
    orders.append(("c5", None, 3.5, "paid"))
    return {"customers": customers, "assignments": arms, "orders": orders}


def text_of(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the definition, its tables as CSV, and as a SQLite file."""
    (tmp_path / "files.yaml").write_text(DEFINITION)
    (tmp_path / "lite.yaml").write_text(asked(SQLITE))
    with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as shop:
        for name, found in rows().items():
            names = [column.split()[0] for column in TYPES[name].split(", ") if " " in column]
            lines = [",".join(names), *(",".join(map(text_of, row)) for row in found)]
            (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
            shop.execute(f"CREATE TABLE {name} ({', '.join(names)})")
            marks = ", ".join("?" * len(names))
            values = [[text_of(v) if isinstance(v, dt.datetime) else v for v in row] for row in found]
            shop.executemany(f"INSERT INTO {name} VALUES ({marks})", values)
        shop.commit()
    return tmp_path


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).parent if named else None


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Start a server for the session; return its address. Skipped where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    who: list[str] = []
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.getuid() == 0:  # the server refuses to run as root
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("there is no user postgres")
        os.chown(home, owner.pw_uid, owner.pw_gid)
        who = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, log = home / "data", home / "log"
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run(
        [*who, programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres"],
        check=True,
        capture_output=True,
        cwd=home,
    )
    subprocess.run(
        [*who, programs / "pg_ctl", "-D", data, "-o", options, "-l", log, "-w", "start"],
        check=True,
        capture_output=True,
        cwd=home,
    )
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        stop = [*who, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, capture_output=True, cwd=home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def filled(server: str) -> str:
    """Fill the server's tables; return its address."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        for name, types in TYPES.items():
            cursor.execute(f"CREATE TABLE {name} ({types})")
            found = ("NULL" if value is None else f"'{text_of(value)}'" for row in rows()[name] for value in row)
            wide = len(rows()[name][0])
            values = list(found)
            listed = ", ".join(f"({', '.join(values[at : at + wide])})" for at in range(0, len(values), wide))
            cursor.execute(f"INSERT INTO {name} VALUES {listed}")
        connection.commit()
    return server


@pytest.fixture
def shop(filled: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write the definition pg.yaml, whose tables are the server's; return its address."""
    (folder / "pg.yaml").write_text(asked(POSTGRES, "public."))
    monkeypatch.setenv("SHOP_URL", filled)
    return filled
