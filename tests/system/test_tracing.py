# SPDX-License-Identifier: Apache-2.0
"""One trace from the request to the notification, over every role in a process of its own; and what
the logs tell of a request by its id."""
import json
import re
import shutil
import socket
import tempfile
import time
import uuid

import pytest
from harness.client import Client, emotion
from harness.collector import Collector
from harness.ecs import INTERNAL_KEY, SECRET_KEY, RealSystem
from harness.poll import until
from harness.ports import free_port

SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
ACCEPT = "POST /v1/credit-offers/{offer_id}/accept"


def new_trace(flags="01"):
    """(trace id, span id, {header}) as a client begins one."""
    trace, span = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    return trace, span, {"traceparent": f"00-{trace}-{span}-{flags}"}


@pytest.fixture(scope="module")
def traced():
    """A real system with a collector, and a person who has felt, paid, asked and accepted, each
    under a trace of its own: {step: (trace id, span id)}."""
    folder = tempfile.mkdtemp(prefix="ecs-test-", dir="/tmp")
    with Collector() as collector:
        system = RealSystem(folder, {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
        try:
            yield (collector, system, *journey(system.start()))
        finally:
            system.end()
    shutil.rmtree(folder)


def journey(system):
    """(client, person, {step: (trace id, span id)})"""
    client = Client(system)
    person = client.person()
    steps = {}

    def begin(step):
        trace, span, headers = new_trace()
        steps[step] = (trace, span)
        return {**headers, "X-Request-ID": f"request-{step}"}

    assert client.feel(emotion(person.id), begin("emotion")).status_code == 202
    assert client.post("/v1/transactions", {**person.bearer, **begin("transaction")},
                       json={"userId": person.id, "amount": 5}).status_code == 202
    offer = client.analyse(person, begin("analysis")).json()["offer"]["offer_id"]
    assert client.post(f"/v1/credit-offers/{offer}/accept",
                       {**person.bearer, **begin("accept")},
                       json={"userId": person.id}).status_code == 202
    client.active_line(person)
    return client, person, steps


def whole_trace(traced, step, count):
    """The spans of a step's trace, the first first; each but that one has its parent among them."""
    collector, _, _, _, steps = traced
    trace, client_span = steps[step]
    until(f"{count} spans of the {step} have come", lambda: len(collector.spans(trace)) >= count)
    spans = collector.spans(trace)
    assert len(spans) == count, [span["name"] for span in spans]
    ids = {span["spanId"] for span in spans}
    assert len(ids) == count
    roots = [span for span in spans if span["parentSpanId"] == client_span]
    assert len(roots) == 1
    assert all(span["parentSpanId"] in ids for span in spans if span is not roots[0])
    chain = roots
    while len(chain) < count:
        children = [span for span in spans if span["parentSpanId"] == chain[-1]["spanId"]]
        assert len(children) == 1, "each step here has one cause and one effect"
        chain = chain + children
    return chain


def told(spans):
    return [(span["service"], span["kind"], span["name"]) for span in spans]


def test_an_acceptance_is_one_trace_to_the_notification(traced):
    spans = whole_trace(traced, "accept", 4)
    request, published, work, notified = told(spans)
    assert request == ("ecs-user-credit", SERVER, ACCEPT)
    assert work == ("ecs-credit-application", CONSUMER, "process credit.offers.approved")
    # Both roles empty the outbox.
    both = {"ecs-user-credit", "ecs-credit-application"}
    assert published[0] in both and notified[0] in both
    assert published[1:] == (PRODUCER, "publish credit.offers.approved")
    assert notified[1:] == (PRODUCER, "publish user.notifications")
    assert {span["attributes"]["ecs.request_id"] for span in spans} == {"request-accept"}


def test_an_analysis_asks_the_model_in_its_trace(traced):
    spans = whole_trace(traced, "analysis", 3)
    assert told(spans) == [
        ("ecs-user-credit", SERVER, "POST /v1/users/{user_id}/credit-analysis"),
        ("ecs-user-credit", CLIENT, "POST predict"),
        ("ecs-credit-analysis", SERVER, "POST /v1/predict"),
    ]
    assert {span["attributes"]["ecs.request_id"] for span in spans} == {"request-analysis"}


@pytest.mark.parametrize("step, ingestion, path, processing, subject", [
    ("emotion", "emotion-ingestion", "/v1/emotions/stream", "emotion-processing",
     "user.emotions.topic"),
    ("transaction", "transaction-ingestion", "/v1/transactions", "transaction-processing",
     "transactions.topic"),
])
def test_an_event_is_one_trace_to_its_worker(traced, step, ingestion, path, processing, subject):
    spans = whole_trace(traced, step, 2)
    assert told(spans) == [(f"ecs-{ingestion}", SERVER, f"POST {path}"),
                           (f"ecs-{processing}", CONSUMER, f"process {subject}")]
    request, work = (span["attributes"] for span in spans)
    assert request == {"http.request.method": "POST", "http.route": path, "url.scheme": "http",
                       "http.response.status_code": 202, "ecs.request_id": f"request-{step}"}
    assert work == {"messaging.system": "nats", "messaging.operation.type": "process",
                    "messaging.destination.name": subject, "ecs.request_id": f"request-{step}"}


def test_one_trace_over_the_whole_journey(traced):
    """Six services, if the client keeps to one trace."""
    collector, _, client, person, _ = traced
    trace, _, headers = new_trace()
    client.feel(emotion(person.id), headers)
    client.post("/v1/transactions", {**person.bearer, **headers},
                json={"userId": person.id, "amount": 7})
    client.wait_for_transactions(person, 2)
    client.spend(person, 8)
    client.wait_for_transactions(person, 3)
    client.analyse(person, {**headers, "Idempotency-Key": uuid.uuid4().hex})
    services = {f"ecs-{role}" for role in (
        "emotion-ingestion", "emotion-processing", "transaction-ingestion",
        "transaction-processing", "user-credit", "credit-analysis")}
    until("six services are in the trace",
          lambda: {span["service"] for span in collector.spans(trace)} == services)


def test_a_failure_is_marked(traced):
    """An event that its worker refuses; a refusal of a request is the client's failure, not ours."""
    collector, _, client, _, _ = traced
    trace, _, headers = new_trace()
    assert client.feel(emotion(str(uuid.uuid4())), headers).status_code == 202
    until("the worker's span has come", lambda: len(collector.spans(trace)) == 2)
    status = {span["kind"]: span.get("status") for span in collector.spans(trace)}
    assert status == {SERVER: None, CONSUMER: {"code": 2}}
    trace, _, headers = new_trace()
    assert client.get("/none", headers).status_code == 404
    until("the refusal's span has come", lambda: collector.spans(trace))
    refusal, = collector.spans(trace)
    assert refusal["name"] == "HTTP" and "status" not in refusal
    assert refusal["attributes"]["http.response.status_code"] == 404


def test_who_wants_no_spans_gets_none(traced):
    """The client's flag counts; and health checks are no traces."""
    collector, system, client, _, _ = traced
    quiet, _, headers = new_trace(flags="00")
    assert client.get("/none", headers).status_code == 404
    health, _, headers = new_trace()
    assert system.processes["user-credit"].get("/healthz", headers=headers).status_code == 200
    later, _, headers = new_trace()
    assert client.get("/none", headers).status_code == 404
    until("a later span of that process has come", lambda: collector.spans(later))
    assert collector.spans(quiet) == collector.spans(health) == []


def test_requests_as_otlp_wants_them(traced):
    whole_trace(traced, "accept", 4)
    now_ns = time.time_ns()
    for path, media_type, body in traced[0].received():
        assert (path, media_type) == ("/v1/traces", "application/json")
        for resource in json.loads(body)["resourceSpans"]:
            assert set(resource) == {"resource", "scopeSpans"}
            for scope in resource["scopeSpans"]:
                assert scope["scope"] == {"name": "ecs"}
                assert scope["spans"]
    for span in traced[0].spans():
        assert re.fullmatch("[0-9a-f]{32}", span["traceId"])
        assert re.fullmatch("[0-9a-f]{16}", span["spanId"])
        assert re.fullmatch("[0-9a-f]{16}", span.get("parentSpanId", "0" * 16))
        assert span["kind"] in (SERVER, CLIENT, PRODUCER, CONSUMER)
        start, end = span["startTimeUnixNano"], span["endTimeUnixNano"]
        assert isinstance(start, str) and isinstance(end, str)
        assert now_ns - 600 * 10**9 < int(start) <= int(end) <= now_ns


def test_no_span_holds_anything_of_a_person(traced):
    whole_trace(traced, "accept", 4)
    collector, _, _, person, _ = traced
    text = b"".join(body for _, _, body in collector.received()).decode()
    for secret in (person.id, person.email, person.password, person.token, "canary",
                   INTERNAL_KEY, SECRET_KEY, "127.0.0.1"):
        assert secret not in text


def test_the_request_id_is_in_the_log_of_every_role_that_acted(traced):
    """An acceptance, to its notification; and the first event that was refused for a reason. Events
    that count are too many to log: their traces tell."""
    _, system, client, person, _ = traced

    def lines(role, request_id):
        return [line["message"] for line in system.processes[role].lines()
                if line.get("request_id") == request_id]

    assert lines("user-credit", "request-analysis") == ["credit decided"]
    assert lines("user-credit", "request-accept") == ["offer accepted"]
    assert lines("credit-application", "request-accept") == ["credit line activated"]
    request_id = f"refused-{uuid.uuid4().hex}"
    event = emotion(person.id, event_id=request_id, stress=0.1)
    assert client.feel(event).status_code == 202
    event = emotion(person.id, event_id=request_id, stress=0.9)
    assert client.feel(event, {"X-Request-ID": request_id}).status_code == 202
    until("the worker tells", lambda: lines("emotion-processing", request_id) == ["event refused"])


@pytest.fixture(params=["gone", "silent"])
def no_collector(request):
    """The address of a collector that is not there, or takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1] if request.param == "silent" else free_port()
        yield f"http://127.0.0.1:{port}"


def test_without_a_collector_nothing_is_slow_and_spans_are_counted(system_of, no_collector):
    """Nor is the end: terminate() has a limit."""
    system = system_of("embedded", {"OTEL_EXPORTER_OTLP_ENDPOINT": no_collector})
    client = Client(system)
    person = client.person()
    taken = []
    for _ in range(50):
        started = time.monotonic()
        assert client.feel(emotion(person.id)).status_code == 202
        taken.append(time.monotonic() - started)
    assert sorted(taken)[25] < 0.1
    until("the spans are counted as dropped", lambda: system.process.metrics().get(
        'ecs_trace_spans_total{result="dropped"}', 0) >= 50)
    assert system.process.metrics()['ecs_trace_spans_total{result="exported"}'] == 0
    told_of = [line for line in system.process.lines() if "collector" in line["message"]]
    assert len(told_of) == 1, "told once, not for each batch"
    client.feel(emotion(person.id))
    system.process.terminate()


def test_unset_nothing_is_made(client, person):
    client.feel(emotion(person.id))
    metrics = client.system.process_of("/v1/emotions/stream").metrics()
    assert not [name for name in metrics if name.startswith("ecs_trace_spans_total{")]


def test_what_is_left_is_exported_at_the_end(system_of):
    with Collector() as collector:
        system = system_of("embedded", {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
        trace, _, headers = new_trace()
        assert Client(system).get("/none", headers).status_code == 404
        system.process.terminate()
        span, = collector.spans(trace)
        assert span["service"] == "ecs"
