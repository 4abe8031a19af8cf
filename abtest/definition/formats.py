"""The names of the report's formats: the one list. Each is the suffix of its files and a module of the same name.

It stands here, and not with the formats, because a definition names them and is read without drawing anything. What a
format writes is in ``abtest/report/formats/<name>.py``.
"""

from typing import TYPE_CHECKING, Literal

FORMATS = ("pdf", "png", "html", "md")
"""All formats, in the order in which they are named to users."""
DEFAULT = ("pdf", "png")
"""What is written where nobody says."""

if TYPE_CHECKING:
    FormatName = str
else:
    FormatName = Literal[FORMATS]
    """A format's name, for models: errors, the editor's schema and the reference list what the list has."""
