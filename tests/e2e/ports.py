"""Ports for a stack of its own."""

import socket

from services.local.environment import Ports


def free_ports() -> Ports:
    """Return three ports at which nobody listens."""
    probes = [socket.socket() for _ in range(3)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    registry, financing, sandbox = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return Ports(registry=registry, financing=financing, sandbox=sandbox)
