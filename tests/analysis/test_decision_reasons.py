"""What each reason of a decision says: its code, its numbers, and which of two p-values answered."""

import pytest
from test_decision_rules import decided, guardrail, metric, primary

from abtest.analysis.decision import decide, longest_primary
from abtest.analysis.result import Effect, ExactResult, MarginResult


def with_fields(one, **fields):
    return one.model_copy(update={"comparisons": [one.comparisons[0].model_copy(update=fields)]})


def said(decision, place=0):
    return decision.reason_codes[place]


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("better", "decision-better"),
        ("worse", "decision-worse"),
        ("safe", "decision-safe"),
        ("equivalent", "decision-equivalent"),
        ("margin not shown", "decision-margin-not-shown"),
        ("not shown safe", "decision-not-shown-safe"),
        ("no difference shown", "decision-no-difference"),
    ],
)
def test_a_primary_verdict_has_its_own_reason_with_the_numbers_of_the_comparison(verdict, code):
    reason = said(decided(primary(verdict)))
    assert reason.code == code
    wanted = {
        "metric": "kept",
        "arm": "weekly",
        "control": "biweekly",
        "value": 0.4,
        "control_value": 0.4,
        "difference": 0.03,
        "low": pytest.approx(0.02),
        "high": pytest.approx(0.04),
        "confidence": 0.95,
        "p_value": 0.01,
        "of_margin": False,
        "corrected": False,
        "like": False,
    }
    assert reason.fields == wanted


def test_one_direction_that_is_not_shown_is_called_no_improvement():
    found = decide([primary("no difference shown")], [], 0.95, one_sided=True)
    assert said(found).code == "decision-no-improvement"


def test_the_values_are_those_of_the_arm_and_of_the_control():
    one = primary("better")
    arms = [arm.model_copy(update={"value": value}) for arm, value in zip(one.arms, (0.1, 0.2), strict=True)]
    fields = said(decided(one.model_copy(update={"arms": arms}))).fields
    assert (fields["control_value"], fields["value"]) == (0.1, 0.2)


def test_a_corrected_p_value_and_interval_take_the_place_of_the_own_ones():
    wide = Effect(estimate=0.03, low=0.001, high=0.059)
    fields = said(decided(with_fields(primary("better"), adjusted_p_value=0.02, adjusted_difference=wide))).fields
    assert (fields["p_value"], fields["corrected"]) == (0.02, True)
    assert (fields["low"], fields["high"]) == (0.001, 0.059)


@pytest.mark.parametrize(
    ("own", "of_margin", "adjusted", "shown"),
    [
        # adjusted p of the comparison, p of the margin, adjusted p of the margin; what is told
        (None, 0.004, None, (0.004, True)),
        (None, 0.004, 0.012, (0.012, True)),
        (0.03, 0.004, 0.012, (0.012, True)),
        (0.03, 0.004, None, (0.03, False)),  # the correction was of the difference, so the margin is not what answered
        (None, None, None, (0.01, False)),
        (0.03, None, 0.012, (0.03, False)),
    ],
)
def test_the_p_value_told_is_that_of_the_question(own, of_margin, adjusted, shown):
    margin = MarginResult(value=0.01, scale="absolute", p_value=of_margin, adjusted_p_value=adjusted, shown=True)
    fields = said(decided(with_fields(primary("safe"), adjusted_p_value=own, margin=margin))).fields
    assert (fields["p_value"], fields["of_margin"]) == shown


def exact(p_value):
    nothing = Effect(estimate=None, low=None, high=None)
    return ExactResult(p_value=p_value, boschloo_p_value=None, difference=nothing)


@pytest.mark.parametrize(
    ("p_value", "expected", "ships"),
    [(0.0501, 2.0, False), (0.0499, 2.0, True), (0.2, None, True), (None, 2.0, True), (0.2, 2.0, False)],
)
def test_few_events_that_the_exact_test_does_not_show_are_not_shipped(p_value, expected, ships):
    found = decided(with_fields(primary("better"), exact=exact(p_value), expected_fewest=expected))
    assert (found.recommendation == "ship") == ships
    few = [code for code in found.reason_codes if code.code == "decision-few-events"]
    wanted = {"metric": "kept", "arm": "weekly", "control": "biweekly", "p_value": p_value}
    assert [code.fields for code in few] == ([] if ships else [wanted])
    if not ships:
        assert found.reason_codes[0].code == "decision-few-events"  # it is what decides


def test_doubt_about_one_winner_follows_the_reasons_of_another():
    one = primary("better", "better")
    few = one.comparisons[1].model_copy(update={"exact": exact(0.3), "expected_fewest": 1.0})
    found = decided(one.model_copy(update={"comparisons": [one.comparisons[0], few]}))
    assert (found.recommendation, found.arm) == ("ship", "weekly")
    assert [code.code for code in found.reason_codes] == ["decision-better", "decision-better", "decision-few-events"]


def test_a_metric_that_cannot_be_compared_says_why():
    assert said(decided(primary("not estimable"))).code == "decision-not-compared"
    assert "there are no units" in decided(primary("not estimable")).reasons[0]
    one = primary("not estimable")
    empty = [arm.model_copy(update={"n": 0, "reason": "nobody came"}) for arm in one.arms]
    assert "nobody came" in decided(one.model_copy(update={"arms": empty})).reasons[0]
    unknown = with_fields(one, reason=None)
    assert said(decided(unknown)).fields["because"]["code"] == "reason-too-little"


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        ("harmed", "guardrail-worse"),
        ("better", "guardrail-better"),
        ("not estimable", "guardrail-not-compared"),
        ("no difference shown", "guardrail-without-margin"),
    ],
)
def test_a_guardrail_without_a_margin_says_what_was_seen(verdict, code):
    found = decided(primary("better"), guardrail(verdict))
    assert code in [reason.code for reason in found.reason_codes]


