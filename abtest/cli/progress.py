"""A line on stderr that shows what a long run is doing; silent when stderr is no terminal or the work is quick."""

import shutil
import sys
import time
import unicodedata

from abtest.process.signals import WIPE
from abtest.words.visible import visible

_QUICK = 0.7


class ProgressLine:
    """Shows one line that is rewritten in place and wiped at the end."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown = ""
        self._enabled = not quiet and sys.stderr.isatty()
        self._began = time.monotonic()

    def __call__(self, label: str, share: float | None = None) -> None:
        """Show ``label`` and, where it is known, the share that is done."""
        elapsed = time.monotonic() - self._began
        if not self._enabled or elapsed < _QUICK:
            return
        percent = f" {share * 100:.0f} %" if share is not None and share > 0 else ""
        # A line that is wider than the terminal breaks, and only its last part could be wiped.
        room = shutil.get_terminal_size().columns - 1
        line = _cut(f"{visible(label)}{percent} · {elapsed:.0f} s", room)
        if line != self._shown:  # what does not change does not flicker
            sys.stderr.write(f"{WIPE}{line}")
            sys.stderr.flush()
            self._shown = line

    def close(self) -> None:
        """Wipe the line."""
        if self._shown:
            sys.stderr.write(WIPE)
            sys.stderr.flush()
            self._shown = ""


def _cut(line: str, room: int) -> str:
    """Return as much of ``line`` as ``room`` columns hold; letters of some scripts take two."""
    width = 0
    for place, letter in enumerate(line):
        width += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if width > room:
            return line[:place]
    return line
