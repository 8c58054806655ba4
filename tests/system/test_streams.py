# SPDX-License-Identifier: Apache-2.0
"""Streams and consumers that are deleted, emptied or rolled back under a running system."""
import contextlib
import shutil
import signal

import pytest
from harness.client import Client, emotion
from harness.poll import until
from harness.ways import HoldingWay

SUBJECT = "user.emotions.topic"


@pytest.fixture(name="real", scope="module")
def real_fixture(system_of_file):
    """One for all tests that leave it as they found it."""
    return system_of_file("real")


def is_ready(system):
    return all(process.readiness()[0] == 200 for process in system.processes.values())


def offered(client):
    person = client.person()
    return person, client.analyse(person).json()["offer"]["offer_id"]


def test_deleted_streams_are_made_anew(real):
    client = Client(real)
    people = [offered(client) for _ in range(3)]
    with real.nats() as nats:
        for stream in ("emotions", "credits", "notifications", "dead-letter"):
            assert nats.api(f"STREAM.DELETE.{stream}")["success"]
        for person, offer in people:
            assert client.accept(person, offer).status_code == 202
        for person, offer in people:
            assert client.active_line(person)["offer_id"] == offer
        person = people[0][0]
        until("ingestion works", lambda: client.feel(emotion(person.id)).status_code == 202)
        until("it is counted", lambda: real.database.emotions_of(person.id) == 1)
        nats.publish(SUBJECT, b"nonsense")
        until("dead letters are kept",
              lambda: nats.stream("dead-letter")["state"]["messages"] > 0, limit_s=60)
    until("all is ready", lambda: is_ready(real))


def test_a_deleted_consumer_is_made_anew(real):
    client = Client(real)
    person = client.person()
    with real.nats() as nats:
        for number in range(2):
            assert nats.api("CONSUMER.DELETE.emotions.processor")["success"]
            assert client.feel(emotion(person.id)).status_code == 202
            until("it is counted",
                  lambda counted=number + 1: real.database.emotions_of(person.id) == counted)
    assert real.database.tiles_that_differ() == []


@pytest.mark.parametrize("answers", [True, False])
def test_a_consumer_that_holds_messages_back_is_made_anew(system_of, answers):
    """nats-server 2.9.10 may have a message and a request for it, and do nothing."""
    system = system_of("real")
    client = Client(system)
    person = client.person()
    way = HoldingWay(system.engines.nats.port, "emotions.processor", answers)
    process = system.processes["emotion-processing"]
    process.terminate()
    process.environment["NATS_URL"] = system.engines.nats.url.replace(
        str(system.engines.nats.port), str(way.port))
    process.start()
    assert client.feel(emotion(person.id)).status_code == 202
    until("it is counted", lambda: system.database.emotions_of(person.id) == 1)
    assert way.held >= 2 and not way.holding
    assert system.database.tiles_that_differ() == []
    way.end()


def test_readiness_names_what_cannot_be_had(real):
    """Another stream sits on the subject: ours cannot be made, and nothing goes to the other."""
    client = Client(real)
    person, offer = offered(client)
    service = real.processes["user-credit"]
    with real.nats() as nats:
        def usurped():
            nats.api("STREAM.DELETE.credits")
            made = nats.api("STREAM.CREATE.usurper",
                            {"name": "usurper", "subjects": ["credit.offers.approved"]})
            return "error" not in made

        until("another has the subject", usurped)
        until("readiness says so",
              lambda: service.readiness()[1]["checks"]["bus"].get("missing") == "credits")
        assert service.readiness()[0] == 503
        assert client.feel(emotion(person.id)).status_code == 202
        until("other streams go on", lambda: real.database.emotions_of(person.id) == 1)
        assert client.accept(person, offer).status_code == 202
        until("the outbox fails",
              lambda: service.metrics().get('ecs_step_failing{step="outbox"}') == 1)
        assert nats.messages("usurper") == []
        assert nats.api("STREAM.DELETE.usurper")["success"]
    assert client.active_line(person)["offer_id"] == offer
    until("all is ready", lambda: is_ready(real))


def test_an_acceptance_lost_with_its_stream_becomes_a_line(real):
    client = Client(real)
    person, offer = offered(client)
    worker = real.worker("credits")
    worker.pause()
    with real.nats() as nats:
        before = nats.stream("credits")["state"]["last_seq"]
        assert client.accept(person, offer).status_code == 202
        until("it is on the bus",
              lambda: nats.stream("credits")["state"]["last_seq"] > before)
        assert nats.api("STREAM.DELETE.credits")["success"]
    worker.resume()
    assert client.active_line(person)["offer_id"] == offer
    assert len(client.notifications(person).json()["items"]) == 1


def test_equal_payloads_at_equal_places_count_each(system_of):
    """A stream made anew, and one that lost its tail in a crash, number their messages again."""
    system = system_of("real")
    person = Client(system).person()
    event = emotion(person.id)
    server = system.engines.nats
    store, kept = server.folder, server.folder.with_name("kept")

    def send():
        """Its place; None while nobody takes it, as for a moment after the stream is told of."""
        with system.nats() as nats, contextlib.suppress(AssertionError):
            return nats.publish(SUBJECT, event)["seq"]

    def counted(count):
        until(f"{count} are counted", lambda: system.database.emotions_of(person.id) == count)

    assert send() == 1
    counted(1)
    with system.nats() as nats:
        nats.api("STREAM.DELETE.emotions")
        until("it is made anew", lambda: "error" not in nats.stream("emotions"))
    assert until("it takes events", send) == 1
    counted(2)

    server.end()
    shutil.copytree(store, kept)
    server.start()
    assert until("it takes events", send) == 2
    counted(3)
    server.end(signal.SIGKILL)
    shutil.rmtree(store)
    shutil.move(kept, store)
    server.start()
    assert until("it takes events", send) == 2
    counted(4)
    assert system.database.tiles_that_differ() == []
