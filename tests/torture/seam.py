"""Fails, or sends a signal, at the calls that publishing makes through its own seam, ``abtest.process.disk.call``.

No C is needed, so this works where the shim does not; and a signal is heard right before the call, not some time after.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SeamOrder:
    """What is done at the calls from ``first`` to ``last`` of those with a name in ``names`` (none: all), from 1 on.

    They fail with ``error``, or the process gets the signal ``number``; where both are 0, they are counted alone.
    """

    names: tuple[str, ...] = ()
    first: int = 1
    last: int = 1 << 60
    error: int = 0
    number: int = 0


def install(order: SeamOrder, log: int) -> None:
    """Let the order count from now on, in this process. ``log`` is a descriptor that gets a line for each call."""
    from abtest.process import disk

    below: Callable[..., Any] = disk.call
    count = 0

    def call(name: str, function: Callable[..., Any], *given: Any, **options: Any) -> Any:
        nonlocal count
        if order.names and name not in order.names:
            return below(name, function, *given, **options)
        count += 1
        if log >= 0:
            os.write(log, f"{count} {name} {' '.join(str(each) for each in given[:2])}\n".encode())
        if order.first <= count <= order.last:
            if order.number:
                os.kill(os.getpid(), order.number)
            if order.error:
                raise OSError(order.error, os.strerror(order.error))
        return below(name, function, *given, **options)

    disk.call = call  # type: ignore[assignment]
