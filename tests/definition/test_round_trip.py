"""Whatever the models accept is written as YAML and read back as the same definition.

``ABTEST_EXAMPLES`` sets how many definitions each test draws; without it the same ones are drawn every time.
"""

import os
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis
import pytest
import yaml
from definition_texts import DRIP, EXAMPLE, WIDE, loaded
from hypothesis import given, settings
from hypothesis import strategies as st
from later_parts import later_parts
from pydantic import BaseModel
from strategies import ODD, ODD_KEYS, as_text, definitions

from abtest.definition.dump import to_yaml
from abtest.definition.load import load
from abtest.definition.model import Definition
from abtest.words.visible import hidden

EXAMPLES = int(os.environ.get("ABTEST_EXAMPLES", "0"))
ROUNDS = 8
"""Rounds after which a field that was never drawn is missing from the strategies, and not by chance."""


def check(claim: Callable[..., None], strategy: st.SearchStrategy[object], count: int, number: int = 0) -> None:
    """Try a claim on drawn definitions: the same ones for the same ``number``, unless ``ABTEST_EXAMPLES`` is set."""
    often = settings(max_examples=EXAMPLES or count, database=None, deadline=None)
    test = often(given(strategy)(claim))
    (test if EXAMPLES else hypothesis.seed(number)(test))()


def parts_of(value: object) -> Iterator[BaseModel]:
    """Yield a part and every part below it."""
    if isinstance(value, BaseModel):
        yield value
    children = value.__dict__.values() if isinstance(value, BaseModel) else value
    for child in children.values() if isinstance(children, Mapping) else children:
        if isinstance(child, BaseModel | list | dict):
            yield from parts_of(child)


def grammar() -> dict[str, object]:
    """Return the annotation of every field of every part that a definition can hold, by ``Class.field``."""
    found: dict[type[BaseModel], None] = {}
    waiting: list[type[BaseModel]] = [Definition]
    while waiting:
        model = waiting.pop()
        if model not in found:
            found[model] = None
            waiting += [inner for field in model.model_fields.values() for inner in models_in(field.annotation)]
    return {
        declared(model, name): field.annotation
        for model in found
        for name, field in model.model_fields.items()
        if not field.exclude  # not part of what is hashed; includes have a test of their own
    }


def declared(model: type, name: str) -> str:
    """Return ``Class.field`` for the class that declares a field of ``model``."""
    owner = next(each for each in model.__mro__ if name in each.__annotations__)
    return f"{owner.__name__}.{name}"


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from models_in(argument)


def words_in(annotation: object) -> Iterator[object]:
    """Yield the words of the closed choices in an annotation."""
    literal = typing.get_origin(annotation) is typing.Literal
    for argument in typing.get_args(annotation):
        yield from [argument] if literal else words_in(argument)


def test_python_json_and_our_yaml_say_the_same_and_every_field_and_every_choice_is_drawn():
    fields = grammar()
    choices = {(name, word) for name, annotation in fields.items() for word in words_in(annotation)}
    missing = {*fields, *choices}

    def same_three_ways(tree):
        experiment = load(tree)
        from_json = loaded(as_text(tree))
        assert from_json.definition == experiment.definition
        written = to_yaml(experiment.definition)
        again = loaded(written)
        assert again.definition == experiment.definition
        assert again.sha256 == from_json.sha256 == experiment.sha256
        assert to_yaml(again.definition) == written
        for part in parts_of(experiment.definition):
            for key in part.model_fields_set:
                name, value = declared(type(part), key), getattr(part, key)
                missing.discard(name)
                missing.difference_update(
                    (name, word)
                    for word in (value if isinstance(value, list) else [value])
                    if isinstance(word, str | int)
                )

    for tree in later_parts():
        same_three_ways(tree)
    for number in range(ROUNDS):
        check(same_three_ways, definitions(), 150, number)
        if not missing:
            break
    assert missing == set()


def test_another_yaml_reader_takes_every_text_for_text_and_every_number_for_a_number():
    def compare(part: object, read: object) -> None:
        if isinstance(read, dict):
            assert all(isinstance(key, str) for key in read)
            for key, value in read.items():
                compare(part[key] if isinstance(part, Mapping) else getattr(part, key), value)
        elif isinstance(read, list):
            for one, other in zip(part, read, strict=True):
                compare(one, other)
        elif isinstance(part, str | bool | float):
            # An exponent without a point is text to a reader of YAML 1.1.
            assert read == part or (isinstance(part, float) and float(read) == part)
            assert isinstance(read, str) == isinstance(part, str) or "e" in str(read)

    def safe(tree):
        definition = load(tree).definition
        compare(definition, yaml.safe_load(to_yaml(definition)))

    check(safe, definitions(), 60)


