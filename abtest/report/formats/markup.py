"""The blocks of a document as HTML, for a page and for a notebook. Every text is escaped here, and nowhere else."""

import html
from collections.abc import Callable, Iterable, Sequence

from abtest.report.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Facts,
    Heading,
    Paragraph,
    RowGroup,
    Section,
    Table,
    Tile,
    Tone,
)

_PLAIN: frozenset[Tone] = frozenset({"plain", "neutral"})


def element(name: str, content: str, kind: str = "", **attributes: str) -> str:
    """Return an element around ``content``, which is HTML; ``kind`` is its class, attributes are escaped."""
    named = {**({"class": kind} if kind else {}), **attributes}
    written = "".join(f' {key}="{escaped(value)}"' for key, value in named.items())
    return f"<{name}{written}>{content}</{name}>"


def escaped(text: str) -> str:
    """Return a text as HTML that shows it as it stands."""
    return html.escape(text)


def text(name: str, content: str, kind: str = "", **attributes: str) -> str:
    """Return an element that shows a text; nothing where there is none."""
    return element(name, escaped(content), kind, **attributes) if content else ""


def below(name: str, content: str) -> str:
    """Return an element on a line of its own, with a style sheet or without."""
    return f"<br>{text(name, content)}" if content else ""


def block(found: Block, chart: Callable[[str], str], *, titled: bool = True) -> str:
    """Return a block; ``chart`` makes the place of a chart from its id."""
    if isinstance(found, Paragraph):
        return text("p", found.text, _tone(found.tone))
    if isinstance(found, Bullets):
        return bullets(found.items)
    if isinstance(found, Facts):
        pairs = (text("dt", fact.label) + "".join(text("dd", line) for line in fact.lines) for fact in found.items)
        return element("dl", "".join(pairs))
    if isinstance(found, Heading):
        return text("h3", found.text) + text("p", found.detail, "muted")
    if isinstance(found, Chart):
        return chart(found.plot)
    return table(found, titled=titled)


def section(found: Section, chart: Callable[[str], str]) -> str:
    """Return a section under its heading, which carries its id."""
    tables = sum(isinstance(each, Table) for each in found.blocks)
    content = "".join(block(each, chart, titled=tables > 1) for each in found.blocks)
    return element("section", text("h2", found.title, id=found.id) + content)


def table(found: Table, *, titled: bool = True) -> str:
    """Return a table with its title and lead over it and its notes under it; rows and columns have their headings."""
    shown = titled or found.lead is not None
    title = text("h3", found.title) if shown else ""
    lead = text("p", found.lead.text, _tone(found.lead.tone)) if found.lead is not None else ""
    heads = "".join(text("th", c.title, c.align, scope="col") or "<td></td>" for c in found.columns)
    aligns = [column.align for column in found.columns]
    body = "".join(_group(group, aligns) for group in found.groups)
    label = {} if shown else {"aria-label": found.title}
    grid = element("table", f"<thead><tr>{heads}</tr></thead>{body}", "muted" if found.muted else "", **label)
    notes = element("ol", "".join(text("li", note) for note in found.notes), "notes") if found.notes else ""
    return title + lead + element("div", grid, "scroll") + notes


def _group(group: RowGroup, aligns: Sequence[str]) -> str:
    head = ""
    if group.title:
        title = escaped(group.title) + below("small", group.detail) + below("span", group.finding)
        head = f"<tr>{element('th', title, 'group', colspan=str(len(aligns)), scope='rowgroup')}</tr>"
    rows = "".join(f"<tr>{_row(row, aligns)}</tr>" for row in group.rows)
    return f"<tbody>{head}{rows}</tbody>"


def _row(row: Sequence[Cell], aligns: Sequence[str]) -> str:
    return "".join(_cell(cell, align, place) for place, (cell, align) in enumerate(zip(row, aligns, strict=True)))


def _cell(cell: Cell, align: str, place: int) -> str:
    note = element("sup", str(cell.note)) if cell.note else ""
    content = escaped(cell.text) + note + "".join(below("small", line) for line in cell.details)
    kind = " ".join(filter(None, [align if align == "right" else "", _tone(cell.tone)]))
    return element("td", content, kind) if place else element("th", content, kind, scope="row")


def tiles(found: Iterable[Tile]) -> str:
    """Return large figures, each with what it is over it and what qualifies it under it."""
    shown = (
        text("dt", tile.label)
        + text("dd", tile.value, " ".join(filter(None, ["value", _tone(tile.tone)])))
        + "".join(text("dd", line) for line in tile.details)
        for tile in found
    )
    return element("div", "".join(element("dl", each) for each in shown), "tiles")


def bullets(items: Iterable[str]) -> str:
    """Return a list of texts."""
    return element("ul", "".join(text("li", item) for item in items))


def _tone(tone: Tone) -> str:
    return "" if tone in _PLAIN else tone
