"""Sheets of workbooks (.xlsx, .xlsm, .ods), written out as CSV: dates and times as they are typed, whole numbers whole.

Principle: a workbook is a zip archive of a stranger's. It is measured before it is opened, by what it says of itself
and by the cells that its rows reach to, so that none unpacks to more than a workbook holds. Formulas are not computed:
their last values are read.
"""

import csv
import datetime as dt
import re
import zipfile
from pathlib import Path

from abtest.errors import DataError, UsageError
from abtest.files.prepared import Attempt, Written, require_bounds, target_of
from abtest.process.regular import open_regular
from abtest.words.names import repr_of

MOST_BYTES = 2_000_000_000
MOST_CELLS = 40_000_000
_BLOCK = 1 << 22
_ABOVE = 40
"""Rows among which empty ones are kept, so that those above a header can be counted."""
_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_ROW = re.compile(rb"<table:table-row\b[^>]*>|<table:(?:covered-)?table-cell\b[^>]*>")
_REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="([0-9]+)"')


def sheet_written(path: Path, folder: Path, written: Written, place: str) -> Path:
    """Write a sheet as CSV, and return where; at most once.

    Raises :class:`~abtest.errors.DataError` naming the sheets where ``written`` does not say which of several, and
    :class:`~abtest.errors.UsageError` where the reader is not installed.
    """
    target = target_of(path, folder, (written.sheet, written.skip))
    if target.exists():
        return target
    _require_size(path, place)
    try:
        import python_calamine
    except ImportError:
        raise UsageError(
            f"{place}: {path.name}: to read workbooks, pip install 'abtest[excel]'; or save the sheet as CSV"
        ) from None
    damaged = DataError(f"{place}: {path.name}: the workbook is damaged or locked with a password; save it again")
    with Attempt() as opening:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        names = list(book.sheet_names)
    if not opening.whole:
        raise damaged
    name = _chosen(names, written, path, place)
    part = target.with_name(target.name + ".part")
    with Attempt() as attempt:
        sheet = book.get_sheet_by_name(name)
        with part.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            width = 0
            for number, row in enumerate(sheet.iter_rows()):
                if number < written.skip:
                    continue
                cells = [_text(cell) for cell in row]
                if not width and any(cells):
                    while cells and not cells[-1].strip():
                        cells.pop()
                    width = len(cells)
                if any(cells) or (width and number < written.skip + _ABOVE):
                    writer.writerow(cells[:width] if not any(cells[width:]) else cells)
    if not attempt.whole:
        raise damaged
    if not width:
        raise DataError(f"{place}: {path.name}: sheet {repr_of(name)} is empty; name another with `read: {{sheet: …}}`")
    part.rename(target)
    return target


def _chosen(names: list[str], written: Written, path: Path, place: str) -> str:
    listed = ", ".join(repr_of(name) for name in names[:20])
    if written.sheet is not None:
        if written.sheet not in names:
            raise DataError(f"{place}: {path.name} has no sheet {repr_of(written.sheet)}; its sheets: {listed}")
        return written.sheet
    if len(names) != 1:
        raise DataError(f"{place}: {path.name} has {len(names)} sheets ({listed}); say which: `read: {{sheet: …}}`")
    return names[0]


def _text(cell: object) -> str:
    """Return a cell as a CSV holds it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))  # a workbook has no whole numbers, and an id is one
    if isinstance(cell, dt.datetime):
        # A workbook keeps a fraction of a day: what is left of a second is rounding.
        return (cell + dt.timedelta(milliseconds=500)).replace(microsecond=0).isoformat(sep=" ")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell)


def _require_size(path: Path, place: str) -> None:
    """Refuse a workbook that unpacks, or whose cells spread, to more than one holds."""
    large = DataError(f"{place}: {path.name} is too large for a workbook; save the sheet as CSV")
    try:
        with open_regular(path) as content, zipfile.ZipFile(content) as archive:
            sizes = [one.file_size for one in archive.infolist()]
            if sum(sizes) > MOST_BYTES:
                raise large
            own, seen = path.stat().st_size, 0
            for one in archive.infolist():
                sheet = one.filename.startswith("xl/worksheets/") or one.filename == "content.xml"
                with archive.open(one) as member:
                    reach = _Reach(one.filename == "content.xml")
                    while block := member.read(_BLOCK):
                        seen += len(block)
                        require_bounds(path, place, seen, own)
                        if seen > MOST_BYTES:
                            raise large
                        if sheet and reach.grown(block) > MOST_CELLS:
                            raise DataError(
                                f"{place}: {path.name}: its cells are more than {MOST_CELLS:,}; save the sheet as CSV"
                            )
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError):
        raise DataError(
            f"{place}: {path.name}: the workbook is damaged or locked with a password; save it again"
        ) from None


class _Reach:
    """How many cells the rectangle has that holds all cells seen so far."""

    def __init__(self, open_document: bool) -> None:
        self.open_document = open_document
        self.rest = b""
        self.width = self.rows = self.across = 0
        self.repeat = 1
        self.filled = False

    def grown(self, block: bytes) -> int:
        text = self.rest + block
        cut = text.rfind(b"<")
        # A tag that is cut is looked at with the next block.
        text, self.rest = (text[:cut], text[cut:][-65_536:]) if cut > 0 else (text, b"")
        if not self.open_document:
            for letters, number in _CELL.findall(text):
                column = 0
                for letter in letters:
                    column = column * 26 + letter - 64
                self.width, self.rows = max(self.width, column), max(self.rows, int(number))
            return self.width * self.rows
        for found in _ROW.finditer(text):
            tag = found[0]
            times = _REPEATED.search(tag)
            repeat = int(times[1]) if times else 1
            if tag.startswith(b"<table:table-row"):
                self.rows += self.repeat if self.filled else 0
                self.across, self.repeat, self.filled = 0, repeat, False
            else:
                self.across += repeat
                if b"office:value-type" in tag:
                    self.filled = True
                    self.width = max(self.width, self.across)
        return self.width * (self.rows + (self.repeat if self.filled else 0))
