"""The six commands, each with what stands where it writes: nothing, an old set of ours, or that beside a user's files.

A scene knows two whole sets, the old and the new, by the hash of each file; what is found after a case is one of the
two, or a fault.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

DEFINITION = """\
name: drip
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-03-20, through: 2026-05-01}
arms:
  - {name: biweekly, control: true, cadence: 14d}
  - {name: weekly, cadence: 7d}
population: {eligible: first_order_at < period.start}
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.parquet, arm: variant, at: assigned_at}
  orders: {path: orders.parquet, at: ordered_at, value: amount}
metrics:
  retained: {role: primary, type: retention, event: orders, window: [7d, 28d]}
  revenue: {type: sum, event: orders, window: [0d, 28d], winsorise: 0.99}
"""
FORMERLY = DEFINITION + "  stayed: {type: retention, event: orders, window: [7d, 14d]}\n"
"""The definition of the old set: its report has a chart that the new one has not."""
TABLES = {
    "customers.csv": """
        SELECT 'u' || i AS customer_id, TIMESTAMPTZ '2025-05-01 10:00:00Z' AS first_order_at,
               CASE WHEN i % 3 = 0 THEN 'free' ELSE 'pro' END AS plan
        FROM range({0}) AS t(i)""",
    "assignments.parquet": """
        SELECT 'u' || i AS customer_id, CASE WHEN i % 2 = 0 THEN 'weekly' ELSE 'biweekly' END AS variant,
               TIMESTAMPTZ '2026-03-02 08:00:00Z' + to_hours(CAST(i % 400 AS INTEGER)) AS assigned_at
        FROM range({0}) AS t(i)""",
    "orders.parquet": """
        SELECT 'u' || (hash(i) % {0}) AS customer_id,
               TIMESTAMPTZ '2026-02-20 08:00:00Z' + to_minutes(CAST(hash(i + 7) % 90000 AS INTEGER)) AS ordered_at,
               (hash(i + 9) % 9000) / 100 AS amount
        FROM range({0} * 3) AS t(i)""",
}
CUSTOMERS = {"old": 260, "new": 300}
FOREIGN = {
    "notes.txt": "mine",
    "photos/cat.txt": "a cat",
    ".hidden": "also mine",
    "results.json.bak": "kept",
    "drip-notes.png": "not ours, though it looks like it",
}
"""A user's own files in the folder of a report."""
Snapshot = Mapping[str, str]
Runner = Callable[["Scene", Path], int | None]


@dataclass(frozen=True)
class Scene:
    """A command before what it finds. ``folder`` is what each case starts from; ``code`` how it ends undisturbed,
    in the folder ``once``."""

    name: str
    arguments: tuple[str, ...]
    folder: Path
    output: str
    stored: Path | None = None
    foreign: bool = False
    old: Snapshot = field(default_factory=dict)
    new: Snapshot = field(default_factory=dict)
    code: int | None = 0
    once: Path = Path()


def snapshot(folder: Path) -> Snapshot:
    """Return what lies in the folder and below: each path with the hash of its content, ``/`` for a folder."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_dir():
            found[name] = "/"
        else:
            found[name] = hashlib.blake2b(_content(path), digest_size=12).hexdigest()
    return found


def _content(path: Path) -> bytes:
    """Return a file's content; of a lock all but what it says of the outcomes, which a lock may be unable to tell."""
    content = path.read_bytes()
    if path.suffix == ".lock":
        with suppress(ValueError, KeyError, TypeError):
            lock = json.loads(content)
            del lock["outcome_data"]
            return json.dumps(lock).encode()
    return content


def write_inputs(folder: Path, age: str) -> None:
    """Write the definition and its tables, as they were for the ``old`` set or are for the ``new``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "drip.yaml").write_text(DEFINITION if age == "new" else FORMERLY)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, rows in TABLES.items():
            connection.execute(f"COPY ({rows.format(CUSTOMERS[age])}) TO '{folder / name}'")


def write_foreign(folder: Path) -> None:
    """Put a user's files into the folder."""
    for name, text in FOREIGN.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


ANALYZE = ("analyze", "drip.yaml", "-o", "out", "--threads", "2")
RETENTION = ("retention", "orders.parquet", "--unit", "customer_id", "--at", "ordered_at", "--timezone",
             "Europe/Helsinki", "-o", "out", "--threads", "2")  # fmt: skip
REPORT = ("report", "results.json", "-o", "out")
SIMULATE = ("simulate", "drip.yaml", "--data", "out", "--customers")


