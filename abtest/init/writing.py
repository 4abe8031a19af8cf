"""From a draft to the file and to what the terminal says of it."""

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from abtest.definition.load import load
from abtest.errors import UsageError
from abtest.grammar.scalars import scalar
from abtest.init.draft import Draft, MetricDraft, SourceDraft
from abtest.init.scalars import Raw, Value, commented, noted, one_line, written
from abtest.process import disk
from abtest.process.publishing import Kind, publish, settle, workplace

Paths = Callable[[str], str]
"""From a path as the user gave it to the one that stands in the file."""


def compose(draft: Draft, paths: Paths) -> str:
    """Return the YAML text of ``draft``; ``paths`` makes the tables' paths relative to the file."""
    blocks = [
        _opening(draft),
        _head(draft),
        *([_period(draft)] if draft.period else []),
        _arms(draft),
        _population(draft),
        _data(draft, paths),
        _metrics(draft),
        _segments(draft),
        [
            "# How it is tested: 95 % intervals; with several primary comparisons, p-values by Holm.",
            "analysis: {confidence: 0.95, correction: holm}",
        ],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _opening(draft: Draft) -> list[str]:
    files = ", ".join(path.replace("\\", "/").rsplit("/", 1)[-1] for path in draft.files)
    return [
        *commented(f"Drafted by `abtest init` from {files}."),
        "# Read it once from top to bottom. Every guess is marked `check:`; delete the mark when it is right.",
    ]


def _check(note: str | None) -> str | None:
    return f"check: {note}" if note else None


def _head(draft: Draft) -> list[str]:
    lines = [
        *noted(f"name: {scalar(draft.name)}", "short; the reports' folder and files are called so"),
        *noted(f"title: {scalar(one_line(draft.title)[:200])}", "what the report calls it"),
        "# hypothesis: What you believe, in a sentence, written before you look at results.",
    ]
    if draft.unit is not None:
        lines += noted(f"unit: {scalar(draft.unit)}", _check(draft.unit_note) or "the column of the id")
    if draft.timezone is not None:
        lines += noted(f"timezone: {scalar(draft.timezone)}", _check(draft.timezone_note))
    return lines


def _period(draft: Draft) -> list[str]:
    period = draft.period
    if period is None:
        return []
    days: dict[str, Value] = {"start": period.start, "end": period.end}
    if period.through is not None:
        days["through"] = period.through
    return [
        "# First and last day of enrolment; a unit assigned on another day is left out.",
        *noted(f"period: {written(days)}", _check(period.note)),
    ]


def _arms(draft: Draft) -> list[str]:
    lines = ["# The arms as the data writes them; the others are compared with the control."]
    for note in draft.arms_notes:
        lines += commented(f"check: {note}")
    lines.append("arms:")
    for place, arm in enumerate(draft.arms):
        keys: dict[str, Value] = {"name": arm.name}
        if place == 0:
            keys["control"] = True
        keys["weight"] = arm.weight
        if arm.cadence is not None:
            keys["cadence"] = Raw(f"{arm.cadence}d")
        lines += noted(f"  - {written(keys)}", f"{arm.units:,} units")
    return lines


def _population(draft: Draft) -> list[str]:
    rule = "# Who may be counted, by facts known before the start. Never by what happened after it."
    eligible = draft.eligibility
    if eligible is None:
        if draft.period is None:
            return []
        return [rule, "# population:", "#   eligible: first_order_at < period.start   # a column of data.customers"]
    line = f"eligible: {scalar(eligible.condition)}"
    if eligible.active:
        return [rule, "population:", *noted(f"  {line}", _check(eligible.note))]
    return [rule, *commented(f"check: {eligible.note}"), "# population:", f"#   {line}"]


def _data(draft: Draft, paths: Paths) -> list[str]:
    lines = ["# The tables. Paths start from this file's folder; globs such as orders/*.parquet are fine.", "data:"]
    for source in draft.sources:
        lines += _source(source, paths)
    return lines


def _source(source: SourceDraft, paths: Paths) -> Iterator[str]:
    for comment in source.comments:
        yield from commented(comment, "  ")
    notes = "; ".join(source.notes)
    yield from noted(f"  {source.name}: {written({'path': paths(source.path), **source.keys})}", _check(notes))


def _metrics(draft: Draft) -> list[str]:
    lines = [
        "# What is compared. One primary metric decides; secondary ones explain; a guardrail must not get worse.",
    ]
    if any("window" in metric.keys for metric in draft.metrics):
        lines.append("# Windows are [from, to) since each unit's own assignment, in 24-hour days.")
    lines.append("metrics:")
    for metric in draft.metrics:
        lines += _metric(metric)
    if draft.before:
        names = ", ".join(scalar(name) for name in draft.before)
        lines += commented(f"check: taken for known before the assignment, so no metric: {names}", "  ")
    guarded = any(
        {"guardrail", "primary"} & {metric.keys.get("role")} and "good" in metric.keys for metric in draft.metrics
    )
    if not guarded:
        lines += [
            "  # No guardrail was found: something that must not get worse, such as unsubscribing:",
            *(_GUARDRAIL_EVENT if draft.period else _GUARDRAIL_COLUMN),
        ]
    return lines


_GUARDRAIL_EVENT = [
    "  # unsubscribed: {role: guardrail, type: conversion, event: unsubscribes, window: [0d, 28d], good: down,",
    "  #                margin: 1pp}",
]
_GUARDRAIL_COLUMN = ["  # unsubscribed: {role: guardrail, type: column, good: down, margin: 1pp}"]


def _metric(metric: MetricDraft) -> Iterator[str]:
    if metric.comment:
        yield from commented(metric.comment, "  ")
    yield f"  {scalar(metric.name)}:"
    # A guess about a metric is about its window, its margin, or else what it counts.
    spot = next((key for key in ("margin", "window", "type") if key in metric.keys), None)
    for key, value in metric.keys.items():
        yield from noted(f"    {key}: {written(value)}", _check(metric.note) if key == spot else None)
    if metric.suggestion:
        yield f"    # {metric.suggestion}"


def _segments(draft: Draft) -> list[str]:
    if not draft.segments:
        return []
    names = written(list(draft.segments))
    return [
        "# Look at these columns level by level too, if they were known before the assignment:",
        f"# segments: {one_line(names)}",
    ]


def found(draft: Draft) -> str:
    """Return what was found in the data and what was guessed, a line each."""
    arms = ", ".join(f"{arm.name} {arm.units:,}" for arm in draft.arms)
    lines = [f"Arms: {arms} units; the control is {draft.control}."]
    if draft.period is not None:
        period = draft.period
        until = f"; events until {period.through}" if period.through else ""
        lines.append(f"Enrolment: {period.start} to {period.end}{until}.")
    primary = next(name for name, role in ((m.name, m.keys.get("role")) for m in draft.metrics) if role == "primary")
    others = [metric.name for metric in draft.metrics if metric.name != primary]
    lines.append(f"Metrics: {primary} (primary){''.join(f', {name}' for name in others)}.")
    lines += [f"In the data: {finding}." for finding in draft.findings]
    guesses = list(draft.checks())
    if guesses:
        lines += ["", "Guessed; each is marked `check:` in the file:"]
        lines += [f"  {part}: {note}" for part, note in guesses]
    return "\n".join(one_line(line) for line in lines)


def next_commands(path: Path, before: Sequence[str] = (), *, data: bool) -> str:
    """Return the commands to run on the definition at ``path``, those ``before`` first; ``data``: it is there."""
    file = shlex.quote(str(path))
    validate = f"abtest validate {file}{' --data' if data else ''}"
    commands = [*before, validate, *(f"abtest {command} {file}" for command in ("explain", "analyze"))]
    return "\n".join(["Next:", *(f"  {command}" for command in commands)])


def simulate_command(path: Path) -> str:
    """Return the command that makes data for the drip template, where the definition looks for it."""
    return f"abtest simulate {shlex.quote(str(path))} --data {shlex.quote(str(path.parent / 'data'))}"


LONGEST_NAME = 200
KIND = Kind("definition", "choose another --output")


def require_target(path: Path, *, overwrite: bool) -> None:
    """Refuse a place where a definition cannot be written, before the work is done.

    Raises :class:`~abtest.errors.UsageError` when it exists (unless ``overwrite``), is a folder, is not called
    ``.yaml`` or ``.yml``, or its folder does not exist.
    """
    if not path.name.isprintable() or len(path.name.encode(errors="replace")) > LONGEST_NAME:
        raise UsageError(f"{str(path)[:60]!r}: cannot be a file name; choose another --output")
    if path.suffix.lower() not in {".yaml", ".yml"}:
        raise UsageError(f"{path}: a definition must be called .yaml or .yml; choose another --output")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; choose another --output")
    settle(path.parent)
    if not path.parent.is_dir():
        raise UsageError(f"{path}: the folder {path.parent} does not exist; create it first")
    if (path.exists() or path.is_symlink()) and not overwrite:
        raise UsageError(f"{path}: exists already; choose another --output, or overwrite it with --force")


def write_definition(text: str, path: Path, *, overwrite: bool) -> None:
    """Write ``text`` to ``path`` if it is a valid definition; nothing half-written is ever left.

    Raises what :func:`require_target` does, and :class:`~abtest.errors.DefinitionError` when it is not valid.
    """
    require_target(path, overwrite=overwrite)
    content = text.encode()
    with workplace(path.parent, KIND) as work:
        try:
            disk.write(work / path.name, content)
        except OSError as error:
            raise UsageError(f"{path}: cannot write the definition: {error.strerror}; {KIND.cure}") from error
        load(work / path.name)
    publish({path.name: content}, path.parent, overwrite=overwrite, kind=KIND)


def relative_to(folder: Path) -> Callable[[str], str]:
    """Return a function from a path, as the user gave it from the current folder, to the same one from ``folder``."""

    def relative(path: str) -> str:
        here, target = os.path.abspath(folder), os.path.abspath(path)  # noqa: PTH100 (a glob is no Path)
        if not target.startswith(os.path.join(here, "")):  # noqa: PTH118
            # A step up leads elsewhere through a link, so links are followed first.
            here, (parent, name) = os.path.realpath(folder), os.path.split(target)
            target = os.path.join(os.path.realpath(parent), name)  # noqa: PTH118
        try:
            text = os.path.relpath(target, here)
        except ValueError:  # another drive
            text = target
        text = Path(text).as_posix()
        if any(ord(character) < 32 or ord(character) == 127 for character in text):
            raise UsageError(f"{path!r}: a definition cannot name a path with control characters; rename it")
        return text

    return relative
