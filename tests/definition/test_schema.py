"""The JSON Schema says what the models say: it never refuses what they accept, and it explains every key.

``ABTEST_MUTANTS=all`` tries every change of the full definition, and not one in three.
"""

import copy
import itertools
import json
import os
import re
import stat
import typing
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import typer
from definition_texts import DRIP, WIDE, changed, loaded
from later_parts import later_parts
from pydantic import ValidationError
from test_field_values import WRONG
from typer.testing import CliRunner

from abtest.cli import schema as schema_command
from abtest.definition.include import is_library
from abtest.definition.load import load, load_library
from abtest.definition.model import Library
from abtest.definition.schema import BOUNDS, library_schema, schema
from abtest.errors import DefinitionError, UsageError
from abtest.grammar.nodes import Plain, Tree, parse
from abtest.grammar.part import Part
from abtest.metrics import Metric

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCHEMA, LIBRARY_SCHEMA = schema(), library_schema()
CHECK, CHECK_LIBRARY = (jsonschema.Draft202012Validator(found) for found in (SCHEMA, LIBRARY_SCHEMA))

FULL = """\
version: 1
name: everything
title: All keys at once
hypothesis: Each key is read.
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12, lag: 2d}
arms:
  - {name: biweekly, control: true, weight: 1, cadence: 14d, title: Biweekly, description: As today.}
  - {name: weekly, weight: 1.5, cadence: 7d}
population:
  eligible: first_order_at < period.start
  exposure: {event: sends, window: [0d, 14d], trigger: assignment}
data:
  customers: {path: customers.parquet, unit: id}
  assignments: {path: assignments.csv, arm: variant, at: assigned_at}
  orders: {path: orders.parquet, at: ordered_at, value: amount, where: status != 'cancelled'}
  sends: {table: warehouse.sends, at: sent_at}
metrics:
  bracket:
    {role: primary, type: retention, event: orders, window: [28d, 56d], benchmark: 45%, goal: 0.5, days: calendar}
  n_day: {type: retention, event: orders, day: 7}
  later: {type: retention, event: orders, after: 28d, horizon: 90d, curve: week, reading: mature}
  monthly: {type: retention, event: orders, by: month, nth: 2}
  often: {type: active_periods, event: orders, window: [0d, 56d], by: week, at_least: 3}
  bought: {type: conversion, event: orders, window: [0d, 8w], title: Bought, description: At all.}
  orders_56d:
    {type: count, event: orders, window: [0d, 56d], winsorise: 0.99, covariates: [{window: [-56d, 0d]}, {column: age}]}
  revenue: {type: sum, event: orders, window: [0d, 56d], unit: EUR, value: amount, covariate: {window: [-56d, 0d]}}
  basket: {type: mean, event: orders, window: [0d, 56d], allow_conditional: true}
  per_send:
    type: ratio
    numerator: {event: orders, of: sum, value: amount}
    denominator: {event: sends}
    window: [0d, 56d]
  median: {type: quantile, event: orders, window: [0d, 56d], quantile: 0.5, of: count}
  silence: {type: time_to_event, event: sends, horizon: 56d, good: down, competing: [orders], landmarks: [28d]}
  flag: {role: guardrail, type: column, column: kept, margin: 1pp, test: non-inferiority, covariate: {column: age}}
segments: [country, {column: plan, declared: true}]
compliance: {event: sends, window: [0d, 14d]}
plan:
  power: 0.9
  metrics: {revenue: {baseline: 50, sd: 80, effect: 5%}}
  accrual: {per_week: 700, batches: [{on: 2026-03-03, units: 50}], ramp: [{since: 2026-03-09, share: 0.5}]}
planned: {units: 5000, power: 0.9, detectable: {revenue: 2.5}, readable: 2026-06-07}
value: {metric: silence, margin: 12.5, unit: EUR, period: 28d, horizon: 24, discount: 0.01}
assignment: {hash: growthbook-v2, salt: drip, at: enrolled_at, namespace: {id: mail, range: [0, 0.5]}}
analysis:
  confidence: 0.9
  correction: holm
  alternative: two-sided
  days: exact
  gatekeeping: false
  odds_ratio: true
  bayes: {rate_prior: {a: 1, b: 1}, mean_priors: {revenue: {mean: 50, sd: 10}}}
  permutation: 9999
  bootstrap: 2000
engine: spark
spark: {master: "spark://host:7077"}
report: {formats: [pdf], language: en}
ignore: [cadence]
"""
"""Every part, and nearly every key."""


