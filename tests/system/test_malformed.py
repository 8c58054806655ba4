# SPDX-License-Identifier: Apache-2.0
"""Requests that no honest client sends, 200 and more: each is refused, none brings a 500, and the
process that got them all still works."""
import json
import socket
import time

import pytest
from harness.client import emotion, now_text
from harness.ecs import INTERNAL_KEY
from harness.raw import exchange, request, statuses

JSON = "Content-Type: application/json"

# JSON documents that no endpoint can take, whatever its fields are.
DOCUMENTS = {
    "nothing": b"", "spaces": b"   ", "zero byte": b"\0", "bom": b"\xef\xbb\xbf{}",
    "open brace": b"{", "close brace": b"}", "open bracket": b"[", "comma": b"{,}",
    "no value": b'{"userId":}', "no key": b'{:"x"}', "bare key": b"{userId:1}",
    "single quotes": b"{'userId':'x'}", "trailing comma": b'{"userId":"x",}',
    "comment": b'{"userId":"x"/*c*/}', "two documents": b'{"userId":"x"}{"userId":"y"}',
    "rest": b'{"userId":"x"} trailing', "text": b'"userId"', "number": b"7", "null": b"null",
    "true": b"true", "array": b"[]", "array of objects": b"[{}]", "deep array": b"[" * 5000,
    "deep object": b'{"a":' * 5000, "deep closed": b'{"a":' * 33 + b"1" + b"}" * 33,
    "unknown escape": b'{"userId":"\\x41"}', "half escape": b'{"userId":"\\u12"}',
    "lone surrogate": b'{"userId":"\\udc00"}', "raw control": b'{"userId":"a\x01"}',
    "raw newline": b'{"userId":"a\n"}', "latin-1": b'{"userId":"\xe4"}',
    "overlong": b'{"userId":"\xc0\xaf"}', "surrogate bytes": b'{"userId":"\xed\xbf\xbf"}',
    "beyond unicode": b'{"userId":"\xf5\x80\x80\x80"}', "cut utf-8": b'{"userId":"\xe2\x82"}',
    "utf-16": '{"userId":"x"}'.encode("utf-16"), "NaN": b'{"amount":NaN}',
    "Infinity": b'{"amount":Infinity}', "-Infinity": b'{"amount":-Infinity}',
    "1e999": b'{"amount":1e999}', "-1e999": b'{"amount":-1e999}',
    "hexadecimal": b'{"amount":0x10}', "leading zero": b'{"amount":01}',
    "plus": b'{"amount":+1}', "point": b'{"amount":.5}', "point at end": b'{"amount":1.}',
    "twice": b'{"userId":"a","userId":"b"}', "gzip": b"\x1f\x8b\x08\x00", "form": b"userId=x&a=1",
    "xml": b"<?xml version='1.0'?><a/>", "random": bytes(range(256)),
    "zero in text": b'{"userId":"a\\u0000b"}', "huge number": b'{"amount":' + b"9" * 2000 + b"}",
    "huge exponent": b'{"amount":1e' + b"9" * 50 + b"}", "long key": b'{"' + b"k" * 9000 + b'":1}',
    "many keys": b"{" + b",".join(b'"k%d":0' % n for n in range(4000)) + b"}",
}

# Values in the place of every field that an endpoint knows.
VALUES = [None, True, 0, -1, 1e308, 2**63, 2**64, -(2**63) - 1, "", "\u0000", "x" * 3000, [], {},
          [[]], {"a": {}}, "'; DROP TABLE users; --", "../../etc/passwd", "%s%n%x", "\u202e",
          "00000000-0000-0000-0000-000000000000"]

ENDPOINTS = {
    "register": "/v1/auth/register", "login": "/v1/auth/login", "emotion": "/v1/emotions/stream",
    "transaction": "/v1/transactions", "accept": "/v1/credit-offers/{offer}/accept",
    "predict": "/v1/predict",
}


def path_of(endpoint):
    return ENDPOINTS[endpoint].format(offer="00000000-0000-4000-8000-000000000000")


def headers_of(person):
    return {**person.bearer, "X-Internal-Key": INTERNAL_KEY, "Content-Type": "application/json"}


