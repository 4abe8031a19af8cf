"""The command ``abtest``, also as ``python -m abtest``."""

import gc
import os
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # `python -m` looks for modules in the current folder first, where a stranger's `json.py` may lie. This package is
    # found already, and keeps its own place.
    del sys.path[0]

from abtest.errors import AbtestError
from abtest.process.seclusion import seclude
from abtest.process.shortage import shortage
from abtest.process.signals import stoppable
from abtest.process.streams import secure_streams


def main() -> None:
    """Run the command line. Signals are heard before anything that takes time is imported."""
    # Importing makes much that stays, in which a collector that starts early finds nothing.
    gc.set_threshold(10_000, 10, 10)
    secure_streams()
    with stoppable():
        seclude()
        try:
            from abtest.cli import main as command_line

            command_line()
        except SystemExit as leaving:
            _leave(leaving)
            raise
        except Exception as error:
            _leave(_short(error))


def _short(error: Exception) -> SystemExit:
    """Say what the machine did not give for the command line itself, and return with which code to leave."""
    known = shortage(error)
    if known is None:
        raise error
    print(known, file=sys.stderr)
    return SystemExit(known.exit_code)


def _leave(leaving: SystemExit) -> None:
    """End the process, since nothing is left to be done: to take down all that was imported takes long."""
    code = 0 if leaving.code is None else leaving.code
    if not isinstance(code, int):
        return
    try:
        sys.stdout.flush()
    except AbtestError as error:
        code = error.exit_code
        print(error, end="\n" if str(error) else "", file=sys.stderr)
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
