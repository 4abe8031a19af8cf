"""What made the numbers: versions, platform, time."""

import datetime as dt
import functools
import importlib.metadata
import platform
import re
import sys
from collections.abc import Sequence
from contextlib import suppress

from abtest.analysis.result import Provenance
from abtest.engines import ENGINES
from abtest.process.seclusion import source_date

_PACKAGES = ("numpy", "scipy", "pydantic", "matplotlib", "typst")


def provenance(packages: Sequence[str] = ()) -> Provenance:
    """Return what made the numbers: ``packages`` of the engine that counted, and those that always take part.

    ``SOURCE_DATE_EPOCH`` fixes the time.
    """
    epoch = source_date()
    moment = (
        dt.datetime.now(dt.UTC).replace(microsecond=0) if epoch is None else dt.datetime.fromtimestamp(epoch, dt.UTC)
    )
    return Provenance(
        abtest=_version("abtest"),
        python=platform.python_version(),
        platform=f"{sys.platform}-{platform.machine()}",
        packages=_versions([*ENGINES[0].packages, *packages]),
        generated_at=moment.isoformat(),
    )


def _versions(engines: Sequence[str]) -> dict[str, str]:
    """Return versions by package. Where a platform has an engine built in, nothing tells which it is."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(engines):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = _version(name)
    return found | {name: _version(name) for name in _PACKAGES}


@functools.cache
def _version(package: str) -> str:
    """Return the version of an installed package; the library's own way parses all that is said of the package."""
    told = importlib.metadata.distribution(package).read_text("METADATA") or ""
    found = re.search(r"^Version: *(\S+)", told, re.MULTILINE)
    return found[1] if found else importlib.metadata.version(package)
