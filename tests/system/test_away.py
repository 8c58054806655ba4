# SPDX-License-Identifier: Apache-2.0
"""What is not there, or has no room: PostgreSQL or NATS at a start, space on a disk, a relay that was
killed."""
import contextlib
import json
import shutil
import socket
import threading
import uuid

import pytest
from harness.client import Client, emotion
from harness.database import PostgresDatabase
from harness.disk import SmallDisk
from harness.ecs import BASE_ENVIRONMENT, INTERNAL_KEY, Process, run_ecs
from harness.engines import Nats, Postgres
from harness.poll import until
from harness.ways import LossyWay

AWAY = 69


@contextlib.contextmanager
def small_disk(size_bytes):
    disk = SmallDisk(size_bytes)
    try:
        yield disk
    finally:
        disk.end()


def post_emotion(process, person):
    return process.call("POST", "/v1/emotions/stream", headers={"X-Internal-Key": INTERNAL_KEY},
                        json=emotion(person.id)).status_code


# PostgreSQL away at a start -------------------------------------------------------------------


def test_every_role_listens_without_postgresql_and_does_what_it_can(system_of):
    system = system_of("real")
    client = Client(system)
    person = client.person()
    for process in system.processes.values():
        process.terminate()
    system.engines.postgres.end()
    for process in system.processes.values():
        process.start(wait=False)
    for process in system.processes.values():
        until(f"{process.name} listens", lambda process=process: process.readiness()[0] != 0)
    # What takes events or scores is ready; what works with the database says that it is not.
    for role, process in system.processes.items():
        wanted = 200 if "ingestion" in role or role == "credit-analysis" else 503
        until(f"{role} says {wanted}", lambda process=process, wanted=wanted:
              process.readiness()[0] == wanted)
    assert client.spend(person, 5).status_code == 202
    assert client.feel(emotion(person.id)).status_code == 202
    assert client.login(person.email).status_code == 503
    assert client.analyse(person).status_code == 503
    system.engines.postgres.start()
    for process in system.processes.values():
        process.wait_ready()
    assert client.login(person.email).status_code == 200
    until("both events are counted", lambda: (
        system.database.emotions_of(person.id), system.database.rows(
            "SELECT count(*) FROM transaction_events WHERE user_id = ?",
            system.database.id(person.id))[0][0]) == (1, 1))


def test_migrations_run_when_an_empty_database_comes(system_of):
    """No process met it before, so no table is there until the first of them has made it."""
    system = system_of("real", start=False)
    system.engines.nats.start()
    system.engines.redis.start()
    for process in system.processes.values():
        process.start(wait=False)
    for process in system.processes.values():
        until(f"{process.name} listens", lambda process=process: process.readiness()[0] != 0)
    system.engines.postgres.start()
    for process in system.processes.values():
        process.wait_ready()
    client = Client(system)
    person = client.person()
    client.feel(emotion(person.id))
    until("it is counted", lambda: system.database.emotions_of(person.id) == 1)


def policy_write(path, currency):
    path.write_text(json.dumps({
        "name": "mine", "currency": currency, "offer_life_days": 7,
        "bands": [{"risk_to": 1, "decision": "deny", "reason": "No."}]}), encoding="utf-8")


def test_a_policy_refused_meanwhile_is_not_kept_for_the_one_that_decides(folder):
    policy, postgres = folder / "policy.json", Postgres(folder)
    policy_write(policy, "USD")
    process = Process("user-credit", folder, {
        **BASE_ENVIRONMENT, "DATABASE_URL": postgres.url, "POLICY_FILE": str(policy)},
        ["user-credit"])
    try:
        process.start(wait=False)
        until("it listens", lambda: process.readiness()[0] != 0)
        policy_write(policy, "EUR")
        until("it is refused", lambda: "policy refused" in process.log.read_text())
        postgres.start()
        process.wait_ready()
        kept = PostgresDatabase(postgres.url).rows("SELECT content FROM policies")
        assert [json.loads(row[0])["currency"] for row in kept] == ["USD"]
    finally:
        process.kill()
        postgres.end()


# NATS away at a start -------------------------------------------------------------------------


def hang_up(server, calls):
    with contextlib.suppress(OSError):
        while True:
            server.accept()[0].close()
            calls.append(1)


