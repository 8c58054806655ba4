# SPDX-License-Identifier: Apache-2.0
"""Engines that stop, workers that freeze, messages that can never be applied."""
import concurrent.futures
import hashlib
import json
import signal
import statistics
import threading
import time
import uuid

import pytest
from harness.client import Client, emotion, now_text
from harness.expect import refusal
from harness.people import people_made
from harness.poll import until

NO_BUS = "Service unavailable. Could not connect to the messaging system."
NO_MODEL = "Credit analysis service is unavailable."
OVERLOADED = "Credit analysis service is temporarily overloaded. Please try again later."
SUBJECT = "user.emotions.topic"


@pytest.fixture
def real(system_of):
    return system_of("real")


class Producer:
    """Sends events one by one from a few threads until told to stop; keeps what was answered 202
    and what was sent at all."""

    def __init__(self, system, person, threads=3):
        self.system, self.person = system, person
        self.accepted, self.sent, self.statuses = set(), set(), set()
        self.stopping = threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(threads)
        self.work = [self.pool.submit(self._run, number) for number in range(threads)]

    def _run(self, thread):
        client = Client(self.system)
        number = 0
        while not self.stopping.is_set():
            number += 1
            event_id = f"{thread}-{number}"
            self.sent.add(event_id)
            answer = client.feel(emotion(self.person.id, event_id=event_id))
            self.statuses.add(answer.status_code)
            if answer.status_code == 202:
                self.accepted.add(event_id)
            else:
                refusal(answer, 503, NO_BUS)

    def goes_on(self, count=50):
        """Waits until `count` more were accepted."""
        goal = len(self.accepted) + count
        until(f"{count} more events are accepted", lambda: len(self.accepted) >= goal)

    def stop(self):
        self.stopping.set()
        for work in self.work:
            work.result()
        self.pool.shutdown()


def check_counted(system, producer):
    """Everything accepted is counted once; nothing is counted that was not sent."""
    until("all that was accepted is counted", lambda: producer.accepted <= set(
        system.database.event_ids_of(producer.person.id)), limit_s=60, pause_s=0.2)
    until("nothing is under way any more", lambda: system.worker("emotions").metrics().get(
        'ecs_bus_lag{stream="emotions"}') == 0)
    counted = system.database.event_ids_of(producer.person.id)
    assert len(counted) == len(set(counted))
    assert producer.accepted <= set(counted) <= producer.sent
    assert system.database.emotion_tile_total() == system.database.emotions_in_all()
    assert system.database.tiles_that_differ() == []
    system.check_alive()


# Redis ----------------------------------------------------------------------------------------


def test_without_redis_every_call_is_right(real):
    client = Client(real)
    before = client.person()
    assert client.analyse(before).json()["approved"]
    for how in ("stopped", "frozen"):
        if how == "stopped":
            real.engines.redis.end(signal.SIGKILL)
        else:
            real.engines.redis.start()
            real.engines.redis.pause()
        person = client.person()
        assert client.feel(emotion(person.id, positivity=0.9)).status_code == 202
        assert client.spend(person, 30).status_code == 202
        until("features are fresh", lambda: client.features(person) == {
            **client.features(person), "transaction_count_30d": 1,
            "avg_transaction_value_30d": 30, "avg_positivity_7d": 0.9})
        offer = client.analyse(person).json()["offer"]["offer_id"]
        assert client.accept(person, offer).status_code == 202
        assert client.active_line(person)["offer_id"] == offer
        assert client.notifications(person).json()["items"]
        assert client.offers(before).json()["total"] == 1
        assert client.login(person.email).status_code == 200
    real.engines.redis.resume()


def test_a_lying_cache_is_not_believed(real):
    """Values of a wrong type, nonsense and another person's features bring no wrong answer."""
    client = Client(real)
    person, other = client.person(), client.person()
    client.spend(person, 30)
    client.spend(other, 999)
    client.wait_for_transactions(person, 1)
    client.wait_for_transactions(other, 1)
    key = f"user_features:{person.id}"
    redis = real.engines.redis
    foreign = redis.get(f"user_features:{other.id}")
    for lie in (b"nonsense", b"{}", foreign or b"null", b"\xff\x01", None):
        redis.cli("DEL", key)
        if lie is None:
            redis.cli("RPUSH", key, "a", "b")
        else:
            redis.set(key, lie)
        client.spend(person, 30)  # changes the features, so that an analysis must look at them
        answer = client.analyse(person)
        assert answer.status_code == 200, answer.text
        assert client.features(person)["avg_transaction_value_30d"] in (30, 30.0)


