"""Every warning of docs/lints.md comes when it should, and only then."""

import re

import pytest
import yaml
from definition_texts import DRIP, EXAMPLE, WIDE, loaded
from lint_texts import BASE, PAGE, codes, found, merged, only, seen, tree

from abtest.definition.lints import CODES, lints
from abtest.definition.load import load

# The page


def examples() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        code: re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)[0]
        for code, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_the_page_explains_every_code_and_no_other():
    assert list(examples()) == list(CODES)
    rows = re.findall(r"^\| \[`(.+)`\]\(#(.+)\) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(code, code, meaning) for code, meaning in CODES.items()]


@pytest.mark.parametrize("code", CODES)
def test_the_example_of_the_page_triggers_its_code_alone(code):
    data = seen(first="2026-01-01") if code == "window-longer-than-data" else None
    assert codes(examples()[code], data) == {code}


def test_right_definitions_have_no_finding():
    assert found() == []
    assert found(data=seen()) == []
    assert lints(load(EXAMPLE).definition) == []
    assert lints(loaded(WIDE).definition) == []
    assert lints(loaded(DRIP).definition) == []


@pytest.mark.parametrize("code", CODES)
def test_a_code_that_is_ignored_is_silent(code):
    change = merged(yaml.safe_load(examples()[code]), {"ignore": [code]})
    data = seen(first="2026-01-01") if code == "window-longer-than-data" else None
    assert code not in codes(yaml.safe_dump(change), data)


@pytest.mark.parametrize("code", CODES)
def test_a_finding_points_into_the_file(code):
    """Every step of the path is a key of the definition, so that the place can be underlined."""
    definition = merged(tree(BASE), tree(examples()[code]))
    data = seen(first="2026-01-01", last="2026-04-01") if code == "window-longer-than-data" else None
    for finding in lints(load(definition).definition, data):
        place = definition
        for step in finding.path:
            place = place[step]
        assert re.search(r"[\w)`%]$", finding.message)


# Covariates, segments, exposure


@pytest.mark.parametrize("column", ["orders_total", "status", "lastOrderAt", "retained_days"])
def test_a_covariate_that_looks_like_the_present_is_found(column):
    finding = only("covariate-overlap", f"metrics: {{retained: {{covariate: {{column: {column}}}}}}}")
    assert finding.path == ("metrics", "retained", "covariate", "column")


def test_several_covariates_are_found_one_by_one():
    change = "metrics: {retained: {covariates: [{column: age}, {column: ltv}, {window: [-56d, 0d]}]}}"
    assert only("covariate-overlap", change).path == ("metrics", "retained", "covariates", 1, "column")


def test_an_outcome_is_no_covariate():
    wide = yaml.safe_load(WIDE)
    for covariate, other in (("retention_7", "this metric"), ("retention_1", "the metric early")):
        metrics = {
            "retention_7": {"role": "primary", "type": "column", "covariate": {"column": covariate}},
            "early": {"type": "column", "column": "retention_1"},
        }
        (finding,) = lints(loaded(yaml.safe_dump({**wide, "metrics": metrics})).definition)
        assert finding.code == "covariate-overlap"
        assert f"is the outcome of {other}" in finding.message


def test_covariates_from_before_are_right():
    assert codes("metrics: {retained: {covariate: {column: orders_before}}}") == set()
    change = "metrics: {retained: {covariate: {window: [-56d, 0d]}}}\n"
    change += "population: {exposure: {event: orders, window: [0d, 1d], trigger: exposure}}\n"
    alike = "arms: [{name: a, control: true}, {name: b}]"
    assert codes(change + alike) == set()


@pytest.mark.parametrize(
    ("column", "told"), [("status", True), ("is_active", True), ("country", False), ("plan", False)]
)
def test_segments_by_the_present_state_are_found(column, told):
    findings = found(f"segments: [country, {{column: {column}}}]" if column != "country" else "segments: [country]")
    assert [f.path for f in findings] == ([("segments", 1)] if told else [])


@pytest.mark.parametrize(
    ("trigger", "arms", "told"),
    [
        ("exposure", "{name: a, control: true, cadence: 14d}, {name: b, cadence: 7d}", True),
        ("exposure", "{name: a, control: true}, {name: b, cadence: 7d}", True),
        ("exposure", "{name: a, control: true, cadence: 7d}, {name: b, cadence: 7d}", False),
        ("exposure", "{name: a, control: true}, {name: b}", False),
        ("assignment", "{name: a, control: true}, {name: b, cadence: 7d}", False),
    ],
)
def test_an_exposure_that_the_arms_reach_unlike_is_found(trigger, arms, told):
    change = f"arms: [{arms}]\npopulation: {{exposure: {{event: orders, trigger: {trigger}}}}}"
    assert ("movable-exposure" in codes(change)) == told


# Roles


def test_an_accepted_conditional_primary_is_remembered():
    sides = "numerator: {event: orders}, denominator: {event: orders}"
    ratio = f"{{type: ratio, role: %s, {sides}, window: [0d, 56d], allow_conditional: true}}"
    assert only("movable-denominator", f"metrics: {{r: {ratio % 'primary'}}}").path == (
        "metrics",
        "r",
        "allow_conditional",
    )
    assert codes(f"metrics: {{r: {ratio % 'secondary'}}}") == set()


@pytest.mark.parametrize(
    ("metrics", "treatments", "told"),
    [(3, 1, False), (4, 1, True), (3, 2, False), (2, 3, False), (2, 4, True), (1, 7, True)],
)
def test_more_than_three_primaries_or_six_comparisons_are_found(metrics, treatments, told):
    names = ["{name: c, control: true}", *(f"{{name: t{i}}}" for i in range(treatments))]
    more = "".join(
        f"\n  m{i}: {{role: primary, type: count, event: orders, window: [0d, 56d]}}" for i in range(metrics - 1)
    )
    change = f"arms: [{', '.join(names)}]\n" + (f"metrics:{more}" if more else "")
    assert ("many-primaries" in codes(change)) == told


def test_the_price_of_many_primaries_follows_the_correction():
    more = "".join(f"m{i}: {{role: primary, type: count, event: orders, window: [0d, 56d]}}, " for i in range(4))
    assert "one may have to pass 1 % instead of 5 %" in only("many-primaries", f"metrics: {{{more}}}").message
    free = only("many-primaries", f"metrics: {{{more}}}\nanalysis: {{correction: none}}")
    assert "without a correction" in free.message


def test_the_cure_of_a_guardrail_without_a_margin_fits_its_type():
    for metric, cure in (
        ("{type: conversion, event: orders, window: [0d, 56d]", "1pp or 5%"),
        ("{type: sum, event: orders, window: [0d, 56d]", "5% (of the control's value)"),
        ("{type: quantile, event: orders, window: [0d, 56d]", "a quantile has no margin"),
    ):
        finding = only("guardrail-without-margin", f"metrics: {{g: {metric}, role: guardrail}}}}")
        assert finding.path == ("metrics", "g")
        assert cure in finding.message


@pytest.mark.parametrize(
    ("end", "told"), [("14d", True), ("41d", True), ("42d", False), ("56d", False), ("70d", False)]
)
def test_a_guardrail_that_ends_before_three_quarters_of_the_primary_is_found(end, told):
    assert ("guardrail-ends-early" in codes(f"metrics: {{unsubscribed: {{window: [0d, {end}]}}}}")) == told


def test_a_guardrail_beside_a_primary_without_a_window_is_not_judged():
    bought = "bought: {role: primary, type: column}"
    assert codes(f"metrics: {{retained: {{role: secondary}}, {bought}, unsubscribed: {{window: [0d, 14d]}}}}") == set()
