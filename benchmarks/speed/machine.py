"""Says on what machine, with which versions, and beside how much other work a table was made."""

import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

PACKAGES = ("abtest", "duckdb", "polars", "pandas", "statsmodels", "scipy", "numpy", "typer", "pydantic")


def describe() -> dict[str, object]:
    """Return what stands above each table."""
    load = os.getloadavg()[0]
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "byte_compiled": all(_compiled(name) for name in ("abtest", "pandas", "scipy", "typer")),
        "load": round(load, 1),
    }


def byte_compile() -> None:
    """Compile our own packages, as an installer does: a source tree may have no byte code, which doubles a start."""
    for name in ("abtest", "speed"):
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None:
            folder = str(Path(found.origin).parent)
            subprocess.run([sys.executable, "-m", "compileall", "-q", folder], capture_output=True, check=False)


def sentence(machine: dict[str, object]) -> str:
    """Return the description as one paragraph; a busy machine says so first."""
    packages = machine["packages"]
    listed = ", ".join(f"{name} {version}" for name, version in packages.items()) if isinstance(packages, dict) else ""
    code = "byte-compiled" if machine["byte_compiled"] else "NOT byte-compiled: starts are slower than they need be"
    load = float(str(machine["load"]))
    busy = f"BUSY MACHINE (load {load} before the runs): trust the CPU times and the ratios. " if load > 1 else ""
    return (
        f"{busy}{machine['cores']} cores, {machine['memory_gb']} GB, Python {machine['python']} ({code}), "
        f"warm cache, medians of whole processes. {listed}."
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _compiled(name: str) -> bool:
    """Whether a package's first module has byte code beside it; one that is absent slows nothing."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        return True
    cached = importlib.util.cache_from_source(found.origin)
    return Path(cached).exists()
