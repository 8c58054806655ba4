# SPDX-License-Identifier: Apache-2.0
"""The gateway itself: what it lets through, what it refuses and how, and what it never does."""
import concurrent.futures
import json
import re
import socket
import socketserver
import ssl
import subprocess
import threading
import uuid

import pytest
import requests
import requests.adapters
from harness.client import Client, emotion
from harness.ecs import INTERNAL_KEY
from harness.expect import refusal
from harness.gateway import API_ROLES, Gateway
from harness.poll import until
from harness.ports import free_port

KIB = 1024
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def tls(system, version=ssl.TLSVersion.TLSv1_3):
    context = ssl.create_default_context(cafile=system.gateway.certificate)
    context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", system.gateway.port), 10)
    return context.wrap_socket(plain, server_hostname="localhost")


def raw(system, head):
    """All bytes of the answer to a request written by hand."""
    with tls(system) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\nConnection: close\r\n\r\n")
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received.decode()


# Transport ------------------------------------------------------------------------------------


def test_tls_1_3_and_nothing_older(system):
    with tls(system) as connection:
        assert connection.version() == "TLSv1.3"
    with pytest.raises(ssl.SSLError):
        tls(system, ssl.TLSVersion.TLSv1_2)


def test_http_2(system):
    done = subprocess.run(
        ["/usr/bin/curl", "-s", "--cacert", system.gateway.certificate, "--http2", "-o", "/dev/null", "-w",
         "%{http_version} %{http_code}", system.url("/healthz")], capture_output=True, text=True,
        check=True)
    assert done.stdout == "2 200"


def test_plain_http_is_refused_in_our_shape(system):
    answer = requests.get(f"http://127.0.0.1:{system.gateway.port}/healthz", timeout=10)
    refusal(answer, 400, "Malformed request.")


@pytest.mark.parametrize("head, status", [
    ("GET /v1/users/%00 HTTP/1.1\nHost: localhost", 400), ("nonsense", 400),
    ("TRACE /v1/users/x HTTP/1.1\nHost: a", 405),
    ("GET /v1/users/x HTTP/1.1\nHost: a\nHost: b", 400), ("GET /a\"b HTTP/1.1\nHost: x", 404),
    (f"GET /{'x' * 9000} HTTP/1.1\nHost: localhost", 431),
])
def test_what_is_no_request_is_refused_in_our_shape(system, head, status):
    answer, body = raw(system, head).split("\r\n\r\n", 1)
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "content-type: application/problem+json" in answer.lower()
    assert "x-request-id: " in answer.lower()
    assert json.loads(body)["status"] == status


# Routes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [
    "/", "/metrics", "/readyz", "/v1/predict", "/v1", "/v1/", "/v1/nothing",
    "/v2/models/risk/infer", "/v1/users", "/v1/transactions/more", "/v1/emotions",
])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_internal_is_not_there(client, method, path):
    refusal(client.call(method, path), 404, "Endpoint not found.")


@pytest.mark.parametrize("path", [
    "//metrics", "/./metrics", "/v1/users/../../metrics", "/v1/users/%2e%2e/%2e%2e/metrics",
    "/v1/users/..%2f..%2fmetrics", "/v1/users/x/../../../v1/predict", "/%6detrics",
    "/v1/emotions/../predict", "https://localhost/metrics", "/v1/users/%2fmetrics",
    "/metrics?x=/v1/users/", "/v1/users/;/../../readyz",
])
def test_no_spelling_of_a_path_gets_round_that(system, path):
    answer = raw(system, f"GET {path} HTTP/1.1\nHost: localhost")
    assert re.match(r"HTTP/1\.1 40[014] ", answer), answer
    assert '"status":40' in answer


def test_the_document_is_of_all_that_is_reached(client):
    """Each operation of it is led to a role: no answer is the gateway's own 404."""
    document = client.get("/openapi.json")
    assert document.headers["Content-Type"] == "application/json"
    paths = document.json()["paths"]
    assert {"/healthz", "/openapi.json", "/v1/emotions/stream", "/v1/transactions",
            "/v1/auth/login", "/v1/users/{user_id}/offers"} <= set(paths)
    assert not {"/readyz", "/metrics", "/v1/predict"} & set(paths)
    for path, operations in paths.items():
        for method in operations:
            answer = client.call(method.upper(), re.sub(r"{\w+}", str(uuid.uuid4()), path))
            assert answer.status_code not in (404, 405), (method, path)
    refusal(client.post("/openapi.json"), 405)


