"""The board's rate: what the experiment means for (E − N)/S of the whole base."""

from typing import TYPE_CHECKING

from abtest.report.blocks import Cell, Column, Paragraph, RowGroup, Section, Table
from abtest.report.sections.cells import Notes, missing_note
from abtest.report.sections.measures import bounds_of, measure
from abtest.report.sections.part import Part
from abtest.report.view import View
from abtest.words.numbers import Scale
from abtest.words.visible import clean

if TYPE_CHECKING:
    from abtest.analysis.in_time import BoardResult, BoardRow
    from abtest.analysis.value import Effect


def section(view: View) -> Section | None:
    """Return the section; ``None`` where the effect was not expressed in the board's rate."""
    board = view.analysis.board
    if board is None:
        return None
    intro = Paragraph(" ".join([_base(view, board), view.say("section.board.joined", confidence=view.confidence)]))
    return Section("board", view.say("section.board"), (intro, _table(view, board)))


def asides(view: View) -> tuple[str, ...]:
    """Return a line for each arm: by how much it moved the board's rate, and would have, had all been treated."""
    board = view.analysis.board
    if board is None:
        return ()
    points, _ = _scales(board)
    return tuple(
        view.say(
            "text.board",
            arm=view.arm(row.arm),
            moved=view.effect_text(row.moved, points),
            all=view.effect_text(row.if_all, points),
        )
        for row in board.rows
        if row.moved.estimate is not None
    )


def _base(view: View, board: "BoardResult") -> str:
    found = (metric.title for metric in view.analysis.metrics if metric.name == board.metric)
    text = view.say(
        "section.board.base",
        metric=clean(next(found, board.metric)),
        base=view.numbers.count(board.base),
        assigned=view.numbers.count(board.assigned),
        share=view.numbers.share(board.share_assigned),
    )
    if board.control_rate is None:
        return text
    rate = view.numbers.share(board.control_rate)
    return f"{text} {view.say('section.board.control', control=view.control, rate=rate)}"


def _scales(board: "BoardResult") -> tuple[Scale, Scale]:
    """Return the scales of the rate's change, and of customers."""
    effects = [effect for row in board.rows for effect in (row.moved, row.if_all)]
    counted = Scale(1, 0)
    return measure("fraction", [bounds_of(effect) for effect in effects]).change, counted


def _table(view: View, board: "BoardResult") -> Table:
    notes = Notes()
    columns = (
        Column(view.say("column.arm"), weight=2),
        Column(view.say("column.reached"), "right", 2),
        Column(view.say("column.moved"), "right", 3),
        Column(view.say("column.customers.moved"), "right", 3),
        Column(view.say("column.if_all"), "right", 3),
        Column(view.say("column.customers.if_all"), "right", 3),
    )
    rows = tuple(_row(view, row, _scales(board), notes) for row in board.rows)
    return Table(view.say("table.board"), columns, (RowGroup(rows),), notes.texts, muted=view.invalid)


def _row(view: View, row: "BoardRow", scales: tuple[Scale, Scale], notes: Notes) -> tuple[Cell, ...]:
    points, counted = scales

    def cell(effect: "Effect", scale: Scale) -> Cell:
        note = missing_note(view, row.arm, bounds_of(effect), view.why(effect), notes)
        bounded = effect.low is not None or effect.high is not None
        interval = (view.numbers.interval(effect.low, effect.high, scale, signed=True),) if bounded else ()
        return Cell(view.numbers.quantity(effect.estimate, scale, signed=True), interval, note=note)

    return (
        Cell(view.arm(row.arm)),
        Cell(view.numbers.share(row.share_reached)),
        cell(row.moved, points),
        cell(row.customers_moved, counted),
        cell(row.if_all, points),
        cell(row.customers_if_all, counted),
    )


PART = Part(section, asides)