def as_json(tree: Tree) -> object:
    """Return the tree as a reader of YAML 1.2 gives it to a JSON Schema: plain scalars have their types."""
    match tree:
        case dict():
            return {key: as_json(value) for key, value in tree.items()}
        case list():
            return [as_json(value) for value in tree]
        case Plain() if re.fullmatch("true|True|TRUE|false|False|FALSE", tree):
            return tree.lower() == "true"
        case Plain() if re.fullmatch(r"[-+]?[0-9]+", tree):
            return int(tree)
        case Plain() if re.fullmatch(r"0x[0-9a-fA-F]+|0o[0-7]+", tree):
            return int(tree, 0)
        case Plain() if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)", tree):
            return float(tree.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf"))
        case Plain() if re.fullmatch(r"\.(nan|NaN|NAN)", tree):
            return float("nan")
        case str():
            return str(tree)
    return None


def instance(text: str) -> object:
    return as_json(parse(text, "drip.yaml").tree)


def complaints(text: str) -> list[str]:
    """Return the paths of what the schema refuses in a definition."""
    return [error.json_path for error in CHECK.iter_errors(instance(text))]


def refusals(tree: Tree) -> set[str]:
    """Return the codes of what the loader refuses in a tree of values; none when it accepts it."""
    assert isinstance(tree, dict)
    try:
        load(tree)
    except DefinitionError as error:
        return {found.code for found in error.diagnostics}
    return set()


def parts(model: type[Part] = Part) -> Iterator[type[Part]]:
    """Yield every class that describes a part of a file."""
    for child in model.__subclasses__():
        if child.__module__.startswith("abtest."):
            yield child
            yield from parts(child)


@pytest.mark.parametrize("found", [SCHEMA, LIBRARY_SCHEMA], ids=["definition", "library"])
def test_the_schema_is_valid_draft_2020_12(found):
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(found)


def test_every_reference_leads_somewhere_and_every_definition_is_used():
    for found in (SCHEMA, LIBRARY_SCHEMA):
        used = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(found)))
        assert used == set(found["$defs"])


