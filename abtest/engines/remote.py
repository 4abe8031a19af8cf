"""Where an engine may run: on this machine, or where the user, not a definition, says.

Principle: a definition can come from a stranger, and an address in it would have customers' rows read, and queries
answered, by a machine of the stranger's. So a definition may name another machine only when the command line (or the
Python call) agrees to it, or when the user's own settings list that machine. This is the one place that decides, and
nothing but an engine that it let pass opens a connection.
"""

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from abtest import engines
from abtest.engines.options import EngineOptions
from abtest.errors import UsageError
from abtest.process.regular import open_regular

MOST_SETTINGS = 64_000
"""Bytes of the user's settings."""
ALLOW = "allow_remote"


def require_allowed(asked: EngineOptions) -> None:
    """Raise :class:`~abtest.errors.UsageError` unless the user's settings list every machine that a definition names.

    ``asked``: the engine as the definition, and nobody else, asks for it.
    """
    found = asked.elsewhere()
    if found is None or not found.machines:
        return
    place = settings_path()
    allowed = _allowed(place) if place is not None else frozenset()
    strange = [machine for machine in found.machines if machine not in allowed]
    if strange:
        option = next(each.flag for each in asked.settings() if each.name == found.setting)
        where = f"; for every definition: {ALLOW} = {_listed(strange)} in {place}" if place is not None else ""
        raise UsageError(
            f"{asked.name}.{found.setting}: the definition leads to {', '.join(strange)}, and a definition alone may "
            f"not send data or queries to another machine; if that one is yours, say so with --allow-remote "
            f"({ALLOW}=True in Python), or name it with --{option}{where}"
        )


def require_databases_allowed(addresses: Mapping[str, str]) -> None:
    """Raise :class:`~abtest.errors.UsageError` unless the user's settings list where each address stands.

    ``addresses``: by database of a definition, ``env:NAME`` or ``file:PATH``.
    """
    place = settings_path()
    allowed = _allowed(place) if addresses and place is not None else frozenset()
    for name, address in addresses.items():
        if address not in allowed:
            where = f'; for every definition: {ALLOW} = ["{address}"] in {place}' if place is not None else ""
            raise UsageError(
                f"databases.{name}: the definition would ask the database whose address stands in "
                f"{address.replace(':', ' ', 1)}, and a definition alone may not; if it is to, say so with "
                f"--allow-remote ({ALLOW}=True in Python){where}"
            )


def settings_path() -> Path | None:
    """Return where the user's settings are, whether there are any or not; ``None`` without a home folder."""
    told = os.environ.get("APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME", "")
    try:
        # As the XDG specification asks for, a relative path is passed over: it would lead into the current folder.
        home = Path(told) if Path(told).is_absolute() else Path.home() / ".config"
    except RuntimeError:
        return None
    return home / "abtest" / "config.toml" if home.is_absolute() else None


def _allowed(path: Path) -> frozenset[str]:
    """Return the machines that the user's settings list, as :class:`~abtest.engines.options.Elsewhere` writes them."""
    settings = _settings(path)
    unknown = sorted(set(settings) - {ALLOW})
    if unknown:
        raise UsageError(f"{path}: {unknown[0]!r} is no setting; known: {ALLOW}")
    listed = settings.get(ALLOW, [])
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise UsageError(f'{path}: {ALLOW} must be a list of addresses, such as ["spark://host:7077"]')
    machines: set[str] = set()
    for address in listed:
        try:
            machines.update(_machines(address))
        except UsageError as error:
            raise UsageError(f"{path}: {ALLOW}: {error}") from None
    return frozenset(machines)


def _machines(address: str) -> tuple[str, ...]:
    """Return the machines behind an address of any engine's."""
    if address.startswith(("env:", "file:")):
        return (address,)
    why = UsageError(f"{address[:200]!r} is no address that an engine knows")
    for engine in engines.ENGINES:
        try:
            found = engine.machines(address)
        except UsageError as error:
            why = error
        else:
            if found is not None:
                return found
    raise why


def _settings(path: Path) -> Mapping[str, object]:
    try:
        opened = open_regular(path)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}; mend it, or move it away") from None
    with opened:
        state = os.fstat(opened.fileno())
        if hasattr(os, "getuid") and (state.st_uid not in {0, os.getuid()} or state.st_mode & stat.S_IWOTH):
            raise UsageError(f"{path}: others can write it, so it is not only yours to say; chown it, and chmod o-w")
        raw = opened.read(MOST_SETTINGS + 1)
    if len(raw) > MOST_SETTINGS:
        raise UsageError(f"{path}: has more than {MOST_SETTINGS:,} bytes; settings are a few lines")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: is no TOML file: {error}; mend it, or move it away") from None


def _listed(machines: list[str]) -> str:
    return "[" + ", ".join(f'"{machine}"' for machine in machines) + "]"
