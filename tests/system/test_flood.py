# SPDX-License-Identifier: Apache-2.0
"""A flood of events that are refused: dead letters are full, and good events go on being counted."""
import contextlib
import sqlite3
import uuid

import pytest
from harness.client import Client, emotion
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
                        " 'ecs.dead.emotions', '', '', '', 'filled', zeroblob(65536)",
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
