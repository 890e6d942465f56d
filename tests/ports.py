"""A port for a program that is told which one to bind, and binds it only a while later.

What the system gives away for port 0 may be given to the next who asks, before that program has
it. So these lie outside the range that the system gives away from.
"""

from __future__ import annotations

import random
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST, _HIGHEST = 10_000, 65_535
_FEWEST = 1_000
_TRIES = 100


def free_port() -> int:
    """Return a port that nobody has bound, and that the system gives to nobody by itself."""
    ours = _outside()
    for port in random.SystemRandom().sample(ours, min(_TRIES, len(ours))):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise OSError(f"none of {_TRIES} ports is free")


def _outside() -> range:
    """Return the larger part of the ports that the system does not give away."""
    first, last = (int(end) for end in _RANGE.read_text().split())
    below, above = range(_LOWEST, first), range(last + 1, _HIGHEST + 1)
    ours = max(below, above, key=len)
    return ours if len(ours) >= _FEWEST else range(_LOWEST, _HIGHEST + 1)
