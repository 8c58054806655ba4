# SPDX-License-Identifier: Apache-2.0
"""Free ports of the loopback address, below the range that outgoing connections are given, so
that a process which is killed finds its port free when it starts again."""
import random
import socket

_given = set()


def free_port():
    while True:
        port = random.randint(20000, 32000)
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