def test_a_forged_cache_turns_no_denial_into_an_approval(system_of):
    """Whoever can write to Redis alters the features that a decision is made of, in every way that
    lacks the key: altered content, another person's, an older one's, one without a tag."""
    system = system_of("real", {"SCORER": "scorecard"})
    client = Client(system)
    rich, poor = client.person(), client.person()
    for _ in range(3):
        client.spend(poor, 1)
    client.wait_for_transactions(poor, 3)
    user_credit = system.process_of("/v1/auth/login")

    def forged():
        return user_credit.metrics().get('ecs_feature_cache_total{result="forged"}', 0)

    key = f"user_features:{poor.id}"
    assert client.analyse(poor).json()["approved"] is False
    honest = system.engines.redis.get(key)
    assert client.analyse(rich).status_code == 200
    foreign = system.engines.redis.get(f"user_features:{rich.id}")
    # With so many payments the same person would be approved.
    text = honest[16:].replace(b'"transaction_count_30d":3', b'"transaction_count_30d":60')
    assert text != honest[16:]
    lies = [honest[:16] + text, text, b"", honest[:15], foreign[:16] + text, bytes(16) + text,
            hashlib.blake2b(text, digest_size=16).digest() + text]
    for number, lie in enumerate(lies, 1):
        system.engines.redis.set(key, lie)
        assert client.analyse(poor).json()["approved"] is False
        assert client.features(poor)["transaction_count_30d"] == 3
        assert forged() == number
    # Sealed, but of somebody else: no forgery, and no answer either.
    system.engines.redis.set(key, foreign)
    client.analyse(poor)
    assert client.features(poor)["transaction_count_30d"] == 3
    assert forged() == len(lies)


# NATS -----------------------------------------------------------------------------------------


def test_without_nats_ingestion_says_so_and_the_rest_works(real):
    client = Client(real)
    person = client.person()
    offer = client.analyse(person).json()["offer"]["offer_id"]
    real.engines.nats.end()

    answer = client.feel(emotion(person.id))
    refusal(answer, 503, NO_BUS)
    assert int(answer.headers["Retry-After"]) > 0
    refusal(client.spend(person, 5), 503, NO_BUS)
    batch = client.feel_batch([emotion(person.id)] * 3)
    refusal(batch, 503, NO_BUS)

    assert client.offers(person).status_code == 200
    assert client.login(person.email).status_code == 200
    assert client.accept(person, offer).status_code == 202  # the outbox keeps it
    assert client.offers(person).json()["items"][0]["status"] == "accepted"
    real.engines.nats.start()
    assert client.active_line(person)["offer_id"] == offer
    until("ingestion works again", lambda: client.feel(emotion(person.id)).status_code == 202)


def test_nats_killed_in_mid_stream_loses_nothing(real):
    producer = Producer(real, Client(real).person())
    for _ in range(2):
        producer.goes_on()
        real.engines.nats.end(signal.SIGKILL)
        until("ingestion is refused", lambda: 503 in producer.statuses)
        real.engines.nats.start()
    producer.goes_on()
    producer.stop()
    check_counted(real, producer)


# PostgreSQL -----------------------------------------------------------------------------------


def test_postgres_killed_in_mid_stream_loses_nothing(real):
    producer = Producer(real, Client(real).person())
    for _ in range(3):
        producer.goes_on()
        real.engines.postgres.end(signal.SIGQUIT)
        producer.goes_on(20)  # ingestion does not need the database
        real.engines.postgres.start()
    producer.goes_on()
    producer.stop()
    check_counted(real, producer)


