"""The report in GitHub's Markdown, for wikis, pull requests and chats, with its charts as PNG files beside it.

Principle: a text of the document is shown as it stands, whatever a name holds. What would be markup is escaped; what
GitHub makes of plain text afterwards (links, mentions, emoji, references to issues) is parted by an empty comment.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from abtest.report.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Document,
    Facts,
    Heading,
    Headline,
    Paragraph,
    RowGroup,
    Section,
    Table,
    Tile,
    Tone,
)
from abtest.report.formats.format import Files, Format, chart_file, chart_files

if TYPE_CHECKING:
    from abtest.report.drawing.drawings import Drawings

_MARK = "<!-- Written by abtest. The next report in this folder takes this file's place. -->"
_LOUD: frozenset[Tone] = frozenset({"good", "bad", "caution"})
_MARKUP = re.compile(r"[\\`*\[\]|~#${}]|(?<![^\W_])_|_(?![^\W_])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_PARTED = re.compile(
    r"@(?=[\w@])|\\#(?=\w)|\bGH-(?=\d)|:(?=[\w+-]+:)|:(?=//)|\b(?:mailto|xmpp):|\bwww(?=\.)", re.IGNORECASE
)
_FIRST = re.compile(r"^(?:([-+=])|(\d{1,9})([.)]))")


def _files(document: Document, drawings: "Drawings", report: str) -> Files:
    lines = [_MARK, f"# {_text(document.title)}", _text(document.kicker)]
    if document.warning:
        lines.append(f"> {_strong(document.warning)}")
    if document.hypothesis:
        lines.append(f"*{_text(document.hypothesis)}*")
    banner = document.banner
    lines += [f"## {_text(banner.label)}: {_text(banner.title)}", _paragraph(banner.sentence)]
    lines.append(_block(Facts(document.facts), document, report))
    if document.headline is not None:
        lines += _headline(document.headline, document, report)
    if document.reasons:
        lines += [f"## {_text(document.reasons_title)}", _bullets(document.reasons)]
    sections = [*([document.overview] if document.overview else []), *document.sections]
    lines += [text for section in sections for text in _section(section, document, report)]
    lines += ["---", _paragraph(document.footer)]
    yield f"{report}.md", ("\n\n".join(text for text in lines if text) + "\n").encode()
    yield from chart_files(drawings, report)


def _headline(headline: Headline, document: Document, report: str) -> list[str]:
    table = [_tiles(headline.tiles)] if headline.tiles else []
    table += _table(headline.table, titled=False) if headline.table is not None else []
    return [
        f"## {_text(headline.title)}",
        _paragraph(headline.details),
        *table,
        _paragraph(headline.plain),
        _paragraph(headline.beside),
        *([_block(Chart("headline"), document, report)] if document.plots else []),
    ]


def _tiles(tiles: Sequence[Tile]) -> str:
    rows = [[_text(tile.label) for tile in tiles], ["---"] * len(tiles)]
    rows.append([_lines(_strong(tile.value), tile.details) for tile in tiles])
    return _rows(rows)


def _section(section: Section, document: Document, report: str) -> list[str]:
    tables = sum(isinstance(block, Table) for block in section.blocks)
    lines = [f"## {_text(section.title)}"]
    for block in section.blocks:
        found = _table(block, titled=tables > 1) if isinstance(block, Table) else [_block(block, document, report)]
        lines += found
    return lines


def _block(block: Block, document: Document, report: str) -> str:
    if isinstance(block, Paragraph):
        return _emphatic(block)
    if isinstance(block, Bullets):
        return _bullets(block.items)
    if isinstance(block, Facts):
        return "\n".join(
            f"- {_strong(fact.label)}: {_lines(_text(fact.lines[0]), fact.lines[1:])}" for fact in block.items
        )
    if isinstance(block, Heading):
        return "\n\n".join([f"### {_text(block.text)}", *([_paragraph(block.detail)] if block.detail else [])])
    if isinstance(block, Table):
        return "\n\n".join(_table(block, titled=True))
    plots = {plot.id: plot.alt for plot in document.plots} | {curve.id: curve.alt for curve in document.curves}
    return f"![{_text(plots[block.plot])}]({quote(chart_file(report, block.plot))})"


def _table(table: Table, *, titled: bool) -> list[str]:
    """Return a table's title and lead, a table of its own for each group under a heading, and the notes."""
    lines = [f"### {_text(table.title)}"] if titled or table.lead is not None else []
    if table.lead is not None:
        lines.append(_emphatic(table.lead))
    for group in table.groups:
        lines += [text for text in (_group_title(group), _paragraph(group.finding)) if text]
        head = [_text(column.title) for column in table.columns]
        rule = ["--:" if column.align == "right" else "---" for column in table.columns]
        lines.append(_rows([head, rule, *([_cell(cell) for cell in row] for row in group.rows)]))
    lines += [f"<sup>{number}</sup> {_text(note)}" for number, note in enumerate(table.notes, start=1)]
    return lines


def _emphatic(paragraph: Paragraph) -> str:
    return _strong(paragraph.text) if paragraph.tone in _LOUD else _paragraph(paragraph.text)


def _group_title(group: RowGroup) -> str:
    if not group.title:
        return ""
    return _lines(_strong(group.title), [group.detail] if group.detail else [])


def _cell(cell: Cell) -> str:
    text = _strong(cell.text) if cell.tone in _LOUD and cell.text else _text(cell.text)
    return _lines(f"{text} <sup>{cell.note}</sup>" if cell.note else text, cell.details)


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {_paragraph(item)}" for item in items)


def _lines(first: str, others: Iterable[str]) -> str:
    return "<br>".join([first, *(_text(line) for line in others)])


def _strong(text: str) -> str:
    return f"**{_text(text)}**"


def _paragraph(text: str) -> str:
    """Return a text that begins a line, where a dash or a number could begin a list."""
    return _FIRST.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", _text(text))


def _text(text: str) -> str:
    """Return a text as Markdown that shows it, and nothing else."""
    text = _MARKUP.sub(lambda found: f"\\{found[0]}", text)
    text = _PARTED.sub(lambda found: f"{found[0]}\0", text)
    return "".join(_ENTITIES.get(character, character) for character in text).replace("\0", "<!-- -->")


FORMAT = Format("md", _files, says="Markdown", charts=True, linked=True, mark=_MARK.encode())
