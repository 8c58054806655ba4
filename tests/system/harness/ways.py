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


class HoldingWay(Way):
    """To NATS; it keeps requests for messages of a consumer from it, until the consumer is made anew:
    to whoever asks, that is a server that holds messages back. If it `answers`, it says after a
    moment that the request's time is over, else nothing."""

    def __init__(self, server_port, consumer, answers):
        self.wanted = f"$JS.API.CONSUMER.MSG.NEXT.{consumer}".encode()
        self.made = f"$JS.API.CONSUMER.DURABLE.CREATE.{consumer}".encode()
        self.answers = answers
        self.holding = True
        self.held = 0
        super().__init__(server_port)

    def _serve(self, client):
        with client, self._connect() as server, contextlib.suppress(OSError):
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()
            lines, subscriptions = client.makefile("rb"), {}
            while frame := lines.readline():
                words = frame.split()
                if words[:1] == [b"SUB"]:
                    subscriptions[words[1]] = words[-1]
                if words[:1] in ([b"PUB"], [b"HPUB"]):
                    frame += lines.read(int(words[-1]) + 2)
                    if words[1] == self.made:
                        self.holding = False
                    if words[1] == self.wanted and self.holding:
                        self.held += 1
                        self._refuse(client, words[2], subscriptions)
                        continue
                server.sendall(frame)

    def _refuse(self, client, reply, subscriptions):
        if self.answers:
            number = subscriptions[reply.rpartition(b".")[0] + b".*"]
            head = b"NATS/1.0 408 Request Timeout\r\n\r\n"
            time.sleep(0.2)
            client.sendall(b"HMSG %s %s %d %d\r\n%s\r\n" % (reply, number, len(head), len(head),
                                                          head))

    @staticmethod
    def _back(server, client):
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