def test_nats_that_takes_connections_and_ends_them_is_tried_until_it_is_there(folder):
    """As a balancer does in front of a server that only starts."""
    nats, calls = Nats(folder), []
    process = Process("emotion-ingestion", folder, {**BASE_ENVIRONMENT, "NATS_URL": nats.url},
                      ["emotion-ingestion"])
    server = socket.create_server(("127.0.0.1", nats.port))
    thread = threading.Thread(target=hang_up, args=(server, calls))
    thread.start()
    try:
        process.start(wait=False)
        until("it tries again and again", lambda: process.alive() and len(calls) > 3)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        server.close()
        nats.start()
        process.wait_ready()
    finally:
        process.kill()
        nats.end()


# Full disks -----------------------------------------------------------------------------------


class RefusingNats(Nats):
    """The same server, which has another password than everybody knows."""

    refuses = False

    def command(self):
        *command, password = super().command()
        return [*command, "another" if self.refuses else password]


def test_a_bus_that_refused_a_process_is_connected_again(folder):
    """libnats gives a connection up after two refusals; another one is made, in the same process."""
    nats = RefusingNats(folder)
    nats.start()
    process = Process("ingestion", folder, {**BASE_ENVIRONMENT, "NATS_URL": nats.url},
                      ["emotion-ingestion"]).start()
    person = type("person", (), {"id": str(uuid.uuid4())})
    try:
        nats.end()
        nats.refuses = True
        nats.start()
        until("it says that it is refused", lambda: "Authentication" in process.tail(30))
        until("it is not ready", lambda: process.readiness()[0] == 503)
        assert post_emotion(process, person) == 503
        nats.end()
        nats.refuses = False
        nats.start()
        until("it takes events again", lambda: post_emotion(process, person) == 202)
        process.wait_ready()
        process.terminate()
    finally:
        process.kill()
        nats.end()


def test_an_embedded_disk_that_fills_is_told_before_posts_fail(folder):
    with small_disk(64 << 20) as disk:
        process = Process("ecs", folder, {**BASE_ENVIRONMENT, "DATA_DIR": str(disk.folder / "data")})
        process.start()
        person = type("person", (), {"id": str(uuid.uuid4())})
        disk.fill(3 << 20)
        until("it says so", lambda: process.readiness()[0] == 503)
        checks = process.readiness()[1]["checks"]
        assert {check["cause"] for check in checks.values() if "cause" in check} == {
            "the disk is nearly full"}
        assert post_emotion(process, person) == 202
        disk.fill()
        until("posts are refused", lambda: post_emotion(process, person) == 503)
        process.terminate()
        disk.fill()
        # A start fails with what its supervisor tries again, until there is room.
        for _ in range(2):
            done = run_ecs("serve", environment=process.environment)
            assert done.returncode == AWAY and "disk" in done.stderr, done.stderr
        disk.clear()
        process.start()
        assert post_emotion(process, person) == 202
        process.terminate()


def test_a_stream_that_fills_is_told_before_posts_fail(system_of):
    system = system_of("real", start=False)
    system.engines.nats.start()
    with system.nats() as nats:
        nats.api("STREAM.CREATE.emotions", {
            "name": "emotions", "subjects": ["user.emotions.topic"], "storage": "file",
            "retention": "limits", "discard": "new", "max_bytes": 16 << 20,
            "max_age": 3600 * 10**9})
        while nats.stream("emotions")["state"]["bytes"] < 0.97 * (16 << 20):
            nats.publish("user.emotions.topic", b"x" * 60000)
    process = system.processes["emotion-ingestion"].start(wait=False)
    person = type("person", (), {"id": str(uuid.uuid4())})
    until("it is ready", lambda: process.readiness()[0] == 200)

    def full():
        status, body = process.readiness()
        return status == 503 and body["checks"]["bus"].get("cause") == "a stream is nearly full"

    until("it says so, and nothing was refused",
          lambda: full() or not process_takes(process, person), pause_s=0)
    assert post_emotion(process, person) == 202


def process_takes(process, person):
    assert post_emotion(process, person) == 202
    return True


def cause(process):
    return process.readiness()[1]["checks"]["store"].get("cause")