def test_plain_http_where_it_is_asked_for(system, person):
    plain = f"http://127.0.0.1:{system.gateway.plain_port}"
    assert requests.get(f"{plain}/healthz", timeout=10).json() == {"status": "ok"}
    answer = requests.get(f"{plain}/v1/users/{person.id}", headers=person.bearer, timeout=10)
    assert answer.json()["email"] == person.email


def test_every_role_is_reached(client, person):
    assert client.feel(emotion(person.id)).status_code == 202
    assert client.spend(person, 3).status_code == 202
    assert client.profile(person).status_code == 200
    refusal(client.get(f"/v1/decisions/{uuid.uuid4()}", person.bearer), 404)
    refusal(client.accept(person, uuid.uuid4()), 404)


def test_a_method_is_the_roles_to_refuse(client):
    answer = client.get("/v1/transactions")
    refusal(answer, 405)
    assert answer.headers["Allow"] == "POST"


# Headers --------------------------------------------------------------------------------------


def test_a_request_id_is_made_or_passed(system, client):
    made = [client.get(path).headers["X-Request-ID"] for path in ("/healthz", "/none")]
    assert len(set(made)) == 2
    for path in ("/healthz", "/none", "/v1/users/x"):
        given = f"given-{uuid.uuid4()}"
        assert client.get(path, {"X-Request-ID": given}).headers["X-Request-ID"] == given
        for bad in ("a b", "x" * 65, '"', "<script>"):
            answer = client.get(path, {"X-Request-ID": bad})
            assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_the_id_is_the_same_in_both_logs(system, client, person):
    given = f"given-{uuid.uuid4().hex}"
    client.post("/v1/emotions/stream", {"X-Internal-Key": INTERNAL_KEY, "X-Request-ID": given},
                json={**emotion(person.id), "userId": "nobody"})
    line, = until("the gateway has logged it", lambda: [
        line for line in system.gateway.lines() if line["request_id"] == given])
    assert (line["route"], line["status"], line["upstream_status"]) == ("emotions", 422, "422")


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/v1/users/x", "/v1/transactions"])
def test_security_headers_are_on_every_answer_once(system, path):
    head = raw(system, f"GET {path} HTTP/1.1\nHost: localhost").split("\r\n\r\n")[0]
    names = [line.split(":")[0].lower() for line in head.splitlines()[1:]]
    for name, value in SECURITY_HEADERS.items():
        assert names.count(name.lower()) == 1
        assert f"{name}: {value}".lower() in head.lower()
    assert names.count("x-request-id") == 1
    assert re.search("^server: nginx\r?$", head, re.IGNORECASE | re.MULTILINE)


# Limits ---------------------------------------------------------------------------------------


def test_bodies_as_large_as_a_role_takes_pass(client, person):
    event = json.dumps(emotion(person.id)).encode()
    answer = client.post("/v1/emotions/stream", {"X-Internal-Key": INTERNAL_KEY,
                                                 "Content-Type": "application/json"},
                         data=event.ljust(64 * KIB))
    assert answer.status_code == 202, answer.text
    lines = [json.dumps(emotion(person.id, event_id=uuid.uuid4().hex)).ljust(1000)
             for _ in range(1000)]
    answer = client.post("/v1/emotions/stream", {"X-Internal-Key": INTERNAL_KEY,
                                                 "Content-Type": "application/x-ndjson"},
                         data="\n".join(lines).encode())
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1000)
    lines = [json.dumps({"userId": person.id, "amount": 1}).ljust(1000)] * 1000
    answer = client.spend_batch(lines)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1000)


@pytest.mark.parametrize("path, size", [
    ("/v1/transactions", 64 * KIB + 1), ("/v1/auth/login", 64 * KIB + 1),
    ("/v1/users/x/credit-analysis", 64 * KIB + 1), ("/v1/emotions/stream", 64 * KIB + 1),
    ("/v1/emotions/stream", 70000), ("/v1/emotions/stream", 100000),
    ("/v1/emotions/stream", KIB * KIB + 1),
])
def test_larger_bodies_do_not(system, client, path, size):
    answer = client.post(path, {"Content-Type": "application/json"}, data=b" " * size)
    refusal(answer, 413, "Request body is too large.")
    given = answer.headers["X-Request-ID"]
    line, = until("it is logged", lambda: [
        line for line in system.gateway.lines() if line["request_id"] == given])
    assert line["upstream_status"] == "", "no role is asked"


def test_headers_that_are_too_large(client):
    refusal(client.get("/healthz", {"X-Much": "x" * 9000}), 431, "Request headers are too large.")
    assert client.get("/healthz", {"Authorization": "Bearer " + "x" * 4096}).status_code == 200


