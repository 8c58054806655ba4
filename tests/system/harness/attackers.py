#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""All who would stop the service, at once, in one process and one thread: each has loopback
addresses of its own, and sends without waiting for answers. So the system is what has the work.

A plan as JSON on stdin; "begun" on stdout once every attacker has begun; at SIGTERM, as JSON, what
each was answered: {attacker: {status: times}}, "cut" for connections that ended without a word."""
import collections
import json
import resource
import select
import signal
import socket
import sys
import time
import uuid

IP_BIND_ADDRESS_NO_PORT = 24  # of Linux: binding chooses no port yet, which would take long
TURN_S = 0.005
GARBAGE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
    b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length : 2\r\n\r\n{}",
    b"POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", b"\0\r\n\r\n", b"GET / HTTP/9.9\r\nHost: a\r\n\r\n")


def request(method, path, headers=(), body=None):
    """The bytes of a request, after which the connection ends; `body` goes out as JSON, or as it
    is."""
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(data)}")
    if body is not None and not isinstance(body, bytes):
        lines.append("Content-Type: application/json")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


class Attacker:
    """Opens `per_second` connections to a process, from its addresses in turn, and sends each what
    `make` gives. At most `held` are open at once; with `drops`, all are dropped when it is so many."""

    def __init__(self, name, port, addresses, per_second, make, held=200, drops=False):
        self.name, self.port, self.addresses = name, port, addresses
        self.per_second, self.make, self.held, self.drops = per_second, make, held, drops
        self.sent = 0
        self.open = {}  # by descriptor: the socket and what is still to be sent
        self.answers = collections.Counter()

    def attack(self, age_s, epoll, owners):
        if self.drops and len(self.open) >= self.held:
            for fd in list(self.open):
                self.end(fd, epoll, owners)
        while self.sent < self.per_second * age_s:
            self.sent += 1
            if len(self.open) < self.held:
                self.begin(epoll, owners)

    def begin(self, epoll, owners):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        connection.bind((self.addresses[self.sent % len(self.addresses)], 0))
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", self.port))
        data = self.make(self.sent)
        self.open[connection.fileno()] = connection, memoryview(data)
        owners[connection.fileno()] = self
        epoll.register(connection.fileno(), select.EPOLLOUT if data else select.EPOLLIN)

    def end(self, fd, epoll, owners):
        epoll.unregister(fd)
        del owners[fd]
        self.open.pop(fd)[0].close()

    def turn(self, fd, epoll, owners):
        """What can be sent is sent; then what is answered is read."""
        connection, rest = self.open[fd]
        try:
            if rest:
                rest = rest[connection.send(rest):]
                self.open[fd] = connection, rest
                if not rest:
                    epoll.modify(fd, select.EPOLLIN)
                return
            answer = connection.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            answer = b""
        if answer.startswith(b"HTTP/1.1 "):
            self.answers[answer[9:12].decode()] += 1
        if not answer:
            self.end(fd, epoll, owners)


def addresses(first, count=1):
    return [f"127.0.1.{first + i}" for i in range(count)]


def attackers(plan):
    """The plan's `strength` is 1 for all there is of each."""
    strength, ports, key = plan["strength"], plan["ports"], plan["key"]
    feelings, payments, users = (ports[role] for role in (
        "emotion-ingestion", "transaction-ingestion", "user-credit"))
    greedy, crowd = plan["greedy"], plan["crowd"]
    bearer = f"Authorization: Bearer {greedy[1]}"

    def bad_events(number):
        line = json.dumps({"userId": str(uuid.uuid4()), "timestamp": "2026-01-01T00:00:00Z",
                           "emotionEvent": {"type": "joy", "metrics": {
                               "positivity": 0, "intensity": 0, "stress_level": 0}}})
        return request("POST", "/v1/emotions/stream", (
            f"X-Internal-Key: {key}", "Content-Type: application/x-ndjson"),
            "\n".join([line] * 100).encode())

    def pay(number, headers=(), **fields):
        return request("POST", "/v1/transactions", (bearer, *headers),
                       {"userId": greedy[0], "amount": 1 + number % 1000, **fields})

    def login(email, password):
        return request("POST", "/v1/auth/login", (), {"email": email, "password": password})

    def stream(number):
        user_id, token = crowd[number % len(crowd)]
        return request("GET", f"/v1/users/{user_id}/notifications/stream",
                       (f"Authorization: Bearer {token}",))

    unfinished = request("POST", "/v1/auth/register", ("Content-Type: application/json",),
                         b"x" * 65536)[:-1]
    every = [
        Attacker("opens and drops connections", users, addresses(1), 2000, lambda number: b"",
                 2600, drops=True),
        Attacker("never finishes a body", users, addresses(2), 300, lambda number: unfinished, 2600),
        Attacker("sends events of nobody", feelings, addresses(3), 10, bad_events),
        Attacker("changes a payment", payments, addresses(4), 100, lambda number: pay(
            number, transactionId="the same")),
        Attacker("takes ever new keys", payments, addresses(5), 50, lambda number: pay(
            number, (f"Idempotency-Key: {uuid.uuid4()}",))),
        Attacker("logs in as nobody", users, addresses(6, 4), 48, lambda number: login(
            f"{uuid.uuid4().hex}@example.com", "12345678")),
        Attacker("guesses a password", users, addresses(10), 5, lambda number: login(
            plan["guessed"], "not the password")),
        Attacker("holds event streams", users, addresses(11), 100, stream, 1200),
        Attacker("speaks no HTTP", users, addresses(12), 50,
                 lambda number: GARBAGE[number % len(GARBAGE)]),
        Attacker("has no right", users, addresses(13), 200, lambda number: request(
            "GET", f"/v1/users/{crowd[0][0]}", ("Authorization: Bearer a.b.c",))),
        Attacker("invents refresh tokens", users, addresses(14), 100, lambda number: request(
            "POST", "/v1/auth/refresh", (), {"refresh_token": uuid.uuid4().hex * 2})),
        Attacker("asks ever again", users, addresses(15), 150, lambda number: request(
            "GET", f"/v1/users/{greedy[0]}/offers", (bearer,))),
    ]
    for attacker in every:
        attacker.per_second *= strength
        attacker.held = max(50, int(attacker.held * strength))
    return every


def main():
    plan = json.load(sys.stdin)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    every, epoll, owners = attackers(plan), select.epoll(), {}
    start, begun = time.monotonic(), False
    while not ended:
        for attacker in every:
            attacker.attack(time.monotonic() - start, epoll, owners)
        for fd, _ in epoll.poll(TURN_S):
            if fd in owners:
                owners[fd].turn(fd, epoll, owners)
        if not begun and all(attacker.sent for attacker in every):
            begun = True
            print("begun", flush=True)
        time.sleep(TURN_S)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"answers": {attacker.name: attacker.answers for attacker in every},
                      "processor": (used.ru_utime + used.ru_stime) / (time.monotonic() - start)}))


if __name__ == "__main__":
    main()
