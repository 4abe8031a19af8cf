"""Tables of databases: the same numbers as from files, nothing written, and errors that say what and how."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from abtest.cli import main


def run(monkeypatch, capsys, folder: Path, *words: str) -> tuple[int, str, str]:
    """Run a command in ``folder``."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["abtest", *words])
    code: object = 0
    try:
        main()
    except SystemExit as leaving:
        code = leaving.code or 0
    return int(code), *capsys.readouterr()  # type: ignore[call-overload]


def results(folder: Path) -> dict:
    """Return results.json without what says where it came from."""
    found = json.loads((folder / "results.json").read_text())
    for source in found["data"]["sources"]:
        source.pop("path")
        source.pop("fingerprint")
    # What lies beyond the windows stays in the database, so that checks of it have nothing to say.
    found["checks"] = [check for check in found["checks"] if not check["id"].endswith((".end", ".years"))]
    for source in found["status"].pop("sources", []):
        source.pop("last", None)
    for key in ("provenance", "experiment"):
        found.pop(key)
    return found


@pytest.fixture
def files(monkeypatch, capsys, folder):
    code, _, err = run(monkeypatch, capsys, folder, "analyze", "files.yaml", "-o", "files", "--no-report", "--quiet")
    assert code == 0, err
    return results(folder / "files")


def test_sqlite_gives_what_files_give(monkeypatch, capsys, folder, files):
    code, _, err = run(monkeypatch, capsys, folder, "analyze", "lite.yaml", "-o", "lite", "--no-report", "--quiet")
    assert code == 0, err
    assert results(folder / "lite") == files


def test_postgres_gives_what_files_give(monkeypatch, capsys, folder, files, shop):
    said = ("analyze", "pg.yaml", "-o", "pg", "--no-report", "--quiet")
    code, _, err = run(monkeypatch, capsys, folder, *said)
    assert code == 2
    assert "--allow-remote" in err
    code, _, err = run(monkeypatch, capsys, folder, *said, "--allow-remote")
    assert code == 0, err
    assert results(folder / "pg") == files
    assert shop not in (folder / "pg" / "results.json").read_text()


@pytest.mark.usefixtures("shop")
def test_the_users_settings_agree_too(monkeypatch, capsys, folder):
    settings = folder / "home" / "abtest" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('allow_remote = ["env:SHOP_URL"]\n')
    settings.chmod(0o600)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "home"))
    code, _, err = run(monkeypatch, capsys, folder, "validate", "pg.yaml", "--data")
    assert code == 0, err


@pytest.mark.parametrize(
    "where",
    [
        "status = 'paid'",
        "status != 'void'",
        "status in ('paid', 'void') and amount > 20.5",
        "amount >= 100 or status = 'paid'",
        "status is null",
        "amount is not null",
        "not (status = 'paid')",
        "amount in (3.5, 20)",
        "ordered_at >= 2026-03-10",
    ],
)
@pytest.mark.usefixtures("shop")
def test_conditions_are_understood_alike(monkeypatch, capsys, folder, where):
    """Whatever is asked of the database and whatever is left to the engine, the numbers are those of the files."""
    for name in ("files", "pg", "lite"):
        text = (folder / f"{name}.yaml").read_text()
        (folder / f"{name}.yaml").write_text(text.replace("value: amount}", f'value: amount, where: "{where}"}}'))
        said = ("analyze", f"{name}.yaml", "-o", name, "--no-report", "--quiet", "--allow-remote")
        code, _, err = run(monkeypatch, capsys, folder, *said)
        assert code in {0, 3}, err  # with few orders left there may be none
    if (folder / "files").exists():
        assert results(folder / "pg") == results(folder / "files") == results(folder / "lite")
    else:
        assert not (folder / "pg").exists()


@pytest.mark.usefixtures("shop")
def test_what_is_asked_is_shown(monkeypatch, capsys, folder):
    code, out, _ = run(monkeypatch, capsys, folder, "explain", "pg.yaml", "--sql", "--allow-remote")
    assert code == 0
    question = out[out.index('FROM "public"."orders"') - 120 :][:500]
    assert 'CAST("amount" AS text)' in question
    assert "status" not in question, "a column that is not needed"
    assert "TIMESTAMPTZ '2026-01-30 22:00:00+00'" in question, "28 days before the start, and two of grace"