def documents_of(person):
    """One good document for each endpoint."""
    return {
        "register": {"email": "nobody@example.com", "password": "12345678"},
        "login": {"email": "nobody@example.com", "password": "12345678"},
        "emotion": emotion(person.id, event_id="e"),
        "transaction": {"userId": person.id, "amount": 5, "currency": "EUR", "direction": "out",
                        "category": "food", "occurredAt": now_text(), "transactionId": "t"},
        "accept": {"userId": person.id},
        "predict": {"transaction_count_30d": 1, "avg_transaction_value_30d": 1.5,
                    "avg_positivity_7d": 0.5, "stress_events_30d": 1},
    }


def places(document, path=()):
    """The paths of all values in a document."""
    for name, value in document.items():
        yield path + (name,)
        if isinstance(value, dict):
            yield from places(value, path + (name,))


def changed(document, place, value):
    copy = json.loads(json.dumps(document))
    inner = copy
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    return copy


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_documents(client, person, endpoint):
    for name, body in DOCUMENTS.items():
        answer = client.post(path_of(endpoint), headers_of(person), data=body)
        assert 400 <= answer.status_code < 500, (name, answer.status_code, answer.text[:200])
        assert answer.headers["Content-Type"] == "application/problem+json", name
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_values(client, person, endpoint):
    document = documents_of(person)[endpoint]
    for place in places(document):
        for value in VALUES:
            answer = client.post(path_of(endpoint), headers_of(person),
                                 json=changed(document, place, value))
            assert answer.status_code < 500, (place, value, answer.text[:200])
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("template", [
    "/v1/users/{}", "/v1/users/{}/offers", "/v1/users/{}/decisions", "/v1/users/{}/notifications",
    "/v1/decisions/{}",
])
def test_ids_in_paths(client, person, template):
    for value in ("x", "%00", "%ff%fe", "..", "%2e%2e", "'", "%27%20OR%201=1", "1", "-1",
                  "x" * 2000, person.id[:-1], person.id + "0", "{" + person.id + "}",
                  person.id.replace("-", ""), "%E2%80%AE", "null", "undefined"):
        answer = client.get(template.format(value), person.bearer)
        assert 400 <= answer.status_code < 500, (value, answer.status_code)


def test_queries(client, person):
    for query in ("page=%00", "page=%ff", "page=1&page=2", "page", "&&&", "=", "page=1%3B", "?",
                  "page_size=1e2", "page=0x1", "page=+1", "x" * 2000, "page=" + "1" * 300):
        assert client.offers(person, "?" + query).status_code < 500, query


def chunked(*chunks):
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


LOGIN = b'{"email":"nobody@example.com","password":"12345678"}'
POST = "POST /v1/auth/login HTTP/1.1\r\nHost: localhost\r\n" + JSON + "\r\nConnection: close\r\n"


def post(headers, body=LOGIN):
    return (POST + headers + "\r\n").encode() + body


REFUSED = {
    "no request": b"\r\n\r\n\r\n",
    "noise": bytes(range(256)) * 4,
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64,
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "no path": b"GET HTTP/1.1\r\nHost: x\r\n\r\n",
    "no method": b" /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n",
    "unknown method": request("BREW", "/healthz"),
    "long method": request("A" * 9000, "/healthz"),
    "long path": request("GET", "/" + "a" * 9000),
    "long header": request("GET", "/healthz", headers=["X-A: " + "a" * 9000]),
    "many headers": request("GET", "/healthz", headers=[f"X-{n}: {n}" for n in range(2000)]),
    "header without colon": request("GET", "/healthz", headers=["nonsense"]),
    "length is text": post("Content-Length: ten\r\n"),
    "length is negative": post("Content-Length: -1\r\n"),
    "length is huge": post("Content-Length: 99999999999999999999\r\n"),
    "length is large": post("Content-Length: 1000000\r\n"),
    "length is a list": post("Content-Length: 5, 6\r\n"),
    "two lengths": post(f"Content-Length: {len(LOGIN)}\r\nContent-Length: 3\r\n"),
    "length and chunks": post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                              chunked(LOGIN, b"")),
    "unknown coding": post("Transfer-Encoding: nonsense\r\n"),
    "chunk size is text": post("Transfer-Encoding: chunked\r\n", b"zz\r\nabc\r\n0\r\n\r\n"),
    "chunk size is huge": post("Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\nabc"),
    "chunk longer than told": post("Transfer-Encoding: chunked\r\n", b"2\r\nabcdef\r\n0\r\n\r\n"),
    "too many chunks": post("Transfer-Encoding: chunked\r\n", chunked(*[b"[" * 4096] * 20, b"")),
    "body cut": post(f"Content-Length: {len(LOGIN) + 10}\r\n"),
    "long request id": request("GET", "/v1/users/x", headers=["X-Request-ID: " + "x" * 2000]),
    "zero in token": request("GET", "/v1/users/x", headers=["Authorization: Bearer a\0b"]),
}

