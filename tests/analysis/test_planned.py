"""What was planned stands beside an answer that is not clear, and beside no other."""

import pandas as pd
import pytest

import abtest

ROWS = {"arm": ["a", "b"] * 200, "kept": [0, 1, 1, 1] * 100}


def reasons(planned, rows=ROWS):
    definition = {
        "name": "gate",
        "data": {"customers": {"arm": "arm"}},
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "metrics": {"kept": {"role": "primary", "type": "column"}},
    }
    analysis = abtest.analyze(abtest.load({**definition, **planned}), {"customers": pd.DataFrame(rows)})
    found = [text.replace("\u00a0", " ") for text in analysis.decision.reasons]
    return analysis.decision.recommendation, found


def test_an_answer_that_is_not_clear_says_what_was_planned():
    even = {"arm": ["a", "b"] * 200, "kept": [0, 0, 1, 1] * 100}
    planned = {"planned": {"units": 3067, "power": 0.8, "detectable": {"kept": "1.8pp"}, "readable": "2026-06-07"}}
    recommendation, found = reasons(planned, even)
    assert recommendation == "inconclusive"
    assert found[-1] == (
        "Planned: 3,067 units with a value (400 are mature for Kept), which would show an effect of 1.8 pp; "
        "readable on 7 June 2026."
    )
    assert reasons({"planned": {"units": 3067, "power": 0.8}}, even)[1][-1] == (
        "Planned: 3,067 units with a value (400 are mature for Kept)."
    )
    assert not any("Planned" in text for text in reasons({}, even)[1])


def test_a_clear_answer_does_not():
    recommendation, found = reasons({"planned": {"units": 3067, "power": 0.8}})
    assert recommendation == "ship"
    assert not any("Planned" in text for text in found)


@pytest.mark.parametrize("planned", [{"units": 0, "power": 0.8}, {"units": 10, "power": 0.4}])
def test_what_cannot_have_been_planned_is_refused(planned):
    with pytest.raises(abtest.DefinitionError, match="planned"):
        reasons({"planned": planned})
