"""Whatever text goes into YAML comes out of it again, in every place where a draft writes text."""

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from abtest.grammar.nodes import parse
from abtest.grammar.scalars import scalar
from abtest.init.scalars import commented, noted, one_line, written

TEXTS = st.one_of(
    st.text(),
    st.sampled_from(
        ["no", "yes", "on", "null", "~", "", "y", "012", "1e3", "12:30:00", "2026-03-02", "true", ".5", "=", "<<"]
    ),
    st.text(alphabet=" :#-?,[]{}&*!|>'\"%@`\\\n\tab0", max_size=12),
)


@given(TEXTS)
@example("a: b")
@example("a #b")
@example("\ufeff")
@example("\u2028 line")
@example("😀")
@example("- x")
@example(" x ")
def test_a_text_comes_back_as_it_was(text):
    assert yaml.safe_load(f"key: {scalar(text)}") == {"key": text}
    assert yaml.safe_load(f"key: {{a: {scalar(text)}, b: [{scalar(text)}, {scalar(text)}]}}") == {
        "key": {"a": text, "b": [text, text]}
    }
    assert yaml.safe_load(f"{scalar(text)}: 1\n") == {text: 1}


@given(TEXTS)
def test_the_definitions_own_reader_gives_it_back_too(text):
    assert parse(f"key: {{a: {scalar(text)}}}   # comment", "x.yaml").tree == {"key": {"a": text}}


@given(TEXTS)
def test_a_scalar_is_one_line(text):
    assert len(scalar(text).splitlines()) <= 1


@given(TEXTS, TEXTS)
def test_a_comment_never_changes_the_value_beside_it(text, comment):
    lines = [*commented(comment, "  "), *noted(f"  a: {scalar(text)}", comment)]
    assert yaml.safe_load("\n".join(["key:", *lines])) == {"key": {"a": text}}
    assert len(one_line(comment).splitlines()) <= 1


@given(
    st.recursive(TEXTS | st.booleans() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner))
)
def test_mappings_and_lists_come_back(value):
    assert yaml.safe_load(f"key: {written(value)}") == {"key": value}


@pytest.mark.parametrize(
    "text", ["customer_id", "No E-Mail", "first_order_at < period.start", "data/orders.parquet", "2 weeks"]
)
def test_plain_words_need_no_quotes(text):
    assert scalar(text) == text


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(ValueError, match="surrogate"):
        scalar("\ud800")
