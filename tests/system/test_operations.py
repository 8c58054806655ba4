# SPDX-License-Identifier: Apache-2.0
"""What those who run ECS rely on: configuration, signals, readiness, metrics, logs, memory."""
import concurrent.futures
import json
import os
import pathlib
import re
import resource
import signal
import socket
import stat
import subprocess
import threading
import time
import uuid

import pytest
from harness.client import PASSWORD, Client, emotion, now_text
from harness.ecs import (BASE_ENVIRONMENT, INTERNAL_KEY, ROLES, SECRET_KEY, Process, run_ecs)
from harness.engines import PASSWORD as ENGINE_PASSWORD
from harness.people import people_added
from harness.poll import until
from harness.ports import free_port

# Configuration --------------------------------------------------------------------------------


def test_all_faults_of_a_configuration_are_told_at_once(folder):
    done = run_ecs("serve", environment={
        "DATA_DIR": str(folder), "LISTEN": "nowhere", "SCORER": "oracle", "LOG_LEVEL": "loud",
        "SECRET_KEY": "short", "INTERNAL_SERVICE_API_KEY": "short", "HTTP_THREADS": "0",
        "POOL_THREADS": "many", "BATCH_EVENTS": "99999999999999999999",
        "POLICY_FILE": str(folder / "missing.json"), "RETENTION_DAYS": "90",
        "NATS_URL": "", "REDIS_URL": "gopher://x", "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318",
        "TRUSTED_PROXIES": "127.0.0.1,gateway,10.0.0.0/33,fd00::/8,"})
    assert done.returncode == 78
    for name in ("LISTEN", "SCORER", "LOG_LEVEL", "SECRET_KEY", "INTERNAL_SERVICE_API_KEY",
                 "HTTP_THREADS", "POOL_THREADS", "BATCH_EVENTS", "POLICY_FILE", "RETENTION_DAYS",
                 "REDIS_URL", "TRUSTED_PROXIES",
                 "OTEL_EXPORTER_OTLP_ENDPOINT"):
        told = len(re.findall(rf"^{name}:", done.stderr, re.MULTILINE))
        assert told == (3 if name == "TRUSTED_PROXIES" else 1), (name, done.stderr)
    assert "short" not in done.stderr.replace("shorter", "")
    for fault in ('"gateway" is no address', '"10.0.0.0/33" is no address', "ends with a comma"):
        assert f"TRUSTED_PROXIES: {fault}" in done.stderr
    assert '"127.0.0.1"' not in done.stderr and "fd00" not in done.stderr


@pytest.mark.parametrize("engine", ["DATABASE_URL", "NATS_URL", "REDIS_URL"])
def test_no_secret_is_made_up_when_an_engine_is_configured(folder, engine):
    urls = {"DATABASE_URL": "postgresql://ecs@127.0.0.1:1/x", "NATS_URL": "nats://127.0.0.1:1",
            "REDIS_URL": "redis://127.0.0.1:1"}
    done = run_ecs("serve", environment={"DATA_DIR": str(folder), "LISTEN": "127.0.0.1:0",
                                         engine: urls[engine]})
    assert done.returncode == 78
    assert "SECRET_KEY" in done.stderr and "INTERNAL_SERVICE_API_KEY" in done.stderr


def test_embedded_mode_makes_and_keeps_its_own_secrets(folder):
    environment = {name: value for name, value in BASE_ENVIRONMENT.items()
                   if name not in ("SECRET_KEY", "INTERNAL_SERVICE_API_KEY")}
    process = Process("ecs", folder, environment).start()
    data = folder / "data"
    secrets = {name: (data / name).read_text() for name in ("secret_key", "internal_key")}
    for name, secret in secrets.items():
        assert len(secret.strip()) >= 32
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
    process.terminate()
    process.start()
    assert secrets == {name: (data / name).read_text() for name in secrets}
    process.terminate()


