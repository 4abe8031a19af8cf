"""What the files of a report are called, so that those of an earlier one are known again."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from abtest.process import disk
from abtest.process.publishing import stem

RESULTS = "results.json"
PLOTS = ("headline", "retention", "effects", "value")
_MOST_BYTES = 1 << 28
_MOST_CURVES = 1000


class Drawn(Protocol):
    """What tells one curve from another."""

    @property
    def metric(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def cause(self) -> str | None: ...  # noqa: D102
    @property
    def step(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class _Stored:
    """A curve of a results.json that may be of another version."""

    metric: str
    kind: str
    cause: str | None
    step: str


def curve_ids(curves: Iterable[Drawn]) -> list[str]:
    """Return an id for each curve: ``curve-<metric>``, and longer ones where a metric has several."""
    found: dict[str, None] = {}
    for curve in curves:
        base = f"curve-{stem(curve.metric)}"
        if base in found:
            base = "-".join([base, *(stem(part) for part in (curve.kind, curve.cause, curve.step) if part)])
        name, number = base, 2
        while name in found:
            name, number = f"{base}-{number}", number + 1
        found[name] = None
    return list(found)


def rendering_names(name: str, curves: Iterable[Drawn]) -> set[str]:
    """Return the names that the report of the experiment ``name`` can have files of, without ``results.json``."""
    own = stem(name)
    return {f"{own}.pdf", f"{own}.png", *(f"{own}-{plot}.png" for plot in (*PLOTS, *curve_ids(curves)))}


def earlier(folder: Path) -> Collection[str]:
    """Return the names that files of an earlier report in ``folder`` can have, by its ``results.json``."""
    try:
        content = json.loads(disk.read(folder / RESULTS, _MOST_BYTES))
        name, curves = content["experiment"]["name"], content.get("curves") or []
        drawn = [_Stored(*(_text(curve, key) for key in _Stored.__dataclass_fields__)) for curve in curves]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {RESULTS}
    if not isinstance(name, str):
        return {RESULTS}
    return {RESULTS, *rendering_names(name, drawn[:_MOST_CURVES])}


def _text(curve: dict[str, object], key: str) -> str:
    found = curve.get(key)
    return found if isinstance(found, str) else ""
