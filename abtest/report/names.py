"""What the files of a report are called, so that those of an earlier one are known again."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from abtest.definition.formats import FORMATS
from abtest.process import disk
from abtest.process.publishing import stem
from abtest.report.formats import format_of

if TYPE_CHECKING:
    from abtest.report.sections.curves import Drawn

RESULTS = "results.json"
_MOST_BYTES = 1 << 28
_MOST_CURVES = 1000


@dataclass(frozen=True, slots=True)
class _Stored:
    """A curve of a results.json that may be of another version."""

    metric: str
    kind: str
    cause: str | None
    step: str


def rendering_names(name: str, curves: "Iterable[Drawn]", folder: Path) -> set[str]:
    """Return the names that files of the experiment's report in ``folder`` can have, without ``results.json``."""
    from abtest.report.sections import CHARTS
    from abtest.report.sections.curves import curve_ids

    charts = [*CHARTS, *curve_ids(curves)]
    return {file for found in FORMATS for file in format_of(found).written(stem(name), charts, folder)}


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
    return {RESULTS, *rendering_names(name, drawn[:_MOST_CURVES], folder)}


def _text(curve: dict[str, object], key: str) -> str:
    found = curve.get(key)
    return found if isinstance(found, str) else ""
