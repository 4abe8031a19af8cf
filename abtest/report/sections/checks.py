"""The health checks: what was looked at before any effect, and what was found."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Block, Cell, Column, Paragraph, RowGroup, Section, Table, Tone
from abtest.report.sections.part import Part
from abtest.report.view import View
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.result import Check

_STATUS_TONES: dict[str, Tone] = {"pass": "good", "warn": "caution", "fail": "bad", "skipped": "muted"}
_DESIGN = "design."  # starts the id of a check of the definition itself


def section(view: View) -> Section:
    """Return the section; it says so where nothing was checked."""
    block: Block = _table(view) if view.analysis.checks else Paragraph(view.say("empty.checks"))
    return Section("checks", view.say("section.checks"), (block,))


def _table(view: View) -> Table:
    """Return all health checks, the failed first, then the warnings."""
    order = ["fail", "warn", "skipped", "pass"]
    checks = sorted(view.analysis.checks, key=lambda check: order.index(check.status))
    rows = tuple(
        (
            Cell(view.say(f"status.{check.status}"), tone=_STATUS_TONES[check.status]),
            Cell(check_name(view, check)),
            Cell(view.told(check.reason, check.message)),
            Cell("" if check.p_value is None else view.numbers.p_value(check.p_value, 0.001)),
        )
        for check in checks
    )
    columns = (
        Column(view.say("column.status")),
        Column(view.say("column.check"), weight=1),
        Column(view.say("column.message"), weight=3),
        Column(view.say("column.p"), "right"),
    )
    return Table(view.say("table.checks"), columns, (RowGroup(rows),))


def check_name(view: View, check: "Check") -> str:
    """Return what the report calls a check; of a warning about the definition, the code that silences it."""
    if check.id.startswith(_DESIGN):
        return view.say("check.design", code=clean(check.id.removeprefix(_DESIGN)))
    return view.phrase("check-name", check.id.replace("_", " "))


PART = Part(section)
