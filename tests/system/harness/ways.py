# SPDX-License-Identifier: Apache-2.0
"""Ways to an engine that do it harm: ports of this machine that hand on what comes to them."""
import contextlib
import socket
import threading
import time


class Way:
    """Subclasses serve each client on a thread of its own."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        raise NotImplementedError

    def _connect(self):
        return socket.create_connection(("127.0.0.1", self.server_port))

    def end(self):
        self.listener.close()


class LossyWay(Way):
    """To PostgreSQL; it loses the answer to a COMMIT, which has then happened."""

    def __init__(self, server_port):
        self.marker = None
        self.lost = 0
        self.guard = threading.Lock()
        super().__init__(server_port)

    def lose(self, marker):
        """The next COMMIT of a connection that once sent `marker` is not answered."""
        self.marker = marker

    def _takes(self, seen, data):
        with self.guard:
            if self.marker is None or self.marker not in seen or b"COMMIT\0" not in data:
                return False
            self.marker = None
            return True

    def _serve(self, client):
        seen = b""
        with client, self._connect() as server:
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


class SlowWay(Way):
    """To NATS; its answers are late, and it counts the looks at JetStream as a whole."""

    def __init__(self, server_port):
        self.delay_s = 0
        self.looks = 0
        super().__init__(server_port)

    def _serve(self, client):
        with client, self._connect() as server:
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