def test_without_postgres_answers_are_503(real):
    client = Client(real)
    person = client.person()
    real.engines.postgres.end(signal.SIGQUIT)
    for answer in (client.offers(person), client.analyse(person), client.login(person.email),
                   client.register("canary-new@example.com"), client.profile(person),
                   client.accept(person, str(uuid.uuid4()))):
        refusal(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0
    real.engines.postgres.start()
    until("analyses work again", lambda: client.analyse(person).status_code == 200)
    real.check_alive()


# Workers --------------------------------------------------------------------------------------


def test_a_frozen_worker_that_wakes_up_counts_nothing_twice(real):
    """Frozen for longer than the bus waits for it, so that what it held has gone to another."""
    producer = Producer(real, Client(real).person())
    producer.goes_on()
    frozen = real.worker("emotions")
    frozen.pause()
    other = real.add("emotion-processing-2", "emotion-processing")
    producer.goes_on(500)
    held = set(producer.accepted)
    until("the other counts what was held too", lambda: held <= set(
        real.database.event_ids_of(producer.person.id)), pause_s=0.2)
    frozen.resume()
    producer.goes_on()
    producer.stop()
    other.alive()
    check_counted(real, producer)


# The model ------------------------------------------------------------------------------------


def analyse_until(client, person, status, detail=None):
    answers = []  # an answer that refuses is false in a condition

    def answered():
        answers.append(client.analyse(person))
        return answers[-1].status_code == status and (
            detail is None or answers[-1].json()["detail"] == detail)

    until(f"an analysis answers {status} {detail}", answered, limit_s=60)
    return answers[-1]


@pytest.mark.parametrize("how", ["stopped", "frozen"])
def test_the_breaker(real, how):
    client = Client(real)
    person = client.person()
    model, service = real.processes["credit-analysis"], real.processes["user-credit"]
    assert service.metrics()["ecs_breaker_state"] == 0
    if how == "stopped":
        model.kill()
    else:
        model.pause()

    first = client.analyse(person)
    refusal(first, 503, NO_MODEL)
    assert int(first.headers["Retry-After"]) > 0
    answer = analyse_until(client, person, 503, OVERLOADED)
    assert int(answer.headers["Retry-After"]) > 0
    assert service.metrics()["ecs_breaker_state"] == 2
    failures = service.metrics()['ecs_breaker_calls_total{result="failure"}']
    assert failures >= 20

    taken = []
    for _ in range(100):
        started = time.perf_counter()
        answer = client.analyse(person)
        taken.append(time.perf_counter() - started)
    assert statistics.median(taken) < 0.1  # who waits for the model waits 0.2 s

    if how == "stopped":
        model.start()
    else:
        model.resume()
    analyse_until(client, person, 200)
    until("the breaker is closed", lambda: client.analyse(client.person()).status_code == 200
          and service.metrics()["ecs_breaker_state"] == 0)
    until("it said: open, half open, closed", lambda: sum(
        "breaker" in line["message"] for line in service.lines()) >= 3)
    assert client.offers(person).json()["total"] == 1


# Messages that can never be applied -----------------------------------------------------------


def poison_of(person):
    """What a careless producer may publish, and a word of the reason that it must be given."""
    good = emotion(person.id)
    return {
        "not JSON": (b"{nonsense", ""),
        "nothing": (b"", ""),
        "zero bytes": (b"\0\0\0", ""),
        "bad UTF-8": (b'{"userId":"\xff"}', ""),
        "an array": (b"[]", ""),
        "too deep": (b'{"a":' * 500 + b"1" + b"}" * 500, ""),
        "too large": (json.dumps({**good, "more": "x" * 70000}).encode(), ""),
        "no fields": (b"{}", "userId"),
        "no person of ours": (json.dumps(emotion(str(uuid.uuid4()))).encode(), "user"),
        "not an id": (json.dumps({**good, "userId": "me"}).encode(), "userId"),
        "not finite": (json.dumps(good).replace("0.6", "1e999").encode(), ""),
        "NaN": (json.dumps(good).replace("0.6", "NaN").encode(), ""),
        "out of range": (json.dumps(emotion(person.id, stress=1.1)).encode(), "stress_level"),
        "future": (json.dumps({**good, "timestamp": now_text(minutes=-30)}).encode(), "timestamp"),
        "too old": (json.dumps({**good, "timestamp": now_text(days=500)}).encode(), "timestamp"),
        "no time": (json.dumps({**good, "timestamp": "soon"}).encode(), "timestamp"),
    }


def test_poison_stops_nothing_and_is_kept(real):
    client = Client(real)
    person = client.person()
    poison = poison_of(person)
    with real.nats() as nats:
        for payload, _ in poison.values():
            nats.publish(SUBJECT, payload)
            nats.publish(SUBJECT, emotion(person.id))
        until("the good ones are counted",
              lambda: real.database.emotions_of(person.id) == len(poison))
        until("all poison is dead", lambda: len(nats.messages("dead-letter")) >= len(poison))
        dead = nats.messages("dead-letter")
        assert len(dead) == len(poison)
        by_payload = {message.payload: message for message in dead}
        for name, (payload, word) in poison.items():
            message = by_payload[payload[:64 * 1024]]  # cut to what may be published again
            reason = " ".join(message.headers.values())
            assert word in reason, (name, message.headers)
        state = nats.consumers("emotions")[0]
        assert state["num_pending"] == 0
    listed = real.command("dead", "list")
    assert listed.returncode == 0
    assert len([line for line in listed.stdout.splitlines() if "emotions" in line]) == len(poison)


def test_late_events_land_in_their_own_tile(real):
    client = Client(real)
    person = client.person()
    for days in (0, 1, 29, 40, 300):
        assert client.feel(emotion(person.id, timestamp=now_text(days=days))).status_code == 202
    until("all are counted", lambda: real.database.emotions_of(person.id) == 5)
    assert real.database.tiles_of(person.id) == 5
    assert real.database.tiles_that_differ() == []


def test_an_id_used_for_other_content_is_refused(real):
    client = Client(real)
    person = client.person()
    first = emotion(person.id, event_id="mine", stress=0.1)
    with real.nats() as nats:
        nats.publish(SUBJECT, first)
        nats.publish(SUBJECT, first)
        nats.publish(SUBJECT, {**first, "timestamp": now_text(hours=5)})
        dead = until("the third is dead", lambda: nats.messages("dead-letter"))
        assert len(dead) == 1
    assert real.database.emotions_of(person.id) == 1


def test_dead_letters_are_put_back(real):
    """Events of a person who comes later: refused at first, counted once after `dead retry`."""
    person = people_made(1)[0]
    with real.nats() as nats:
        for number in range(3):
            nats.publish(SUBJECT, emotion(person.id, event_id=str(number)))
        until("they are dead", lambda: len(nats.messages("dead-letter")) == 3)
        retried = real.command("dead", "retry")
        assert retried.returncode == 0
        until("they are dead again", lambda: len(nats.messages("dead-letter")) == 3)
        assert real.database.emotions_of(person.id) == 0
        real.database.add_people([person])
        assert real.command("dead", "retry").returncode == 0
        until("they are counted", lambda: real.database.emotions_of(person.id) == 3)
        assert nats.messages("dead-letter") == []
    assert "emotions" not in real.command("dead", "list").stdout


def test_rewind_counts_nothing_twice(real):
    client = Client(real)
    person = client.person()
    since = now_text(minutes=5)
    with real.nats() as nats:
        for number in range(300):
            nats.publish(SUBJECT, emotion(person.id, event_id=str(number) if number % 2 else None))
    until("all are counted", lambda: real.database.emotions_of(person.id) == 300)
    name = 'ecs_events_duplicate_total{stream="emotions"}'
    worker = real.worker("emotions")
    before = worker.metrics().get(name, 0)
    done = real.command("rewind", "emotions", "--since", since)
    assert done.returncode == 0, done.stderr
    until("all were seen again", lambda: worker.metrics().get(name, 0) >= before + 300)
    assert real.database.emotions_of(person.id) == 300
    assert real.database.tiles_that_differ() == []


def test_embedded_dead_letters_and_rewind(system_of):
    """The same with the log in the process: the commands run while the server is down."""
    system = system_of("embedded")
    client = Client(system)
    person = client.person()
    unknown = str(uuid.uuid4())
    for number in range(20):
        assert client.feel(emotion(person.id, event_id=str(number))).status_code == 202
    for number in range(3):
        assert client.feel(emotion(unknown, event_id=str(number))).status_code == 202
    rejected = 'ecs_events_rejected_total{stream="emotions"}'
    until("they are refused", lambda: system.process.metrics().get(rejected, 0) == 3)
    until("the rest is counted", lambda: system.database.emotions_of(person.id) == 20)
    system.process.terminate()

    listed = system.command("dead", "list")
    assert listed.returncode == 0, listed.stderr
    assert len([line for line in listed.stdout.splitlines() if "emotions" in line]) == 3
    assert system.command("dead", "retry").returncode == 0
    assert system.command("rewind", "emotions", "--since", now_text(hours=1)).returncode == 0
    system.process.start()
    until("they are refused again", lambda: system.process.metrics().get(rejected, 0) >= 3)
    until("the others were seen again", lambda: system.process.metrics().get(
        'ecs_events_duplicate_total{stream="emotions"}', 0) >= 20)
    assert system.database.emotions_of(person.id) == 20
    assert system.database.tiles_that_differ() == []
