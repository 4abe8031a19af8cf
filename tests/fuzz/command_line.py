"""Command lines: every command, options that exist and some that do not, values that fit and values that do not.

The options are asked of the commands themselves, so a new one is fuzzed from the day it is there. The exit code is a
documented one, an error has words and no traceback, and what the experiment reads is not written to. Spark is left out:
it starts a Java machine for each case.
"""

import os
import random
from pathlib import Path

from tests.fuzz import locks, tables, trees
from tests.fuzz.cases import Case, Outcome, kept, kind_of, require, require_plain, run

SECONDS = 30.0
CODES = {0, 2, 3, 4}
FILES = ("drip.yaml", "drip.yaml", "drip.yaml", "library.yaml", "broken.yaml", "results.json", "drip.lock")
OUTSIDE = ("/dev/null", "/dev/full", "/proc", "/proc/self/mem", "/no/such/folder", "/dev/null/x", "/")
"""Places outside of the folder of the case that may be named; whatever else a value leads to is kept inside."""
PATHS = (
    *OUTSIDE, "out", "out/deeper/still", ".", "..", "", "a b", "é.csv", "x" * 300, "arms.csv", "arms.parquet",
    "arms.txt",
    "drip.yaml", "orders.csv", "customers.csv", "orders*.csv", "*.csv", "[", "~", "data", "-", "--", "a\nb",
    "\x1b[2J", "link",
    "loop", "results.json", "empty", "=1+1.csv", "\u202egnp.yaml", "\udcff",
)  # fmt: skip
VALUES: dict[str, tuple[str, ...]] = {
    "threads": ("1", "2", "0", "-1", "1.5", "9999999999", "x", "1e3"),
    "memory_limit": ("500MB", "1GB", "1KB", "0GB", "999999TB", "80%", "-1GB", "GB", "1 GB", "1e3MB"),
    "engine": ("duckdb", "postgres", "", "DuckDB"),
    "confidence": (
        "0.95",
        "0.5",
        "0",
        "1",
        "1e-320",
        "0.999999999999999999",
        "nan",
        "inf",
        "-0.1",
        "95%",
        "x",
        "5e-324",
    ),
    "margin": ("1pp", "5%", "0.25", "-1pp", "0", "1e308", "1e-320", "pp", "%", "nan", "100pp", "1e400"),
    "test": ("non-inferiority", "superiority", "equivalence", "x"),
    "good": ("up", "down", "sideways"),
    "prior": ("0.5,0.5", "1,1", "0,0", "-1,1", "1e308,1e308", "1e-320,1", "3:1", "0:0", "nan:1", ",", "1", "1,1,1"),
    "correction": ("holm", "hochberg", "bonferroni", "bh", "by", "dunnett", "none", "x"),
    "by": ("week", "month", "quarter", "year", "day"),
    "timezone": ("Europe/Helsinki", "UTC", "Mars/Base", "", "../../etc/passwd", "/etc/localtime", "utc", "\x00"),
    "where": (
        "note = 'x'",
        "amount > 1",
        "1 = 1; DROP",
        "amount in (",
        "(" * 3_000 + "a",
        "nothing = 1",
        "",
        "not note",
    ),
    "active_within": ("90d", "0d", "-1d", "9999999999d", "1h", "x", "90"),
    "since": ("2026-03-01", "0001-01-01", "9999-12-31", "2026-02-30", "x", "10000-01-01"),
    "through": ("2026-03-01", "0001-01-01", "9999-12-31", "2026-02-30", "x", "2026-06-01"),
    "periods": ("1", "3", "0", "-1", "99999999999", "x"),
    "benchmark": ("40%", "0.4", "0", "1", "-1", "nan", "1e308", "140%", "x", "1e-320"),
    "goal": ("45%", "0", "nan", "x"),
    "unit": ("customer_id", "nothing", "", "amount", "\x00", "x" * 3_000, 'a"b'),
    "at": ("ordered_at", "nothing", "amount", "", "2026-03-02T09:00+02:00", "2026-03-02", "9999-12-31T23:59:59Z"),
    "seed": ("1", "-1", "99999999999999999999", "x"),
    "customers": ("100", "1", "0", "-1", "x"),
    "template": ("drip", "x", ""),
    "formats": ("pdf", "png", "x"),
    "arm": ("version", "x"),
}
ARM = ("a", "b", "control", "", "=", "é", "x" * 300, "a b", "\u202e", "a\nb")
FIGURES = (
    "480/2000", "530/2000", "0/0", "0/1", "1/1", "2/1", "-1/5", "1e3/2e3", "9" * 30 + "/" + "9" * 31, "1/0", "/",
    "1.5/3",
    "10:2:100", "10.5:0:2", "nan:1:5", "1e308:1e308:10", "-1e308:1e-320:99999999999", "1:1:1", "1:1:0", "::", "1:2",
    "inf:1:3",
    "1_0/1_00", "５/９", "1/2000000000000", "0.1:0.2:3", " 1/2", "+1/2",
)  # fmt: skip
_options: dict[str, list[tuple[str, tuple[str, ...], bool]]] = {}
_arguments: dict[str, list[str]] = {}
_files: dict[str, bytes] = {}
_kept: list[Case] = []


