"""The small language of conditions: its precedence, its literals, and what it refuses."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abtest.grammar.expression import (
    Column,
    Compare,
    Constant,
    ExpressionError,
    Group,
    IsNull,
    Negation,
    PeriodEdge,
    Truth,
    Within,
    columns_of,
    parse_expression,
    uses_period,
)

KINDS = (Compare, Within, IsNull, Truth, Group, Negation)
A, B, C = (Truth(Column(name)) for name in "abc")


def test_and_binds_stronger_than_or():
    assert parse_expression("a or b and c") == Group("or", (A, Group("and", (B, C))))
    assert parse_expression("a and b or c") == Group("or", (Group("and", (A, B)), C))


def test_not_binds_stronger_than_and():
    assert parse_expression("not a and b") == Group("and", (Negation(A), B))


def test_not_negates_a_whole_comparison():
    assert parse_expression("not x = 1") == Negation(Compare("=", Column("x"), Constant(1)))


def test_parentheses_bind_strongest():
    assert parse_expression("(a or b) and c") == Group("and", (Group("or", (A, B)), C))
    assert parse_expression("not (a and b)") == Negation(Group("and", (A, B)))


def test_a_chain_of_one_operator_is_flat():
    assert parse_expression("a and b and c") == Group("and", (A, B, C))


def test_keywords_may_be_written_in_capitals():
    assert parse_expression("NOT a AND b OR c") == parse_expression("not a and b or c")
    assert parse_expression("x IS NOT NULL") == IsNull(Column("x"), negated=True)


@pytest.mark.parametrize(
    ("written", "read"),
    [("=", "="), ("==", "="), ("!=", "!="), ("<>", "!="), ("<", "<"), ("<=", "<="), (">", ">"), (">=", ">=")],
)
def test_comparisons(written, read):
    assert parse_expression(f"x {written} y") == Compare(read, Column("x"), Column("y"))
    assert parse_expression(f"x{written}y") == parse_expression(f"x {written} y")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-5", -5),
        ("+5", 5),
        ("1.5", 1.5),
        ("1e3", 1000),
        ("'pro'", "pro"),
        ('"pro"', "pro"),
        ("'it''s'", "it's"),
        ('"say ""hi"""', 'say "hi"'),
        ("''", ""),
        ("true", True),
        ("FALSE", False),
        ("2026-03-02", dt.date(2026, 3, 2)),
        ("'2026-03-02'", "2026-03-02"),
    ],
)
def test_literals(text, value):
    parsed = parse_expression(f"x = {text}")
    assert isinstance(parsed, Compare)
    assert isinstance(parsed.right, Constant)
    assert parsed.right.value == value
    assert isinstance(parsed.right.value, bool) == isinstance(value, bool)


def test_a_long_whole_number_keeps_its_last_digit():
    parsed = parse_expression("x = 9007199254740993")
    assert isinstance(parsed, Compare)
    assert isinstance(parsed.right, Constant)
    assert parsed.right.value == 9_007_199_254_740_993


def test_in_takes_a_list_of_values():
    options = (Constant(1), Constant(-2), Constant("a"), Constant(dt.date(2026, 1, 1)))
    assert parse_expression("x in (1, -2, 'a', 2026-01-01)") == Within(Column("x"), options, negated=False)
    assert parse_expression("x not in (1)") == Within(Column("x"), (Constant(1),), negated=True)
    assert parse_expression("not x in (1)") == Negation(Within(Column("x"), (Constant(1),), negated=False))


def test_emptiness_is_asked_with_is():
    assert parse_expression("x is null") == IsNull(Column("x"), negated=False)
    assert parse_expression("x is not null") == IsNull(Column("x"), negated=True)


def test_the_edges_of_the_period_are_values():
    parsed = parse_expression("first_order_at >= period.start and first_order_at < period.end")
    assert uses_period(parsed)
    assert columns_of(parsed) == ["first_order_at"]
    assert not uses_period(parse_expression("period = 1"))
    assert parse_expression("x < period.start") == Compare("<", Column("x"), PeriodEdge("start"))


@pytest.mark.parametrize("name", ["a b", "select", "and", "it's", 'say "hi"', "1", "$x", "日本", "a.b", ";", "--"])
def test_backticks_hold_any_column_name(name):
    assert parse_expression(f"`{name}` = 1") == Compare("=", Column(name), Constant(1))


@pytest.mark.parametrize("name", ["order", "select", "period", "ä", "日本", "_x", "x1"])
def test_a_plain_word_is_a_column_even_when_sql_has_it(name):
    assert parse_expression(name) == Truth(Column(name))