@pytest.mark.parametrize(
    "case",
    [
        ("table: public.orders", "table: public.ordres", 3, "no such table"),
        ("table: public.orders", 'query: "SELECT 1; DROP TABLE orders"', 2, "without a semicolon"),
        ("table: public.orders", 'query: "SELECT 1) AS x UNION (SELECT 2"', 2, "brackets do not match"),
        ("table: public.orders", 'query: "DROP TABLE orders"', 2, "begins with SELECT or WITH"),
        (
            "table: public.orders",
            'query: "WITH a AS (DELETE FROM orders RETURNING *) SELECT * FROM a"',
            3,
            "only selects",
        ),
        ("table: public.orders", 'query: "SELECT customer_id, ordered_at, 1/0 AS amount FROM orders"', 3, "computed"),
        ("table: public.orders", 'query: "SELEC"', 2, "begins with SELECT"),
        ("table: public.orders", 'query: "SELECT customer_id FROM"', 3, "does not understand"),
        ("table: public.orders", "table: public.orders, path: orders.csv", 2, "remove `path` or `database`"),
        ("database: shop, table: public.orders", "database: shop", 2, "needs `table` or `query`"),
        ("database: shop, table: public.orders", "database: shpo, table: orders", 2, "did you mean 'shop'"),
        ("database: shop, table: public.orders", 'path: orders.csv, query: "SELECT 1"', 2, "add `database`"),
        ("env: SHOP_URL", "env: NO_SUCH_URL", 2, "the environment has no NO_SUCH_URL"),
        ("{env: SHOP_URL}", "{env: 'postgresql://u:p@h/d'}", 2, "does not stand in a definition"),
        ("{env: SHOP_URL}", "{file: address.txt}", 2, "there is no file address.txt"),
        ("driver: postgresql", "driver: nosuch", 2, "pip install adbc-driver-nosuch"),
        ("driver: postgresql", "driver: ../nosuch", 2, "name of an ADBC driver"),
        ("driver: postgresql", "driver: postgresql, timeout: 0", 2, "more than 0"),
        ("value: amount", "value: amuont", 3, "no column 'amuont'"),
        ("at: ordered_at", "at: status", 3, "status"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_errors_say_what_and_how(monkeypatch, capsys, folder, case):
    old, new, code, words = case
    text = (folder / "pg.yaml").read_text()
    assert old in text
    (folder / "pg.yaml").write_text(text.replace(old, new))
    found, out, err = run(
        monkeypatch, capsys, folder, "analyze", "pg.yaml", "-o", "pg", "--no-report", "--allow-remote"
    )
    assert found == code, out + err
    assert words in err
    assert not (folder / "pg").exists()
    assert "127.0.0.1" not in err


@pytest.mark.parametrize(
    "case",
    [
        (None, "does not accept"),
        ("postgresql://u:geheim@127.0.0.1:1/x", "no database answers"),
        ("postgresql://u:geheim@nohost.invalid/x", "host that is not known"),
        ("mysql://u:geheim@h/x", "not one that the driver understands"),
    ],
)
@pytest.mark.usefixtures("shop")
def test_an_address_that_leads_nowhere_is_not_shown(monkeypatch, capsys, folder, case):
    address, words = case
    monkeypatch.setenv("SHOP_URL", address or os.environ["SHOP_URL"].replace("postgres@", "nobody:geheim@"))
    said = ("analyze", "pg.yaml", "-o", "pg", "--no-report", "--quiet", "--allow-remote")
    code, out, err = run(monkeypatch, capsys, folder, *said)
    assert code == 3
    assert words in err
    assert "geheim" not in out + err
    assert "127.0.0.1" not in err


@pytest.mark.usefixtures("shop")
def test_a_slow_question_ends_at_its_time(monkeypatch, capsys, folder):
    text = (folder / "pg.yaml").read_text().replace("uri:", "timeout: 0.5, uri:")
    slow = 'query: "SELECT customer_id, ordered_at, amount, pg_sleep(0.1) FROM orders"'
    (folder / "pg.yaml").write_text(text.replace("table: public.orders", slow))
    code, _, err = run(monkeypatch, capsys, folder, "analyze", "pg.yaml", "--no-report", "-o", "pg", "--allow-remote")
    assert code == 3
    assert "`timeout`" in err


@pytest.mark.parametrize("how", ["lost", "interrupted"])
def test_a_connection_that_ends_midway_leaves_nothing(folder, shop, how):
    from adbc_driver_postgresql import dbapi

    slow = 'query: "SELECT customer_id, ordered_at, amount, pg_sleep(0.1) AS marker_of_test FROM orders"'
    text = (folder / "pg.yaml").read_text().replace("table: public.orders", slow)
    (folder / "pg.yaml").write_text(text)
    words = ["analyze", "pg.yaml", "--no-report", "-o", "pg", "--allow-remote", "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-m", "abtest", *words], cwd=folder, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    running = (
        "FROM pg_stat_activity WHERE query LIKE '%marker_of_test%' AND pid <> pg_backend_pid() AND state = 'active'"
    )
    with dbapi.connect(shop, autocommit=True) as connection, connection.cursor() as cursor:
        end = time.monotonic() + 60
        found = 0
        while not found and time.monotonic() < end:
            time.sleep(0.1)
            cursor.execute(f"SELECT count(*) {running}")
            found = cursor.fetchone()[0]
        assert found
        if how == "lost":
            cursor.execute(f"SELECT pg_terminate_backend(pid) {running}")
            cursor.fetchall()
        else:
            process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == (3 if how == "lost" else 130), err
    assert how == "interrupted" or "the connection was lost" in err
    assert not (folder / "pg").exists()


@pytest.mark.usefixtures("shop")
def test_validate_looks_at_every_table_after_one_failed(monkeypatch, capsys, folder):
    text = (folder / "pg.yaml").read_text().replace("public.customers", "public.custmoers")
    (folder / "pg.yaml").write_text(text)
    code, out, err = run(monkeypatch, capsys, folder, "validate", "pg.yaml", "--data", "--allow-remote")
    assert code == 3
    assert "no such table" in out + err
    assert "orders: public.orders of the database shop" in out + err


@pytest.mark.usefixtures("shop")
def test_money_is_what_it_says(monkeypatch, capsys, folder, files):
    """The driver gives PostgreSQL's money in cents: it must not count as a hundred times as much."""
    query = 'query: "SELECT customer_id, ordered_at, amount::money AS amount FROM orders"'
    (folder / "pg.yaml").write_text((folder / "pg.yaml").read_text().replace("table: public.orders", query))
    said = ("analyze", "pg.yaml", "-o", "pg", "--no-report", "--quiet", "--allow-remote")
    assert run(monkeypatch, capsys, folder, *said)[0] == 0
    assert results(folder / "pg")["metrics"] == files["metrics"]


def test_spark_reads_no_database(monkeypatch, capsys, folder):
    text = (folder / "lite.yaml").read_text()
    (folder / "lite.yaml").write_text(text + "engine: spark\n")
    code, _, err = run(monkeypatch, capsys, folder, "validate", "lite.yaml")
    assert code == 2
    assert "tables of a database are read by DuckDB" in err


def test_a_file_that_is_no_database(monkeypatch, capsys, folder):
    (folder / "shop.db").write_bytes(b"no database at all")
    code, _, err = run(monkeypatch, capsys, folder, "analyze", "lite.yaml", "--no-report")
    assert code == 3
    assert "shop.db is no SQLite database" in err


def test_the_database_file_is_not_written_over(monkeypatch, capsys, folder):
    before = (folder / "shop.db").read_bytes()
    code, _, err = run(monkeypatch, capsys, folder, "assign", "lite.yaml", "-o", "shop.db", "--force")
    assert code == 2, err
    assert (folder / "shop.db").read_bytes() == before