@pytest.mark.parametrize("path", sorted((ROOT / "experiments").glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_definition_is_valid(path):
    found = parse(path.read_text(encoding="utf-8"), path.name).tree
    assert list((CHECK_LIBRARY if is_library(found) else CHECK).iter_errors(as_json(found))) == []


def test_every_definition_in_the_docs_is_valid():
    checked = 0
    for page in PAGES:
        for block in re.finditer(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            if block[1].startswith("name:"):
                assert complaints(block[1]) == [], f"{page.name}: {block[1]}"
                checked += 1
    assert checked >= 5


@pytest.mark.parametrize("text", [DRIP, WIDE, FULL], ids=["drip", "wide", "full"])
def test_what_the_model_accepts_the_schema_accepts(text):
    loaded(text)
    assert complaints(text) == []


def test_the_full_definition_holds_every_part():
    held: set[type] = set()

    def visit(value: object) -> None:
        if isinstance(value, Part):
            held.add(type(value))
            for name in type(value).model_fields:
                visit(getattr(value, name))
        elif isinstance(value, dict | list | tuple):
            for inner in value.values() if isinstance(value, dict) else value:
                visit(inner)

    visit(loaded(FULL).definition)
    for tree in later_parts():
        visit(load(tree).definition)
    written = {model for model in parts() if not [*parts(model)] and model is not Library}
    assert {model.__name__ for model in written - held} <= {"Monitoring"}


ODD_BUT_FINE = [
    ("title: Weekly vs biweekly e-mail drip", "title: 2026"),
    ("title: Weekly vs biweekly e-mail drip", "title: true"),
    ("title: Weekly vs biweekly e-mail drip", "title:"),
    ("timezone: Europe/Helsinki", "timezone: ~"),
    ("name: drip-cadence", "name: 012"),
    ("name: drip-cadence", "version: '1'\nname: 1e3"),
    ("{name: weekly, weight: 1, cadence: 7d}", "{name: no, weight: 1e3, cadence: 12 h}"),
    ("{name: weekly, weight: 1, cadence: 7d}", "{name: 0x1F, weight: +1, cadence: }"),
    ("{name: weekly, weight: 1, cadence: 7d}", "{name: .nan, weight: 2.5E-1, title: 12:30:00}"),
    ("control: true", "control: TRUE"),
    ("start: 2026-03-02", "start: '2026-03-02'"),
    ("end: 2026-04-12", "end: "),
    ("at: assigned_at", "at: 1"),
    ("margin: 1pp", "margin: 0.5 %"),
    ("good: down, margin: 1pp", "good: down, margin: 1pp, test: , benchmark: 45 %, goal: 50%"),
    ("unit: customer_id", "unit: customer_id\ncluster:"),
    ("covariate: {window: [-56d, 0d]}", "covariate: "),
    ("analysis: {", "analysis: {bayes: true, "),
    ("analysis: {", "analysis: {bayes: false, "),
    ("analysis: {", "analysis: {bayes: {}, "),
    ("analysis: {", "analysis: {bayes: , permutation: , monitoring: , strata: [1], "),
    ("analysis: {", "analysis: {monitoring: {planned: 20000}, "),
    ("period: {", "segments: [country, 1, true, {column: plan}]\nperiod: {"),
    ("period: {", "engine: spark\nspark: {remote: 'sc://host:443/;use_ssl=true'}\nperiod: {"),
    ("period: {", "engine:\nspark: {master: }\nperiod: {"),
    ("{path: data/orders.parquet,", "{table: '`my catalogue`.2026.orders', path: ,"),
    ("period: {", "ignore: [cadence]\ninclude: []\nperiod: {"),
    ("type: retention, event: orders, window: [28d, 56d]", "type: retention, event: orders, window: , day: 7"),
]


@pytest.mark.parametrize(("old", "new"), ODD_BUT_FINE, ids=lambda text: text[:40])
def test_odd_ways_to_write_are_no_false_alarms(old, new):
    text = changed(old, new)
    loaded(text)
    assert complaints(text) == []


STRUCTURAL = [
    ("metrics:", "metrcs:", "$"),
    ("weight: 1, cadence: 14d", "wieght: 1, cadence: 14d", "$.arms[0]"),
    ("value: amount", "valu: amount", "$.data.orders"),
    ("window: [28d, 56d]", "windw: [28d, 56d]", "$.metrics.retained_8w"),
    ("{window: [-56d, 0d]}", "{windows: [-56d, 0d]}", "$.metrics.revenue_56d.covariate"),
    ("end: 2026-04-12", "ends: 2026-04-12", "$.period"),
    ("name: drip-cadence\n", "", "$"),
    ("{name: weekly, weight: 1,", "{weight: 1,", "$.arms[1]"),
    ("start: 2026-03-02, ", "", "$.period"),
    ("type: retention, ", "", "$.metrics.retained_8w"),
    ("type: sum, event: orders, ", "type: sum, ", "$.metrics.revenue_56d"),
    ("window: [0d, 56d], covariate", "covariate", "$.metrics.revenue_56d"),
    ("type: retention", "type: retension", "$.metrics.retained_8w.type"),
    ("type: retention", "type: [retention]", "$.metrics.retained_8w.type"),
    ("type: retention", "type: count, quantile: 0.5", "$.metrics.retained_8w"),
    ("role: primary", "role: first", "$.metrics.retained_8w.role"),
    ("good: down", "good: lower", "$.metrics.unsubscribed.good"),
    ("correction: holm", "correction: bonferoni", "$.analysis.correction"),
    ("language: en", "language: english", "$.report.language"),
    ("[pdf, png]", "[docx]", "$.report.formats[0]"),
    ("[pdf, png]", "pdf", "$.report.formats"),
    ("window: [28d, 56d]", "window: 28d", "$.metrics.retained_8w.window"),
    ("window: [0d, 56d], covariate", "window: [0d], covariate", "$.metrics.revenue_56d.window"),
    ("window: [0d, 56d], covariate", "window: [0d, 1d, 2d], covariate", "$.metrics.revenue_56d.window"),
    ("window: [0d, 56d], covariate", "window: [0, 56], covariate", "$.metrics.revenue_56d.window[0]"),
    ("cadence: 7d", "cadence: 7", "$.arms[1].cadence"),
    ("weight: 1, cadence: 7d", "weight: '1', cadence: 7d", "$.arms[1].weight"),
    ("weight: 1, cadence: 7d", "weight: -3, cadence: 7d", "$.arms[1].weight"),
    ("control: true", "control: yes", "$.arms[0].control"),
    ("start: 2026-03-02", "start: 02.03.2026", "$.period.start"),
    ("confidence: 0.95", "confidence: 95", "$.analysis.confidence"),
    ("confidence: 0.95", "confidence: 95%", "$.analysis.confidence"),
    ("margin: 1pp", "margin: one percent", "$.metrics.unsubscribed.margin"),
    ("unit: customer_id", "unit: [a, b]", "$.unit"),
    ("title: Weekly vs biweekly e-mail drip", "title: ''", "$.title"),
    ("  unsubscribes: {path", "  un-subscribes: {path", "$.data"),
    ("  retained_8w: {", "  8w: {", "$.metrics"),
    ("analysis: {", "analysis: {bayes: yes, ", "$.analysis.bayes"),
    ("analysis: {", "analysis: {permutation: 10, ", "$.analysis.permutation"),
    ("population:\n", "segments: country\npopulation:\n", "$.segments"),
    ("population:\n", "engine: sparc\npopulation:\n", "$.engine"),
    ("population:\n", "engine: spark\nspark: {remote: http://host}\npopulation:\n", "$.spark.remote"),
    ("population:\n", "engine: spark\nspark: {address: yarn}\npopulation:\n", "$.spark"),
    ("path: data/orders.parquet", "table: SELECT 1", "$.data.orders.table"),
    ("population:\n", "segments: [{colum: country}]\npopulation:\n", "$.segments[0]"),
]


@pytest.mark.parametrize(("old", "new", "path"), STRUCTURAL, ids=lambda text: text[:40])
def test_mistakes_of_structure_are_refused_by_both_where_they_stand(old, new, path):
    text = changed(old, new)
    with pytest.raises(DefinitionError):
        loaded(text)
    assert path in complaints(text)


def test_a_wrong_key_of_a_metric_is_one_complaint_and_not_one_per_type():
    assert complaints(changed("good: down", "goood: down")) == ["$.metrics.unsubscribed"]
    assert (
        complaints(changed("{role: primary, type: retention, event: orders, window: [28d, 56d]}", "[a]"))
        == ["$.metrics.retained_8w"] * 2
    )  # once for any metric, once for one without a library; an editor shows equal ones once


def test_most_wrong_values_are_refused_by_the_schema_too():
    refused = [bool(complaints(changed(old, key + value))) for old, key, value, _ in WRONG]
    assert sum(refused) / len(refused) > 0.7


WORDS = ("text", "1", "-1", "true", "7d", "45%", "2026-03-02", "?")
KINDS = (None, "", "1", *(Plain(word) for word in WORDS), [], [Plain("7d")], {}, {"a": Plain("b")})
"""Values of every kind that YAML has, as the parser gives them; the third is a number in quotes."""


def mutants(tree: Tree, whole: Tree, path: tuple[str | int, ...] = ()) -> Iterator[Tree]:
    """Yield ``whole`` with one thing changed: each key left out or misspelt, each value replaced by another kind."""

    def with_(key: str | int | None, value: Tree = None) -> Tree:
        copied = copy.deepcopy(whole)
        holder: typing.Any = copied
        for step in path[:-1]:
            holder = holder[step]
        if key != path[-1]:
            value = holder.pop(path[-1])
        if key is not None:
            holder[key] = value
        return copied

    if path:
        yield with_(None)
        if isinstance(path[-1], str):
            yield with_(f"{path[-1][:2]}x{path[-1][2:]}")
        yield from (with_(path[-1], value) for value in KINDS)
    if isinstance(tree, dict | list):
        for step, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from mutants(value, whole, (*path, step))


@pytest.mark.parametrize(("text", "step"), [(FULL, 3), (WIDE, 1)], ids=["full", "wide"])
def test_what_the_schema_refuses_the_model_refuses_and_mistakes_of_structure_are_refused_by_both(text, step):
    tree = parse(text, "drip.yaml").tree
    both = model_alone = 0
    every = 1 if os.environ.get("ABTEST_MUTANTS") == "all" else step
    for mutant in itertools.islice(mutants(tree, tree), 0, None, every):
        codes = refusals(mutant)
        if CHECK.is_valid(as_json(mutant)):
            assert not codes & {"unknown-key", "missing-key"}, mutant
            model_alone += bool(codes - {"rule", "unknown-name"})
        else:
            assert codes, f"a false alarm: {mutant}"
            both += 1
    assert both > 20 * model_alone, (both, model_alone)


LIBRARY = """\
version: 1
data:
  orders: {path: orders.parquet, at: ordered_at, value: amount}
metrics:
  revenue_56d: {type: sum, event: orders, window: [0d, 56d]}
  retained: {type: retention, event: orders, window: [0d, 56d]}
"""
WITH_LIBRARY = """\
name: drip
unit: customer_id
include: library.yaml
arms: [{name: biweekly, control: true}, {name: weekly}]
data:
  assignments: {path: data/assignments.csv, arm: variant, at: assigned_at}
  orders:
metrics:
  revenue_56d:
  retained: {role: primary, window: [28d, 56d], goal: 50%}
"""


def test_what_a_library_fills_in_is_not_missed(tmp_path):
    (tmp_path / "library.yaml").write_text(LIBRARY)
    (tmp_path / "drip.yaml").write_text(WITH_LIBRARY)
    assert load(tmp_path / "drip.yaml").definition.data["orders"].value == "amount"
    assert load_library(tmp_path / "library.yaml") is not None
    assert CHECK_LIBRARY.is_valid(instance(LIBRARY))
    assert complaints(WITH_LIBRARY) == []


def test_without_a_library_the_same_gaps_are_complained_of():
    found = complaints(WITH_LIBRARY.replace("include: library.yaml\n", ""))
    assert {"$.metrics.revenue_56d", "$.metrics.retained", "$.data.orders"} <= set(found)


def test_a_wrong_key_of_a_metric_from_a_library_is_complained_of():
    assert complaints(WITH_LIBRARY.replace("goal:", "gaol:")) == ["$.metrics.retained"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "name: x"),
        ("version: 1", "version: 2"),
        ("type: sum", "type: summ"),
        ("type: sum, ", ""),
        ("event: orders, window: [0d, 56d]}\n  ret", "window: [0d, 56d]}\n  ret"),
        ("{path:", "{pth:"),
        ("{type: sum, event: orders, window: [0d, 56d]}", ""),
        ("revenue_56d", "56d"),
    ],
)
def test_a_wrong_library_is_refused_by_both(tmp_path, old, new):
    text = changed(old, new, LIBRARY)
    assert not CHECK_LIBRARY.is_valid(instance(text))
    (tmp_path / "library.yaml").write_text(text)
    # A file with another key is an experiment to the loader, and lacks what one needs.
    with pytest.raises(DefinitionError):
        assert load_library(tmp_path / "library.yaml") or load(tmp_path / "library.yaml")


def properties(found: dict, title: str) -> Iterator[tuple[str, dict]]:
    """Yield every key that a schema knows, with its place."""
    for key, written in found.get("properties", {}).items():
        if isinstance(written, dict):
            yield f"{title}.{key}", written
            yield from properties(written, f"{title}.{key}")


def every_property() -> list[tuple[str, dict]]:
    places = {"definition": SCHEMA, "library": LIBRARY_SCHEMA, **SCHEMA["$defs"]}
    return [entry for title, found in places.items() for entry in properties(found, title)]


def test_every_key_is_described():
    assert [place for place, written in every_property() if not written.get("description")] == []


def test_every_part_and_every_type_of_metric_is_described():
    assert all(found.get("description") for name, found in SCHEMA["$defs"].items() if name != "WholeMetric")
    kinds = SCHEMA["$defs"]["Metric"]["properties"]["type"]
    models = typing.get_args(typing.get_args(Metric)[0])
    assert kinds["enum"] == [typing.get_args(model.model_fields["type"].annotation)[0] for model in models]
    assert len(kinds["enumDescriptions"]) == len(kinds["enum"])


def test_every_key_that_holds_a_value_shows_how_it_is_written():
    """By a default, a list of values or an example; a key that holds a part is shown by the part's own keys."""

    def shown(written: dict) -> bool:
        part = "$ref" in written or "properties" in written or "additionalProperties" in written
        parts = "items" in written and ("$ref" in written["items"] or "enum" in written["items"])
        told = {"default", "enum", "examples", "defaultSnippets"} & set(written)
        return bool(part or parts or told or written.get("type") in (["object", "null"], "array"))

    missing = [place for place, written in every_property() if not shown(written)]
    assert missing == [], "give the field an example, or a list of values"


def reads(model: type[Part], field: str, value: object) -> bool:
    """Whether the model itself reads a value at a field."""
    try:
        model.model_validate({field: value})
    except ValidationError as error:
        return not any(entry["loc"][:1] == (field,) for entry in error.errors())
    return True


FIELDS = list(dict.fromkeys((model, name) for model in parts() for name in model.model_fields))
EXAMPLES = [(model, name) for model, name in FIELDS if model.model_fields[name].examples]
LIMITS = [(model, name) for model, name in FIELDS if set(model.model_fields[name].json_schema_extra or ()) & {*BOUNDS}]


def called(field) -> str:
    return f"{field[0].__name__}.{field[1]}"


@pytest.mark.parametrize("field", EXAMPLES, ids=called)
def test_every_example_is_a_field_and_a_value_that_it_takes(field):
    model, name = field
    assert name in model.model_fields
    for example in model.model_fields[name].examples:
        assert reads(model, name, example), example


def test_every_example_of_the_schema_is_valid_by_the_schema():
    for place, written in every_property():
        check = jsonschema.Draft202012Validator({**written, "$defs": SCHEMA["$defs"]})
        for example in [*written.get("examples", []), *([written["default"]] if "default" in written else [])]:
            assert check.is_valid(example), (place, example)


@pytest.mark.parametrize("field", LIMITS, ids=called)
def test_every_bound_is_the_models_own(field):
    model, name = field
    step = 1 if "int" in str(model.model_fields[name].annotation) else 1e-9
    for keyword, bound in model.model_fields[name].json_schema_extra.items():
        outward = -step if "inimum" in keyword else step
        assert reads(model, name, bound) is not keyword.startswith("exclusive"), (keyword, bound)
        assert not reads(model, name, bound + outward)
        assert reads(model, name, bound - outward)


def run(*arguments: str) -> tuple[str, str]:
    app = typer.Typer()
    app.command()(schema_command.command)
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def test_the_command_prints_the_schema_the_same_every_time():
    out, _ = run()
    assert json.loads(out) == SCHEMA
    assert out.endswith("}\n")
    assert out.startswith('{\n  "$schema"')
    assert run()[0] == out
    assert json.loads(run("--library")[0]) == LIBRARY_SCHEMA


def test_the_command_writes_a_file_and_leaves_nothing_else(tmp_path):
    target = tmp_path / "new" / "abtest.schema.json"
    out, err = run("-o", str(target))
    assert (out, err) == ("", f"{target}: written\n")
    assert json.loads(target.read_text(encoding="utf-8")) == SCHEMA
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    assert stat.S_IMODE(target.stat().st_mode) & stat.S_IRUSR
    run("-o", str(target), "--library")
    assert json.loads(target.read_text(encoding="utf-8")) == LIBRARY_SCHEMA


def test_a_place_that_cannot_be_written_to_is_an_error_with_a_cure(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for target in (tmp_path / "folder", tmp_path / "file" / "x.json"):
        with pytest.raises(UsageError, match=r"cannot write the schema: .*; choose another file"):
            run("-o", str(target))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
