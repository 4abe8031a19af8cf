"""Pure statistics on counts and moments: no data frames, no files, no randomness that is not seeded.

A p-value, its difference interval and its lift interval come from one test and never contradict each other. What
cannot be estimated is ``None`` with a reason in plain words; impossible input is refused with a ``ValueError``.
"""

import importlib.util
import sys

import numpy as np

_UNUSED = ("ctypeslib", "f2py", "testing")
"""Parts of NumPy that SciPy asks for by name when it is imported, and that no statistic uses."""


def _when_used(name: str) -> None:
    """Let a part of NumPy be loaded when something of it is first used: a fifth of SciPy's import is theirs."""
    found = importlib.util.find_spec(f"numpy.{name}")
    if found is None or found.loader is None:
        return
    found.loader = loader = importlib.util.LazyLoader(found.loader)
    module = importlib.util.module_from_spec(found)
    loader.exec_module(module)  # prepares it; one that is there, whoever loaded it, stays
    if sys.modules.setdefault(found.name, module) is module:
        setattr(np, name, module)


for _name in _UNUSED:
    if f"numpy.{_name}" not in sys.modules:
        _when_used(_name)
