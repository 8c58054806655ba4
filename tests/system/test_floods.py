# SPDX-License-Identifier: Apache-2.0
"""What one address can take from the others, and that all of it is given back: connections, and
the memory of bodies that are never finished."""
import contextlib
import errno
import json
import resource
import select
import socket

import pytest
import requests
from harness.poll import until
from harness.raw import request, statuses

MANY = 10_050
IP_BIND_ADDRESS_NO_PORT = 24  # of Linux: binding chooses no port yet, which would take long
BODY = b"x" * 65_000
UNFINISHED = (b"POST /v1/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              b"Content-Length: 65536\r\n\r\n" + BODY)


@pytest.fixture(scope="module")
def embedded(system_of_file):
    return system_of_file("embedded")


@pytest.fixture(scope="module", autouse=True)
def descriptors():
    """As many as the flood needs, for this process too."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert before[1] >= MANY + 500, "the test needs more open files: ulimit -Hn"
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextlib.contextmanager
def connections(address, count, sources):
    """Connections from 127.0.0.2 and so on, opened as fast as this process can."""
    opened = []
    try:
        for number in range(count):
            connection = socket.socket()
            opened.append(connection)
            connection.setsockopt(socket.SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            connection.bind((f"127.0.0.{2 + number % sources}", 0))
            connection.setblocking(False)
            assert connection.connect_ex(address) in (0, errno.EINPROGRESS)
        yield opened
    finally:
        for connection in opened:
            connection.close()


def is_served(system):
    """That of another address: 127.0.0.1."""
    try:
        return system.process.get("/healthz").status_code == 200
    except requests.RequestException:
        return False  # it found all places taken


def refused(system):
    name = "ecs_http_connections_refused_total"
    return sum(value for key, value in system.process.metrics().items() if key.startswith(name))


def test_an_address_takes_no_place_of_the_others(embedded):
    for _ in range(2):
        before = refused(embedded)
        with connections(embedded.address("/"), MANY, 1):
            until("its share is full", lambda: refused(embedded) > before)
        assert is_served(embedded)


def test_all_places_taken_lock_nothing(embedded):
    """Several addresses, each within its share, want more places than there are."""
    for _ in range(2):
        with connections(embedded.address("/"), MANY, 5):
            pass
        until("it is served again", lambda: is_served(embedded))


def fill(opened):
    """Sends each connection as much of an unfinished body as is taken."""
    left = {connection.fileno(): (connection, memoryview(UNFINISHED)) for connection in opened}
    poll = select.epoll()
    for fd in left:
        poll.register(fd, select.EPOLLOUT)
    while left and (ready := poll.poll(2)):
        for fd, _ in ready:
            connection, rest = left[fd]
            try:
                rest = rest[connection.send(rest):]
            except OSError:
                rest = b""  # refused
            left[fd] = connection, rest
            if not rest:
                poll.unregister(fd)
                del left[fd]
    poll.close()


@pytest.mark.parametrize("sources,limit_mib", [(1, 190), (5, 460)])
def test_unfinished_bodies_have_a_budget(embedded, sources, limit_mib):
    """They held 917 MiB, and 736 of it stayed."""
    process = embedded.process
    before = process.memory_bytes()
    with connections(embedded.address("/"), 9_900, sources) as opened:
        fill(opened)
        assert process.memory_bytes() - before < limit_mib << 20
        if sources == 1:
            assert is_served(embedded)
    until("the memory is given back", lambda: process.memory_bytes() - before < 24 << 20)
    assert is_served(embedded)


def login(number):
    body = json.dumps({"email": f"nobody{number}@example.com", "password": "12345678"}).encode()
    return request("POST", "/v1/auth/login", body,
                   ["Content-Type: application/json", f"Content-Length: {len(body)}"])


def test_logins_hold_up_nothing_but_logins(client, person):
    """More at once than can wait: those are told so at once, and a person who is logged in is
    answered while the others still wait. Then all have an answer, some after their turn, the others
    because they have waited too long, and honest logins go on."""
    with contextlib.ExitStack() as stack:
        opened = []
        for number in range(400):
            opened.append(stack.enter_context(
                socket.create_connection(client.system.address("/v1/auth/login"), 30)))
            opened[-1].sendall(login(number))
        assert client.profile(person).status_code == 200
        answered, _, _ = select.select(opened, [], [], 0)
        assert len(answered) < 400 - 16, "the person had to wait for the logins"
        answers = [connection.makefile("rb").read() for connection in opened]
    assert {status for answer in answers for status in statuses(answer)} == {401, 503}
    refusals = [answer for answer in answers if statuses(answer) == [503]]
    assert all(b"Retry-After: 1\r\n" in answer for answer in refusals)
    assert client.login(person.email).status_code == 200


def stream(client, person):
    """An event stream, its head read."""
    path = f"/v1/users/{person.id}/notifications/stream"
    answer = requests.get(client.system.url(path), headers=person.bearer, stream=True, timeout=15,
                          verify=client.system.certificate)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_phone_that_reconnects_gets_its_stream(client, person):
    """More often than a person may have streams, whether or not it hung up before."""
    for answer in [stream(client, person) for _ in range(12)]:
        answer.close()
    for _ in range(12):
        stream(client, person).close()
    path = f"/v1/users/{person.id}/notifications/stream"
    for _ in range(12):
        head = client.call("HEAD", path, person.bearer)
        assert head.status_code == 200 and head.headers["Content-Type"] == "text/event-stream"
