"""Cells of CSV files that spreadsheets take for formulas.

Principle: a text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return may run when a colleague opens
the file. A plain number does not, whatever its sign. Ids are never changed, since they must be found again: a file of
ids that begin so is refused, and Parquet holds them as they are.
"""

import re

FORMULA = r"^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]"
"""How such a text begins, as a pattern of Python's; the last four are the wide forms."""
NUMBER = r"^[-+]?[0-9]+([.][0-9]+)?$"
SQL_FORMULA = r"^[=+\-@\t\r＝＋－＠]"
"""The same for an engine."""


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may run ``text``."""
    return re.match(FORMULA, text) is not None and re.match(NUMBER, text) is None


def cell(text: str) -> str:
    """Return a text of ours for a CSV, with a quote in front where a spreadsheet would run it."""
    return f"'{text}" if is_formula(text) else text