def test_honest_load_is_not_limited(client):
    def ask(_):
        own = Client(client.system)
        return {own.get("/v1/users/x").status_code for _ in range(250)}

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set().union(*pool.map(ask, range(8))) == {401}


@pytest.mark.parametrize("path", ["/v1/auth/login", "/v1/auth/register"])
def test_too_many_logins_from_one_address(client, path):
    def ask(_):
        own = Client(client.system)
        return [own.post(path, json={}) for _ in range(60)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [answer for part in pool.map(ask, range(8)) for answer in part]
    assert {answer.status_code for answer in answers} == {422, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    refusal(refused, 429, "Too many requests.")
    assert refused.headers["Retry-After"] == "1"
    # Nobody else is kept out for long, and the rest is not limited at all.
    assert client.get("/v1/users/x").status_code == 401
    until("it takes some again", lambda: all(
        client.post(path, json={}).status_code == 422 for _ in range(5)), pause_s=0.5)


FAILED_LOGINS_MAX = 10  # RATE_FAILED_LOGINS, as it stands


class From(requests.adapters.HTTPAdapter):
    """Connections from an address of our choice."""

    def __init__(self, address):
        self.address = address
        super().__init__()

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, source_address=(self.address, 0), **options)


def failed_logins(system, email, address, url, forwarded_for=lambda number: None):
    """The statuses of one failed login more than one client may have."""
    client = Client(system)
    client.session.mount(url, From(address))
    return [client.session.post(
        url + "/v1/auth/login", json={"email": email, "password": "a wrong password"},
        headers={"X-Forwarded-For": forwarded_for(number)}, timeout=10,
        verify=system.certificate).status_code for number in range(FAILED_LOGINS_MAX + 1)]


ALL_BUT_THE_LAST = [401] * FAILED_LOGINS_MAX + [429]


def test_a_guesser_from_elsewhere_locks_out_no_place_with_a_session(system, client, person):
    """The roles see one peer, the gateway, which tells them whom it was asked by."""
    assert failed_logins(system, person.email, "127.0.0.2", system.url("")) == ALL_BUT_THE_LAST
    elsewhere = Client(system)
    elsewhere.session.mount("https://", From("127.0.0.3"))
    refusal(elsewhere.login(person.email), 429, "Too many failed logins.")
    assert client.login(person.email).status_code == 200


@pytest.mark.parametrize("place", ["the gateway", "a role"])
def test_a_client_cannot_say_that_it_is_another(system, person, place):
    """The gateway writes its own header; a role believes none of a peer that is no gateway."""
    url = system.url("") if place == "the gateway" else system.replicas("user-credit")[0].url
    statuses = failed_logins(system, person.email, "127.0.0.2", url,
                             lambda number: f"203.0.113.{number}")
    assert statuses == ALL_BUT_THE_LAST


# Failures -------------------------------------------------------------------------------------


def test_a_killed_process_loses_nothing_that_was_taken(system, client, person):
    victim = system.replicas("emotion-ingestion")[0]
    events = [uuid.uuid4().hex for _ in range(1200)]
    taken, refused = set(), []
    killed = threading.Event()

    def send(part):
        own = Client(system)
        for event_id in part:
            answer = own.feel(emotion(person.id, event_id=event_id))
            if answer.status_code == 202:
                taken.add(event_id)
            else:
                refused.append(answer)
            if len(taken) > 300:
                killed.set()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        parts = [pool.submit(send, events[part::8]) for part in range(8)]
        assert killed.wait(30)
        victim.kill()
        for part in parts:
            part.result()
    victim.start()
    assert len(taken) + len(refused) == len(events)
    for answer in refused:
        refusal(answer, 503, "Service unavailable.")
        assert answer.headers["Retry-After"]
    # What was refused may have been stored all the same: its client sends it again.
    for event_id in set(events) - taken:
        assert client.feel(emotion(person.id, event_id=event_id)).status_code == 202
    until("each counts once", lambda: system.database.emotions_of(person.id) == len(events))


def test_reading_goes_on_while_a_process_is_dead(system, client, person):
    victim = system.replicas("user-credit")[0]
    victim.kill()
    assert {client.profile(person).status_code for _ in range(40)} == {200}
    assert {client.analyse(person).status_code for _ in range(10)} == {200}
    victim.start()


def test_a_role_that_is_gone_is_said_of_a_batch_too(system, client):
    processes = system.replicas("emotion-ingestion")
    for process in processes:
        process.terminate()
    answer = client.post("/v1/emotions/stream", {"Content-Type": "application/x-ndjson"},
                         data=b" " * 500 * KIB)
    refusal(answer, 503, "Service unavailable.")
    for process in processes:
        process.start()


def test_a_role_that_is_gone_is_said_at_once(system, client, person):
    for process in system.replicas("transaction-ingestion"):
        process.terminate()
    answer = client.spend(person, 5)
    refusal(answer, 503, "Service unavailable.")
    assert answer.headers["Retry-After"] == "1"
    for process in system.replicas("transaction-ingestion"):
        process.start()
    until("it is back", lambda: client.spend(person, 5).status_code == 202)


class Upstream(socketserver.ThreadingTCPServer):
    """A process that takes whole requests and dies without an answer, or answers 200."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port, answers):
        self.requests = []
        self.traceparents = []
        upstream = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                line = self.rfile.readline()
                upstream.requests.append(line.split()[0].decode())
                length = 0
                while (header := self.rfile.readline()) != b"\r\n":
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.split(b":")[1])
                    if header.startswith(b"traceparent:"):
                        upstream.traceparents.append(header.split()[1].decode())
                self.rfile.read(length)
                if answers:
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
                                     b"Connection: close\r\n\r\n")

        super().__init__(("127.0.0.1", port), Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def gateway_to(tmp_path, monkeypatch):
    """gateway_to(port, ...): a gateway of its own before these ports."""
    started = []

    def make(*ports):
        gateway = Gateway(tmp_path, {role: ports for role in API_ROLES}).start()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(gateway.certificate))
        started.append(gateway)
        return gateway

    yield make
    for gateway in started:
        gateway.end()


@pytest.mark.parametrize("method, times", [("POST", 1), ("GET", 2)])
def test_what_was_sent_is_sent_again_only_if_that_is_harmless(gateway_to, method, times):
    upstreams = [Upstream(free_port(), answers=False) for _ in range(2)]
    gateway = gateway_to(*(upstream.server_address[1] for upstream in upstreams))
    answer = requests.request(method, gateway.url("/v1/users/x/credit-analysis"), data=b"{}",
                              timeout=10)
    assert answer.status_code == 503
    assert sum((upstream.requests for upstream in upstreams), []) == [method] * times
    for upstream in upstreams:
        upstream.shutdown()
        upstream.server_close()


def test_what_was_never_sent_goes_to_another(gateway_to):
    alive = Upstream(free_port(), answers=True)
    gateway = gateway_to(free_port(), alive.server_address[1])
    for _ in range(10):
        answer = requests.post(gateway.url("/v1/transactions"), data=b"{}", timeout=10)
        assert answer.status_code == 200
    assert alive.requests == ["POST"] * 10
    alive.shutdown()
    alive.server_close()


def test_a_trace_begins_at_the_gateway_or_before_it(gateway_to):
    alive = Upstream(free_port(), answers=True)
    gateway = gateway_to(alive.server_address[1])

    def passed(headers):
        answer = requests.get(gateway.url("/v1/users/x"), headers=headers, timeout=10)
        return answer.headers["X-Request-ID"], alive.traceparents.pop()

    own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    assert passed({"traceparent": own})[1] == own
    made = [passed(headers) for headers in ({}, {}, {"traceparent": "nonsense"})]
    for request_id, traceparent in made:
        assert traceparent == f"00-{request_id}-{request_id[:16]}-01"
    assert len({traceparent for _, traceparent in made}) == 3
    assert alive.traceparents == []
    alive.shutdown()
    alive.server_close()


# The log --------------------------------------------------------------------------------------


def test_the_log_holds_no_address_token_or_query(system, client, person):
    """Runs last: all that came before is in the log."""
    client.offers(person, "?page=1&page_size=17")
    client.get("/canary-path?canary=query", {"Authorization": "Bearer canary-token",
                                             "User-Agent": "canary-agent", "Referer": "canary"})
    client.feel(emotion(person.id))
    until("it is logged", lambda: system.gateway.lines()[-1]["route"] == "emotions")
    text = system.gateway.log.read_text(encoding="utf-8")
    for secret in ("127.0.0.1", "canary", "page_size", "Bearer", person.token, person.id,
                   person.email, INTERNAL_KEY):
        assert secret not in text
    for line in system.gateway.lines():
        assert {"time", "level", "message", "request_id", "method", "route", "status"} <= set(line)
    assert system.gateway.errors.read_text(encoding="utf-8") == ""
