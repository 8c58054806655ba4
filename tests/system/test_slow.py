# SPDX-License-Identifier: Apache-2.0
"""Engines that are slow or frozen: events are counted all the same, callers are answered in time,
and /readyz and /metrics tell how it is, at once."""
import json
import statistics
import time

import psycopg2
import pytest
from harness.callers import Callers, ask_s
from harness.client import Client, emotion
from harness.ecs import INTERNAL_KEY
from harness.people import people_added
from harness.poll import until
from harness.ways import SlowWay

CALLERS = 300
# A caller at a frozen PostgreSQL waits up to 2 s for a thread, or until it is known that the server
# is silent: a look each second, which waits for 2 s. NATS has 5 s to confirm. The rest is for a
# busy machine.
ANSWERED_S = {"postgres": 3.5 + 3, "nats": 5.5 + 3, "redis": 2.5 + 3}
ROW_S = 0.003  # 333 rows/s
BATCHES, WAVE = 60, 6
BATCH_LINES = 1000  # of some 330 bytes: 20 MB in all


@pytest.fixture(name="real", scope="module")
def real_fixture(system_of_file):
    """One for all tests, which leave it as they found it."""
    return system_of_file("real")


def publish(system, people, count, first=0):
    with system.nats() as nats:
        nats.publish_all(("user.emotions.topic", json.dumps(
            emotion(people[number % len(people)].id, event_id=f"slow-{number}")).encode(), {})
            for number in range(first, first + count))


def row_trigger(system, statement):
    system.database.change(
        f"CREATE OR REPLACE FUNCTION row_slow() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN PERFORM {statement}; RETURN NEW; END $$;"
        " DROP TRIGGER IF EXISTS row_slow ON emotion_events;"
        " CREATE TRIGGER row_slow BEFORE INSERT ON emotion_events"
        " FOR EACH ROW EXECUTE FUNCTION row_slow()")


def test_a_slow_database_counts_steadily_and_a_worker_that_stands_still_says_so(real):
    people = people_added(real, 100)
    worker, database = real.worker("emotions"), real.database
    publish(real, people, 8000)  # quick, so that batches have grown
    until("they are counted", lambda: database.emotions_in_all() == 8000)
    row_trigger(real, f"pg_sleep({ROW_S})")
    publish(real, people, 15000, first=8000)

    # A batch of 3,000 takes 9 s, and the database gives a statement 5 s: it is never stored.
    until("batches are smaller", lambda: database.emotions_in_all() > 9500, limit_s=45)
    for _ in range(4):
        before = database.emotions_in_all()
        until("more are counted", lambda before=before: database.emotions_in_all() > before)
        assert worker.readiness()[1]["checks"]["emotions"] == {
            "role": "emotion-processing", "status": "up"}
        until("the metric tells it", lambda: worker.metrics()[
            'ecs_stream_pause_seconds{stream="emotions"}'] <= 1)
    worker.wait_ready()

    locker = psycopg2.connect(real.engines.postgres.url)
    with locker, locker.cursor() as cursor:
        cursor.execute("LOCK emotion_events IN ACCESS EXCLUSIVE MODE")
        until("the worker says that it stands still", lambda: worker.readiness()[1]["checks"][
            "emotions"]["status"] == "down", limit_s=45)
        status, body = worker.readiness()
        assert status == 503 and body["status"] == "not ready"
        assert body["checks"]["emotions"]["role"] == "emotion-processing"
        assert "messages wait, and none was stored for" in body["checks"]["emotions"]["cause"]
        assert {body["checks"][engine]["status"] for engine in ("bus", "store", "cache")} == {"up"}
        assert worker.metrics()['ecs_stream_pause_seconds{stream="emotions"}'] >= 10
        told = real.command("status", worker.url)
        assert told.returncode == 69 and "emotion-processing down, cause messages" in told.stdout
    locker.close()
    worker.wait_ready()
    database.change("DROP TRIGGER row_slow ON emotion_events")
    until("all are counted once", lambda: database.emotions_in_all() == 23000, limit_s=60)
    assert database.emotion_tile_total() == 23000
    until("nothing waits", lambda: worker.metrics()[
        'ecs_stream_pause_seconds{stream="emotions"}'] == 0 and worker.readiness()[0] == 200)


def calls_at(real, engine, person):
    """(process, arguments of Callers): a request that needs the engine."""
    if engine == "nats":
        body = json.dumps(emotion(person.id)).encode()
        return real.processes["emotion-ingestion"], (
            "POST", "/v1/emotions/stream",
            [f"X-Internal-Key: {INTERNAL_KEY}", "Content-Type: application/json"], body)
    return real.processes["user-credit"], (
        "GET", f"/v1/users/{person.id}/offers", [f"Authorization: {person.bearer['Authorization']}"])