def prepare() -> None:
    """Ask the commands for their options, and make the files that cases name."""
    import typer.main

    import abtest.cli.lock
    import abtest.cohorts.run
    import abtest.report  # noqa: F401 (read once, before the workers part)
    from abtest.cli import app

    if _options:
        return
    locks.prepare()
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        _options[name] = [
            (option.name, (*option.opts, *option.secondary_opts), bool(option.is_flag))
            for option in command.params
            if option.opts[0].startswith("-") and "spark" not in option.name
        ]
        _arguments[name] = [option.name for option in command.params if not option.opts[0].startswith("-")]
    _files.update(locks._files)
    _files["drip.yaml"] += b"report: {formats: [], language: en}\n"
    _files["library.yaml"] = b"metrics: {m: {type: column}}\n"
    _files["broken.yaml"] = b"name: [\n"
    _files["results.json"] = b"{}\n"
    _files["empty"] = b""
    _kept.extend(kept("command-line"))


def case(draw: random.Random) -> Case:
    """Make a command line."""
    name = draw.choice(sorted(_options))
    words = [name]
    for argument in _arguments[name]:
        words += _given(draw, argument)
    wanted = _options[name]
    needed = {"retention": ("unit", "at"), "simulate": ("data",), "init": ("output",)}.get(name, ())
    for option, spellings, flag in wanted:
        if option in needed and draw.random() < 0.9:
            words += [spellings[0], _value(draw, option)]
        elif draw.random() < 1.6 / (len(wanted) + 1) and option != "version":
            words.append(draw.choice(spellings))
            if not flag:
                words.append(_value(draw, option))
    if name in {"analyze", "retention"} and draw.random() < 0.8:
        words.append("--no-report")
    match draw.randrange(16):
        case 0:
            words.insert(
                draw.randrange(len(words) + 1), draw.choice(("--", "-", "--nothing", "-x", "--help", "", "--version"))
            )
        case 1:
            words.pop(draw.randrange(len(words)))
        case 2:
            draw.shuffle(words)
        case 3:
            place = draw.randrange(len(words))
            words[place] = trees.edited(draw, words[place])
        case _:
            pass
    return Case(_files, tuple(_harmless(word) for word in words), (name,))


def _given(draw: random.Random, argument: str) -> list[str]:
    if argument == "arms":
        return [f"{draw.choice(ARM)}={draw.choice(FIGURES)}" for _ in range(draw.choice((2, 2, 2, 3, 5, 1, 40)))]
    if argument in {"events", "tables", "files"}:
        return [draw.choice(("orders.csv", "orders.csv", "*.csv", *PATHS))]
    if argument in {"results"}:
        return [draw.choice(("results.json", *FILES))]
    chosen = draw.choice(FILES) if draw.random() < 0.85 else draw.choice(PATHS)
    return [chosen] * draw.choice((1, 1, 1, 1, 2, 0))


def _value(draw: random.Random, option: str) -> str:
    if draw.random() < 0.05:
        return str(draw.choice(trees.TEXTS))
    if option in VALUES and not (option == "at" and draw.random() < 0.1):
        good = draw.random() < 0.5
        return VALUES[option][0] if good else draw.choice(VALUES[option])
    return draw.choice(PATHS)


def _harmless(word: str) -> str:
    """Return a word, unless it would lead a command that writes to outside of its folder."""
    word = "duckdb" if word == "spark" else word
    value = word.split("=", 1)[-1] if word.startswith("-") else word
    full = os.path.abspath(os.path.join("/case", value.replace("\x00", "")))  # noqa: PTH100, PTH118 (a text, not a file)
    return word if full.startswith("/case/") or full == "/case" or value in OUTSIDE else "out"


def judge(case: Case) -> str:
    """Run a command line."""
    Path("link").symlink_to("orders.csv")
    Path("loop").symlink_to("loop")
    arguments = [word for word in case.arguments if word is not None]
    outcome = run(*arguments)
    require_plain(outcome, CODES)
    _require_kept(case, outcome)
    return f"{arguments[0][:12] if arguments else ''} {kind_of(outcome)}"


def _require_kept(case: Case, outcome: Outcome) -> None:
    """Raise a find when a file that the experiment reads was written to, or an error left something behind."""
    read = ("customers.csv", "orders.csv", "drip.yaml")
    anew = case.arguments[:1] == ("init",) and "--force" in case.arguments  # asked for another definition in its place
    for name in read:
        if anew and name == "drip.yaml":
            continue
        there = Path(name).is_file() and Path(name).read_bytes() == case.files[name]
        require(there, f"{name} was written to: {case.arguments}")
    if outcome.code in {2, 3} and "--force" not in case.arguments:
        before = {name.split("/")[0] for name in case.files} | {"link", "loop"}
        left = sorted({entry.name for entry in Path().iterdir()} - before)
        require(not left, f"an error left {left} behind: {case.arguments}: {outcome.err[:500]}")
    if not outcome.err.startswith("Usage:"):
        tables.require_discreet(outcome, given=" ".join(word for word in case.arguments if word is not None))
