"""``python -m tests.fuzz TARGET --runs N``: fuzz one thing; exit 1 when something was found.

Each find is written to build/fuzz/TARGET/SEED-NUMBER.json. ``--again NUMBER`` runs one case and shows what happens,
``--keep`` adds cases with a new kind of outcome to the corpus, ``--record`` adds the campaign to docs/fuzzing.md.
"""

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from tests.fuzz import page
from tests.fuzz.campaign import Campaign, Found, campaign, case_of
from tests.fuzz.cases import CORPUS, Target, inside, keep, kept, shape

TARGETS = {
    "definitions": "definitions",
    "csv": "csv_bytes",
    "ndjson": "ndjson_bytes",
    "parquet": "parquet_bytes",
    "lock": "locks",
    "results": "results_json",
    "command-line": "command_line",
}
SEED = 20261130
FINDS = Path(__file__).parents[2] / "build" / "fuzz"
LARGEST = 30_000
"""Bytes of a case that may enter a corpus."""


def main() -> None:
    """Run a campaign."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--runs", type=int, default=1000, help="cases")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--within", type=float, help="seconds after which to end")
    parser.add_argument("--again", type=int, metavar="NUMBER", help="run one case here, and show it")
    parser.add_argument("--keep", action="store_true", help="add cases of a new kind to the corpus")
    parser.add_argument("--record", action="store_true", help="add the campaign to docs/fuzzing.md")
    asked = parser.parse_args()
    target: Target = importlib.import_module(f"tests.fuzz.{TARGETS[asked.target]}")
    if asked.again is not None:
        again(target, asked.target, asked.seed, asked.again)
        return
    state = Campaign(asked.target, asked.seed)
    shown = 0
    for state in campaign(target, asked.target, asked.seed, asked.runs, first=asked.first, within=asked.within):
        for found in state.finds[shown:]:
            print(f"{found.number}: {found.what.splitlines()[0][:300]}", file=sys.stderr)
            keep(case_of(target, asked.target, asked.seed, found.number), path_of(state, found), find=found.what)
        shown = len(state.finds)
        if state.runs % 500 == 0:
            print(f"{state.runs:,} runs, {len(state.kinds)} kinds, {len(state.finds)} finds", file=sys.stderr)
    alike: dict[str, list[Found]] = {}
    for found in state.finds:
        alike.setdefault(shape(found.what), []).append(found)
    for ones in sorted(alike.values(), key=len, reverse=True):
        others = ", ".join(str(other.number) for other in ones[1:9])
        print(f"{path_of(state, ones[0])}" + (f" ({len(ones)} alike: {others})" if others else ""))
        print(f"  {ones[0].what}\n")
    speed = state.runs / max(state.seconds, 1e-9)
    print(
        f"{asked.target}, seed {asked.seed}: {state.runs:,} runs in {state.seconds:.0f} s ({speed:.0f}/s), "
        f"{len(state.kinds)} kinds of outcome, slowest {state.slowest:.1f} s, {len(state.finds)} finds"
    )
    if asked.keep:
        print(f"{keep_new(target, state)} cases added to the corpus")
    if asked.record:
        page.record(state)
    sys.exit(bool(state.finds))


def path_of(state: Campaign, found: Found) -> Path:
    """Return where a find is kept."""
    return FINDS / state.target / f"{state.seed}-{found.number}.json"


def again(target: Target, name: str, seed: int, number: int) -> None:
    """Run one case in this process and show it."""
    target.prepare()
    case = case_of(target, name, seed, number)
    print(f"{case.notes}\n{case.arguments}")
    for file, content in case.files.items():
        print(f"--- {file}\n{content[:4000]!r}")
    with tempfile.TemporaryDirectory() as folder:
        case.write(Path(folder))
        with inside(Path(folder)):
            print(target.judge(case))


def keep_new(target: Target, state: Campaign) -> int:
    """Add the first case of each kind of outcome that no case of the corpus has; return how many there were."""
    folder = CORPUS / state.target
    have = {case.notes[-1] for case in kept(state.target) if case.notes}
    added = 0
    for kind, number in state.firsts.items():
        case = case_of(target, state.target, state.seed, number)
        if kind in have or sum(map(len, case.files.values())) > LARGEST:
            continue
        noted = type(case)(case.files, case.arguments, (*case.notes, kind))
        keep(noted, folder / f"{state.seed}-{number:06d}.json")
        added += 1
    return added


if __name__ == "__main__":
    main()
