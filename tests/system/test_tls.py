# SPDX-License-Identifier: Apache-2.0
"""Engines over TLS: what is said to them is for them alone, and a server that cannot show who it is
gets no password. Real certificates, real engines."""
import json
import pathlib
import shutil
import socket
import tempfile
import threading

import pytest
from harness.certificates import Authority
from harness.client import Client, emotion
from harness.database import PostgresDatabase
from harness.ecs import BASE_ENVIRONMENT, INTERNAL_KEY, Process
from harness.engines import PASSWORD, Nats, Postgres, Redis
from harness.poll import until
from harness.ports import free_port, is_open


class OneProcess:
    """What a client needs of a system, of one process."""

    certificate = None

    def __init__(self, process):
        self.url = lambda path: process.url + path


@pytest.fixture(scope="module")
def authorities():
    """One that we trust, and one that anybody could have made."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-tls-", dir="/tmp"))
    folder.chmod(0o755)  # the account of PostgreSQL reads its certificate here
    yield Authority(folder, "ours"), Authority(folder, "theirs")
    shutil.rmtree(folder)


class SecureNats(Nats):
    def __init__(self, folder, certificate, key):
        super().__init__(folder)
        self.files = ["--tls", "--tlscert", str(certificate), "--tlskey", str(key)]

    @property
    def url(self):
        return f"tls://ecs:{PASSWORD}@localhost:{self.port}"

    def command(self):
        return super().command() + self.files


class SecureRedis(Redis):
    def __init__(self, folder, certificate, key):
        super().__init__(folder)
        self.files = ["--port", "0", "--tls-port", str(self.port), "--tls-cert-file",
                      str(certificate), "--tls-key-file", str(key), "--tls-auth-clients", "no",
                      "--tls-ca-cert-file", str(certificate)]

    @property
    def url(self):
        return f"rediss://:{PASSWORD}@localhost:{self.port}/0"

    def command(self):
        return super().command() + self.files


class SecurePostgres(Postgres):
    def __init__(self, folder, authority, host="localhost"):
        super().__init__(folder)
        self.certificate, self.key = authority.certify(host, self.account)

    def command(self):
        return super().command() + ["-c", "ssl=on", "-c", "log_connections=on", "-c", f"ssl_cert_file={self.certificate}",
                                    "-c", f"ssl_key_file={self.key}"]

    def verified_url(self, ca):
        return (f"postgresql://ecs:{PASSWORD}@localhost:{self.port}/postgres"
                f"?sslmode=verify-full&sslrootcert={ca}")


class Listener:
    """A server that shows no certificate; keeps all that is said to it."""

    def __init__(self, greeting=b""):
        self.greeting = greeting
        self.heard = []
        self.calls = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(5)
                try:
                    peer.sendall(self.greeting)
                    while data := peer.recv(65536):
                        self.heard.append(data)
                except OSError:
                    pass
                self.calls += 1


@pytest.fixture
def serve(folder):
    """serve(role, environment) starts a process; it is ended after the test."""
    started = []

    def make(role, environment, listens=True):
        process = Process(role, folder, {**BASE_ENVIRONMENT, **environment}, [role])
        process.start(wait=False)
        started.append(process)
        until("it listens", lambda: not listens or process.alive() and is_open(process.port))
        return process

    yield make
    for process in started:
        process.kill()


@pytest.fixture
def engine(folder):
    """engine(made) starts an engine; it is ended after the test."""
    started = []

    def start(made):
        started.append(made)
        made.start()
        return made

    yield start
    for made in started:
        made.end()


def checks(process):
    return process.readiness()[1].get("checks", {})


def bus_is_down(process):
    return checks(process).get("bus", {}).get("status") == "down"


def post(process):
    return process.call("POST", "/v1/emotions/stream", headers={"X-Internal-Key": INTERNAL_KEY},
                        json=emotion("11111111-2222-4333-8444-555555555555")).status_code


def test_events_go_to_nats_over_tls(authorities, engine, serve, folder):
    ours, _ = authorities
    nats = engine(SecureNats(folder, *ours.certify("localhost")))
    process = serve("emotion-ingestion", {"NATS_URL": nats.url, "TLS_CA_FILE": str(ours.ca)})
    process.wait_ready()
    assert post(process) == 202


@pytest.mark.parametrize("fault", ["another authority", "another host", "no authority of ours"])
def test_a_nats_server_that_is_not_ours_gets_nothing(authorities, engine, serve, folder, fault):
    ours, theirs = authorities
    certificate = (theirs.certify("localhost") if fault == "another authority"
                   else ours.certify("elsewhere" if fault == "another host" else "localhost"))
    nats = engine(SecureNats(folder, *certificate))
    process = serve("emotion-ingestion", {
        "NATS_URL": nats.url,
        "TLS_CA_FILE": "" if fault == "no authority of ours" else str(ours.ca)})
    log = nats.folder.with_suffix(".log")
    until("it has tried", lambda: "TLS handshake error" in log.read_text(encoding="utf-8"))
    until("the bus is down", lambda: bus_is_down(process))
    assert post(process) == 503


def test_no_password_is_sent_to_nats_without_tls(serve):
    """The server says that it asks for none: so would whoever sits between."""
    info = {"server_id": "x", "version": "2.9.10", "proto": 1, "headers": True,
            "max_payload": 1048576, "auth_required": True, "tls_required": False}
    listener = Listener(b"INFO " + json.dumps(info).encode() + b" \r\n")
    process = serve("emotion-ingestion",
                    {"NATS_URL": f"tls://ecs:{PASSWORD}@localhost:{listener.port}"})
    until("it has tried", lambda: listener.calls >= 1 and bus_is_down(process))
    assert PASSWORD.encode() not in b"".join(listener.heard)
    assert b"CONNECT" not in b"".join(listener.heard)


def test_nats_servers_are_all_secure_or_none(folder):
    process = Process("ecs", folder, {**BASE_ENVIRONMENT,
                                      "NATS_URL": "tls://localhost:4222,nats://localhost:4223"},
                      ["emotion-ingestion"])
    process.start(wait=False)
    assert process.process.wait(20) == 78
    assert "NATS_URL" in process.tail()


def cache_is(process, status):
    return checks(process).get("cache", {}).get("status") == status


def test_the_cache_is_asked_over_tls(authorities, engine, serve, folder):
    ours, _ = authorities
    redis = engine(SecureRedis(folder, *ours.certify("localhost")))
    process = serve("user-credit", {"REDIS_URL": redis.url, "TLS_CA_FILE": str(ours.ca)})
    until("the cache is up", lambda: cache_is(process, "up"))
    # Values of any size pass, there and back.
    client = Client(OneProcess(process))
    person = client.person()
    for hit in range(3):
        assert client.analyse(person).status_code == 200
        until("features were found in the cache", lambda hit=hit: client.analyse(person).ok and
              process.metrics().get('ecs_feature_cache_total{result="hit"}', 0) > hit)


@pytest.mark.parametrize("fault", ["another authority", "another host", "no TLS"])
def test_a_cache_that_is_not_ours_gets_nothing(authorities, engine, serve, folder, fault):
    ours, theirs = authorities
    if fault == "no TLS":
        listener = Listener(b"+OK\r\n")
        url = f"rediss://:{PASSWORD}@localhost:{listener.port}/0"
    else:
        certificate = (theirs.certify("localhost") if fault == "another authority"
                       else ours.certify("elsewhere"))
        url = engine(SecureRedis(folder, *certificate)).url
    process = serve("user-credit", {"REDIS_URL": url, "TLS_CA_FILE": str(ours.ca)})
    until("the cache is down", lambda: cache_is(process, "down"))
    if fault == "no TLS":
        until("it has tried twice", lambda: listener.calls >= 2)
        assert PASSWORD.encode() not in b"".join(listener.heard)
        assert b"AUTH" not in b"".join(listener.heard)


def test_the_database_is_asked_over_tls(authorities, engine, serve, folder):
    ours, _ = authorities
    postgres = engine(SecurePostgres(folder, ours))
    process = serve("credit-application", {"DATABASE_URL": postgres.verified_url(ours.ca),
                                           "NATS_URL": f"nats://127.0.0.1:{free_port()}"})
    until("the store is up", lambda: checks(process).get("store", {}).get("status") == "up")
    encrypted = PostgresDatabase(postgres.url).rows(
        "SELECT count(*), count(*) FILTER (WHERE s.ssl) FROM pg_stat_activity a"
        " JOIN pg_stat_ssl s USING (pid) WHERE a.pid <> pg_backend_pid()"
        " AND a.backend_type = 'client backend'")
    assert encrypted[0][0] > 0 and encrypted[0][0] == encrypted[0][1]


@pytest.mark.parametrize("fault", ["another authority", "another host"])
def test_a_database_that_is_not_ours_gets_nothing(authorities, engine, serve, folder, fault):
    ours, theirs = authorities
    postgres = engine(SecurePostgres(
        folder, theirs if fault == "another authority" else ours,
        "elsewhere" if fault == "another host" else "localhost"))
    log = postgres.folder.with_suffix(".log")
    before = log.stat().st_size
    serve("credit-application", {"DATABASE_URL": postgres.verified_url(ours.ca),
                                 "NATS_URL": f"nats://127.0.0.1:{free_port()}"}, listens=False)
    # The server saw a connection that never said who it is.
    until("it has tried", lambda: log.stat().st_size > before)
    assert PostgresDatabase(postgres.url).rows(
        "SELECT count(*) FROM pg_class WHERE relname = 'users'")[0][0] == 0


def test_no_password_is_sent_to_a_database_without_tls(authorities, serve):
    ours, _ = authorities
    listener = Listener(b"N")  # "I speak no TLS"
    serve("credit-application", {
        "DATABASE_URL": f"postgresql://ecs:{PASSWORD}@localhost:{listener.port}/postgres"
                        f"?sslmode=verify-full&sslrootcert={ours.ca}",
        "NATS_URL": f"nats://127.0.0.1:{free_port()}"}, listens=False)
    until("it has tried", lambda: listener.calls >= 1)
    heard = b"".join(listener.heard)
    assert PASSWORD.encode() not in heard and b"ecs" not in heard