TAKEN = {
    "chunks": (post("Transfer-Encoding: chunked\r\n",
                    chunked(LOGIN[:7], LOGIN[7:9], LOGIN[9:], b"")), 401),
    "long request id": (request("GET", "/healthz", headers=["X-Request-ID: " + "x" * 200]), 200),
    "odd request id": (request("GET", "/healthz", headers=["X-Request-ID: \x80<script>"]), 200),
    "bad traceparent": (request("GET", "/healthz", headers=["traceparent: 00-zz"]), 200),
    "two requests": (request("GET", "/healthz", close=False) + request("GET", "/healthz"), 200),
    "500 arguments": (request("GET", "/healthz?" + "&".join(f"a{n}=b" for n in range(500))), 200),
    "HTTP/1.0": (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
}


@pytest.mark.parametrize("name", REFUSED)
def test_raw_requests_that_are_refused(client, name):
    received = exchange(client.system.address("/v1/auth/login"), REFUSED[name])
    found = statuses(received)
    assert all(400 <= status < 500 or status == 505 for status in found), received[:300]
    assert client.get("/healthz").status_code == 200


# What two readers may understand in two ways: refused, and nothing behind it is a request.
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
CLOSED = {
    "folded length": post("Content-Length:\r\n 38\r\n", SMUGGLED),
    "length with a space": post("Content-Length : 38\r\n", SMUGGLED),
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + SMUGGLED,
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n" + SMUGGLED,
    "zero in path": b"GET /healthz\0 HTTP/1.1\r\nHost: x\r\n\r\n" + SMUGGLED,
    "length is text": post("Content-Length: ten\r\n", SMUGGLED),
    "no version": b"GET /healthz\r\nHost: x\r\n\r\n" + SMUGGLED,
}


@pytest.mark.parametrize("name", CLOSED)
def test_raw_requests_that_end_their_connection(client, name):
    received = exchange(client.system.address("/v1/auth/login"), CLOSED[name], half_close=False)
    assert statuses(received) == [400], received[:300]
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"\r\nContent-Type: application/problem+json" in head
    assert json.loads(body)["status"] == 400


def test_keys_that_are_no_text(client, person):
    for name in ("Idempotency-Key", "X-Internal-Key"):
        answer = client.post(f"/v1/users/{person.id}/credit-analysis",
                             {**person.bearer, name: b"\xff\xfe"})
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["header", name]
    answer = client.get("/v1/decisions/%ff%fe", person.bearer)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["path", "decision_id"]


@pytest.mark.parametrize("name", TAKEN)
def test_raw_requests_that_are_taken(client, name):
    data, status = TAKEN[name]
    received = exchange(client.system.address("/v1/auth/login"), data, half_close=False)
    found = statuses(received)
    assert found and set(found) == {status}, received[:300]


def test_a_body_that_never_ends_is_dropped(client):
    """A declared body must come within 10 s; the server's threads go on meanwhile."""
    address = client.system.address("/v1/auth/login")
    started = time.monotonic()
    with socket.create_connection(address, 20) as slow:
        slow.sendall(post("Content-Length: 500\r\n", b"{"))
        assert client.get("/healthz").status_code == 200
        received = slow.recv(4096)
    assert statuses(received) in ([], [408])
    assert time.monotonic() - started < 16


def test_many_half_requests_hold_up_nobody(client):
    address = client.system.address("/v1/auth/login")
    halves = [socket.create_connection(address, 5) for _ in range(300)]
    try:
        for half in halves:
            half.sendall(b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\n")
        started = time.monotonic()
        assert client.get("/healthz").status_code == 200
        assert time.monotonic() - started < 5  # a half request has 10 s
    finally:
        for half in halves:
            half.close()
