"""``python -m abtest``: the command line."""

from abtest.cli import main

main()
