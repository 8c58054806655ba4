# SPDX-License-Identifier: Apache-2.0
"""A flood of events that are refused: dead letters are full, and good events go on being counted."""
import collections
import contextlib
import json
import sqlite3
import uuid

import pytest
from harness.client import Client, emotion
from harness.ecs import INTERNAL_KEY
from harness.poll import until

BAD, GOOD = 2500, 500
LETTERS_AT_ONCE = 2000  # of one source, as in limits.h


def fill_real(system):
    with system.nats() as nats:
        config = nats.stream("dead-letter")["config"]
        assert config["discard"] == "old"
        nats.api("STREAM.UPDATE.dead-letter", {**config, "max_bytes": 256 * 1024})


def fill_embedded(system):
    """As many letters as may lie there: 64 MiB, and the largest at that."""
    system.process.terminate()
    with contextlib.closing(sqlite3.connect(system.process.folder / "data" / "bus.db")) as log:
        (stream, last), = log.execute("SELECT id, last FROM streams WHERE name = 'dead-letter'")
        for number in range(last + 1, last + 1025):
            log.execute("INSERT INTO messages SELECT (? << 48) | ?, unixepoch() * 1000000,"
                        " 'ecs.dead.emotions', '', '', '', 'filled', zeroblob(65536), ''",
                        (stream, number))
        log.execute("UPDATE streams SET last = ? WHERE id = ?", (last + 1024, stream))
        log.commit()
    system.process.start()


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_full_dead_letters_stop_no_stream(system_of, kind):
    system = system_of(kind)
    client = Client(system)
    person, nobody = client.person(), str(uuid.uuid4())
    {"real": fill_real, "embedded": fill_embedded}[kind](system)
    worker = system.worker("emotions")

    def metric(name, stream="emotions"):
        return worker.metrics().get(f'ecs_{name}_total{{stream="{stream}"}}', 0)

    for _ in range(BAD // 500):
        assert client.feel_batch([emotion(nobody) for _ in range(500)]).status_code == 202
    assert client.feel_batch([emotion(person.id) for _ in range(GOOD)]).status_code == 202
    until("the good ones are counted", lambda: system.database.emotions_of(person.id) == GOOD)
    until("the bad ones are refused", lambda: metric("events_rejected") == BAD)
    assert 0 < metric("events_discarded") <= BAD - LETTERS_AT_ONCE
    until("what had to go is counted", lambda: metric("bus_dropped", "dead_letter") > 0)
    until("nothing waits", lambda: worker.metrics().get(
        'ecs_bus_lag{stream="emotions"}') == 0)
    told = [line for line in worker.lines() if "refused" in line["message"]]
    assert 1 <= len(told) <= 6, told
    assert worker.readiness()[0] == 200


KEYS = {name: f"canary-{name}-0123456789abcdef0123456789abcdef" for name in ("a-flood", "bank")}
BAD_OF_ONE = 7000  # more than PRODUCER_LETTER_BYTES in limits.h, with what each takes up beside


def producers_of(system):
    """The letters that each producer left."""
    done = system.command("dead", "list", "--json")
    assert done.returncode == 0, done.stderr
    letters = json.loads(done.stdout)["dead_letters"]
    return collections.Counter(letter.get("producer") for letter in letters)


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_a_producer_that_floods_is_limited_by_name(system_of, kind):
    named = ",".join([INTERNAL_KEY, *(f"{name}={key}" for name, key in KEYS.items())])
    system = system_of(kind, {"INTERNAL_SERVICE_API_KEY": named})
    client = Client(system)
    person = client.person()
    worker = system.worker("emotions")

    def send(producer, events):
        lines = "\n".join(json.dumps(event) for event in events)
        answer = client.post("/v1/emotions/stream", {
            "X-Internal-Key": KEYS[producer], "Content-Type": "application/x-ndjson"}, data=lines)
        assert answer.status_code == 202, answer.text

    def metric(name):
        return worker.metrics().get(f'ecs_{name}_total{{stream="emotions"}}', 0)

    def refused(count):
        until(f"{count} are refused", lambda: metric("events_rejected") == count)

    for _ in range(BAD_OF_ONE // 500):
        send("a-flood", [emotion(str(uuid.uuid4())) for _ in range(500)])
    refused(BAD_OF_ONE)
    discarded = metric("events_discarded")
    assert 0 < discarded < BAD_OF_ONE
    for producer in KEYS:
        send(producer, [emotion(person.id)])
    send("bank", [emotion(str(uuid.uuid4()))])
    refused(BAD_OF_ONE + 1)
    assert metric("events_discarded") == discarded
    until("the good ones are counted", lambda: system.database.emotions_of(person.id) == 2)
    expected = {"a-flood": BAD_OF_ONE - discarded, "bank": 1}
    until("the letters are there", lambda: producers_of(system) == expected)
    if kind == "real":
        with system.nats() as nats:
            for producer in ("a-flood", "bank", "No Name"):
                nats.publish("user.emotions.topic", b"x" * 60000, {"Ecs-Producer": producer})
        refused(BAD_OF_ONE + 4)
        assert metric("events_discarded") == discarded + 1
        expected.update({"bank": 2, None: 1})
        until("those of the bus, too", lambda: producers_of(system) == expected)
    told = [line for line in worker.lines() if line["message"].endswith("producer are discarded")]
    assert 1 <= len(told) <= 3 and {line["producer"] for line in told} == {"a-flood"}, told
    assert worker.readiness()[0] == 200
