# SPDX-License-Identifier: Apache-2.0
"""A clock that is set while everything runs, an hour back or a day ahead, disturbs nothing: deadlines,
keep-alives, connections made anew, claims."""
import socket

import pytest
from harness.client import Client, emotion
from harness.clock import HOUR_S, Clock
from harness.events import EventStream
from harness.poll import until

BACK, AHEAD = -HOUR_S, 24 * HOUR_S
HEADER_DEADLINE_S = 5


class Clocks:
    """A system whose processes all have clocks that can be set."""

    def __init__(self, system, folder):
        self.system, self.clocks = system, []
        for process in system.processes.values():
            self.clocks.append(Clock(folder, 0))
            process.environment = {**process.environment, **self.clocks[-1].environment}
        system.start()

    def step(self, by_s):
        for clock in self.clocks:
            clock.step(by_s)


def credit_line(client, person):
    offer = client.analyse(person).json()["offer"]
    assert client.accept(person, offer["offer_id"]).status_code == 202
    client.active_line(person)
    until("it is told", lambda: client.notifications(person).json()["items"])


@pytest.mark.parametrize("by_s", [BACK, AHEAD])
@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_deadlines_keep_alives_and_claims(system_of, folder, kind, by_s):
    clocks = Clocks(system_of(kind, start=False), folder)
    system, client = clocks.system, Client(clocks.system)
    person = client.person()
    path = f"/v1/users/{person.id}/notifications/stream"
    with EventStream(client, person) as stream, \
            socket.create_connection(system.address(path), HEADER_DEADLINE_S + 5) as slow:
        slow.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
        clocks.step(by_s)
        credit_line(client, person)
        assert client.feel(emotion(person.id)).status_code == 202
        assert slow.recv(4096) == b"", "a request whose head does not end is not cut"
        assert stream.next()["data"]
        if by_s == BACK:  # the step that can hold it up
            assert next(line for line in stream.lines if line.startswith(":"))
    until("nothing waits to be published",
          lambda: system.database.rows("SELECT count(*) FROM outbox") == [(0,)])


def test_offers_expire_by_the_time_that_began_with_the_process(system_of, folder):
    """Embedded, a machine's clock that is set while it runs ends no offer early. By so little that
    the two clocks are still believed, and what is over by both shows that somebody looked."""
    clocks = Clocks(system_of("embedded", start=False), folder)
    client, database = Client(clocks.system), clocks.system.database
    runs, over = [client.analyse(client.person()).json()["offer"]["offer_id"] for _ in range(2)]
    clocks.step(200)
    for offer, life_us in ((runs, 100_000_000), (over, 1)):
        database.change(f"UPDATE offers SET expires_at = created_at + {life_us}"
                        f" WHERE id = x'{database.id(offer).hex()}'")
    until("what is over expires", lambda: database.rows(
        "SELECT id FROM offers WHERE status = 'expired'"), 20)
    assert database.rows("SELECT id FROM offers WHERE status = 'offered'") == [(database.id(runs),)]


@pytest.mark.parametrize("by_s", [BACK, AHEAD])
def test_connections_are_made_anew(system_of, folder, by_s):
    """The clock is set while the engines are away, and while nothing answers."""
    clocks = Clocks(system_of("real", start=False), folder)
    system, client = clocks.system, Client(clocks.system)
    person = client.person()
    assert client.feel(emotion(person.id, event_id="before")).status_code == 202
    until("it is counted", lambda: system.database.emotions_of(person.id) == 1)
    engines = (system.engines.nats, system.engines.postgres, system.engines.redis)
    for engine in engines:
        engine.pause()
    clocks.step(by_s)
    until("it is noticed",
          lambda: system.processes["emotion-ingestion"].readiness()[0] == 503, 15)
    for engine in engines:
        engine.resume()
    until("it is taken", lambda: client.feel(
        emotion(person.id, event_id="frozen")).status_code == 202, 15)
    until("it is counted", lambda: system.database.emotions_of(person.id) == 2, 15)
    clocks.step(by_s)
    for engine in engines:
        engine.end()
    clocks.step(by_s)
    for engine in engines:
        engine.start()
    until("it is taken", lambda: client.feel(
        emotion(person.id, event_id="ended")).status_code == 202, 15)
    until("it is counted", lambda: system.database.emotions_of(person.id) == 3, 15)
    for process in system.processes.values():
        process.wait_ready()
    credit_line(client, person)
