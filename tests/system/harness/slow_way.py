# SPDX-License-Identifier: Apache-2.0
"""A way to NATS on which answers are late, and which counts the looks at JetStream as a whole."""
import contextlib
import socket
import threading
import time


class SlowWay:
    def __init__(self, server_port):
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.delay_s = 0
        self.looks = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.server_port)) as server:
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()
            with contextlib.suppress(OSError):
                while data := client.recv(65536):
                    self.looks += data.count(b"PUB $JS.API.INFO ")
                    server.sendall(data)

    def _back(self, server, client):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                time.sleep(self.delay_s)
                client.sendall(data)

    def end(self):
        self.listener.close()
