"""Every command at every edge: ``python tests/edges [WORD …]`` for the edges or commands that hold a word."""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from edge_matrix import ALL, DATES
from edge_runs import COMMANDS, run, write_experiment


def main() -> None:
    words = sys.argv[1:]
    asked = faulty = 0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        source.mkdir()
        write_experiment(source)
        for name, edge in ALL.items():
            for command in COMMANDS:
                if name in DATES and command in {"nothing", "help", "version"}:
                    continue
                if words and not any(word in name or word in command for word in words):
                    continue
                asked += 1
                outcome = run(command, edge, source, Path(folder, f"run-{asked}"))
                faults = list(outcome.faults(edge))
                faulty += bool(faults)
                if faults:
                    said = " | ".join(outcome.err.strip().splitlines()[-3:])
                    print(
                        f"{command} at {name}: {'; '.join(faults)} ({outcome.seconds:.1f} s) {said[-200:]}", flush=True
                    )
    print(f"{asked} runs, {faulty} faulty")
    sys.exit(bool(faulty))


main()
