"""The report for a terminal: verdict first, plain characters, at most 100 columns."""

import unicodedata
from typing import TYPE_CHECKING

from abtest.report.blocks import Cell, Document, Table
from abtest.report.document import build
from abtest.report.sections.checks import check_name
from abtest.report.view import View
from abtest.words.language import Language, spoken

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis

WIDTH = 100
_GAP = 2
_NARROWEST = 8
_INLINE = 7  # a detail as short as a share stands beside its number


def summary(analysis: "Analysis", language: Language | None = None) -> str:
    """Return the analysis as text for a terminal, without colour codes, ending in a newline."""
    language = language or spoken(analysis.experiment.language)
    document = build(analysis, language)
    lines = [*wrap(document.title, WIDTH), *wrap(document.kicker, WIDTH)]
    lines += [*(wrap(document.lock, WIDTH) if document.lock else []), ""]
    lines += wrap(document.banner.title.upper(), WIDTH)
    lines += wrap(document.banner.sentence, WIDTH, indent=2)
    if document.headline and document.headline.plain:
        lines += wrap(document.headline.plain, WIDTH, indent=2)
    if document.reasons:
        lines += ["", document.reasons_title]
        for reason in document.reasons:
            lines += _bullet(reason)
    if document.changes:
        lines += ["", document.changes_title, *(line for change in document.changes for line in _bullet(change))]
    if analysis.metrics:
        lines += ["", *wrap(language.say("text.metrics", intervals=document.intervals), WIDTH)]
        lines += _tables(document, "metrics", first_only=True)
    for table in _curves(document):
        lines += ["", *wrap(table.title, WIDTH), *("  " + line for line in render_table(table, WIDTH - 2))]
    if document.asides:
        lines += ["", *(line for aside in document.asides for line in wrap(aside, WIDTH))]
    lines += ["", language.say("text.population")]
    lines += _tables(document, "population") or ["  " + language.say("empty.population")]
    lines += ["", *_checks(analysis, language)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _checks(analysis: "Analysis", language: Language) -> list[str]:
    open_checks = [check for check in analysis.checks if check.status != "pass"]
    if not analysis.checks:
        return [language.say("empty.checks")]
    if not open_checks:
        return [language.say("text.checks.all", count=len(analysis.checks))]
    lines, view = [language.say("text.checks")], View(analysis, language)
    for status in ("fail", "warn", "skipped"):
        for check in open_checks:
            if check.status == status:
                name = check_name(view, check)
                lines += _bullet(f"{language.say(f'status.{status}')} {name}: {view.told(check.reason, check.message)}")
    return lines


def _curves(document: Document) -> list[Table]:
    found = [section for section in document.sections if section.id == "curves"]
    return [block for section in found for block in section.blocks if isinstance(block, Table)]


def _tables(document: Document, section: str, *, first_only: bool = False) -> list[str]:
    tables = [block for block in document.section(section).blocks if isinstance(block, Table)]
    lines: list[str] = []
    for table in tables[: 1 if first_only else None]:
        lines += render_table(table, WIDTH - 2)
    return ["  " + line for line in lines]


def render_table(table: Table, width: int) -> list[str]:
    """Return the table as aligned lines of at most ``width`` columns; cells that do not fit wrap."""
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
        lines += wrap(f"[{number}] {note}", width)
    return lines


def _header(table: Table) -> tuple[Cell, ...]:
    return tuple(Cell(column.title) for column in table.columns)


def _cell_lines(cell: Cell) -> list[str]:
    text = f"{cell.text} [{cell.note}]" if cell.note else cell.text
    if len(cell.details) == 1 and columns(cell.details[0]) <= _INLINE:
        return [f"{text}  {cell.details[0]}"]
    return [text, *cell.details]


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


def _bullet(text: str) -> list[str]:
    first, *rest = wrap(text, WIDTH - 4)
    return [f"  • {first}", *(f"    {line}" for line in rest)]
