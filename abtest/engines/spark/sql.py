"""The SQL text as Spark takes it: how a statement is spelt, and the functions that DuckDB has as macros.

Nothing is translated. Names in double quotes get Spark's quotes, ``$name`` becomes a parameter of Spark's, text in
single quotes stays the text that it is; everything else is handed on as it stands.
"""

import re
from decimal import Decimal

from abtest.engines.engine import Statement
from abtest.engines.folding import (
    BLANKS,
    FOLDS,
    INVISIBLE,
    SCIENTIFIC,
    folded,
    marked_letters,
    spellings,
)
from abtest.engines.sqltext import CLOCK, DAY, PART
from abtest.grammar.dates import MONTHS
from abtest.grammar.time import DAY_US

_TOKEN = re.compile(r"""'(?P<text>(?:[^']|'')*)'|"(?P<name>(?:[^"]|"")*)"|\$(?P<parameter>[^\W\d]\w*)""")
_LONG = 2**63

# What is read as a number with DuckDB: blanks around it, a plus before a minus. Spark's cast takes less, and more: 1f
# and 1d. After the test the signs that Java refuses are taken out.
_DIGITS = "[0-9]+"
_DECIMAL = f"(?:{_DIGITS}(?:[.](?:{_DIGITS})?)?|[.]{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
_NUMBER = rf"^\s*[+]?-?(?:{_DECIMAL}|(?i:inf(?:inity)?))\s*\z"
_LOCAL = rf"^{DAY}(?:{CLOCK})?\z"
_ZONED = rf"^({DAY}{CLOCK})(?: ?[zZ]| UTC| ?(?![+-]18:?(?:0[1-9]|[1-5]))([+-](?:0[0-9]|1[0-8]))(?::?([0-5][0-9]))?)\z"
_MIDNIGHT = r"^([^ T]+[ T])24(:00(?::00(?:[.]0+)?)?)\z"
_BLOCK = f"{2**53:.16e}"
_MINUTE_US = 60_000_000

_SPELT = spellings()
_LETTERS, _BARE = ("".join(part) for part in zip(*marked_letters().values(), strict=True))


def _apart(text: str) -> str:
    """Return the SQL of ``text`` with the last mark of each letter behind it."""
    for mark, (letters, _) in marked_letters().items():
        text = f"regexp_replace({text}, '([{letters}])', '$1{mark}')"
    return f"translate({text}, '{_LETTERS}', '{_BARE}')"