@pytest.mark.parametrize(
    ("verdict", "code"),
    [("safe", "guardrail-safe"), ("harmed", "guardrail-harmed"), ("not shown safe", "guardrail-not-shown-safe")],
)
def test_a_guardrail_with_a_margin_names_it(verdict, code):
    margin = MarginResult(value=0.5, scale="relative", p_value=0.2, shown=verdict == "safe")
    found = decided(primary("better"), with_fields(guardrail(verdict), margin=margin))
    [reason] = [each for each in found.reason_codes if each.code == code]
    assert (reason.fields["margin"], reason.fields["margin_scale"]) == (0.5, "relative")
    assert (reason.fields["metric"], reason.fields["arm"], reason.fields["control"]) == ("left", "weekly", "biweekly")


@pytest.mark.parametrize(
    ("good", "low", "high", "beyond"),
    [
        ("down", 0.06, 0.08, True),
        ("down", 0.05, 0.08, False),  # the margin itself is still possible
        ("up", -0.08, -0.06, True),
        ("up", -0.08, -0.05, False),
        ("down", None, 0.08, False),
        ("up", -0.08, None, False),
    ],
)
@pytest.mark.parametrize("scale", ["absolute", "relative"])
def test_beyond_the_margin_is_the_whole_interval(good, low, high, beyond, scale):
    margin = MarginResult(value=0.05, scale=scale, p_value=0.9, shown=False)
    effect, other = Effect(estimate=0.07, low=low, high=high), Effect(estimate=0.0, low=-0.01, high=0.01)
    fields = {"lift": effect, "difference": other} if scale == "relative" else {"difference": effect, "lift": other}
    one = with_fields(metric("left", "guardrail", ["harmed"], good=good), margin=margin, **fields)
    codes = [each.code for each in decided(primary("better"), one).reason_codes]
    assert ("guardrail-harmed-beyond" in codes) == beyond
    assert ("guardrail-harmed" in codes) != beyond


def test_possible_effects_are_named_only_where_nothing_was_shown_and_nothing_stopped_a_winner():
    def named(*metrics):
        return "decision-possible-effects" in [code.code for code in decided(*metrics).reason_codes]

    assert named(primary("no difference shown"))
    assert not named(primary("no difference shown", immature=3))  # one waits
    assert not named(primary("better", "no difference shown"), guardrail("not shown safe", "not shown safe"))
    assert not named(primary("margin not shown"))
    assert not named(primary("better"))


def test_how_many_units_are_immature_is_told_of_the_metric_whose_window_ends_last():
    early, late = primary("better", immature=1), metric("late", "primary", ["better"], immature=4)
    found = decide([early, late], [], 0.95, monitored=True)
    [reason] = [code for code in found.reason_codes if code.code == "decision-immature"]
    wanted = {"metric": "late", "immature": 8, "counted": 208, "followed": False, "monitored": True}
    assert reason.fields == wanted
    assert longest_primary([early, late, guardrail("safe", immature=9)]).name == "late"
    assert longest_primary([guardrail("safe", immature=9)]) is None
    assert "decision-immature" not in [code.code for code in decided(primary("better")).reason_codes]


def test_an_effect_that_cannot_be_estimated_is_no_gain():
    """Between an arm that is better on a second metric alone and one with a loss on the first, the former ships."""
    first = primary("not estimable", "no difference shown", estimates=(0.0, -0.02))
    second = metric("more", "primary", ["better", "better"])
    assert decided(first, second).arm == "weekly"
    first = primary("not estimable", "no difference shown", estimates=(0.0, 0.02))
    assert decided(first, second).arm == "daily"


@pytest.mark.parametrize(
    ("metrics", "what", "name", "arm"),
    [
        ((primary("better"),), "primary", "kept", "weekly"),
        ((primary("better"), guardrail("not shown safe")), "guardrail", "left", "weekly"),
        ((primary("better", "better"), guardrail("harmed", "not shown safe")), "guardrail", "left", "daily"),
        ((primary("no difference shown"), guardrail("harmed")), "guardrail", "left", "weekly"),
        ((primary("worse"), guardrail("harmed")), "primary", "kept", "weekly"),
        ((primary("no difference shown", "no difference shown"),), "primary", "kept", "daily"),
        ((primary("worse", "no difference shown"),), "primary", "kept", "daily"),
        ((primary("no difference shown", immature=1),), "maturity", None, None),
        ((primary("no difference shown"), metric("more", "primary", ["safe"])), "primary", "more", "weekly"),
        ((primary("no difference shown"), metric("more", "primary", ["worse"])), "primary", "more", "weekly"),
    ],
)
def test_what_decides_is_the_arm_that_came_furthest(metrics, what, name, arm):
    because = decided(*metrics).because
    assert (because.what, because.metric, because.arm) == (what, name, arm)


def test_a_failed_sample_ratio_asks_for_the_cause_and_other_checks_do_not():
    from abtest.analysis.result import Check

    def codes(name):
        check = Check(id=name, status="fail", message="Failed.")
        return [code.code if code else None for code in decided(primary("better"), checks=[check]).reason_codes]

    assert codes("srm_assigned") == [None, "decision-mismatch", "decision-diagnosis"]
    assert codes("several_arms") == [None, "decision-diagnosis"]
