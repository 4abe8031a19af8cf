"""The command line as a process of its own, which stops at a chosen point until a test has done its mischief."""

import os
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import warm

DEFINITION = """\
name: drip
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-03-20}
arms:
  - {name: biweekly, control: true}
  - {name: weekly}
population: {eligible: first_order_at < period.start}
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.parquet, arm: variant, at: assigned_at}
  orders: {path: orders.parquet, at: ordered_at, value: amount}
metrics:
  retained: {role: primary, type: retention, event: orders, window: [7d, 28d]}
  revenue: {type: sum, event: orders, window: [0d, 28d], winsorise: 0.99}
segments: [plan]
"""
TABLES = {
    "customers": """
        SELECT 'u' || i AS customer_id, TIMESTAMPTZ '2025-05-01 10:00:00Z' AS first_order_at,
               CASE WHEN i % 3 = 0 THEN 'free' ELSE 'pro' END AS plan
        FROM range({0}) AS t(i)""",
    "assignments": """
        SELECT 'u' || i AS customer_id, CASE WHEN i % 2 = 0 THEN 'weekly' ELSE 'biweekly' END AS variant,
               TIMESTAMPTZ '2026-03-02 08:00:00Z' + to_hours(CAST(i % 400 AS INTEGER)) AS assigned_at
        FROM range({0}) AS t(i)""",
    "orders": """
        SELECT 'u' || (hash(i) % {0}) AS customer_id,
               TIMESTAMPTZ '2026-02-20 08:00:00Z' + to_minutes(CAST(hash(i + 7) % 90000 AS INTEGER)) AS ordered_at,
               (hash(i + 9) % 9000) / 100 AS amount
        FROM range({0} * 3) AS t(i)""",
}
WAITS = """
import sys, time


def stop_here():
    if not (folder / "reached").exists():
        (folder / "reached").touch()
        while not (folder / "go").exists():
            time.sleep(0.02)


if phase == "reading files":
    from abtest.files import located as files

    known = files.format_of
    files.format_of = lambda *given: (stop_here(), known(*given))[1]
elif phase == "writing the report":
    from abtest.report import formats

    rendered = formats.rendered
    formats.rendered = lambda *given, **options: (stop_here(), rendered(*given, **options))[1]
elif phase.startswith("killed before "):
    # Without notice, at the so-manieth call that changes the disk.
    import os, signal

    from abtest.process import disk

    call, left = disk.call, int(phase.split()[2])

    def killing(name, function, *arguments, **options):
        global left
        if name in disk.WRITING:
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
        return call(name, function, *arguments, **options)

    disk.call = killing
else:
    from abtest.engines.duckdb.database import Database
    from abtest.engines.engine import Statement

    mode, phase = phase.split(" ", 1)
    run = Database._run
    LONG = Statement("SELECT count(*) FROM range(100000000000) AS t(i) WHERE hash(i) = 1", {})

    def slow(self, statement, label):
        if label.startswith(phase) and not (folder / "reached").exists():
            if mode == "hold":
                stop_here()
            else:
                (folder / "reached").touch()
                run(self, LONG, label)
        return run(self, statement, label)

    Database._run = slow
"""


def write_tables(folder: Path, customers: int = 600) -> None:
    """Write the definition and its tables."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, rows in TABLES.items():
        target = folder / f"{name}.{'csv' if name == 'customers' else 'parquet'}"
        connection.execute(f"COPY ({rows.format(customers)}) TO '{target}'")
    (folder / "drip.yaml").write_text(DEFINITION)


class Run:
    """``abtest`` with ``arguments``, in a process that stops where ``phase`` says. ``folder`` is where it runs.

    ``phase``: ``reading files``, ``writing the report``, ``hold LABEL`` (before a statement), ``ask LABEL`` (in a
    statement that takes hours) or ``killed before N`` (at that call that changes the disk, from 0; -1 for never).
    """

    def __init__(self, folder: Path, phase: str, *arguments: str) -> None:
        self._folder = folder
        self._notes = folder.with_name(folder.name + "-notes")
        self._notes.mkdir(exist_ok=True)
        for name in ("reached", "go"):
            (self._notes / name).unlink(missing_ok=True)
        self.temporary = self._notes / "temporary"
        self.temporary.mkdir(exist_ok=True)
        first = f"from pathlib import Path\n\nphase, folder = {phase!r}, Path({str(self._notes)!r})\n{WAITS}"
        environment = {**os.environ, "TMPDIR": str(self.temporary), "SOURCE_DATE_EPOCH": "1777000000"}
        self.process: subprocess.Popen[bytes] | warm.Started
        if "spark" not in arguments:
            self.process = warm.start(arguments, folder, environment, first)
        else:
            script = self._notes / "run.py"
            script.write_text(f"{first}\nfrom abtest.__main__ import main\n\nsys.argv[0] = 'abtest'\nmain()\n")
            command = [sys.executable, str(script), *arguments]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(command, cwd=folder, stdout=pipe, stderr=pipe, env=environment)

    def wait_until_reached(self) -> None:
        """Wait for the process to be where it stops; however slow the machine is."""
        deadline = time.monotonic() + 100
        while not (self._notes / "reached").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(self.process.communicate())
            time.sleep(0.02)

    def go_on(self) -> None:
        """Let the process go on."""
        (self._notes / "go").touch()

    def end(self) -> tuple[int, str, str]:
        """Wait for the end and return the exit code, stdout and stderr."""
        out, err = self.process.communicate(timeout=100)
        assert self.process.returncode is not None
        return self.process.returncode, out.decode(), err.decode()


def listing(folder: Path) -> set[str]:
    """Return what lies in the folder and below."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files that a reader of the folder sees; none where it is not there."""
    if not folder.exists():
        return {}
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
