"""Definitions as text, and what loading them says."""

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from abtest.definition.load import Experiment, load
from abtest.errors import DefinitionError

EXAMPLE = Path(__file__).parents[2] / "experiments" / "drip.yaml"

WIDE = """\
name: gate
data: {customers: {path: players.csv, unit: userid, arm: version}}   # without `unit`, each row is one unit
arms: [{name: gate_30, control: true}, {name: gate_40}]              # weights default to equal
metrics: {retention_7: {role: primary, type: column}}                # true/false or 0/1 is a rate, other numbers a mean
"""
"""The design's second grammar, verbatim."""

DRIP = """\
name: drip-cadence
title: Weekly vs biweekly e-mail drip
hypothesis: A weekly drip keeps more customers than a biweekly one.
unit: customer_id
timezone: Europe/Helsinki
period: {start: 2026-03-02, end: 2026-04-12}      # enrolment
arms:
  - {name: biweekly, control: true, weight: 1, cadence: 14d}
  - {name: weekly, weight: 1, cadence: 7d}
population:
  eligible: first_order_at < period.start          # existing customers only: one who joins later is never counted
data:
  customers: {path: data/customers.parquet}
  assignments: {path: data/assignments.csv, arm: variant, at: assigned_at}
  orders: {path: data/orders.parquet, at: ordered_at, value: amount}
  unsubscribes: {path: data/unsubscribes.parquet, at: unsubscribed_at}
metrics:
  retained_8w: {role: primary, type: retention, event: orders, window: [28d, 56d]}
  revenue_56d: {role: secondary, type: sum, event: orders, window: [0d, 56d], covariate: {window: [-56d, 0d]}}
  unsubscribed: {role: guardrail, type: conversion, event: unsubscribes, window: [0d, 56d], good: down, margin: 1pp}
analysis: {confidence: 0.95, correction: holm}
report: {formats: [pdf, png], language: en}
"""
"""The design's first grammar, with the `unsubscribes` table that its last metric names."""


@dataclass(frozen=True)
class Refused:
    """One line of a refusal: where and what."""

    line: int
    column: int
    message: str


_LINE = re.compile(r"([^:\n]+):(\d+):(\d+): (.*)")


def loaded(text: str | bytes, name: str = "drip.yaml") -> Experiment:
    """Load ``text`` as a file called ``name``."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load(path)


def refusals(text: str | bytes) -> list[Refused]:
    """Return what loading ``text`` is refused for; fails when it loads."""
    with pytest.raises(DefinitionError) as caught:
        loaded(text)
    found = [_LINE.fullmatch(line) for line in str(caught.value).split("\n")]
    assert all(found), f"a line without its place: {caught.value}"
    assert {match[1] for match in found if match} == {"drip.yaml"}
    return [Refused(int(match[2]), int(match[3]), match[4]) for match in found if match]


def refusal(text: str | bytes) -> Refused:
    """Return the one thing that loading ``text`` is refused for."""
    found = refusals(text)
    assert len(found) == 1, found
    return found[0]


def changed(old: str, new: str, text: str = DRIP) -> str:
    """Return ``text`` with its one ``old`` replaced."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def at(text: str, part: str) -> tuple[int, int]:
    """Return the line and column, from 1, of the first ``part`` in ``text``."""
    before = text[: text.index(part)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
