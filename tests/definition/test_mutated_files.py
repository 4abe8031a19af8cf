"""A damaged definition gives a definition or an error with a place inside the file, never another exception.

``ABTEST_MUTATIONS`` sets how many damaged files are tried of each of four: 25000 makes a hundred thousand.
"""

import os
import random
import re
from pathlib import Path

import pytest
from definition_texts import EXAMPLE, WIDE

from abtest.definition.explain import explain
from abtest.definition.load import load, warnings
from abtest.errors import DefinitionError

COUNT = int(os.environ.get("ABTEST_MUTATIONS", "200"))
PIECES = (
    b'"', b"'", b"{", b"}", b"[", b"]", b"&a ", b"*a ", b"!!x ", b"|\n", b">\n", b"%", b"@", b"`", b"\t", b"\0",
    b"\xff", b"\xef\xbb\xbf", b"? ", b"- ", b": ", b"#", b",", b"\n", b"\r", b"---\n", b"...\n", b'"\\ud800"',
    b'"\\U00110000"', b'"\\', b"1e999", b"-", b"null", b"~", b"<<: *a", b"9999-12-31", b"0001-01-01",
    b"\xc2\x85", b"\xe2\x80\xa8",
)  # fmt: skip


def _mutated(raw: bytes, draw: random.Random) -> bytes:
    text = bytearray(raw)
    for _ in range(draw.choice([1, 1, 1, 2, 3, 8])):
        place = draw.randrange(len(text) + 1)
        match draw.choice(["flip", "byte", "cut", "insert", "repeat", "lines", "line", "words"]):
            case "flip" if place < len(text):
                text[place] ^= 1 << draw.randrange(8)
            case "byte" if place < len(text):
                text[place] = draw.randrange(256)
            case "cut":
                del text[place : place + draw.randrange(1, 20)]
            case "insert":
                text[place:place] = draw.choice(PIECES)
            case "repeat":
                start = draw.randrange(len(text) + 1)
                text[place:place] = text[start : start + draw.randrange(1, 40)]
            case "lines":
                lines = text.split(b"\n")
                lines.insert(draw.randrange(len(lines)), draw.choice(lines))
                text = bytearray(b"\n".join(lines))
            case "line":
                lines = text.split(b"\n")
                del lines[draw.randrange(len(lines))]
                text = bytearray(b"\n".join(lines))
            case "words":
                words = re.split(rb"(\W+)", bytes(text))
                one, other = draw.randrange(len(words)), draw.randrange(len(words))
                words[one], words[other] = words[other], words[one]
                text = bytearray(b"".join(words))
    return bytes(text)


FULL = """\
include: library.yaml
name: all
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12, lag: 2d}
arms: [{name: biweekly, control: true, cadence: 14d}, {name: weekly, cadence: 7d, weight: 2}]
population:
  eligible: first_order_at < period.start and (plan in ('pro', 'free') or not `paid up` is null)
  exposure: {event: sends, window: [0d, 14d], trigger: exposure}
data:
  customers: {path: customers.csv}
  assignments: {path: assignments.csv, arm: arm, at: assigned_at}
  sends: {table: warehouse.sends, at: sent_at, where: kind = 'mail'}
metrics:
  retained_8w: {role: primary, benchmark: 45%, goal: 50%}
  revenue_56d:
  day_7: {type: retention, event: orders, day: 7, days: calendar, covariates: [{window: [-28d, 0d]}, {column: plan}]}
  later: {type: retention, event: orders, after: 14d, horizon: 42d}
  month: {type: retention, event: orders, by: month, nth: 2}
  gone: {type: time_to_event, event: sends, horizon: 56d, role: guardrail, margin: 1%}
  ratio: {type: ratio, numerator: {event: orders, of: sum}, denominator: {event: orders}, window: [0d, 28d]}
  middle: {type: quantile, event: orders, window: [0d, 28d], quantile: 0.9}
segments: [country, {column: plan, declared: true}]
analysis: {alternative: one-sided, correction: holm, bayes: {rate_prior: {a: 1, b: 1}}, bootstrap: 2000}
ignore: [cadence]
engine: spark
spark: {remote: "sc://host:15002"}
"""
LIBRARY = """\
data:
  orders: {path: orders.csv, at: ordered_at, value: amount}
metrics:
  retained_8w: {title: Retained, type: retention, event: orders, window: [28d, 56d]}
  revenue_56d: {type: sum, event: orders, window: [0d, 56d], unit: EUR, winsorise: 0.99}
"""


def _holds(folder: Path) -> None:
    """Load the definition in ``folder``: it gives a definition, or an error with places inside its files."""
    try:
        experiment = load(folder / "drip.yaml")
    except DefinitionError as error:
        refused = error
    else:
        warnings(experiment)
        explain(experiment.definition)
        assert re.fullmatch("[0-9a-f]{64}", experiment.sha256)
        return
    raw = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert refused.diagnostics
    for found in refused.diagnostics:
        message = str(found)
        assert "\n" not in message
        assert message.startswith(f"{found.file}:{found.line}:{found.column}: ")
        lines = len(re.split(rb"\r\n|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9]", raw[found.file]))
        assert 1 <= found.line <= lines, f"outside of {lines} lines: {message!r}"
        assert 1 <= found.column < found.end_column <= len(raw[found.file]) + 2, message
        assert found.underlined().startswith(message)


TEXTS = {"example": EXAMPLE.read_text(encoding="utf-8"), "wide": WIDE, "full": FULL}


@pytest.mark.parametrize("source", ["example", "wide", "full", "library"])
def test_a_damaged_file_gives_a_definition_or_a_placed_error(tmp_path, source):
    (tmp_path / "library.yaml").write_text(LIBRARY)
    (tmp_path / "drip.yaml").write_text(TEXTS.get(source, FULL))
    _holds(tmp_path)
    damaged_file = tmp_path / ("library.yaml" if source == "library" else "drip.yaml")
    raw = damaged_file.read_bytes()
    for seed in range(COUNT):
        damaged = _mutated(raw, random.Random(f"{source} {seed}"))
        damaged_file.write_bytes(damaged)
        try:
            _holds(tmp_path)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}\n{damaged!r}") from error


def test_a_file_that_ends_anywhere_gives_a_definition_or_a_placed_error(tmp_path):
    for end in range(len(WIDE)):
        (tmp_path / "drip.yaml").write_bytes(WIDE[:end].encode())
        _holds(tmp_path)
