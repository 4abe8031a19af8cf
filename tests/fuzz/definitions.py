"""Definitions: trees that are nearly right, written as YAML in every way, and files damaged byte by byte.

A definition loads or is refused with places inside its files. One that loads can be explained, linted, hashed, written
and read back to the same hash, and now and then is analysed on a few rows: numbers, or an error of the family.
"""

import contextlib
import copy
import json
import random
import re
from collections.abc import Mapping
from pathlib import Path

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.definition.definition_texts import DRIP, WIDE
from tests.definition.strategies import ODD, definitions
from tests.fuzz import raw, trees
from tests.fuzz.cases import Case, Find, kept, require, shape
from tests.fuzz.too_much import constructed
from tests.fuzz.yaml_texts import Writer

SECONDS = 10.0
DRAWN = 300
"""Valid definitions that hypothesis draws to start from."""
PIECES = (
    b'"', b"'", b"{", b"}", b"[", b"]", b"&a ", b"*a ", b"!!x ", b"|\n", b">\n", b"%", b"@", b"`", b"\t", b"\0",
    b"\xff", b"\xef\xbb\xbf", b"? ", b"- ", b": ", b"#", b",", b"\n", b"\r", b"---\n", b"...\n", b'"\\ud800"',
    b'"\\U00110000"',
    b'"\\', b"1e999", b"-", b"null", b"~", b"<<: *a", b"9999-12-31", b"0001-01-01", b"\xc2\x85", b"\xe2\x80\xa8",
    b"\xe2\x80\xae", b"\xf0\x9f\x99\x82", b"\xed\xa0\x80", b"\xc0\x80",
)  # fmt: skip
EXPRESSIONS = (
    "first_order_at < period.start", "plan in ('pro', 'free')", "not `paid up` is null", "a = 1 or b = 2 and not c",
    "((a))", "a in ()", "a in (1, 'x', true, null)", "a not in (2026-03-02)", "a = 'it''s'", 'a = "x"', "`a``b` = 1",
    "a = 1e999", "period.through > a", "period.start = period.end", "a == == b", "a <> -1", "a is not null",
    "a like 'x'", "a; drop", "a -- b", "1 = 1", "true", "null", "'x'", "a.b.c = 1", "a = .5", "a = 0x1F",
    "a = 2026-13-45", "a and",
    "not", "in in in", "a = 1_000", "a = 'x", "`a", "a = '\u202e'", "a = +25:00", "a < 2026-03-02T10:00:00+25:00",
)  # fmt: skip
WINDOWS = (
    "0d", "28d", "56d", "-56d", "12h", "8w", "1h", "36500d", "999999999d", "0.5d", "d", "28", "28 d", "+7d", "--7d",
    "1e3d",
)  # fmt: skip
FULL = """\
include: library.yaml
name: all
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12, lag: 2d}
arms: [{name: biweekly, control: true, cadence: 14d}, {name: weekly, cadence: 7d, weight: 2}]
population:
  eligible: first_order_at < period.start and (plan in ('pro', 'free') or not `paid up` is null)
  exposure: {event: sends, window: [0d, 14d], trigger: exposure}
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.csv, arm: arm, at: assigned_at}
  sends: {table: warehouse.sends, at: sent_at, where: kind = 'mail'}
metrics:
  retained_8w: {role: primary, benchmark: 45%, goal: 50%}
  revenue_56d:
  day_7: {type: retention, event: orders, day: 7, days: calendar, covariates: [{window: [-28d, 0d]}, {column: plan}]}
  later: {type: retention, event: orders, after: 14d, horizon: 42d}
  month: {type: retention, event: orders, by: month, nth: 2}
  gone: {type: time_to_event, event: sends, horizon: 56d, role: guardrail, margin: 1%}
  ratio: {type: ratio, numerator: {event: orders, of: sum}, denominator: {event: orders}, window: [0d, 28d]}
  middle: {type: quantile, event: orders, window: [0d, 28d], quantile: 0.9}
segments: [country, {column: plan, declared: true}]
analysis: {alternative: one-sided, correction: holm, bayes: {rate_prior: {a: 1, b: 1}}, bootstrap: 2000}
ignore: [cadence]
engine: spark
spark: {remote: "sc://host:15002"}
"""
LIBRARY = """\
data:
  orders: {path: orders.csv, at: ordered_at, value: amount}
metrics:
  retained_8w: {title: Retained, type: retention, event: orders, window: [28d, 56d]}
  revenue_56d: {type: sum, event: orders, window: [0d, 56d], unit: EUR, winsorise: 0.99}
"""
EXAMPLE = Path(__file__).parents[2] / "experiments" / "drip.yaml"
TEXTS = {"example": EXAMPLE.read_text(encoding="utf-8"), "drip": DRIP, "wide": WIDE, "full": FULL}

