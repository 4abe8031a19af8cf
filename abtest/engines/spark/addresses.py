"""Addresses of Spark's masters and Connect servers: which machines they lead to. Nothing here opens a connection."""

import re
from dataclasses import dataclass

from abtest.engines.options import require_threads
from abtest.errors import UsageError

CONNECT_PORT = 15_002
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
_PORT = r"[0-9]{1,5}"
_LOCAL = r"local(?:\[(?P<threads>\*|[0-9]{1,9})(?: ?, ?[0-9]{1,4})?\])?"
_LOCAL_CLUSTER = r"local-cluster\[ ?(?P<workers>[0-9]{1,4}) ?, ?(?P<cores>[0-9]{1,4}) ?, ?[0-9]{1,9} ?\]"
_STANDALONE = rf"spark://(?P<hosts>{_HOST}:{_PORT}(?:,{_HOST}:{_PORT})*)"
_KUBERNETES = rf"k8s://(?:https?://)?{_HOST}(?::{_PORT})?(?:/[A-Za-z0-9._/-]{{0,200}})?"
_CONNECT = rf"sc://(?P<host>{_HOST})(?::(?P<port>{_PORT}))?(?:/(?:;[^\s\x00-\x1f\x7f]{{0,8000}})?)?"


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


def machines(address: str) -> tuple[str, ...]:
    """Return the machines behind an address, whichever of the two it is."""
    return (_connect(address) if address.startswith("sc:") else _master(address)).machines


def connect_address(value: str) -> str:
    """Return the text if it can be the address of a Connect server; else raise ``ValueError``, which shows none of it.

    An address may hold a token.
    """
    if not value.startswith("sc://") or value == "sc://":
        raise ValueError(f"must be the address of a Spark Connect server such as sc://host:{CONNECT_PORT}")
    return value


def _connect(remote: str) -> Destination:
    found = re.fullmatch(_CONNECT, remote)
    port = int(found["port"] or CONNECT_PORT) if found else 0
    if found is None or not 0 < port < 1 << 16:
        # What stands behind the first `;` may be a token.
        shown = remote.split(";", 1)[0][:200]
        raise UsageError(f"spark.remote: {shown!r} is no address of a Spark Connect server, sc://host:{CONNECT_PORT}")
    host = found["host"].lower()
    return Destination((f"sc://{host}:{port}",), ((host.strip("[]"), port),))


def _master(master: str) -> Destination:
    local = re.fullmatch(_LOCAL, master)
    if local is not None:
        threads = local["threads"]
        if threads not in {None, "*"}:
            require_threads(int(threads), "spark.master: threads of local[…]")
        return Destination(())
    cluster = re.fullmatch(_LOCAL_CLUSTER, master)
    if cluster is not None:
        require_threads(int(cluster["workers"]) * int(cluster["cores"]), "spark.master: cores of local-cluster[…]")
        return Destination((master.replace(" ", ""),))  # processes of this machine, but as many as it says
    if master == "yarn":
        return Destination((master,))
    if re.fullmatch(_KUBERNETES, master):
        return Destination((master.lower().rstrip("/"),))
    standalone = re.fullmatch(_STANDALONE, master)
    if standalone is not None:
        pairs = [each.rpartition(":") for each in standalone["hosts"].lower().split(",")]
        if all(0 < int(port) < 1 << 16 for _, _, port in pairs):
            machines = tuple(f"spark://{host}:{int(port)}" for host, _, port in pairs)
            return Destination(machines, tuple((host.strip("[]"), int(port)) for host, _, port in pairs))
    raise UsageError(
        f"spark.master: {master[:200]!r} is no address of a Spark master; known are spark://host:7077, yarn, "
        "k8s://https://host:port and local[*]"
    )
