"""A/B experiments on retention, from a YAML definition to a report that you can forward.

::

    import abtest

    experiment = abtest.load("experiments/drip.yaml")
    analysis = abtest.analyze(experiment)
    abtest.render(analysis, "drip.pdf")

Names are imported when first used, so that ``import abtest`` costs nothing.
"""

import importlib

# Not from `typing`: `python -m abtest` imports this file while the current folder comes first among the places of
# modules, and a stranger's `typing.py` may lie there.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from abtest.analysis.result import Analysis, Comparison
    from abtest.analysis.run import analyze
    from abtest.assignment.draw import assign, bucket
    from abtest.cohorts.result import Retention
    from abtest.cohorts.run import retention
    from abtest.comparing.compare import compare, compare_arms
    from abtest.definition.load import Experiment, load
    from abtest.engines.options import Limits
    from abtest.errors import AbtestError, DataError, DefinitionError, UsageError
    from abtest.planning.plan import Plan, plan
    from abtest.report import render, write_report
    from abtest.report.notebook import to_html

    __version__: str

_HOMES = {
    "AbtestError": "abtest.errors",
    "Analysis": "abtest.analysis.result",
    "Comparison": "abtest.analysis.result",
    "DataError": "abtest.errors",
    "DefinitionError": "abtest.errors",
    "Experiment": "abtest.definition.load",
    "Limits": "abtest.engines.options",
    "Plan": "abtest.planning.plan",
    "Retention": "abtest.cohorts.result",
    "UsageError": "abtest.errors",
    "analyze": "abtest.analysis.run",
    "assign": "abtest.assignment.draw",
    "bucket": "abtest.assignment.draw",
    "compare": "abtest.comparing.compare",
    "compare_arms": "abtest.comparing.compare",
    "load": "abtest.definition.load",
    "plan": "abtest.planning.plan",
    "render": "abtest.report",
    "retention": "abtest.cohorts.run",
    "to_html": "abtest.report.notebook",
    "write_report": "abtest.report",
}

__all__ = [
    "AbtestError",
    "Analysis",
    "Comparison",
    "DataError",
    "DefinitionError",
    "Experiment",
    "Limits",
    "Plan",
    "Retention",
    "UsageError",
    "__version__",
    "analyze",
    "assign",
    "bucket",
    "compare",
    "compare_arms",
    "load",
    "plan",
    "render",
    "retention",
    "to_html",
    "write_report",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("abtest")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'abtest' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