_trees: list[dict] = []
_kept: list[Case] = []


def prepare() -> None:
    """Draw the trees to start from."""
    import abtest.analysis.assemble
    import abtest.definition.dump
    import abtest.definition.explain
    import abtest.definition.lock  # noqa: F401 (read once, before the workers part)

    if _trees:
        return
    found: list[dict] = []

    @seed(1)
    @settings(
        max_examples=DRAWN,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(definitions())
    def collect(tree: dict) -> None:
        found.append(json.loads(json.dumps(tree, default=str)))

    collect()
    _trees.extend(yaml.load(text, Loader=yaml.BaseLoader) for text in TEXTS.values())  # noqa: S506 (a loader of texts)
    _trees.extend(found)
    _kept.extend(kept("definitions"))


def case(draw: random.Random) -> Case:
    """Make a definition and what it may include."""
    files = {"library.yaml": LIBRARY.encode()}
    how = draw.choices(("tree", "bytes", "kept", "construct"), (60, 30, 15 if _kept else 0, 3))[0]
    if how == "kept":
        chosen = draw.choice(_kept)
        files |= chosen.files
        name = draw.choice(sorted(chosen.files))
        files[name] = raw.mutated(draw, files[name], PIECES)
    elif how == "bytes":
        name = draw.choice(sorted(TEXTS))
        files["drip.yaml"] = TEXTS[name].encode()
        damaged = "library.yaml" if name == "full" and draw.random() < 0.5 else "drip.yaml"
        files[damaged] = raw.mutated(draw, files[damaged], PIECES)
    elif how == "construct":
        files |= constructed(draw, FULL, LIBRARY)
    else:
        tree = copy.deepcopy(draw.choice(_trees[: len(TEXTS)] if draw.random() < 0.4 else _trees))
        if draw.random() < 0.95:
            tree = trees.changed(draw, tree, [draw.choice(_trees), draw.choice(_trees)])
        tree = _worded(draw, tree)
        files["drip.yaml"] = (
            Writer(draw, draw.choice((0.0, 0.0, 0.02, 0.1))).text(tree).encode("utf-8", "surrogatepass")
        )
        if draw.random() < 0.1:
            library = trees.changed(draw, yaml.load(LIBRARY, Loader=yaml.BaseLoader), [tree])  # noqa: S506
            files["library.yaml"] = Writer(draw, 0.05).text(library).encode("utf-8", "surrogatepass")
    return Case(files, notes=(how,))


def _worded(draw: random.Random, tree: object) -> object:
    """Put expressions and windows where such stand."""
    for path in list(trees.places(tree)):
        if not path or draw.random() > 0.1:
            continue
        try:
            holder, step = trees.at(tree, path[:-1]), path[-1]
        except (LookupError, TypeError):
            continue  # what held it was replaced
        if not isinstance(holder, dict):
            continue  # a list stands there now
        if step in {"eligible", "where"}:
            one, other = draw.choice(EXPRESSIONS), draw.choice(EXPRESSIONS)
            holder[step] = draw.choice((one, f"{one} and {other}", f"not ({one}) or {other}", trees.edited(draw, one)))
        elif step in {"window", "landmarks"}:
            holder[step] = [draw.choice(WINDOWS) for _ in range(draw.choice((2, 2, 2, 1, 3)))]
        elif step in {"title", "hypothesis", "description", "name"} and draw.random() < 0.5:
            holder[step] = draw.choice(ODD)
    return tree


def judge(case: Case) -> str:
    """Load, explain, lint, write, read back; sometimes analyse."""
    from abtest.definition.dump import to_yaml
    from abtest.definition.explain import explain
    from abtest.definition.load import load, load_library, warnings
    from abtest.errors import DefinitionError

    path = Path("drip.yaml")
    try:
        experiment = load(path)
    except DefinitionError as error:
        require_places(error, case.files)
        with contextlib.suppress(DefinitionError):
            load_library(path)
        first = error.diagnostics[0]
        return f"2 {first.code} {shape(first.message)[:100]}"
    found = warnings(experiment)
    text = explain(experiment.definition)
    require(bool(text.strip()), "an empty explanation")
    for diagnostic in found:
        require("\n" not in str(diagnostic), f"a warning of several lines: {diagnostic}")
        diagnostic.underlined()
    require(re.fullmatch("[0-9a-f]{64}", experiment.sha256) is not None, "no hash")
    again = Path("again.yaml")
    again.write_text(to_yaml(experiment.definition), encoding="utf-8", newline="")
    require(
        load(again).sha256 == experiment.sha256,
        f"written and read back, it has another hash: {again.read_text()[:2000]!r}",
    )
    # What a library gave stands in place, so nothing is included any more.
    whole = experiment.definition.model_copy(update={"include": []})
    require(load(again).definition == whole, "written and read back, it differs though its hash does not")
    kind = "0 " + ",".join(sorted({str(metric.type) for metric in experiment.definition.metrics.values()}))
    if len(experiment.sha256) and int(experiment.sha256[:4], 16) % 64 == 0:
        kind += " " + analysed(experiment)
    return kind


def require_places(error: object, files: Mapping[str, bytes]) -> None:
    """Raise a find unless every diagnostic of an error stands inside one of the files."""
    diagnostics = error.diagnostics  # type: ignore[attr-defined]
    require(bool(diagnostics), "an error without diagnostics")
    for found in diagnostics:
        message = str(found)
        require("\n" not in message, f"several lines: {message!r}")
        require(
            message.startswith(f"{found.file}:{found.line}:{found.column}: "), f"no place in front: {message[:300]!r}"
        )
        require(found.file in files, f"the file is none of ours: {message[:300]!r}")
        lines = len(re.split(rb"\r\n|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9]", files[found.file]))
        require(1 <= found.line <= lines, f"outside of {lines} lines: {message[:300]!r}")
        require(1 <= found.column < found.end_column <= len(files[found.file]) + 2, f"columns: {message[:300]!r}")
        require(found.underlined().startswith(message), f"underlined otherwise: {message[:300]!r}")


def analysed(experiment: object) -> str:
    """Analyse a few rows made for a definition; return what came of it."""
    from abtest.analysis.run import analyze
    from abtest.errors import AbtestError

    try:
        result = analyze(experiment, rows_for(experiment), engine="duckdb")  # type: ignore[arg-type]
    except AbtestError as error:
        require(bool(str(error).strip()), "an error without words")
        return f"analysed: {type(error).__name__}"
    json.loads(result.to_json(), parse_constant=_refuse)
    return "analysed"


def _refuse(constant: str) -> None:
    raise Find(f"results.json holds {constant}")


def rows_for(experiment: object) -> dict[str, object]:
    """Return a small table for every source of a definition, with the columns that it names."""
    import pandas as pd

    definition = experiment.definition  # type: ignore[attr-defined]
    draw, size = random.Random(experiment.sha256), 60  # type: ignore[attr-defined]
    arms = [arm.name for arm in definition.arms]
    start = pd.Timestamp(
        str(definition.period.start) if definition.period and definition.period.start else "2026-03-02", tz="UTC"
    )
    tables: dict[str, object] = {}
    for name, source in definition.data.items():
        rows = size if name in {"customers", "assignments"} else 4 * size
        ids = [f"u{number % size}" for number in range(rows)]
        times = [start + pd.Timedelta(hours=draw.randrange(24 * 100 if rows > size else 24 * 10)) for _ in range(rows)]
        columns: dict[str, object] = {}
        unit = definition.unit_column(name)
        for column in _columns(definition):
            columns[column] = [draw.choice((0, 1, 2.5)) for _ in range(rows)]
        if source.value:
            columns[source.value] = [draw.choice((0.0, 9.99, 120.5, None)) for _ in range(rows)]
        columns[source.at or "assigned_at"] = times
        columns[source.arm or "arm"] = [arms[number % len(arms)] for number in range(rows)]
        if unit is not None:
            columns[unit] = ids
        distinct = {
            key: value
            for key, value in columns.items()
            if key.casefold() not in {k.casefold() for k in columns if k != key}
        }
        tables[name] = pd.DataFrame(distinct)
    return tables


def _columns(definition: object) -> list[str]:
    names: list[str] = []
    for name, metric in definition.metrics.items():  # type: ignore[attr-defined]
        for holder in (metric, *(getattr(metric, "covariates", None) or []), getattr(metric, "covariate", None)):
            for key in ("column", "value"):
                value = getattr(holder, key, None)
                if isinstance(value, str):
                    names.append(value)
        if metric.type == "column" and not getattr(metric, "column", None):
            names.append(name)
    return names