def test_secrets_come_from_files_too(folder, system_of):
    (folder / "key").write_text(SECRET_KEY + "\n")
    (folder / "keys").write_text(f"{'o' * 40},{INTERNAL_KEY}\n")
    environment = {name: value for name, value in BASE_ENVIRONMENT.items()
                   if name not in ("SECRET_KEY", "INTERNAL_SERVICE_API_KEY")}
    system = system_of("embedded", start=False)
    system.process.environment = {
        **{name: value for name, value in system.process.environment.items()
           if name not in ("SECRET_KEY", "INTERNAL_SERVICE_API_KEY")},
        **environment, "SECRET_KEY_FILE": str(folder / "key"),
        "INTERNAL_SERVICE_API_KEY_FILE": str(folder / "keys")}
    system.start()
    client = Client(system)
    person = client.person()
    # Both internal keys are valid: that is how they are rotated.
    for key in ("o" * 40, INTERNAL_KEY):
        answer = client.post("/v1/emotions/stream", {"X-Internal-Key": key},
                             json=emotion(person.id))
        assert answer.status_code == 202


def test_an_address_in_use_is_a_failure(folder):
    first = Process("first", folder, {**BASE_ENVIRONMENT, "DATA_DIR": str(folder / "one")}).start()
    done = run_ecs("serve", environment={**first.environment, "DATA_DIR": str(folder / "two")})
    assert done.returncode not in (0, 78)
    first.terminate()


def test_a_data_folder_in_use_is_a_failure(folder):
    first = Process("first", folder, BASE_ENVIRONMENT).start()
    done = run_ecs("serve", environment={**first.environment, "LISTEN": f"127.0.0.1:{free_port()}"})
    assert done.returncode != 0
    assert client_answers(first)
    first.terminate()


def client_answers(process):
    return process.get("/healthz").status_code == 200


# Commands -------------------------------------------------------------------------------------


def test_version():
    assert re.match(r"^ecs \d+\.\d+\.\d+\n$", run_ecs("version").stdout)


