"""The command ``abtest``, also as ``python -m abtest``."""

import gc
import os
import sys

from abtest.process.signals import stoppable


def main() -> None:
    """Run the command line. Signals are heard before anything that takes time is imported."""
    # Importing makes much that stays, in which a collector that starts early finds nothing.
    gc.set_threshold(10_000, 10, 10)
    with stoppable():
        from abtest.cli import main as command_line

        try:
            command_line()
        except SystemExit as leaving:
            _leave(leaving)
            raise


def _leave(leaving: SystemExit) -> None:
    """End the process if nothing is left to be done: to take down all that was imported takes long."""
    code = 0 if leaving.code is None else leaving.code
    if not isinstance(code, int):
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # Python has its own words for an output that cannot be written
    os._exit(code)


if __name__ == "__main__":
    main()
