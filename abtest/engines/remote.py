"""Where an engine may run: on this machine, or where the user, not a definition, says.

Principle: a definition can come from a stranger, and an address in it would have customers' rows read, and queries
answered, by a machine of the stranger's. So a definition may name another machine only when the command line (or the
Python call) agrees to it, or when the user's own settings list that machine. This is the one place that decides, and
nothing else in abtest opens a connection.
"""

import os
import re
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from abtest.errors import UsageError
from abtest.process.regular import open_regular

CONNECT_PORT = 15_002
MOST_THREADS = 1_024
"""Threads of ``local[…]``; Spark would start any number."""
MOST_SETTINGS = 64_000
"""Bytes of the user's settings."""
ALLOW = "allow_remote"

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
_PORT = r"[0-9]{1,5}"
_LOCAL = re.compile(r"local(?:\[(?P<threads>\*|[0-9]{1,9})(?: ?, ?[0-9]{1,4})?\])?")
_LOCAL_CLUSTER = re.compile(r"local-cluster\[ ?[0-9]{1,4} ?, ?[0-9]{1,4} ?, ?[0-9]{1,9} ?\]")
_STANDALONE = re.compile(rf"spark://(?P<hosts>{_HOST}:{_PORT}(?:,{_HOST}:{_PORT})*)")
_KUBERNETES = re.compile(rf"k8s://(?:https?://)?{_HOST}(?::{_PORT})?(?:/[A-Za-z0-9._/-]{{0,200}})?")
_CONNECT = re.compile(rf"sc://(?P<host>{_HOST})(?::(?P<port>{_PORT}))?(?:/(?:;[^\s\x00-\x1f\x7f]{{0,8000}})?)?")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where Spark runs. ``machines`` are its addresses without what an address may carry along, such as a token.

    Empty: this machine. ``hosts`` and ports are those that must take a connection before Spark is started.
    """

    machines: tuple[str, ...]
    hosts: tuple[tuple[str, int], ...] = ()


def destination(master: str | None = None, remote: str | None = None) -> Destination:
    """Return where these lead to. Raises :class:`~abtest.errors.UsageError` for what is no address of Spark's."""
    if master and remote:
        raise UsageError("spark: give `master` or `remote`, not both")
    if remote:
        return _connect(remote)
    return _master(master) if master else Destination(())


def require_allowed(found: Destination, *, key: str) -> None:
    """Raise :class:`~abtest.errors.UsageError` unless the user's settings list every machine that a definition names.

    ``key`` is where the definition names it: ``spark.master`` or ``spark.remote``.
    """
    if not found.machines:
        return
    place = settings_path()
    allowed = _allowed(place) if place is not None else frozenset()
    strange = [machine for machine in found.machines if machine not in allowed]
    if strange:
        option = key.replace("spark.", "--spark-")
        where = f"; for every definition: {ALLOW} = {_listed(strange)} in {place}" if place is not None else ""
        raise UsageError(
            f"{key}: the definition leads to {', '.join(strange)}, and a definition alone may not send data or queries "
            f"to another machine; if that one is yours, say so with --allow-remote ({ALLOW}=True in Python), or name "
            f"it with {option}{where}"
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


def _connect(remote: str) -> Destination:
    found = _CONNECT.fullmatch(remote)
    port = int(found["port"] or CONNECT_PORT) if found else 0
    if found is None or not 0 < port < 1 << 16:
        # What stands behind the first `;` may be a token.
        shown = remote.split(";", 1)[0][:200]
        raise UsageError(f"spark.remote: {shown!r} is no address of a Spark Connect server, sc://host:{CONNECT_PORT}")
    host = found["host"].lower()
    return Destination((f"sc://{host}:{port}",), ((host.strip("[]"), port),))


def _master(master: str) -> Destination:
    local = _LOCAL.fullmatch(master)
    if local is not None:
        threads = local["threads"]
        if threads not in {None, "*"} and not 1 <= int(threads) <= MOST_THREADS:
            raise UsageError(
                f"spark.master: local[{int(threads):,}] must have 1 to {MOST_THREADS:,} threads; local[*] takes all"
            )
        return Destination(())
    if _LOCAL_CLUSTER.fullmatch(master):
        return Destination((master.replace(" ", ""),))  # processes of this machine, but as many as it says
    if master == "yarn":
        return Destination((master,))
    if _KUBERNETES.fullmatch(master):
        return Destination((master.lower().rstrip("/"),))
    standalone = _STANDALONE.fullmatch(master)
    if standalone is not None:
        pairs = [each.rpartition(":") for each in standalone["hosts"].lower().split(",")]
        if all(0 < int(port) < 1 << 16 for _, _, port in pairs):
            machines = tuple(f"spark://{host}:{int(port)}" for host, _, port in pairs)
            return Destination(machines, tuple((host.strip("[]"), int(port)) for host, _, port in pairs))
    raise UsageError(
        f"spark.master: {master[:200]!r} is no address of a Spark master; known are spark://host:7077, yarn, "
        "k8s://https://host:port and local[*]"
    )


def _allowed(path: Path) -> frozenset[str]:
    """Return the machines that the user's settings list, as :class:`Destination` writes them."""
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
            found = _connect(address) if address.startswith("sc:") else _master(address)
        except UsageError as error:
            raise UsageError(f"{path}: {ALLOW}: {error}") from None
        machines.update(found.machines)
    return frozenset(machines)


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
