# SPDX-License-Identifier: Apache-2.0
"""Many callers at once, on one thread, so that what is measured beside them is not their doing."""
import http.client
import selectors
import socket
import time

from . import raw


class Callers:
    """Each has sent a request on a connection of its own and waits for the answer. All send the same
    body, or each its own of a list."""

    def __init__(self, process, count, method, path, headers=(), body=b""):
        self.selector = selectors.DefaultSelector()
        self.answers = []  # (status, seconds until it was there)
        for i in range(count):
            own = body[i] if isinstance(body, list) else body
            connection = socket.create_connection(("127.0.0.1", process.port), 10)
            connection.sendall(
                raw.request(method, path, own, [*headers, f"Content-Length: {len(own)}"]))
            self.selector.register(connection, selectors.EVENT_READ, time.monotonic())

    def wait_ms(self, wait_ms):
        """Takes the answers of the next so many milliseconds; whether some caller still waits."""
        for key, _ in self.selector.select(wait_ms / 1000):
            with key.fileobj as connection:
                self.selector.unregister(connection)
                received = connection.recv(65536)
            (status,) = raw.statuses(received)
            self.answers.append((status, time.monotonic() - key.data))
        return len(self.selector.get_map()) > 0

    def end(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def ask_s(process, path):
    """(status, seconds) of one request on a connection of its own."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=10)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status, time.monotonic() - started
