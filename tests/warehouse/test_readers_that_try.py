"""What reads text or gives NULL agrees with what reads text or raises an error, value by value."""

import duckdb
import pytest

from abtest.engines.duckdb.database import MACROS

NUMBERS = [
    *("0", "1", "-1.5", "+2", ".5", "1e3", "1E-3", "  7 ", "7\t", "true", "FALSE", " True ", "nan", "NaN", "-nan"),
    *("+nan", "inf", "-Infinity", "1e999", "1_000", "1,5", "1 000", "0x10", "", "   ", "abc", "12a", "--1", "1e", "e1"),
    *("９", "٣", "1\u00a0000", "9" * 400, "1" + "0" * 309, "0." + "0" * 400 + "1"),
]
TIMES = [
    *("2026-03-02", "2026-3-2", "2026-03-02T10:00:00Z", "2026-03-02 10:00", "2026-03-02 10:00:00.123456789"),
    *("2026-03-02T10:00:00+02:00", "2026-03-02T10:00:00 +02:00", "2026-03-02 10:00:00+25:00", "2026-02-30", "24:00"),
    *("2026-03-02T25:00:00", "2026-13-01T00:00:00Z", "0000-01-01", "9999-12-31T23:59:59Z", "", "  ", "yesterday"),
    *("20260302", "02/03/2026", "2026-03-02T10:00:60Z", "2026-03-02T10:00:00 UTC", "infinity", " 2026-03-02 "),
]


@pytest.mark.parametrize(
    ("texts", "parse", "attempt"),
    [
        (NUMBERS, "parse_number(x)", "try_number(x)"),
        (TIMES, "parse_instant(x, 'UTC')", "try_instant(x)"),
        (TIMES, "parse_instant(x, 'Europe/Helsinki')", "try_instant_in(x, 'Europe/Helsinki')"),
    ],
)
def test_they_agree(texts, parse, attempt):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(MACROS)
    read = 0
    for text in texts:
        try:
            [expected] = connection.execute(f"SELECT {parse} FROM (SELECT ? AS x)", [text]).fetchone()
        except duckdb.Error:
            expected = None
        [found] = connection.execute(f"SELECT {attempt} FROM (SELECT ? AS x)", [text]).fetchone()
        assert found == expected, text
        read += found is not None
    assert 5 < read < len(texts) - 5