def test_postgresql_whose_disk_fills_is_told_before_posts_fail_and_heals(system_of):
    """The table of people and temporary files lie on a disk of their own."""
    system = system_of("real")
    client = Client(system)
    process = system.processes["user-credit"]
    with small_disk(8 << 20) as disk:
        place = disk.folder / "people"
        place.mkdir()
        if system.engines.postgres.account:
            shutil.chown(place, system.engines.postgres.account, system.engines.postgres.account)
        system.database.alone(f"CREATE TABLESPACE people LOCATION '{place}'")
        system.database.alone("ALTER TABLE users SET (fillfactor = 10)")
        system.database.alone("ALTER TABLE users SET TABLESPACE people")
        system.database.alone("ALTER SYSTEM SET temp_tablespaces = people")
        system.database.alone("SELECT pg_reload_conf()")
        disk.fill(512 << 10)
        until("it says so before anything is refused", lambda: cause(process) == "the disk is full")
        assert client.register(f"{uuid.uuid4()}@example.com").status_code == 200
        disk.fill()

        def refused():
            status = client.register(f"{uuid.uuid4()}@example.com").status_code
            assert status in (200, 503)
            return status == 503

        until("a registration is refused", refused)
        assert cause(process) == "the disk is full" and process.readiness()[0] == 503
        disk.clear()
        process.wait_ready()
        assert client.register(f"{uuid.uuid4()}@example.com").status_code == 200
        system.database.alone("ALTER SYSTEM RESET temp_tablespaces")
        system.database.alone("ALTER TABLE users SET TABLESPACE pg_default")
        system.database.alone("DROP TABLESPACE people")


# A killed relay -------------------------------------------------------------------------------


def test_what_a_killed_relay_had_claimed_is_taken_over_within_2_s(system_of):
    """user-credit claims while NATS is frozen and dies; credit-application goes on with it."""
    system = system_of("real")
    client = Client(system)
    person = client.person()
    offer = client.analyse(person).json()["offer"]["offer_id"]
    dying, other = system.processes["user-credit"], system.processes["credit-application"]
    other.pause()
    system.engines.nats.pause()

    def claims_s():
        return [float(row[0]) for row in system.database.rows(
            "SELECT extract(epoch FROM claimed_until - clock_timestamp()) FROM outbox"
            " WHERE claimed_until > clock_timestamp()")]

    assert client.accept(person, offer).status_code == 202
    until("it is claimed", claims_s)
    dying.kill()
    left_s = claims_s()
    system.engines.nats.resume()
    other.resume()
    assert all(left < 2 for left in left_s)
    until("it is published", lambda: not system.database.rows("SELECT id FROM outbox"), limit_s=6)
    dying.start()
    client.active_line(person)
    with system.nats() as nats:
        assert len(nats.messages("credits")) == 1


# Lost COMMITs ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lossy(system_of_file):
    """(system, the way on which its user-credit reaches PostgreSQL)

    Its cache is in memory: Redis has 20 ms for an answer, and one that a busy machine makes later
    would be a second fault, after which a repetition is refused.
    """
    system = system_of_file("real")
    way = LossyWay(system.engines.postgres.port)
    process = system.processes["user-credit"]
    process.terminate()
    process.environment["DATABASE_URL"] = system.engines.postgres.url.replace(
        str(system.engines.postgres.port), str(way.port))
    del process.environment["REDIS_URL"]
    process.start()
    yield system, way
    way.end()


def test_a_registration_whose_commit_was_lost_can_be_repeated(lossy):
    system, way = lossy
    client = Client(system)
    assert client.register(f"{uuid.uuid4()}@example.com").status_code == 200
    email = f"{uuid.uuid4()}@example.com"
    way.lose(b"INSERT INTO users")
    assert client.register(email).status_code == 503
    assert way.marker is None
    # Nobody takes it over with another password; the one who began it gets what it has made.
    assert client.register(email, "another password").status_code == 409
    again = client.register(email)
    assert again.status_code == 200
    assert system.database.rows("SELECT id FROM users WHERE email = ?", email) == [
        (again.json()["id"],)]
    assert client.login(email).status_code == 200
    # A registration that was answered is one that exists.
    other = f"{uuid.uuid4()}@example.com"
    assert client.register(other).status_code == 200
    assert client.register(other).status_code == 409


def test_a_refresh_whose_commit_was_lost_can_be_repeated(lossy):
    system, way = lossy
    client = Client(system)
    person = client.person()
    token = person.refresh_token

    def refresh(token):
        return client.post("/v1/auth/refresh", json={"refresh_token": token})

    for _ in range(3):  # the answer may be lost more than once
        way.lose(b"INTO refresh_tokens")
        assert refresh(token).status_code == 503
        assert way.marker is None
    answer = refresh(token)
    assert answer.status_code == 200
    # Used again it is what a thief would send: all that was born of it ends.
    assert refresh(token).status_code == 401
    assert refresh(answer.json()["refresh_token"]).status_code == 401
