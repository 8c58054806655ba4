# SPDX-License-Identifier: Apache-2.0
"""HTTP by hand, for requests that no client library would send."""
import socket


def exchange(address, data, timeout_s=10, half_close=True):
    """Sends bytes and returns all that comes back until the server closes."""
    with socket.create_connection(address, timeout_s) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all was sent; the answer may be there all the same
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            pass
        return received


def statuses(received):
    """The statuses of all answers in what came back."""
    found = []
    for part in received.split(b"HTTP/1.1 ")[1:]:
        found.append(int(part[:3]))
    return found


def request(method, path, body=b"", headers=(), close=True):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    if close:
        lines.append("Connection: close")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
