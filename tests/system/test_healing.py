# SPDX-License-Identifier: Apache-2.0
"""Faults that concern everything at once: nothing is put aside for them, the system says what it
cannot do, and goes on by itself when they are mended."""
import pytest
from harness.client import Client, emotion
from harness.poll import until

# On real engines more than a message once got before it was given up.
DELIVERIES = {"embedded": 2, "real": 11}


def failing(process):
    """What /readyz says that a process cannot consume."""
    return process.readiness()[1].get("failing", [])


def retried(process, stream):
    return process.metrics().get(f'ecs_events_retried_total{{stream="{stream}"}}', 0)


def dead_letters(system):
    return sum(process.metrics().get(f'ecs_events_rejected_total{{stream="{stream}"}}', 0)
               for stream in ("emotions", "credits") for process in system.workers(stream))


@pytest.fixture(name="real", scope="module")
def real_fixture(system_of_file):
    """One for all tests that leave it as they found it."""
    return system_of_file("real")


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_missing_tables_are_no_events_fault(system_of, kind):
    system = system_of(kind)
    client = Client(system)
    person = client.person()
    offer = client.analyse(person).json()["offer"]["offer_id"]
    worker = system.worker("emotions")
    for table in ("emotion_tiles", "notifications"):
        system.database.change(f"ALTER TABLE {table} RENAME TO {table}_away")
    for _ in range(20):
        assert client.feel(emotion(person.id)).status_code == 202
    assert client.accept(person, offer).status_code == 202

    until("both roles say so", lambda: "emotion-processing" in failing(worker)
          and "credit-application" in failing(system.worker("credits")))
    assert worker.readiness()[0] == 503
    for stream in ("emotions", "credits"):
        assert system.worker(stream).metrics()[f'ecs_step_failing{{step="{stream}"}}'] == 1
    until("the events came again and again",
          lambda: retried(worker, "emotions") >= DELIVERIES[kind] * 20, limit_s=60, pause_s=0.2)
    assert dead_letters(system) == 0
    refusals = [line for line in worker.lines() if line["message"] == "database refused"]
    assert 1 <= len(refusals) <= 8, refusals  # one in ten seconds for each cause

    for table in ("emotion_tiles", "notifications"):
        system.database.change(f"ALTER TABLE {table}_away RENAME TO {table}")
    until("all are counted", lambda: system.database.emotions_of(person.id) == 20)
    assert client.active_line(person)["offer_id"] == offer
    until("it is ready again", lambda: worker.readiness()[0] == 200)
    assert failing(worker) == [] and dead_letters(system) == 0
    assert system.database.tiles_that_differ() == []


@pytest.mark.parametrize("fault, mend", [
    ("ALTER TABLE emotion_events ADD CONSTRAINT no CHECK (stress < 0) NOT VALID",
     "ALTER TABLE emotion_events DROP CONSTRAINT no"),
    ("ALTER TABLE emotion_events RENAME COLUMN stress TO strain",
     "ALTER TABLE emotion_events RENAME COLUMN strain TO stress"),
    ("ALTER TABLE event_keys ADD COLUMN owner text NOT NULL DEFAULT ''; "
     "ALTER TABLE event_keys ALTER COLUMN owner DROP DEFAULT",
     "ALTER TABLE event_keys DROP COLUMN owner"),
], ids=["a check that all fail", "a column", "a column more"])
def test_what_all_events_fail_on_is_the_databases(real, fault, mend):
    client = Client(real)
    person = client.person()
    worker = real.worker("emotions")
    real.database.change(fault)
    before = retried(worker, "emotions")
    for _ in range(5):
        assert client.feel(emotion(person.id)).status_code == 202
    until("the role says so", lambda: failing(worker) == ["emotion-processing"])
    until("they came again", lambda: retried(worker, "emotions") >= before + 3 * 5)
    real.database.change(mend)
    until("all are counted", lambda: real.database.emotions_of(person.id) == 5)
    until("it is ready again", lambda: worker.readiness()[0] == 200)
    with real.nats() as nats:
        assert nats.messages("dead-letter") == []
