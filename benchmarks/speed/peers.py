"""Environments of the peers that are not among our own dependencies: one each, byte-compiled, made on request."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Peer:
    """What one environment holds, and the method's module that runs in it."""

    method: str
    requirements: tuple[str, ...]


PEERS: Mapping[str, Peer] = {
    "tea-tasting": Peer("table_and_tea_tasting", ("tea-tasting", "ibis-framework[duckdb]", "duckdb", "pytz")),
    "spotify-confidence": Peer("table_and_spotify_confidence", ("spotify-confidence", "duckdb", "pytz")),
    "gbstats": Peer("table_and_gbstats", ("gbstats", "duckdb", "pytz")),
    "cluster-experiments": Peer("table_and_cluster_experiments", ("cluster-experiments", "duckdb", "pytz")),
}


def interpreter(cache: Path, peer: str) -> Path:
    """Return the interpreter of a peer's environment, which may not exist."""
    return cache / f"env-{peer}" / "bin" / "python"


def install(cache: Path, peer: str) -> str | None:
    """Make the environment of ``peer`` when it is not there; return why it cannot be made, or ``None``."""
    folder = cache / f"env-{peer}"
    done = folder / "complete"
    if done.exists():
        return None
    shutil.rmtree(folder, ignore_errors=True)
    cache.mkdir(parents=True, exist_ok=True)
    python = str(interpreter(cache, peer))
    steps = [
        [sys.executable, "-m", "venv", str(folder)],
        # Without byte code every start would compile what it imports, and the peer would look slower than it is.
        [python, "-m", "pip", "install", "--quiet", "--compile", *PEERS[peer].requirements],
        [python, "-m", "compileall", "-q", str(folder / "lib")],
    ]
    for step in steps:
        ran = subprocess.run(step, capture_output=True, text=True, check=False)
        # A package's own templates that are no Python do not compile, and are not imported either.
        if ran.returncode and "compileall" not in step:
            lines = (ran.stderr or ran.stdout).strip().splitlines() or ["no message"]
            return f"it does not install: {lines[-1]}"
    done.touch()
    return None
