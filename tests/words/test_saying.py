import json
import math

import pytest

import abtest
from abtest.analysis.result import Analysis, Decision
from abtest.analysis.telling import reasons_in, subjects_in
from abtest.words.language import ENGLISH
from abtest.words.numbers import Scale
from abtest.words.reason import Reason
from abtest.words.saying import Subject, Subjects, in_english, said, told
from abtest.words.scales import Scales

RATE = Scales(Scale(100, 1, "number.percent"), Scale(100, 1, "number.points"), Scale(100, 0, "number.percent"))
MONEY = Scales(*(Scale(1, 2, "number.unit", "EUR"),) * 2, Scale(100, 0, "number.percent"))
SUBJECTS = Subjects({"kept": Subject("Kept", RATE, True), "spend": Subject("Spend", MONEY, False)}, {"a": "Arm A"})
EFFECT = {"difference": 0.035, "low": 0.014, "high": 0.0561, "confidence": 0.95}
FOUND = {"metric": "kept", "arm": "b", "control": "a", "value": 0.026, "control_value": 0.011, **EFFECT}


def test_a_reason_is_said_with_the_metrics_digits_and_the_arms_titles():
    reason = Reason.of("decision-better", **FOUND, p_value=0.0002, corrected=True)
    assert in_english(reason, SUBJECTS) == (
        "Kept: b is better than Arm A, 2.6 % against 1.1 %: +3.5 pp (95 % interval +1.4 to +5.6 pp), p < 0.001, "
        "corrected for the number of primary comparisons."
    )


def test_an_amount_has_its_cents_in_a_reason_too():
    effect = {"difference": -11.1, "low": -12.0, "high": None, "confidence": 0.9}
    reason = Reason.of("guardrail-without-margin", metric="spend", arm="b", control="a", **effect)
    assert in_english(reason, SUBJECTS).endswith("in b against Arm A: −11.10 EUR (90 % interval above −12.00 EUR).")


@pytest.mark.parametrize(
    ("margin", "scale", "written"),
    [(0.01, "absolute", "1 pp"), (0.005, "absolute", "0.5 pp"), (0.02, "relative", "2 %")],
)
def test_a_margin_is_written_as_it_was_declared(margin, scale, written):
    reason = Reason.of("guardrail-safe", margin=margin, margin_scale=scale, **FOUND)
    assert f"its margin of {written} in" in in_english(reason, SUBJECTS)


@pytest.mark.parametrize(
    ("p_value", "written"),
    [
        (0.003, "p = 0.003"),
        (0.0004, "p < 0.001"),
        (0.9997, "p > 0.999"),
        (1.0, "p = 1.000"),
        (0.04996, "p = 0.04996"),
        (None, "p –"),
    ],
)
def test_a_p_value_reads_as_in_the_tables(p_value, written):
    reason = Reason.of("decision-worse", **FOUND, p_value=p_value, corrected=False)
    assert f", {written}." in in_english(reason, SUBJECTS)


def test_a_reason_may_hold_another_one():
    inner = Reason.of("reason-too-little")
    reason = Reason.of("decision-not-compared", metric="kept", arm="b", control="a", because=inner)
    assert in_english(reason, SUBJECTS) == "Kept cannot be compared between b and Arm A: there is too little data."
    assert Reason.read(reason.code, json.loads(json.dumps(reason.data))) == reason


@pytest.mark.parametrize(
    "reason",
    [
        None,
        Reason("no-such-code"),
        Reason.of("decision-better", metric="kept"),
        Reason.of("decision-better", **{**FOUND, "value": "0.5"}, p_value=0.5, corrected=True),
        Reason.of("decision-better", **{**FOUND, "arm": 3}, p_value=0.5, corrected=True),
        Reason.of("decision-better", **FOUND, p_value=math.inf, corrected=True),
        Reason.of("decision-largest", arm="a", others="b"),
        Reason.of("check-one-arm", surprise=0.5),
    ],
)
def test_what_another_version_wrote_is_shown_by_its_english_text(reason):
    assert told(reason, "As it was written.", ENGLISH, SUBJECTS) == "As it was written."


def test_no_character_hides_in_a_sentence():
    reason = Reason.of("decision-largest", arm="b\u202e", others=["a", "\u200b"])
    assert said(reason, ENGLISH) == (
        "b<U+202E> has the largest effect among the arms that win; that it beats a, <U+200B> was not tested."
    )


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return abtest.analyze(abtest.load("experiments/drip.yaml"))


def test_results_hold_each_reason_in_english_and_by_its_code(analysis):
    decision = json.loads(analysis.to_json())["decision"]
    assert len(decision["reason_codes"]) == len(decision["reasons"]) > 1
    subjects = subjects_in(analysis)
    for text, code in zip(decision["reasons"], decision["reason_codes"], strict=True):
        assert in_english(Reason.read(code["code"], code["fields"]), subjects) == text
    for check in analysis.checks:
        if check.code is not None:
            assert in_english(check.reason, subjects) == check.message


def test_results_that_were_written_before_render_with_their_english_text(analysis):
    data = json.loads(analysis.to_json())
    del data["decision"]["reason_codes"]
    for check in data["checks"]:
        del check["code"], check["fields"]
    before = Analysis.model_validate(data)
    assert reasons_in(before, ENGLISH, subjects_in(before)) == data["decision"]["reasons"]


def test_codes_that_do_not_go_with_the_reasons_are_not_believed(analysis):
    changed = analysis.model_copy(
        update={"decision": Decision(recommendation="inconclusive", reasons=["One.", "Two."])}
    )
    assert reasons_in(changed, ENGLISH, subjects_in(changed)) == ["One.", "Two."]