def test_columns_are_named_once_in_order():
    assert columns_of(parse_expression("b = 1 or not (a in (1) and b is null) or `c d`")) == ["b", "a", "c d"]


@pytest.mark.parametrize(
    "text",
    [
        "1; DROP TABLE x",
        "a = 'x' or 1=1 --",
        "a = 'x'; select 1",
        "a = 1 -- comment",
        "a = 1 /* comment */",
        "a = 'x' union select 1",
        "a = (select 1)",
        "upper(a) = 'x'",
        "a || b = 'x'",
        "$1 = a",
        "a = ?",
        "a = @x",
        "a::int = 1",
        "a = 'x' \\; b",
        "a = __import__('os')",
    ],
)
def test_sql_that_is_no_condition_is_refused(text):
    with pytest.raises(ExpressionError):
        parse_expression(text)


@pytest.mark.parametrize("text", ["1 = 1", "a = 'x' or 1 = 1", "\"plan\" = 'pro'", "'a' in ('a')", "1 is null"])
def test_a_comparison_that_names_no_column_is_refused(text):
    with pytest.raises(ExpressionError, match="column"):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("   ", 3),
        ("a and", 5),
        ("and", 0),
        ("not", 3),
        ("a b", 2),
        ("a = ", 4),
        ("a < b < c", 6),
        ("(a = 1", 6),
        ("a = 1)", 5),
        ("()", 1),
        ("a in ()", 6),
        ("a in 1", 5),
        ("a in (b)", 6),
        ("a in (1,)", 8),
        ("a not = 1", 6),
        ("a is 1", 5),
        ("a is not in (1)", 9),
        ("a or or b", 5),
        ("a = 'x", 4),
        ("`` = 1", 0),
        ("`a = 1", 0),
        ("a = 2026-02-30", 4),
        ("a = 2026-03-02T10:00", 11),
        ("a = “x”", 4),
        ("a ＝ 1", 2),
        ("a\u200b = 1", 1),
        ("a = \0", 4),
        ("a && b", 2),
        ("a => 1", 3),
    ],
)
def test_what_does_not_parse_is_refused_at_its_character(text, offset):
    with pytest.raises(ExpressionError) as caught:
        parse_expression(text)
    assert abs(caught.value.offset - offset) <= 1
    assert 0 <= caught.value.offset <= len(text)


@pytest.mark.parametrize("text", ["(" * 1000 + "x" + ")" * 1000, "not " * 999 + "x", "(" * 4000])
def test_deep_nesting_is_refused(text):
    with pytest.raises(ExpressionError, match="nested more than 40 deep"):
        parse_expression(text)


def test_depth_counts_what_is_open_and_not_what_was():
    parse_expression(" and ".join(["((((x))))"] * 200))
    parse_expression("(" * 39 + "x" + ")" * 39)


def test_length_is_limited():
    assert parse_expression("x" * 4000) == Truth(Column("x" * 4000))
    with pytest.raises(ExpressionError, match="4000"):
        parse_expression("x" * 4001)


def test_a_thousand_options_are_fine():
    parsed = parse_expression("x in (" + ",".join(["1"] * 1000) + ")")
    assert isinstance(parsed, Within)
    assert len(parsed.options) == 1000


def _parses_or_is_refused(text: str) -> None:
    refused = None
    try:
        parsed = parse_expression(text)
    except ExpressionError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.offset <= len(text)
        assert str(refused)
        assert "\n" not in str(refused)
        return
    assert isinstance(parsed, KINDS)
    assert all(isinstance(name, str) for name in columns_of(parsed))
    assert uses_period(parsed) in {True, False}


@given(st.text(max_size=80))
def test_any_text_is_an_expression_or_refused(text):
    _parses_or_is_refused(text)


PIECES = st.sampled_from(
    [
        "a",
        "`b c`",
        "and",
        "or",
        "not",
        "in",
        "is",
        "null",
        "(",
        ")",
        ",",
        "=",
        "<>",
        "<",
        "1",
        "-2.5e3",
        "'t'",
        '"u"',
        "2026-03-02",
        "2026-13-40",
        "period.start",
        "period.end",
        "true",
        "--",
        ";",
        "'",
        '"',
        "`",
        "\x00",
        "\n",
        "٣",
        ".",
    ]
)


@given(st.lists(PIECES, max_size=25), st.sampled_from(["", " ", "\t"]))
def test_any_sequence_of_pieces_is_an_expression_or_refused(pieces, between):
    _parses_or_is_refused(between.join(pieces))