FUNCTIONS = {
    "trimmed(x STRING) RETURNS STRING": "trim(x)",
    "blank_to_null(x STRING) RETURNS STRING": "nullif(trim(x), '')",
    "whole_div(x BIGINT, y BIGINT) RETURNS BIGINT": "x div y",
    # A double as a decimal number with all its bits: Spark's own cast takes the digits that it is written with.
    "whole_number(x DOUBLE) RETURNS DECIMAL(38, 0)": f"""
        CAST(CAST(floor(x / {_BLOCK}) AS BIGINT) AS DECIMAL(38, 0)) * CAST({_BLOCK} AS DECIMAL(16, 0))
        + CAST(x - floor(x / {_BLOCK}) * {_BLOCK} AS BIGINT)""",
    "high_part(x DECIMAL(38, 0)) RETURNS BIGINT": f"x div CAST({PART} AS DECIMAL(15, 0))",
    "low_part(x DECIMAL(38, 0)) RETURNS BIGINT": f"CAST(x % CAST({PART} AS DECIMAL(15, 0)) AS BIGINT)",
    "floor_div(x DECIMAL(38, 0), n BIGINT) RETURNS DECIMAL(38, 0)": "CAST((x - x % n) / n AS DECIMAL(38, 0))",
    "unit_mean(total DECIMAL(38, 0), factor DECIMAL(38, 0), n BIGINT) RETURNS DECIMAL(38, 0)": """
        floor_div(CAST(total * factor AS DECIMAL(38, 0)), n)""",
    "without_nan(x DOUBLE) RETURNS DOUBLE": "CASE WHEN NOT isnan(x) THEN x END",
    "unit_key(x STRING) RETURNS BIGINT": "CASE WHEN x IS NOT NULL THEN xxhash64(x) END",
    "unit_check(x STRING) RETURNS BIGINT": "CASE WHEN x IS NOT NULL THEN xxhash64(concat('#', x)) END",
    # Letters and their marks apart: which of the two forms ids become does not matter, as long as all become it. A
    # letter has up to three marks.
    "marks_apart(x STRING) RETURNS STRING": _apart("x"),
    "fold_unicode(x STRING) RETURNS STRING": f"""
        marks_apart(marks_apart(marks_apart(translate(x, '{_SPELT[0]}', '{_SPELT[1]}'))))""",
    "fold_blanks(x STRING) RETURNS STRING": f"""
        trim(regexp_replace(regexp_replace(x, '[{INVISIBLE}]', ''), '[{BLANKS}]+', ' '))""",
    "fold_case(x STRING) RETURNS STRING": "lower(x)",
    "fold_decimal(x STRING) RETURNS STRING": f"""
        CASE WHEN rlike(x, '^[0-9]+[.]0+$') THEN split_part(x, '.', 1)
             WHEN rlike(x, '{SCIENTIFIC}') AND char_length(split_part(lower(x), 'e', 1)) - 2
                                               >= CAST(split_part(lower(x), 'e', 2) AS INT)
             THEN CAST(try_cast(x AS DECIMAL(38, 0)) AS STRING) ELSE x END""",
    "fold_zeros(x STRING) RETURNS STRING": "regexp_replace(x, '^0+([0-9]+)$', '$1')",
    "folded_id(x STRING) RETURNS STRING": folded("x", FOLDS),
    "near_key(x STRING) RETURNS BIGINT": "CASE WHEN x IS NOT NULL THEN xxhash64(coalesce(folded_id(x), x)) END",
    # Numbers as DuckDB writes them: Spark's exponent begins at 7 digits, DuckDB's at 16.
    "exponent(x STRING) RETURNS INT": "try_cast(split_part(x, 'E', 2) AS INT)",
    "number_text(x STRING) RETURNS STRING": """
        CASE WHEN x = 'NaN' THEN 'nan' WHEN x LIKE '%Infinity' THEN replace(x, 'Infinity', 'inf')
             WHEN exponent(x) BETWEEN -4 AND 15
             THEN regexp_replace(CAST(CAST(x AS DECIMAL(38, 21)) AS STRING), '([.][0-9]+?)0*$', '$1')
             WHEN exponent(x) IS NOT NULL
             THEN concat(regexp_replace(split_part(x, 'E', 1), '[.]0$', ''), format_string('e%+03d', exponent(x)))
             ELSE x END""",
    "to_instant(microseconds BIGINT) RETURNS TIMESTAMP": "timestamp_micros(microseconds)",
    "to_clock(microseconds BIGINT) RETURNS TIMESTAMP_NTZ": "CAST(timestamp_micros(microseconds) AS TIMESTAMP_NTZ)",
    "wall_micros(microseconds BIGINT, zone STRING) RETURNS BIGINT": """
        unix_micros(from_utc_timestamp(timestamp_micros(microseconds), zone))""",
    "clock_text(microseconds BIGINT) RETURNS STRING": """
        CASE WHEN microseconds % 1000000 = 0
             THEN date_format(timestamp_micros(microseconds), "yyyy-MM-dd'T'HH:mm:ss")
             ELSE date_format(timestamp_micros(microseconds), "yyyy-MM-dd'T'HH:mm:ss.SSSSSS") END""",
    # Of a local time that a clock change repeats, Spark takes the first, DuckDB the second: the second is meant. In the
    # hour that a clock skips, both count from the offset before it.
    "first_micros(t TIMESTAMP, zone STRING) RETURNS BIGINT": "unix_micros(to_utc_timestamp(t, zone))",
    "second_micros(t TIMESTAMP, zone STRING, next BIGINT) RETURNS BIGINT": """
        unix_micros(t) + next - unix_micros(from_utc_timestamp(timestamp_micros(next), zone))""",
    "later_micros(t TIMESTAMP, zone STRING, first BIGINT, second BIGINT) RETURNS BIGINT": """
        greatest(first, CASE WHEN from_utc_timestamp(timestamp_micros(second), zone) = t THEN second END)""",
    "local_micros(t TIMESTAMP, zone STRING) RETURNS BIGINT": f"""
        later_micros(t, zone, first_micros(t, zone), second_micros(t, zone, first_micros(t, zone) + {DAY_US}))""",
    # The clock of a text, as microseconds; 24:00 is the next day's midnight.
    "clock_micros(x STRING) RETURNS BIGINT": rf"""
        CASE WHEN rlike(x, r'{_MIDNIGHT}')
             THEN unix_micros(try_cast(regexp_replace(x, r'{_MIDNIGHT}', '$100$2') AS TIMESTAMP)) + {DAY_US}
             ELSE unix_micros(try_cast(x AS TIMESTAMP)) END""",
    "offset_micros(hours STRING, minutes STRING) RETURNS BIGINT": f"""
        (coalesce(CAST(nullif(hours, '') AS BIGINT) * 60, 0)
         + coalesce(CAST(concat(left(hours, 1), nullif(minutes, '')) AS BIGINT), 0)) * {_MINUTE_US}""",
    "try_instant_in(x STRING, zone STRING) RETURNS BIGINT": f"""
        CASE WHEN rlike(x, r'{_ZONED}')
             THEN clock_micros(upper(regexp_extract(x, r'{_ZONED}', 1)))
                  - offset_micros(regexp_extract(x, r'{_ZONED}', 2), regexp_extract(x, r'{_ZONED}', 3))
             WHEN rlike(x, r'{_LOCAL}') THEN local_micros(timestamp_micros(clock_micros(upper(x))), zone) END""",
    "try_instant(x STRING) RETURNS BIGINT": "try_instant_in(trim(x), 'UTC')",
    "parse_instant(x STRING, zone STRING) RETURNS BIGINT": """
        CASE WHEN trim(x) <> '' THEN coalesce(try_instant_in(trim(x), zone), raise_error('not a time')) END""",
    "try_number(x STRING) RETURNS DOUBLE": rf"""
        CASE lower(trim(x)) WHEN 'true' THEN 1D WHEN 'false' THEN 0D
                           WHEN 'nan' THEN NULL WHEN '-nan' THEN NULL WHEN '+nan' THEN NULL
             ELSE CASE WHEN rlike(x, r'{_NUMBER}') THEN try_cast(translate(x, '+', '') AS DOUBLE) END END""",
    "parse_number(x STRING) RETURNS DOUBLE": """
        CASE WHEN lower(trim(x)) NOT IN ('', 'nan', '-nan', '+nan')
             THEN coalesce(try_number(x), raise_error('not a number')) END""",
    # How columns are written that are not written the plain way: see abtest/warehouse/forms.py.
    "named_month(x STRING) RETURNS STRING": f"""
        CASE lower(substring(x, 1, 3)) {" ".join(f"WHEN '{name}' THEN '{n:02d}'" for n, name in enumerate(MONTHS, 1))}
             ELSE x END""",
    "full_year(x STRING) RETURNS STRING": """
        CASE WHEN length(x) = 4 THEN x WHEN x < '70' THEN concat('20', x) ELSE concat('19', x) END""",
    "hour_of_day(hour STRING, half STRING) RETURNS STRING": """
        CASE WHEN half = '' THEN hour WHEN try_cast(hour AS INT) NOT BETWEEN 1 AND 12 THEN '99'
             ELSE CAST(try_cast(hour AS INT) % 12 + CASE WHEN lower(half) = 'p' THEN 12 ELSE 0 END AS STRING) END""",
    "clock_part(hour STRING, minute STRING, second STRING, half STRING) RETURNS STRING": """
        CASE WHEN minute = '' THEN '' ELSE concat(' ', hour_of_day(hour, half), ':', minute, second) END""",
    "iso_time(x STRING, pattern STRING, y INT, m INT, d INT) RETURNS STRING": """
        CASE WHEN rlike(x, pattern)
             THEN concat(full_year(regexp_extract(x, pattern, y)), '-', named_month(regexp_extract(x, pattern, m)), '-',
                         regexp_extract(x, pattern, d),
                         clock_part(regexp_extract(x, pattern, 4), regexp_extract(x, pattern, 5),
                                    regexp_extract(x, pattern, 6), regexp_extract(x, pattern, 7)),
                         regexp_extract(x, pattern, 8))
             ELSE x END""",
    "minus_of(before STRING, behind STRING, last STRING) RETURNS STRING": """
        CASE WHEN before IN ('-', '−', '(') OR behind IN ('-', '−') OR last = '-' THEN '-' ELSE '' END""",
    "plain_number(x STRING, pattern STRING, signs STRING) RETURNS STRING": """
        CASE WHEN rlike(x, pattern) AND (regexp_extract(x, pattern, 1) = '(') = (regexp_extract(x, pattern, 5) = ')')
             THEN concat(minus_of(regexp_extract(x, pattern, 1), regexp_extract(x, pattern, 2),
                                  regexp_extract(x, pattern, 5)),
                         translate(regexp_extract(x, pattern, 3), signs, '.'),
                         CASE WHEN regexp_extract(x, pattern, 4) <> '' THEN 'e-2' ELSE '' END)
             WHEN rlike(x, '[0-9]') THEN concat(x, '?')
             ELSE x END""",
    "masked(x STRING) RETURNS STRING": r"""
        concat(CASE WHEN rlike(x, r'^[-+(]?0(?:[^0-9]|$)') THEN 'z' ELSE '' END,
               regexp_replace(regexp_replace(x, r'[\p{L}\p{M}]', 'a'), '[0-9]', '9'))""",
    "json_text(x STRING, name STRING) RETURNS STRING": """get_json_object(x, concat('$[\\'', name, '\\']'))""",
}
"""Signature and body of each function, in the order in which they build on each other."""

