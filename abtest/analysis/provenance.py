"""What made the numbers: versions, platform, time."""

import datetime as dt
import functools
import importlib.metadata
import platform
import re
import sys
from collections.abc import Sequence

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
        packages={name: _version(name) for name in dict.fromkeys([*ENGINES[0].packages, *packages, *_PACKAGES])},
        generated_at=moment.isoformat(),
    )


@functools.cache
def _version(package: str) -> str:
    """Return the version of an installed package; the library's own way parses all that is said of the package."""
    told = importlib.metadata.distribution(package).read_text("METADATA") or ""
    found = re.search(r"^Version: *(\S+)", told, re.MULTILINE)
    return found[1] if found else importlib.metadata.version(package)
