"""Changes to the definition of docs/lints.md, and what the lints find in them."""

import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from abtest.definition.lints import DataRange, Finding, lints
from abtest.definition.load import load
from abtest.grammar.nodes import parse

PAGE = Path(__file__).parents[2] / "docs" / "lints.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
BASE = next(block for block in BLOCKS if block.startswith("name:"))


def merged(base, change):
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    return {**base, **{key: merged(base.get(key), value) for key, value in change.items()}}


def tree(text):
    """YAML with scalars that fields read as they do in a file."""
    return parse(text, "change.yaml").tree


def found(change="", data=None) -> list[Finding]:
    """The findings for the page's definition with the keys of ``change``, which is YAML, over its own."""
    return lints(load(merged(tree(BASE), tree(change) if change else {})).definition, data)


def codes(change="", data=None) -> set[str]:
    return {finding.code for finding in found(change, data)}


def only(code, change, data=None) -> Finding:
    """The one finding with this code."""
    matching = [finding for finding in found(change, data) if finding.code == code]
    assert len(matching) == 1, matching
    return matching[0]


def instant(text) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Helsinki")).timestamp()) * 1_000_000


def seen(first="2025-01-01", last="2026-06-08", **lasts) -> DataRange:
    tables = ("orders", "unsubscribes")
    return DataRange(
        {table: instant(first) for table in tables}, {table: instant(lasts.get(table, last)) for table in tables}
    )