ROW_NUMBER = "row_number() OVER (ORDER BY input_file_name(), input_file_block_start(), monotonically_increasing_id())"
"""The number of a row in the order of its files."""


def create_functions() -> dict[str, str]:
    """Return the statements that create the functions for a session, by name."""
    return {
        head.split("(")[0]: f"CREATE OR REPLACE TEMPORARY FUNCTION {head} RETURN {body.strip()}"
        for head, body in FUNCTIONS.items()
    }


def identifier(name: str) -> str:
    """Return ``name`` between Spark's quotes."""
    return "`" + name.replace("`", "``") + "`"


def literal(text: str) -> str:
    """Return ``text`` as a literal of Spark's, in which a backslash is itself."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def spelt(statement: Statement) -> tuple[str, dict[str, object]]:
    """Return a statement's text with Spark's quotes and parameters, and the values of these.

    Only what stands outside quotes is a parameter. Raises ``ValueError`` for a parameter that has no value.
    """
    names: dict[str, str] = {}

    def token(match: re.Match[str]) -> str:
        if match["text"] is not None:
            return literal(match["text"].replace("''", "'"))
        if match["name"] is not None:
            return identifier(match["name"].replace('""', '"'))
        if match["parameter"] not in statement.parameters:
            raise ValueError(f"the statement has no value for ${match['parameter']}")
        return ":" + names.setdefault(match["parameter"], f"p{len(names)}")

    text = _TOKEN.sub(token, statement.text)
    return text, {spark: _value(statement.parameters[ours]) for ours, spark in names.items()}


def _value(value: object) -> object:
    # Whole numbers beyond 64 bits have no type of their own in Spark.
    return Decimal(value) if isinstance(value, int) and not -_LONG <= value < _LONG else value
