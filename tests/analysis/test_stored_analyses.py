"""results.json holds the whole analysis: what is written is what is read."""

import json

import pytest
from analysis_samples import analysis_of_outcomes, parsed

from abtest.analysis.stored import read_analysis
from abtest.errors import DataError, UsageError

OUTCOMES = {
    "kept": [(0, 100), (12, 100), (0, 0)],
    "spent": [[1.5, 2.25, 0.0], [7.0] * 5, []],
    "left": [(3, 100), (4, 100), (5, 100)],
}


@pytest.fixture
def analysis():
    return analysis_of_outcomes(
        ["a", "b", "ç"], OUTCOMES, {"left": {"role": "guardrail", "margin": "1pp", "good": "down"}}
    )


def test_an_analysis_survives_writing_and_reading(analysis, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(analysis.to_json(), encoding="utf-8")
    assert read_analysis(path) == analysis
    assert read_analysis(str(path)).to_json() == analysis.to_json()


def test_the_contract_s_keys_are_there(analysis):
    result = parsed(analysis)
    assert {
        "schema_version",
        "experiment",
        "data",
        "population",
        "checks",
        "metrics",
        "curves",
        "segments",
        "decision",
        "provenance",
    } <= set(result)
    assert {"name", "title", "definition_sha256", "locked", "deviations"} <= set(result["experiment"])
    assert {"arm", "assigned", "eligible", "exposed", "excluded"} <= set(result["population"][0])
    assert {"name", "role", "type", "unit", "arms", "comparisons"} <= set(result["metrics"][0])
    assert {"arm", "n", "mature", "numerator", "value", "low", "high"} <= set(result["metrics"][0]["arms"][0])
    comparison = {"arm", "control", "method", "difference", "lift", "p_value", "adjusted_p_value", "verdict"}
    assert comparison <= set(result["metrics"][0]["comparisons"][0])


def test_only_the_time_differs_between_two_runs(monkeypatch):
    texts = []
    for epoch in ("1767225600", "1767312000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        result = json.loads(analysis_of_outcomes(["a", "b"], {"kept": [(1, 9), (2, 9)]}).to_json())
        texts.append((result["provenance"].pop("generated_at"), json.dumps(result)))
    assert texts[0][0] == "2026-01-01T00:00:00+00:00"
    assert texts[1][0] == "2026-01-02T00:00:00+00:00"
    assert texts[0][1] == texts[1][1]


def test_a_source_date_that_is_no_number_is_refused(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH must be a number of seconds"):
        analysis_of_outcomes(["a", "b"], {"kept": [(1, 9), (2, 9)]})


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_analysis(tmp_path / "results.json")
    with pytest.raises(UsageError, match="is a folder; give the file"):
        read_analysis(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema_version": "1"}', "null"])
def test_a_file_that_is_no_analysis_is_refused_by_name(text, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"results\.json: not a results\.json of abtest"):
        read_analysis(path)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_cannot_hold_is_refused(analysis, constant, tmp_path):
    path = tmp_path / "results.json"
    result = json.loads(analysis.to_json())
    result["metrics"][0]["arms"][0]["value"] = float(constant.replace("Infinity", "inf"))
    path.write_text(json.dumps(result))
    with pytest.raises(DataError, match=r"metrics\.0\.arms\.0\.value"):
        read_analysis(path)


def test_a_later_schema_is_refused_with_both_versions(analysis, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps({**json.loads(analysis.to_json()), "schema_version": "2"}))
    with pytest.raises(DataError, match="schema version 2, this abtest reads 1"):
        read_analysis(path)


def test_bytes_that_are_not_utf_8_are_refused(tmp_path):
    path = tmp_path / "results.json"
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_analysis(path)


def _no_arms(tree):
    tree["metrics"][0]["arms"], tree["metrics"][0]["comparisons"] = [], []


def _twice(tree):
    tree["metrics"].append(tree["metrics"][0])


def _stranger(tree):
    tree["metrics"][0]["arms"][0]["arm"] = "c"


def _itself(tree):
    tree["metrics"][0]["comparisons"][0]["arm"] = "a"


def _no_control(tree):
    tree["experiment"]["arms"][0]["control"] = False


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_no_arms, "metrics.arms: names no arm"),
        (_twice, "metrics: a name stands there twice"),
        (_stranger, "metrics.arms: names an arm that experiment.arms does not have"),
        (_itself, "metrics.comparisons: compares an arm with itself"),
        (_no_control, "experiment.arms: exactly one must be the control"),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused_with_their_place(analysis, change, words, tmp_path):
    path = tmp_path / "results.json"
    tree = json.loads(analysis.to_json())
    change(tree)
    path.write_text(json.dumps(tree))
    with pytest.raises(DataError, match=words):
        read_analysis(path)
