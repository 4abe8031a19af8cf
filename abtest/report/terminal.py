"""What a terminal shows: tables whose columns stand below each other, and lines that end at a word."""

import unicodedata
from dataclasses import replace

from abtest.report.blocks import Cell, Table
from abtest.words.language import ENGLISH, Language

WIDTH = 100
_GAP = 2
_NARROWEST = 8
_INLINE = 7  # a detail as short as a share stands beside its number


def render_table(table: Table, width: int, language: Language = ENGLISH) -> list[str]:
    """Return the table as aligned lines of at most ``width`` columns; cells that do not fit wrap.

    The marks of its notes are numbers in the digits of ``language``.
    """
    table = _with_marks(table, language)
    rows = [row for group in table.groups for row in group.rows]
    used = [
        place
        for place in range(len(table.columns))
        if any(row[place].text or row[place].details for row in rows) or table.columns[place].title
    ]
    widths = _fit([max(_cell_width(row[i]) for row in [_header(table), *rows]) for i in used], width)
    lines = _row_lines(tuple(_header(table)[i] for i in used), widths, [table.columns[i].align for i in used])
    lines.append("  ".join("─" * w for w in widths))
    for group in table.groups:
        if group.title:
            if group is not table.groups[0]:
                lines.append("")
            lines += wrap(f"{group.title} ({group.detail})" if group.detail else group.title, width)
            lines += wrap(group.finding, width) if group.finding else []
        for row in group.rows:
            lines += _row_lines(tuple(row[i] for i in used), widths, [table.columns[i].align for i in used])
    for number, note in enumerate(table.notes, start=1):
        lines += wrap(f"{_mark(number, language)} {note}", width)
    return lines


def _mark(number: int, language: Language) -> str:
    return f"[{language.figures(str(number))}]"


def _with_marks(table: Table, language: Language) -> Table:
    """Return the table with the marks of its notes in the texts of its cells."""
    groups = (
        replace(group, rows=tuple(_row_with_marks(row, language) for row in group.rows)) for group in table.groups
    )
    return replace(table, groups=tuple(groups))


def _row_with_marks(row: tuple[Cell, ...], language: Language) -> tuple[Cell, ...]:
    return tuple(
        replace(cell, text=f"{cell.text} {_mark(cell.note, language)}", note=None) if cell.note else cell
        for cell in row
    )


def _header(table: Table) -> tuple[Cell, ...]:
    return tuple(Cell(column.title) for column in table.columns)


def _cell_lines(cell: Cell) -> list[str]:
    if len(cell.details) == 1 and columns(cell.details[0]) <= _INLINE:
        return [f"{cell.text}  {cell.details[0]}"]
    return [cell.text, *cell.details]


def _cell_width(cell: Cell) -> int:
    return max(columns(line) for line in _cell_lines(cell))


def _fit(widths: list[int], total: int) -> list[int]:
    """Narrow the widest columns, one character at a time, until all fit in ``total``."""
    fitted = [max(width, 1) for width in widths]
    while sum(fitted) + _GAP * (len(fitted) - 1) > total and max(fitted) > _NARROWEST:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def _row_lines(row: tuple[Cell, ...], widths: list[int], aligns: list[str]) -> list[str]:
    cells = [
        [part for line in _cell_lines(cell) for part in wrap(line, w)] for cell, w in zip(row, widths, strict=True)
    ]
    height = max(len(cell) for cell in cells)
    lines = []
    for place in range(height):
        parts = []
        for cell, width, align in zip(cells, widths, aligns, strict=True):
            text = cell[place] if place < len(cell) else ""
            space = " " * (width - columns(text))
            parts.append(space + text if align == "right" else text + space)
        lines.append((" " * _GAP).join(parts))
    return lines


def columns(text: str) -> int:
    """Return how many terminal columns ``text`` takes: wide characters two, combining ones none."""
    wide = sum(1 for c in text if unicodedata.east_asian_width(c) in "WF")
    return len(text) + wide - sum(1 for c in text if unicodedata.combining(c))


def wrap(text: str, width: int, indent: int = 0) -> list[str]:
    """Break ``text`` into lines of at most ``width`` columns, at least one; a word that is too long is cut."""
    room = width - indent
    lines = [""]
    for word in text.split(" "):
        rest = word
        joined = f"{lines[-1]} {rest}" if lines[-1] else rest
        if columns(joined) <= room:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        while columns(rest) > room:
            cut = next(i for i in range(len(rest), 0, -1) if columns(rest[:i]) <= room or i == 1)
            gap = rest.rfind("\u00a0", 1, cut + 1)
            lines[-1], rest = (rest[:gap], rest[gap + 1 :]) if gap > 0 else (rest[:cut], rest[cut:])
            lines.append("")
        lines[-1] = rest
    return [" " * indent + line for line in lines]
