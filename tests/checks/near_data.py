"""Experiments whose tables do not write one id in one way, and what they hold, counted row by row."""

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

import abtest

MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
Write = Callable[[str, random.Random], str]


def experiment(**parts: object) -> abtest.Experiment:
    """Return an experiment of ids in the column `who`; ``parts`` stand beside or for those here."""
    definition = {
        "name": "near",
        "unit": "who",
        "timezone": "UTC",
        "period": {"start": "2026-03-02", "end": "2026-03-08", "through": "2026-06-01"},
        "arms": [{"name": "a", "control": True}, {"name": "b"}],
        "data": {"assignments": {"at": "since"}, "buys": {"at": "moment", "value": "paid"}},
        "metrics": {
            "kept": {"role": "primary", "type": "retention", "event": "buys", "window": ["28d", "56d"]},
            "spent": {"type": "sum", "event": "buys", "window": ["0d", "56d"]},
        },
    }
    return abtest.load({**definition, **parts})


def tables(
    ids: Sequence[str], *, seed: int, written: Mapping[str, Write] | None = None, outside: int = 50
) -> tuple[dict[str, pl.DataFrame], dict[str, tuple[int, float]]]:
    """Return the tables, and per arm how many units were kept and what they spent.

    ``written``: how a table writes an id, where it does not write it as it is. ``outside``: events of other people.
    """
    draw, write = random.Random(seed), written or {}
    assigned, buys = [], []
    truth = {"a": (0, 0.0), "b": (0, 0.0)}
    for place, one in enumerate(ids):
        arm = "ab"[place % 2]
        assigned.append((write.get("assignments", _as_it_is)(one, draw), arm, MONDAY + dt.timedelta(hours=place % 120)))
        since, kept, spent = assigned[-1][2], False, 0.0
        for _ in range(draw.choice([0, 0, 1, 1, 2])):
            after = dt.timedelta(minutes=draw.randrange(0, 56 * 24 * 60))
            paid = draw.randrange(100, 9000) / 100
            buys.append((write.get("buys", _as_it_is)(one, draw), since + after, paid))
            kept, spent = kept or after >= dt.timedelta(days=28), spent + paid
        truth[arm] = (truth[arm][0] + kept, truth[arm][1] + spent)
    for place in range(outside):
        buys.append((f"stranger-{place}", MONDAY + dt.timedelta(days=draw.randrange(0, 80)), 5.0))
    draw.shuffle(buys)
    frames = {
        "assignments": pl.DataFrame(assigned, schema=["who", "arm", "since"], orient="row"),
        "buys": pl.DataFrame(buys, schema=["who", "moment", "paid"], orient="row"),
    }
    return frames, truth


def told(analysis: abtest.Analysis) -> dict[str, tuple[int, float]]:
    """Return per arm how many units were kept and what they spent, as an analysis counts it."""
    kept, spent = analysis.metric("kept"), analysis.metric("spent")
    return {
        one.arm: (round(one.value * one.n), round(other.value * other.n, 2))
        for one, other in zip(kept.arms, spent.arms, strict=True)
    }


def saved(frames: Mapping[str, pl.DataFrame], folder: Path) -> None:
    """Write the tables as CSV."""
    for name, frame in frames.items():
        frame.write_csv(folder / f"{name}.csv", datetime_format="%Y-%m-%dT%H:%M:%SZ")


def _as_it_is(text: str, draw: random.Random) -> str:  # noqa: ARG001
    return text
