"""The main table: every method on the same files, in turns, and how they compare."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from speed.agreement import disagreements, widest_gaps
from speed.catalogue import OURS, SCAN, TUNED, Method, Results, environment
from speed.measure import FailedError, Run, medians, run
from speed.workload import Case

GB = 1e9


@dataclass
class Comparison:
    """What was measured on one case. ``skipped`` maps methods to why they are not in the table."""

    case: Case
    runs: dict[str, list[Run]] = field(default_factory=dict)
    results: dict[str, Results] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def medians(self) -> dict[str, Run]:
        """The medians of each method that ran."""
        return {name: medians(runs) for name, runs in self.runs.items() if runs}

    def differing(self) -> dict[str, list[str]]:
        """Return the methods whose counts or means are not ours, and where."""
        if OURS not in self.results:
            return {}
        found = {name: disagreements(self.results[OURS], theirs) for name, theirs in self.results.items()}
        return {name: listed for name, listed in found.items() if listed}


def prepared(case: Case, cache: Path) -> Path:
    """Return the folder of the case's files, made in a process of its own when it is not there."""
    folder = case.folder(cache)
    if not folder.exists():
        print(f"generating {case.name}", file=sys.stderr)
        command = [sys.executable, "-P", "-m", "speed.workload", str(case.customers), case.ids, case.kind, str(folder)]
        run(command, environment())
    return folder


def warm(folder: Path) -> None:
    """Read the files once, so that the first method does not pay for the disk."""
    for file in folder.iterdir():
        with file.open("rb") as opened:
            while opened.read(1 << 24):
                pass


def compare(case: Case, chosen: Sequence[Method], cache: Path, repeats: int) -> Comparison:
    """Measure ``chosen`` in turns, ``repeats`` rounds. A method that fails is left out with its reason."""
    folder, output = prepared(case, cache), cache / "output" / case.name
    found = Comparison(case)
    for method in chosen:
        reason = method.reason_not_to_run(cache)
        if reason:
            found.skipped[method.name] = reason
    warm(folder)
    for turn in range(repeats):
        for method in chosen:
            if method.name in found.skipped:
                continue
            print(f"{case.name}: round {turn + 1} of {repeats}: {method.name}", file=sys.stderr)
            try:
                measured = run(method.command(folder, case.kind, output), environment())
            except FailedError as error:
                found.skipped[method.name] = str(error)
                found.runs.pop(method.name, None)
                found.results.pop(method.name, None)
                continue
            found.runs.setdefault(method.name, []).append(measured)
            results = method.results(measured.printed, output)
            if results is not None:
                found.results[method.name] = results
    shutil.rmtree(output, ignore_errors=True)
    return found


def as_markdown(found: Comparison, titles: dict[str, str]) -> str:
    """Return the table of one case, then who agrees, and the targets."""
    case, measured = found.case, found.medians
    files = {"parquet": "Parquet", "csv": "CSV"}[case.kind]
    lines = [
        f"### {case.customers / 1e6:g} M customers, {case.ids} ids, {files}",
        "",
        "| method | wall | CPU | peak memory | × ours | × hand-tuned | × bare scan |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in measured.items():
        ratios = [f"{one.wall / measured[base].wall:.2f}" if base in measured else "–" for base in (OURS, TUNED, SCAN)]
        lines.append(
            f"| {titles[name]} | {one.wall:.2f} s | {one.cpu:.2f} s | {one.peak / GB:.2f} GB | {' | '.join(ratios)} |"
        )
    lines.append("")
    for name, reason in found.skipped.items():
        lines += [f"Not in the table: {titles[name]}: {reason}.", ""]
    lines += _agreement(found, titles)
    judged = targets(found)
    if judged:
        lines += ["Targets:", "", *judged]
    return "\n".join(lines) + "\n"


def _agreement(found: Comparison, titles: dict[str, str]) -> list[str]:
    if OURS not in found.results:
        return []
    differing = found.differing()
    lines = [f"{titles[name]} DISAGREES: {'; '.join(listed)}." for name, listed in differing.items()]
    if not differing:
        lines.append("All agree with ours on counts exactly and on means to 1e-9.")
    lines += ["Bounds of the intervals of differences lie at most this share of an interval's width from ours:", ""]
    ours = found.results[OURS]
    others = [name for name in found.results if name != OURS]
    return [*lines, *(f"- {titles[name]}: {widest_gaps(ours, found.results[name])}" for name in others), ""]


def targets(found: Comparison) -> list[str]:
    """Return the targets that this case can judge, each with what was measured."""
    measured = found.medians
    if OURS not in measured:
        return []
    ours, lines = measured[OURS], []
    if TUNED in measured:
        tuned = measured[TUNED]
        lines.append(_timed("1.25 × hand-tuned + 1 s", ours, tuned, 1.25, 1))
        lines.append(_judged("peak memory ≤ 1.25 × hand-tuned", ours.peak / GB, 1.25 * tuned.peak / GB, "GB"))
    for name, share in (("pandas", 0.2), ("tea-tasting", 0.4)):
        if name in measured and found.case.customers >= 1_000_000:
            lines.append(_timed(f"{share} × {name}", ours, measured[name], share, 0))
    return lines


def _timed(what: str, ours: Run, theirs: Run, share: float, more: float) -> str:
    # On a busy machine the same question asked of CPU times is the steadier one.
    wall = _judged(f"wall time ≤ {what}", ours.wall, share * theirs.wall + more, "s")
    return f"{wall} (CPU time: {ours.cpu:.2f} of {share * theirs.cpu + more:.2f} s)"


def _judged(what: str, value: float, limit: float, unit: str) -> str:
    return f"- {'met' if value <= limit else 'MISSED'}: {what}: {value:.3f} of {limit:.3f} {unit}"


def as_json(found: Comparison) -> dict[str, object]:
    """Return everything that was measured."""
    return {
        "customers": found.case.customers,
        "ids": found.case.ids,
        "format": found.case.kind,
        "methods": {
            name: {
                "wall": one.wall,
                "cpu": one.cpu,
                "peak_bytes": one.peak,
                "walls": [r.wall for r in found.runs[name]],
            }
            for name, one in found.medians.items()
        },
        "skipped": found.skipped,
        "disagreements": found.differing(),
        "results": found.results,
    }
