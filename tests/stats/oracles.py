"""Stored reference numbers, and the comparison that the tests use."""

import json
from pathlib import Path
from typing import Any

import pytest

REFERENCE = Path(__file__).parents[1] / "reference"
CLOSE = 1e-8


def reference(name: str) -> Any:
    return json.loads((REFERENCE / name).read_text())


def close(expected: Any, rel: float = CLOSE) -> Any:
    return pytest.approx(expected, rel=rel, abs=1e-13)