def prepare(base: Path, run: Runner) -> list[Scene]:
    """Make all scenes below ``base``. ``run`` runs a scene's command undisturbed in a folder and returns its code.

    Raises :class:`AssertionError` where an undisturbed run goes wrong.
    """
    inputs = {age: base / "inputs" / age for age in CUSTOMERS}
    for age, folder in inputs.items():
        write_inputs(folder, age)
    stored = {age: base / "stored" / f"{age}.json" for age in CUSTOMERS}
    (base / "stored").mkdir()
    for age, folder in inputs.items():
        work = _copy(folder, base / "analysed" / age)
        run(Scene("analyze", (*ANALYZE, "--no-report"), work, "out"), work)
        shutil.copy(work / "out" / "results.json", stored[age])
    shop = _Workshop(base, inputs, stored, run)
    scenes = []
    for command, arguments, needs in (
        ("analyze", ANALYZE, tuple(TABLES)),
        ("retention", RETENTION, ("orders.parquet",)),
        ("report", REPORT, ()),
        ("simulate", SIMULATE, ()),
    ):
        scenes.extend(shop.folder(f"{command}, {state}", arguments, needs) for state in ("none", "ours", "foreign"))
    scenes.append(shop.folder("report in place, ours", ("report", "out/results.json"), ()))
    for name, arguments, output in (
        ("assign csv", ("assign", "drip.yaml", "-o", "drawn.csv", "--threads", "2"), "drawn.csv"),
        ("assign parquet", ("assign", "drip.yaml", "-o", "drawn.parquet", "--threads", "2"), "drawn.parquet"),
        ("lock", ("lock", "drip.yaml", "--threads", "2"), "drip.lock"),
    ):
        scenes.extend(shop.file(f"{name}, {state}", arguments, output) for state in ("none", "ours"))
    return scenes


def again(scene: Scene) -> tuple[str, ...]:
    """Return the arguments of the next command: the same, that may replace what is there."""
    replaces = scene.arguments[0] in {"assign", "lock", "simulate"} and "--force" not in scene.arguments
    return (*scene.arguments, "--force") if replaces else scene.arguments


@dataclass(frozen=True)
class _Workshop:
    """Makes scenes from the inputs and the stored analyses of both ages."""

    base: Path
    inputs: Mapping[str, Path]
    stored: Mapping[str, Path]
    run: Runner

    def folder(self, name: str, arguments: tuple[str, ...], needs: tuple[str, ...]) -> Scene:
        """Return the scene of a command that writes into the folder ``out``."""
        state, place = name.rpartition(", ")[2], self._place(name)
        place.mkdir(parents=True)
        scene = Scene(name, arguments, place, "out", self.stored["new"], foreign=state == "foreign")
        for age in ("old", "new") if state != "none" else ("new",):
            for needed in ("drip.yaml", *needs):
                shutil.copy(self.inputs[age] / needed, place)
            if arguments[0] == "report":
                shutil.copy(self.stored[age], place / "results.json")
            if age == "old":
                former = ("report", "results.json", "-o", "out") if "in place" in name else arguments
                customers = ("110", "--seed", "1") if arguments[0] == "simulate" else ()
                self.run(replace(scene, arguments=(*former, *customers), stored=self.stored["old"]), place)
        if scene.foreign:
            write_foreign(place / "out")
        if "in place" in name:
            # What is rendered again lacks its pictures: its results have come from elsewhere.
            (place / "results.json").replace(place / "out" / "results.json")
        if arguments[0] == "simulate":
            scene = replace(scene, arguments=(*arguments, "120", *(("--force",) if state != "none" else ())))
        return self._finished(scene)

    def file(self, name: str, arguments: tuple[str, ...], output: str) -> Scene:
        """Return the scene of a command that writes the file ``output``, beside its inputs."""
        place = self._place(name)
        shutil.copytree(self.inputs["new"], place)
        scene = Scene(name, arguments, place, output)
        if name.endswith("ours"):
            shutil.copytree(self.inputs["old"], place, dirs_exist_ok=True)
            self.run(scene, place)
            shutil.copytree(self.inputs["new"], place, dirs_exist_ok=True)
            scene = replace(scene, arguments=again(scene))
        return self._finished(scene)

    def _place(self, name: str) -> Path:
        return self.base / "scenes" / name.replace(", ", "-").replace(" ", "-")

    def _finished(self, scene: Scene) -> Scene:
        """Return the scene with both its sets, as an undisturbed run gives the new one."""
        once = _copy(scene.folder, self.base / "once" / scene.folder.name)
        code = self.run(scene, once)
        return replace(scene, old=snapshot(scene.folder), new=snapshot(once), code=code, once=once)


def _copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target
