"""Speed of a whole analysis beside other ways to the same numbers: medians of whole processes, and ratios.

The files are generated once into the cache. Every method is a process of its own that reads them and ends with per-arm
results and intervals; the methods take turns, and what they find is compared before any time is shown.

Run:  python benchmarks/speed.py --customers 1e6 --ids int --format parquet
Also: --startup (help, validate, rendering) and --scaling (ten metrics beside one, growth with size).
"""

import argparse
import json
import sys
from pathlib import Path

from speed.catalogue import ON_SPARK, OURS, methods
from speed.compare import Comparison, as_json, as_markdown, compare
from speed.machine import byte_compile, describe, sentence
from speed.peers import PEERS, install
from speed.startup import scaling, scaling_markdown, startup, startup_markdown
from speed.workload import Case

CACHE = Path(__file__).parents[1] / "build" / "benchmarks"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--customers", nargs="+", type=float, default=[1e6], help="sizes; about ten orders each")
    parser.add_argument("--ids", nargs="+", choices=["int", "text"], default=["int"])
    parser.add_argument("--format", nargs="+", choices=["parquet", "csv"], default=["parquet"])
    parser.add_argument("--repeats", type=int, default=3, help="rounds; medians are shown")
    parser.add_argument("--methods", help=f"a comma-separated choice of: {', '.join(methods(CACHE))}")
    parser.add_argument("--peers", action="store_true", help=f"install and run the peers too: {', '.join(PEERS)}")
    parser.add_argument("--spark", action="store_true", help=f"run these too: {', '.join(ON_SPARK)}")
    parser.add_argument("--cache", type=Path, default=CACHE, help="for data and the peers' environments")
    parser.add_argument("--startup", action="store_true", help="measure help, validate and rendering instead")
    parser.add_argument("--scaling", action="store_true", help="measure ten metrics beside one instead")
    parser.add_argument("--json", action="store_true", help="print everything measured as JSON")
    chosen = parser.parse_args()
    if chosen.repeats < 1 or min(chosen.customers) < 100:
        parser.error("needs at least one round and 100 customers")
    unknown = {*(chosen.methods or OURS).split(",")} - set(methods(CACHE))
    if unknown:
        parser.error(f"no such method: {', '.join(sorted(unknown))}; there are: {', '.join(methods(CACHE))}")
    return chosen


def main() -> int:
    """Measure, print; 1 when a method does not agree with ours."""
    chosen = arguments()
    cache = chosen.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    byte_compile()
    machine = describe()
    cases = [Case(int(n), ids, kind) for n in chosen.customers for ids in chosen.ids for kind in chosen.format]
    if chosen.startup or chosen.scaling:
        _extras(chosen, cases, cache, machine)
        return 0
    found = [_comparison(case, chosen, cache) for case in cases]
    if chosen.json:
        print(json.dumps({"machine": machine, "cases": [as_json(one) for one in found]}, indent=1))
    else:
        titles = {name: method.title for name, method in methods(cache).items()}
        print("\n".join([sentence(machine), "", *(as_markdown(one, titles) for one in found)]))
    return 1 if any(one.differing() for one in found) else 0


def _comparison(case: Case, chosen: argparse.Namespace, cache: Path) -> Comparison:
    known = methods(cache)
    asked = {*(PEERS if chosen.peers else ()), *(ON_SPARK if chosen.spark else ())}
    names = (
        chosen.methods.split(",")
        if chosen.methods
        else [n for n in known if n in asked or n not in {*PEERS, *ON_SPARK}]
    )
    reasons = {}
    for name in [name for name in names if name in PEERS] if chosen.peers else []:
        print(f"environment of {name}", file=sys.stderr)
        reason = install(cache, name)
        if reason:
            reasons[name] = reason
    found = compare(case, [known[name] for name in names if name not in reasons], cache, chosen.repeats)
    found.skipped.update(reasons)
    return found


def _extras(chosen: argparse.Namespace, cases: list[Case], cache: Path, machine: dict[str, object]) -> None:
    measured: dict[str, object] = {"machine": machine}
    texts = [sentence(machine), ""]
    if chosen.startup:
        measured["startup"] = started = startup(cache, chosen.repeats)
        texts.append(startup_markdown(started))
    if chosen.scaling:
        measured["scaling"] = scaled = scaling(cases, cache, chosen.repeats)
        texts.append(scaling_markdown(scaled))
    print(json.dumps(measured, indent=1) if chosen.json else "\n".join(texts))


if __name__ == "__main__":
    raise SystemExit(main())
