"""The command ``abtest``, also as ``python -m abtest``."""

import sys

from abtest.interrupts import stoppable


def main() -> None:
    """Run the command line. Ctrl-C and SIGTERM are heard before anything that takes time is imported."""
    # `init` asks questions, and has its own answer to Ctrl-C.
    with stoppable(ctrl_c=sys.argv[1:2] != ["init"]):
        from abtest.cli import main as command_line

        command_line()


if __name__ == "__main__":
    main()
