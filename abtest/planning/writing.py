"""Writes what was planned into the definition, and leaves every other character of it as it is."""

import bisect
import math

import pydantic

from abtest.definition.load import Experiment
from abtest.definition.plan_part import Planned
from abtest.errors import UsageError
from abtest.grammar.nodes import Document, decode, parse
from abtest.planning.plan import MetricPlan, Plan
from abtest.process.publishing import Kind, publish

KEY = "planned"
KIND = Kind("definition", "make its folder writable")
_DIGITS = 3


def planned_lines(plan: Plan) -> list[str]:
    """Return the lines of the part: units of all arms, power, what each metric would show, and the date."""
    lines = ["planned:   # by abtest plan --write", f"  units: {plan.total}", f"  power: {_power(plan):g}"]
    sizes = [(metric.name, _written(metric)) for metric in plan.metrics]
    known = [f"{name}: {size}" for name, size in sizes if size is not None]
    if known:
        lines.append(f"  detectable: {{{', '.join(known)}}}")
    if plan.readable is not None:
        lines.append(f"  readable: {plan.readable}")
    return lines


def write_planned(experiment: Experiment, plan: Plan) -> None:
    """Put the part ``planned`` into the definition's file, in place of an earlier one or at the end.

    Comments, layout and line ends stay. Raises :class:`~abtest.errors.UsageError` where the file cannot be written, or
    is written so that a part cannot be put into it.
    """
    if experiment.file is None:
        raise UsageError("--write: the definition has no file")
    path = experiment.file.resolve()
    raw = path.read_bytes()
    name = experiment.label
    text = decode(raw, name)
    mark = raw[: len(raw) - len(text.encode())]
    before = parse(text, name)
    changed = replaced(text, before, planned_lines(plan))
    if not _only_planned(before, parse(changed, name)):
        raise UsageError(
            f"{name}: `planned` cannot be put into it without touching the rest; write it as one key a line, or add "
            "this part yourself:\n" + "\n".join(planned_lines(plan))
        )
    publish({path.name: mark + changed.encode()}, path.parent, kind=KIND)


def replaced(text: str, document: Document, lines: list[str]) -> str:
    """Return a definition's text with ``lines`` in place of its part ``planned``, or at its end."""
    end = "\r\n" if "\r\n" in text else "\n"
    rows = text.splitlines(keepends=True)
    tops = sorted(found.line for path, found in document.keys.items() if len(path) == 1)
    there = document.keys.get((KEY,))
    new = [line + end for line in lines]
    if there is None:
        if rows and not rows[-1].endswith(("\n", "\r")):
            rows[-1] += end
        return "".join([*rows, *new])
    following = bisect.bisect_right(tops, there.line)
    last = tops[following] - 1 if following < len(tops) else len(rows)
    # Comments and empty lines before the next part are its own.
    while last > there.line and (not rows[last - 1].strip() or rows[last - 1].startswith("#")):
        last -= 1
    return "".join([*rows[: there.line - 1], *new, *rows[last:]])


def _only_planned(before: Document, after: Document) -> bool:
    if not isinstance(before.tree, dict) or not isinstance(after.tree, dict) or after.problems:
        return False
    trees = [{key: value for key, value in tree.items() if key != KEY} for tree in (before.tree, after.tree)]
    try:
        Planned.model_validate(after.tree.get(KEY))
    except pydantic.ValidationError:
        return False
    return trees[0] == trees[1]


def _power(plan: Plan) -> float:
    """Return the power that is asked for, or what a given number of units has, rounded down."""
    return plan.target if not plan.given else max(0.5, min(0.999, math.floor(plan.power * 1000) / 1000))


def _written(metric: MetricPlan) -> str | None:
    """Return the detectable effect as a definition writes it, rounded up to three digits; ``None`` where none is."""
    if not metric.detectable:
        return None
    size = abs(metric.detectable) * (100 if metric.rate else 1)
    step = 10.0 ** (math.floor(math.log10(size)) - _DIGITS + 1)
    rounded = float(f"{math.ceil(size / step - 0.05) * step:.12g}")
    return f"{rounded:.12f}".rstrip("0").rstrip(".") + ("pp" if metric.rate else "")