@pytest.mark.parametrize("engine", ["postgres", "redis", "nats"])
def test_callers_at_a_frozen_engine_are_answered_and_readiness_at_once(real, engine):
    person = Client(real).person()
    process, call = calls_at(real, engine, person)
    frozen = getattr(real.engines, engine)
    frozen.pause()
    try:
        callers, taken = Callers(process, CALLERS, *call), []
        end = time.monotonic() + 15
        # On a busy machine the first are answered before the last have asked.
        while (callers.wait_ms(5) or len(taken) < 20) and time.monotonic() < end:
            for path in ("/readyz", "/metrics"):
                taken.append(ask_s(process, path)[1])
        callers.end()
        assert len(callers.answers) == CALLERS
        wanted = 200 if engine == "redis" else 503
        assert {status for status, _ in callers.answers} == {wanted}
        assert max(seconds for _, seconds in callers.answers) < ANSWERED_S[engine]
        assert len(taken) >= 20 and max(taken) < 2 and statistics.median(taken) < 0.1, sorted(taken)

        check = {"postgres": "store", "redis": "cache", "nats": "bus"}[engine]
        until("readiness knows", lambda: process.readiness()[1]["checks"][check]["status"] == "down")
        assert process.readiness()[0] == wanted
        if engine == "postgres":
            assert process.readiness()[1]["checks"]["store"]["cause"] == "it does not answer"
            # From now on nobody waits at all.
            callers = Callers(process, CALLERS, *call)
            until("all are answered", lambda: not callers.wait_ms(5))
            assert statistics.median(seconds for _, seconds in callers.answers) < 1
    finally:
        frozen.resume()
    process.wait_ready()
    callers = Callers(process, 1, *call)
    until("it works again", lambda: not callers.wait_ms(20))
    assert callers.answers[0][0] in (200, 202)


def batch_of(person, number):
    """Events with ids as long as may be: many bytes, and soon read."""
    return "\n".join(json.dumps(emotion(person.id, event_id=f"{number}-{line}".rjust(128, "-")))
                     for line in range(BATCH_LINES)).encode()


def posts(process, bodies):
    return Callers(process, len(bodies), "POST", "/v1/emotions/stream", [
        f"X-Internal-Key: {INTERNAL_KEY}", "Content-Type: application/x-ndjson"], bodies)


def post(process, body):
    caller = posts(process, [body])
    until("it is answered", lambda: not caller.wait_ms(20))
    return caller.answers[0][0]


def test_a_flood_at_a_frozen_bus_holds_up_nobody_who_asks_how_it_is(real):
    """A socket that nobody reads does not take 20 MB. They come in waves, so that who asks waits
    for no more than a wave to be read."""
    person, waves, taken = Client(real).person(), [], []
    process = real.processes["emotion-ingestion"]
    bodies = [batch_of(person, number) for number in range(BATCHES)]
    assert post(process, batch_of(person, "before")) == 202

    def ask():
        for path in ("/readyz", "/metrics"):
            taken.append(ask_s(process, path)[1])

    real.engines.nats.pause()
    try:
        for first in range(0, BATCHES, WAVE):
            waves.append(posts(process, bodies[first:first + WAVE]))
            ask()
        end = time.monotonic() + ANSWERED_S["nats"]
        while any([wave.wait_ms(1) for wave in waves]) and time.monotonic() < end:
            ask()
    finally:
        real.engines.nats.resume()
    answers = [answer for wave in waves for answer in wave.answers]
    assert [status for status, _ in answers] == [503] * BATCHES
    assert max(seconds for _, seconds in answers) < ANSWERED_S["nats"]
    assert max(taken) < 1 and statistics.median(taken) < 0.1, sorted(taken)

    process.wait_ready()
    for body in bodies:  # as one does after a 503
        until("it is taken", lambda body=body: post(process, body) == 202)
    total = (BATCHES + 1) * BATCH_LINES
    until("all are counted", lambda: real.database.emotions_of(person.id) >= total)
    assert real.database.emotions_of(person.id) == total


def test_a_bus_that_takes_its_time_over_each_answer_is_up(real):
    """A look asks six questions and more: all of them take longer than one may."""
    process = real.processes["user-credit"]
    url = process.environment["NATS_URL"]
    way = SlowWay(real.engines.nats.port)
    process.terminate()
    process.environment["NATS_URL"] = url.replace(str(real.engines.nats.port), str(way.port))
    process.start()
    process.wait_ready()
    way.delay_s = 0.45
    end = way.looks + 4

    def looked():
        assert process.readiness()[1]["checks"]["bus"]["status"] == "up"
        return way.looks >= end

    until("it has looked four times", looked, limit_s=60)
    process.terminate()
    process.environment["NATS_URL"] = url
    process.start()
    process.wait_ready()
    way.end()
