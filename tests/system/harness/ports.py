# SPDX-License-Identifier: Apache-2.0
"""Free ports of the loopback address, below the range that outgoing connections are given, so
that a process which is killed finds its port free when it starts again. Where tests run in two
processes, each has every second port: one might take what the other has just found free."""
import os
import random
import socket

_given = set()
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def free_port():
    while True:
        port = random.randrange(20000 + _WORKER, 32000, 2)
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


def is_open(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