@st.composite
def shared(draw):
    """Draw a definition, and the same one spread over a file and two libraries in another folder."""
    whole = draw(definitions())
    used = set(load(whole).definition.event_sources)
    main, near, far = dict(whole), {"include": ["far.yaml"]}, {"version": 1}
    for section, names in (("data", used), ("metrics", set(whole["metrics"]))):
        kept = {}
        for name, entry in whole[section].items():
            library = draw(st.sampled_from((None, near, far)))
            if library is None or name not in names:
                kept[name] = entry
                continue
            if section == "data":
                entry["path"] = "data/events.parquet"
                entry.pop("table", None)
                library.setdefault(section, {})[name] = {**entry, "path": "../data/events.parquet"}
                continue
            own = {
                key: value for key, value in entry.items() if key in {"title", "role", "margin"} and draw(st.booleans())
            }
            rest = {key: value for key, value in entry.items() if key not in own or key == "title"}
            library.setdefault(section, {})[name] = {**rest, **({"title": "another"} if "title" in own else {})}
            kept[name] = own or None
        main[section] = kept
    main["include"] = draw(st.sampled_from(("shared/near.yaml", ["shared/near.yaml"])))
    return whole, main, near, far


def test_what_stands_in_libraries_is_hashed_and_written_as_if_it_stood_in_the_file():
    def same(drawn):
        whole, main, near, far = drawn
        with TemporaryDirectory() as folder:
            home = Path(folder)
            (home / "shared").mkdir()
            for name, tree in {"drip.yaml": main, "shared/near.yaml": near, "shared/far.yaml": far}.items():
                (home / name).write_text(as_text(tree), encoding="utf-8")
            resolved = load(home / "drip.yaml")
            assert load(main, folder=home).definition == resolved.definition
        assert resolved.sha256 == load(whole).sha256
        again = loaded(to_yaml(resolved.definition))
        assert again.sha256 == resolved.sha256
        assert again.definition.include == []

    check(same, shared(), 60)


@pytest.mark.parametrize("text", [text for text in ODD if hidden(text) is None])
def test_an_odd_text_is_read_back_to_the_letter_wherever_it_stands(text):
    wide = {
        "name": "gate",
        "title": text,
        "hypothesis": text,
        "arms": [{"name": text, "control": True}, {"name": f"{text} x", "title": text, "description": text}],
        "data": {"customers": {"path": text, "arm": text}},
        "metrics": {"retained": {"role": "primary", "type": "column", "column": text, "unit": text}},
    }
    found = loaded(to_yaml(load(wide).definition)).definition
    metric = found.metrics["retained"]
    assert {found.title, found.arms[0].name, found.arms[1].title, found.data["customers"].path} == {text.strip()}
    assert {metric.column, metric.unit, found.data["customers"].arm} == {text.strip()}
    assert {found.hypothesis, found.arms[1].description} == {text}


@pytest.mark.parametrize("key", ODD_KEYS)
def test_an_odd_key_stays_itself(key):
    metrics = {key: {"role": "primary", "type": "column"}}
    written = to_yaml(load({**yaml.safe_load(WIDE), "metrics": metrics}).definition)
    assert list(loaded(written).definition.metrics) == list(yaml.safe_load(written)["metrics"]) == [key]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Weekly vs biweekly", "Weekly vs biweekly"),
        ("first_order_at < 2026-03-02", "first_order_at < 2026-03-02"),
        ("14 days", "14 days"),
        ("週刊 🙂", "週刊 🙂"),
        ("it's", "it's"),
        ("no", '"no"'),
        ("2026-03-02", '"2026-03-02"'),
        ("1e3", '"1e3"'),
        ("a: b", '"a: b"'),
        ("# a", '"# a"'),
        ('"so"', "'\"so\"'"),
        ("C:\\x: it's", "'C:\\x: it''s'"),
        ("a\u202eb", '"a\\u202Eb"'),
    ],
)
def test_a_text_stands_in_quotes_only_where_it_would_be_read_otherwise(text, shown):
    written = to_yaml(load({**yaml.safe_load(WIDE), "title": text}).definition)
    assert f"\ntitle: {shown}\n" in written


def test_the_written_file_reads_as_a_person_writes_it():
    text = DRIP.replace("A weekly drip keeps more customers than a biweekly one.", "|\n  A weekly drip:\n\n    more.")
    assert (
        to_yaml(loaded(text).definition)
        == """\
name: drip-cadence
title: Weekly vs biweekly e-mail drip
hypothesis: |
  A weekly drip:

    more.
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12}
arms:
  - {name: biweekly, control: true, cadence: 14d}
  - {name: weekly, cadence: 7d}
population: {eligible: first_order_at < period.start}
data:
  customers: {path: data/customers.parquet}
  assignments: {path: data/assignments.csv, at: assigned_at, arm: variant}
  orders: {path: data/orders.parquet, at: ordered_at, value: amount}
  unsubscribes: {path: data/unsubscribes.parquet, at: unsubscribed_at}
metrics:
  retained_8w: {role: primary, type: retention, event: orders, window: [28d, 56d]}
  revenue_56d: {type: sum, covariate: {window: [-56d, 0d]}, event: orders, window: [0d, 56d]}
  unsubscribed: {role: guardrail, type: conversion, good: down, margin: 1pp, event: unsubscribes, window: [0d, 56d]}
"""
    )


def test_the_shipped_example_round_trips():
    example = load(EXAMPLE)
    assert loaded(to_yaml(example.definition)).sha256 == example.sha256


def test_a_part_that_does_not_fit_in_a_line_has_a_line_for_each_key():
    text = DRIP.replace("role: guardrail,", f"role: guardrail, title: {'long ' * 20}end,")
    assert "  unsubscribed:\n    role: guardrail\n    type: conversion\n    title: long" in to_yaml(
        loaded(text).definition
    )
