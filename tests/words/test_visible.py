"""No character of a text of others hides, and nothing that a script needs is taken away."""

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abtest.words.visible import all_visible, hidden, visible, visible_json


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("we\u202eylk", "we<U+202E>ylk"),
        ("\x1b[31mred", "<U+001B>[31mred"),
        ("a\u200bb", "a<U+200B>b"),
        ("soft\u00adhyphen", "soft<U+00AD>hyphen"),
        ("tag\U000e0041", "tag<U+E0041>"),
        ("csi\x9b31m", "csi<U+009B>31m"),
        ("end\u2028", "end<U+2028>"),
        ("half\udce9", "half<U+DCE9>"),
        ("own\ue000", "own<U+E000>"),
        ("filler\u3164", "filler<U+3164>"),
        ("x\u200cy", "x<U+200C>y"),
        ("x\ufe0f", "x<U+FE0F>"),
        ("line\nend", "line<U+000A>end"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text, seen):
    assert visible(text) == seen
    assert hidden(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",  # Persian spells with joiners
        "क्\u200dष",
        "👩🏽\u200d🚀",
        "❤\ufe0f\u200d🔥",
        "1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # the flag of Scotland
        "葛\U000e0100",
        "עברית",
        "naïve — 5\u202f% ≥ ×10⁻³",
        "e\u0301",
    ],
)
def test_what_a_script_needs_stays(text):
    assert visible(text) == text
    assert hidden(text) is None


def test_our_own_lines_stay_lines():
    assert visible("one\n\ttwo\x1b", lines=True) == "one\n\ttwo<U+001B>"


def test_a_hidden_character_is_named():
    assert hidden("a\u202eb") == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert hidden("a\x1bb") == "U+001B ESCAPE"


@given(st.text())
def test_visible_text_hides_nothing_and_stays_as_it_is(text):
    assert hidden(visible(text)) is None
    assert visible(visible(text)) == visible(text)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_json_keeps_its_values(value):
    text = visible_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(text) == value
    assert hidden(text.replace("\n", "")) is None


@dataclass(frozen=True)
class _Part:
    text: str
    inner: tuple["_Part", ...] = ()
    number: float = 1.0


def test_every_text_inside_a_value_is_made_visible():
    value = _Part("a\x1b", (_Part("b\u202e"), _Part("c")))
    assert all_visible(value) == _Part("a<U+001B>", (_Part("b<U+202E>"), _Part("c")))
    clean = _Part("a", (_Part("b"),))
    assert all_visible(clean) is clean
