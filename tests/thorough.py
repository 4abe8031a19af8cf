"""How many of the drawn examples a run tries: some in every run, all with ``ABTEST_THOROUGH=1``."""

import os

THOROUGH = bool(os.environ.get("ABTEST_THOROUGH"))


def examples(some: int, of: int) -> range:
    """Return the seeds of a run."""
    return range(of if THOROUGH else some)
