"""What stands beside a file of assignments: by which definition it was drawn, and how many units each arm has."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from abtest.assignment.hashes.ours import salt
from abtest.definition.load import Experiment
from abtest.errors import UsageError
from abtest.process.regular import open_regular
from abtest.process.seclusion import source_date

FORMAT = 1
MOST_STRATA = 1_000
"""Strata that are counted one by one; of more only the number is told."""


def place(path: Path) -> Path:
    """Return where the manifest of a file of assignments stands."""
    return path.with_name(f"{path.name}.manifest.json")


def manifest(
    experiment: Experiment,
    path: Path,
    written: Path,
    counts: Sequence[tuple[int, str | None, int]],
    *,
    engine: str,
    before: Mapping[str, object] | None,
    added: int,
) -> bytes:
    """Return the manifest of the file ``written``, which is published as ``path``.

    ``before`` is the manifest of the file that it extends; ``counts`` hold the number of units of each arm and stratum.
    """
    definition = experiment.definition
    arms = [arm.name for arm in definition.arms]
    per_arm = [sum(units for arm, _, units in counts if arm == place) for place in range(len(arms))]
    runs = [
        *(before or {}).get("runs", []),  # type: ignore[misc]
        {"at": _now(), "added": added, "definition_sha256": experiment.sha256, "engine": engine},
    ]
    content: dict[str, object] = {
        "format": FORMAT,
        "experiment": definition.name,
        "definition_sha256": experiment.sha256,
        "file": path.name,
        "sha256": _sha256(written),
        "salt": salt(definition),
        "hash": definition.assignment.hash,
        "units": sum(per_arm),
        "arms": [
            {"name": arm.name, "weight": arm.weight, "units": units}
            for arm, units in zip(definition.arms, per_arm, strict=True)
        ],
        "balance": _balance(per_arm, [arm.weight for arm in definition.arms], counts),
        "strata": _strata(arms, counts),
        "runs": runs,
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def read(path: Path) -> Mapping[str, object] | None:
    """Return the manifest of a file of assignments; ``None`` without one.

    Raises :class:`~abtest.errors.UsageError` for a manifest that is none, or of a file that has changed since.
    """
    beside = place(path)
    if not beside.exists():
        return None
    try:
        with open_regular(beside) as file:
            found = json.loads(file.read())
        known, runs = found["sha256"], found["runs"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(
            f"{beside}: is no manifest of assignments; move it away, or draw all anew with --force"
        ) from None
    if not isinstance(runs, list) or known != _sha256(path):
        raise UsageError(
            f"{path}: is not the file that {beside.name} speaks of: it was changed since; put it back as it was, or "
            f"remove {beside.name} if it was you"
        )
    return dict(found)


def _balance(
    per_arm: Sequence[int], weights: Sequence[float], counts: Sequence[tuple[int, str | None, int]]
) -> dict[str, object]:
    from abtest.stats.srm import sample_ratio_by_group, sample_ratio_mismatch

    strata = sorted({stratum for _, stratum, _ in counts if stratum is not None})
    found: dict[str, object] = {"sample_ratio_p": sample_ratio_mismatch(per_arm, weights).p_value}
    if strata:
        groups = [
            [sum(n for arm, own, n in counts if (arm, own) == (place, level)) for place in range(len(weights))]
            for level in strata[:MOST_STRATA]
        ]
        found["within_strata_p"] = sample_ratio_by_group(groups, weights).p_value
    return found


def _strata(arms: Sequence[str], counts: Sequence[tuple[int, str | None, int]]) -> object:
    levels = sorted({stratum for _, stratum, _ in counts if stratum is not None})
    if len(levels) > MOST_STRATA:
        return {"number": len(levels)}
    return [
        {"stratum": level, "units": {arms[arm]: units for arm, own, units in counts if own == level}}
        for level in levels
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _now() -> str:
    fixed = source_date()
    moment = dt.datetime.now(dt.UTC) if fixed is None else dt.datetime.fromtimestamp(fixed, dt.UTC)
    return moment.replace(microsecond=0).isoformat()
