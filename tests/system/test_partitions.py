# SPDX-License-Identifier: Apache-2.0
"""Emotion events in parts by person, as deploy/nats/partitions.conf has them: the events of a person
go to one part, a message id is stored once, and the workers of all parts count into one database."""
import collections
import json

import pytest
from harness.client import emotion
from harness.database import PostgresDatabase
from harness.ecs import BASE_ENVIRONMENT, ROOT, Process, run_ecs
from harness.engines import Engines, Nats
from harness.nats import NatsClient
from harness.people import people_made
from harness.poll import until

PARTS, PEOPLE, EVENTS_EACH = 2, 200, 5
PASSWORD = "canary-part-password"


class PartitionedNats(Nats):
    def url_of(self, user):
        return f"nats://{user}:{PASSWORD}@127.0.0.1:{self.port}"

    def command(self):
        config = self.folder / "nats.conf"
        config.write_text(f'listen: 127.0.0.1:{self.port}\njetstream {{ store_dir: "{self.folder}" }}\n'
                          'include "partitions.conf"\n', encoding="utf-8")
        sample = ROOT / "deploy" / "nats" / "partitions.conf"
        (self.folder / sample.name).write_text(sample.read_text(encoding="utf-8"), encoding="utf-8")
        names = [f"PART{k}_PASSWORD" for k in range(PARTS)] + ["PRODUCERS_PASSWORD"]
        return ["env", *(f"{name}={PASSWORD}" for name in names), "/usr/sbin/nats-server", "-c",
                str(config)]


@pytest.fixture
def parts(folder):
    """The bus in parts, the database, and a worker for each part."""
    engines = Engines(folder / "engines")
    engines.nats = PartitionedNats(folder / "parts")
    engines.start()
    environment = {**BASE_ENVIRONMENT, **engines.environment()}
    environment = [{**environment, "NATS_URL": engines.nats.url_of(f"ecs{k}")}
                   for k in range(PARTS)]
    workers = [Process(f"part{k}", folder, environment[k], ("emotion-processing",))
               for k in range(PARTS)]
    try:
        assert run_ecs("migrate", environment=environment[0]).returncode == 0
        for worker in workers:
            worker.start()
        yield engines.nats, PostgresDatabase(engines.postgres.url), workers
        for worker in workers:
            worker.terminate()
    finally:
        for worker in workers:
            if worker.process is not None and worker.process.poll() is None:
                worker.kill()
        engines.end()


def test_each_part_counts_its_people(parts):
    nats, database, workers = parts
    people = people_made(PEOPLE)
    database.add_people(people)
    with NatsClient(nats.url_of("producers")) as producer:
        for number in range(EVENTS_EACH):
            for person in people:
                event = emotion(person.id, event_id=f"event-{number}-{person.id}")
                headers = {"Nats-Msg-Id": event["eventId"]}
                sent = [producer.publish(f"ecs.emotions.{person.id}", event, headers)
                        for _ in range(2)]
                assert sent[0]["stream"] == "emotions" and not sent[0].get("duplicate")
                assert sent[1]["duplicate"] and sent[1]["seq"] == sent[0]["seq"]
    until("all is counted", lambda: database.emotions_in_all() == PEOPLE * EVENTS_EACH)
    assert database.tiles_that_differ() == []
    part_of = {}
    for k in range(PARTS):
        with NatsClient(nats.url_of(f"ecs{k}")) as part:
            messages = part.messages("emotions")
        users = collections.Counter(json.loads(message.payload)["userId"] for message in messages)
        assert set(users.values()) == {EVENTS_EACH}
        assert not part_of.keys() & users.keys()
        part_of.update(dict.fromkeys(users, k))
        counted = workers[k].metrics()['ecs_events_counted_total{stream="emotions"}']
        assert counted == len(messages)
    assert part_of.keys() == {person.id for person in people}
    assert min(collections.Counter(part_of.values()).values()) > PEOPLE / PARTS * 0.6
