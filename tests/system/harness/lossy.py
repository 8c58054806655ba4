# SPDX-License-Identifier: Apache-2.0
"""A way to PostgreSQL that loses the answer to a COMMIT, which has then happened."""
import contextlib
import socket
import threading


class LossyWay:
    def __init__(self, server_port):
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.marker = None
        self.lost = 0
        self.guard = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, marker):
        """The next COMMIT of a connection that once sent `marker` is not answered."""
        self.marker = marker

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _takes(self, seen, data):
        with self.guard:
            if self.marker is None or self.marker not in seen or b"COMMIT\0" not in data:
                return False
            self.marker = None
            return True

    def _serve(self, client):
        seen = b""
        with client, socket.create_connection(("127.0.0.1", self.server_port)) as server:
            silent = threading.Event()
            back = threading.Thread(target=self._back, args=(server, client, silent), daemon=True)
            back.start()
            with contextlib.suppress(OSError):
                while data := client.recv(65536):
                    seen += data
                    if self._takes(seen, data):
                        silent.set()
                        server.sendall(data)
                        back.join(10)
                        self.lost += 1
                        return
                    server.sendall(data)

    @staticmethod
    def _back(server, client, silent):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if silent.is_set():
                    return  # this was the answer
                client.sendall(data)

    def end(self):
        self.listener.close()