def test_migrate_twice(folder):
    environment = {**BASE_ENVIRONMENT, "DATA_DIR": str(folder)}
    first, second = (run_ecs("migrate", environment=environment) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert not first.stdout.startswith("0 ") and second.stdout.startswith("0 ")


def test_processes_that_start_together_migrate_once(system_of):
    """Seven processes met an empty database when `real` started; it is whole."""
    system = system_of("real")
    versions = system.database.rows("SELECT version FROM schema_migrations ORDER BY version")
    assert versions and len(versions) == len(set(versions))


# Signals --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0(folder, number):
    process = Process("ecs", folder, BASE_ENVIRONMENT).start()
    started = time.monotonic()
    process.process.send_signal(number)
    assert process.process.wait(6) == 0
    assert time.monotonic() - started < 5


def test_what_was_taken_is_finished(system_of):
    """Requests under way when the signal comes are answered, and what they were told holds."""
    system = system_of("embedded")
    person = Client(system).person()
    events = [str(uuid.uuid4()) for _ in range(400)]
    accepted = []
    go = threading.Event()

    def send(part):
        client = Client(system)
        for event_id in part:
            try:
                if client.feel(emotion(person.id, event_id=event_id)).status_code == 202:
                    accepted.append(event_id)
            except OSError:
                return  # it has stopped listening
            if len(accepted) > 40:
                go.set()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for part in range(8):
            pool.submit(send, events[part::8])
        assert go.wait(20)
        system.process.terminate()
    system.process.start()
    until("all that was accepted is counted",
          lambda: system.database.emotions_of(person.id) >= len(accepted))


def test_a_second_signal_ends_it_at_once(folder):
    """A request whose body never comes keeps the first signal's drain waiting."""
    process = Process("ecs", folder, BASE_ENVIRONMENT).start()
    with socket.create_connection(("127.0.0.1", process.port)) as half:
        half.sendall(b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
                     b"Content-Type: application/json\r\n\r\n{")
        assert client_answers(process)
        process.process.send_signal(signal.SIGTERM)
        until("it drains", lambda: "draining" in process.log.read_text())
        process.process.send_signal(signal.SIGTERM)
        process.process.wait(5)  # the body has 10 s


def test_a_half_request_does_not_keep_it_from_stopping(folder):
    process = Process("ecs", folder, BASE_ENVIRONMENT).start()
    with socket.create_connection(("127.0.0.1", process.port)) as half:
        half.sendall(b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\n")
        process.terminate()


# Readiness, metrics ---------------------------------------------------------------------------


def test_readyz_names_the_engine_that_is_down(system_of):
    system = system_of("real")
    process = system.processes["user-credit"]

    def checks():
        status, body = process.readiness()
        return status, {name: check["status"] for name, check in body["checks"].items()}

    well = {"bus": "up", "store": "up", "cache": "up"}
    until("all is up", lambda: checks() == (200, well))
    # Without its cache it is slower, not wrong: it stays ready.
    for name, engine, status in (("bus", system.engines.nats, 503),
                                 ("store", system.engines.postgres, 503),
                                 ("cache", system.engines.redis, 200)):
        engine.end()
        until(f"{name} is down", lambda: checks() == (status, {**well, name: "down"}))
        assert process.get("/healthz").status_code == 200
        engine.start()
        until("all is up again", lambda: checks() == (200, well))


def test_a_start_waits_for_the_database_and_can_be_stopped(system_of):
    system = system_of("real", start=False)
    process = system.processes["user-credit"].start(wait=False)
    until("it waits", lambda: "waiting for the database" in process.log.read_text())
    process.terminate()
    process.start(wait=False)
    system.engines.start()
    process.wait_ready()


@pytest.mark.parametrize("listen", ["127.0.0.1:{}", "0.0.0.0:{}", ":{}"])
def test_health_asks_the_server_beside_it(folder, listen):
    process = Process("ecs", folder, BASE_ENVIRONMENT)
    process.environment["LISTEN"] = listen.format(process.port)
    silent = run_ecs("health", environment=process.environment)
    assert (silent.returncode, silent.stdout) == (1, "")
    assert "readyz" in silent.stderr
    process.start()
    ready = run_ecs("health", environment=process.environment)
    assert ready.returncode == 0 and '"status":"ready"' in ready.stdout
    process.terminate()


def test_health_tells_the_engine_that_is_down(system_of):
    system = system_of("real")
    process = system.processes["user-credit"]
    system.engines.nats.end()
    until("the bus is down", lambda: process.readiness()[0] == 503)
    sick = run_ecs("health", environment=process.environment)
    assert sick.returncode == 1 and '"bus":{"engine":"nats","status":"down"' in sick.stdout
    system.engines.nats.start()


SAMPLE = re.compile(r'^([a-z_]+)(\{([a-z_]+="[^"\\]*")(,[a-z_]+="[^"\\]*")*\})? '
                    r'(-?\d+(\.\d+)?([eE][+-]?\d+)?|\+Inf)$')


def test_metrics_are_prometheus_text(system, client, person):
    client.feel(emotion(person.id))
    client.spend(person, 5)
    client.analyse(person)
    for process in system.processes.values():
        answer = process.get("/metrics")
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        typed = {}
        for line in answer.text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name not in typed, f"{name} is typed twice"
                typed[name] = kind
            elif not line.startswith("# HELP "):
                sample = SAMPLE.match(line)
                assert sample, line
                name = re.sub("_(bucket|sum|count)$", "", sample[1])
                assert sample[1] in typed or typed.get(name) == "histogram", line


def test_metrics_count_what_happened(client, person):
    name = 'ecs_events_counted_total{stream="emotions"}'

    def counted():
        return sum(worker.metrics().get(name, 0) for worker in client.system.workers("emotions"))

    before = counted()
    client.feel_batch([emotion(person.id) for _ in range(20)])
    until("20 more are counted", lambda: counted() >= before + 20)


# Secrets and personal data --------------------------------------------------------------------


def test_secrets_and_personal_data_are_nowhere(system_of):
    """One system at its most talkative, given canaries everywhere, and broken in some ways."""
    system = system_of("real", {"LOG_LEVEL": "debug"})
    client = Client(system)
    person = client.person()
    category, kind = "canary-category", "canary-feeling"
    client.spend(person, 31337.17, category=category)
    client.feel(emotion(person.id, kind=kind))
    client.feel({**emotion(person.id, kind=kind), "timestamp": "canary-time"})
    offer = client.analyse(person).json()["offer"]["offer_id"]
    client.accept(person, offer)
    client.active_line(person)
    refused = [
        client.login(person.email, "canary-wrong-password"),
        client.register(person.email),
        client.get(f"/v1/users/{person.id}", {"Authorization": person.token}),
        client.get(f"/v1/users/{uuid.uuid4()}", person.bearer),
        client.post("/v1/auth/refresh", json={"refresh_token": person.refresh_token + "x"}),
    ]
    with system.nats() as nats:
        nats.publish("user.emotions.topic", {"userId": "canary-user", "eventId": "canary-event"})
    until("the poison is refused", lambda: system.worker("emotions").metrics().get(
        'ecs_events_rejected_total{stream="emotions"}', 0) >= 1)
    system.engines.redis.end()
    system.engines.postgres.end()
    client.login(person.email)
    client.analyse(person)
    system.engines.postgres.start()
    system.engines.redis.start()
    until("logins work again", lambda: client.login(person.email).status_code == 200)

    secrets = [SECRET_KEY, INTERNAL_KEY, ENGINE_PASSWORD, PASSWORD, "canary-wrong-password",
               person.token, person.token.split(".")[2], person.refresh_token, person.email,
               category, kind, "31337", "canary-time", "canary-user", "canary-event", "canary"]
    for process in system.processes.values():
        log, metrics = process.log.read_text(), process.get("/metrics").text
        command = open(f"/proc/{process.process.pid}/cmdline", encoding="utf-8").read()
        for secret in secrets:
            for place, text in (("log", log), ("metrics", metrics), ("command line", command)):
                assert secret not in text, f"{secret} is in the {place} of {process.name}"
        assert "127.0.0.1" not in metrics
    for answer in refused:
        for secret in (SECRET_KEY, INTERNAL_KEY, ENGINE_PASSWORD, PASSWORD, person.token,
                       person.refresh_token):
            assert secret not in answer.text


def test_every_line_of_the_log_is_json(system):
    for process in system.processes.values():
        for line in process.lines():
            assert line["time"] and line["level"] and line["message"]


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_files_are_for_their_account_alone(system_of, kind):
    """Whatever the account that starts it is used to."""
    before = os.umask(0)
    try:
        system = system_of(kind)
    finally:
        os.umask(before)
    Client(system).person()
    for process in system.processes.values():
        data = pathlib.Path(process.environment["DATA_DIR"])
        written = [data, *data.rglob("*")] if data.exists() else []
        open_to_others = [path for path in written if path.stat().st_mode & 0o077]
        assert open_to_others == []


def core_of(process, folder):
    """True if the kernel wrote a core file when it was aborted, though all limits allow one."""
    resource.prlimit(process.pid, resource.RLIMIT_CORE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    process.send_signal(signal.SIGABRT)
    status = os.waitpid(process.pid, 0)[1]
    process.returncode = -os.WTERMSIG(status)
    assert os.WTERMSIG(status) == signal.SIGABRT
    return os.WCOREDUMP(status) or any(folder.glob("core*"))


def test_a_crash_leaves_no_secret_in_a_core_file(folder, system_of):
    """Of another program it does: this test can fail."""
    with subprocess.Popen(["sleep", "60"], cwd=folder) as other:
        assert core_of(other, folder)
    system = system_of("embedded")
    assert not core_of(system.process.process, system.process.folder)


# Memory and rest ------------------------------------------------------------------------------


def test_a_thousand_people_with_30_days_fit_in_50_mib_and_rest_costs_nothing(system_of):
    """All roles in one process; 1,000 people who told what they felt and paid in 30 days, all over
    HTTP, each of whom has asked once."""
    hours = range(0, 30 * 24, 6)
    system = system_of("embedded", start=False)
    assert system.command("migrate").returncode == 0
    people = people_added(system, 1000)
    system.start()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:

        def live(person):
            client = Client(system)
            felt = [emotion(person.id, timestamp=now_text(hours=hour)) for hour in hours]
            spent = [json.dumps({"userId": person.id, "amount": 25,
                                 "occurredAt": now_text(hours=hour)}) for hour in hours[::2]]
            assert client.feel_batch(felt).status_code == 202
            assert client.spend_batch(spent).status_code == 202
            assert client.analyse(person).status_code == 200

        list(pool.map(live, people))
    until("all is counted",
          lambda: system.database.emotions_in_all() == len(people) * len(hours))
    assert system.process.memory_bytes() < 50 * 1024 * 1024

    # Idle: less than 1 % of a core over a window, after the work has ended.
    def rests():
        before, started = system.process.cpu_s(), time.monotonic()
        time.sleep(3)  # the window that is measured
        return (system.process.cpu_s() - before) / (time.monotonic() - started) < 0.01

    until("it rests", rests, limit_s=60)
