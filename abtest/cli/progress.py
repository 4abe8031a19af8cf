"""A line on stderr that shows what a long run is doing; silent when stderr is no terminal or the work is quick."""

import sys
import time

_QUICK = 0.7


class ProgressLine:
    """Shows one line that is rewritten in place and wiped at the end."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._shown = False
        self._enabled = not quiet and sys.stderr.isatty()
        self._began = time.monotonic()

    def __call__(self, label: str, share: float | None = None) -> None:
        """Show ``label`` and, where it is known, the share that is done."""
        if not self._enabled or time.monotonic() - self._began < _QUICK:
            return
        percent = f" {share * 100:3.0f} %" if share is not None and share > 0 else ""
        elapsed = time.monotonic() - self._began
        sys.stderr.write(f"\r\x1b[K{label}{percent} · {elapsed:.0f} s")
        sys.stderr.flush()
        self._shown = True

    def close(self) -> None:
        """Wipe the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False
