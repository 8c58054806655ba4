# SPDX-License-Identifier: Apache-2.0
"""The wire contract, row by row and refusal by refusal, with its exact statuses and texts."""
import datetime
import hashlib
import json
import re
import uuid

import pytest
from harness.client import PASSWORD, emotion, now_text
from harness.ecs import INTERNAL_KEY
from harness.expect import field_refusal, refusal
from harness.poll import until
from harness.tokens import claims_of, make_claims, make_token

NO_TOKEN = "Invalid or missing authorization header."
BAD_TOKEN = "Invalid or expired token."
NO_KEY = "Invalid or missing internal API key."
NOT_YOURS = "Not allowed for this user."
NO_OFFER = "Offer not found, expired or already processed."
ISO_UTC = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$")
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
INTERNAL = {"X-Internal-Key": INTERNAL_KEY}


def new_email():
    return f"canary-{uuid.uuid4().hex[:12]}@example.com"


# Every call that succeeds ---------------------------------------------------------------------


def test_healthz(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_register(client):
    email = new_email()
    answer = client.register(email)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"id", "email", "created_at", "updated_at"}
    assert body["email"] == email
    assert UUID.match(body["id"])
    assert ISO_UTC.match(body["created_at"]) and ISO_UTC.match(body["updated_at"])


def test_an_address_is_lower_cased(client):
    email = new_email()
    answer = client.register(email.upper().replace("EXAMPLE", "Example"))
    assert answer.json()["email"] == email
    assert client.login(email.upper()).status_code == 200


def test_login(client):
    person = client.person()
    answer = client.login(person.email)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    claims = claims_of(body["access_token"])
    assert claims["sub"] == person.id
    assert claims["email"] == person.email
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["jti"] and claims["iss"] and claims["aud"]


def test_one_emotion(client, person):
    answer = client.feel(emotion(person.id), {"X-Request-ID": "trace-of-mine"})
    assert answer.status_code == 202
    assert answer.json() == {"status": "event received", "traceId": "trace-of-mine"}
    assert answer.headers["X-Request-ID"] == "trace-of-mine"


def test_an_emotion_without_request_id_gets_one(client, person):
    answer = client.feel(emotion(person.id))
    assert answer.status_code == 202
    assert answer.json()["traceId"] == answer.headers["X-Request-ID"] != ""


def test_unknown_fields_are_ignored(client, person):
    event = emotion(person.id)
    event["mood"] = event["emotionEvent"]["colour"] = {"deep": ["blue"]}
    assert client.feel(event).status_code == 202
    assert client.spend(person, 10, colour="blue").status_code == 202


def test_an_emotion_batch(client, person):
    good = [emotion(person.id, event_id=str(uuid.uuid4())) for _ in range(3)]
    bad = emotion(person.id, positivity=1.5)
    lines = [json.dumps(good[0]), json.dumps(bad), json.dumps(good[1]), "{nonsense",
             json.dumps(good[2])]
    answer = client.post("/v1/emotions/stream",
                         {**INTERNAL, "Content-Type": "application/x-ndjson"},
                         data="\n".join(lines))
    assert answer.status_code == 202
    body = answer.json()
    assert set(body) >= {"status", "accepted", "rejected"}
    assert body["accepted"] == 3
    assert [refused["line"] for refused in body["rejected"]] == [2, 4]
    assert all(refused["detail"] for refused in body["rejected"])


def test_a_batch_of_a_thousand(client, person):
    answer = client.feel_batch([emotion(person.id) for _ in range(1000)])
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1000)


def test_a_transaction(client, person):
    answer = client.spend(person, 12.34)
    assert answer.status_code == 202
    assert answer.json() == {"status": "event received", "userId": person.id}


def test_a_transaction_with_all_its_fields_is_stored(client, person):
    transaction_id = str(uuid.uuid4())
    assert client.spend(person, 99.95, currency="EUR", direction="out", category="groceries",
                        occurredAt=now_text(days=3), transactionId=transaction_id).status_code == 202
    database = client.system.database
    rows = until("the transaction is stored", lambda: database.rows(
        "SELECT amount_cents, direction, category, currency, transaction_id"
        " FROM transaction_events WHERE user_id = ?", database.id(person.id)))
    assert rows == [(9995, 0, "groceries", "EUR", transaction_id)]


def test_an_approval(client, person):
    answer = client.analyse(person)
    assert answer.status_code == 200
    body = answer.json()
    assert body["user_id"] == person.id
    assert body["approved"] is True
    assert body["ml_risk_score"] == 0.25
    assert body["reason"] is None
    assert body["credit_type"] == "SHORT_TERM_PERSONAL_LOAN"
    assert UUID.match(body["decision_id"])
    offer = body["offer"]
    assert set(offer) == {"offer_id", "credit_limit", "interest_rate", "credit_type", "expires_at"}
    assert UUID.match(offer["offer_id"])
    assert offer["credit_limit"] == 7500 and offer["interest_rate"] == 8.75
    assert offer["credit_type"] == "SHORT_TERM_PERSONAL_LOAN"
    # Money leaves with two decimals, as text too.
    assert '"credit_limit":7500.00' in answer.text.replace(" ", "")
    expires = datetime.datetime.fromisoformat(offer["expires_at"].replace("Z", "+00:00"))
    if expires.tzinfo is None:
        expires = expires.replace(tzinfo=datetime.timezone.utc)
    left = expires - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=6, hours=23) < left <= datetime.timedelta(days=7)


def test_an_analysis_repeated_returns_the_open_offer(client, person):
    first, second = client.analyse(person).json(), client.analyse(person).json()
    assert first["offer"] == second["offer"]
    assert client.offers(person).json()["total"] == 1


def test_an_idempotency_key_returns_the_first_answer(client, person):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = client.analyse(person, key)
    assert client.spend(person, 50).status_code == 202
    client.wait_for_transactions(person, 1)
    again = client.analyse(person, key)
    assert again.status_code == 200
    assert again.json()["decision_id"] == first.json()["decision_id"]


def test_one_person_cannot_use_the_idempotency_key_of_another(client, person):
    other = client.person()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    assert client.analyse(person, key).json()["user_id"] == person.id
    assert client.analyse(other, key).json()["user_id"] == other.id


def test_accept_and_accept_again(client, person):
    offer = client.analyse(person).json()["offer"]["offer_id"]
    for _ in range(2):
        answer = client.accept(person, offer)
        assert answer.status_code == 202
        assert answer.json() == {"status": "offer acceptance is being processed"}
    client.active_line(person)
    assert client.accept(person, offer).status_code == 202
    assert len(client.notifications(person).json()["items"]) == 1


def test_offers_in_pages(client, person):
    offers = [client.analyse(person).json()["offer"]["offer_id"]]
    assert client.accept(person, offers[0]).status_code == 202
    client.active_line(person)
    assert client.analyse(person).status_code == 200  # the first offer is taken: a second one
    body = client.offers(person).json()
    assert set(body) == {"total", "page", "page_size", "items"}
    assert (body["total"], body["page"], body["page_size"]) == (2, 1, 10)
    created = [item["created_at"] for item in body["items"]]
    assert created == sorted(created, reverse=True)
    for item in body["items"]:
        assert set(item) == {"offer_id", "status", "credit_limit", "interest_rate", "created_at",
                             "expires_at"}
        assert ISO_UTC.match(item["created_at"]) and ISO_UTC.match(item["expires_at"])
    assert {item["status"] for item in body["items"]} == {"offered", "active"}
    second = client.offers(person, "?page=2&page_size=1").json()
    assert (second["total"], second["page"], second["page_size"]) == (2, 2, 1)
    assert second["items"] == body["items"][1:]
    assert client.offers(person, "?page=3&page_size=1").json()["items"] == []


def test_the_profile_has_the_current_line(client, person):
    body = client.profile(person).json()
    assert body["id"] == person.id and body["email"] == person.email
    assert "password_hash" not in body
    offer = client.analyse(person).json()["offer"]
    client.accept(person, offer["offer_id"])
    client.active_line(person)
    assert client.profile(person).json()["credit_line"]["credit_limit"] == offer["credit_limit"]


def test_decisions(client, person):
    made = client.analyse(person).json()["decision_id"]
    listed = client.get(f"/v1/users/{person.id}/decisions", person.bearer)
    assert listed.status_code == 200
    assert [item["decision_id"] for item in listed.json()["items"]] == [made]
    one = client.get(f"/v1/decisions/{made}", person.bearer)
    assert one.status_code == 200
    assert one.json()["decision_id"] == made
    assert set(one.json()["features"]) >= {"transaction_count_30d", "avg_transaction_value_30d",
                                           "avg_positivity_7d", "stress_events_30d"}


def test_a_denial(system_of):
    from harness.client import Client
    client = Client(system_of("embedded", {"SCORER": "fixed:0.6000010"}))
    person = client.person()
    body = client.analyse(person).json()
    assert body["approved"] is False
    assert body["offer"] is None
    assert body["reason"] == "High risk score."
    assert 0 < len(body["reasons"]) <= 4 and all(isinstance(item, str) for item in body["reasons"])
    assert client.offers(person).json()["total"] == 0
    decisions = client.get(f"/v1/users/{person.id}/decisions", person.bearer).json()
    assert decisions["total"] == 1


@pytest.mark.parametrize("risk, limit, rate", [
    ("0", 10000, 5), ("0.6", 4000, 14), ("0.333333", 6666.67, 10),
])
def test_the_formula_of_the_seed(system_of, risk, limit, rate):
    from harness.client import Client
    client = Client(system_of("embedded", {"SCORER": f"fixed:{risk}"}))
    offer = client.analyse(client.person()).json()["offer"]
    assert (offer["credit_limit"], offer["interest_rate"]) == (limit, rate)


def test_predict(client):
    features = {"transaction_count_30d": 3, "avg_transaction_value_30d": 12.5,
                "avg_positivity_7d": 0.5, "stress_events_30d": 0}
    answer = client.post("/v1/predict", INTERNAL, json=features)
    assert answer.status_code == 200
    assert answer.json()["risk_score"] == 0.25
    assert answer.json()["model"]


def test_every_answer_has_a_request_id(client):
    for path in ("/healthz", "/readyz", "/metrics", "/nowhere", "/v1/auth/login"):
        assert client.get(path).headers["X-Request-ID"]
    assert client.get("/healthz", {"X-Request-ID": "mine"}).headers["X-Request-ID"] == "mine"


# Refusals of registration and login -----------------------------------------------------------


def test_an_address_registers_once(client):
    email = new_email()
    client.register(email)
    refusal(client.register(email), 409, "Email already registered.")
    refusal(client.register(email.upper()), 409, "Email already registered.")


@pytest.mark.parametrize("email", [
    "", "a", "a@", "@b.c", "a b@example.com", "a@b@example.com", "a@example..com", "a@-x.com",
    "a\n@example.com", "a" * 250 + "@x.de", None, 7, ["a@example.com"], "ä@", "a@example.com ",
])
def test_an_address_must_be_one(client, email):
    answer = client.post("/v1/auth/register", json={"email": email, "password": PASSWORD})
    field_refusal(answer, "body", "email")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 129, None, 12345678, ["12345678"]])
def test_a_password_has_8_to_128_characters(client, password):
    answer = client.post("/v1/auth/register", json={"email": new_email(), "password": password})
    field_refusal(answer, "body", "password")


@pytest.mark.parametrize("password", ["12345678", "x" * 128, "pässwörd"])
def test_passwords_at_the_limits_work(client, password):
    email = new_email()
    assert client.register(email, password).status_code == 200
    assert client.login(email, password).status_code == 200


@pytest.mark.parametrize("path", ["/v1/auth/register", "/v1/auth/login"])
def test_missing_fields_are_named_all_at_once(client, path):
    body = field_refusal(client.post(path, json={}), "body", "email")
    assert [error["loc"] for error in body["detail"]] == [["body", "email"], ["body", "password"]]
    assert {error["type"] for error in body["detail"]} == {"missing"}


def test_wrong_credentials(client, person):
    refusal(client.login(person.email, "another password"), 401, "Invalid credentials.")
    refusal(client.login(new_email(), "another password"), 401, "Invalid credentials.")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 129])
def test_a_password_that_nobody_can_have_is_a_wrong_one(client, person, password):
    refusal(client.login(person.email, password), 401, "Invalid credentials.")
    refusal(client.login(new_email(), password), 401, "Invalid credentials.")


# Refusals of ingestion ------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "", "wrong", INTERNAL_KEY[:-1], INTERNAL_KEY + "x"])
def test_emotions_need_the_internal_key(client, person, key):
    headers = {} if key is None else {"X-Internal-Key": key}
    refusal(client.post("/v1/emotions/stream", headers, json=emotion(person.id)), 401, NO_KEY)


def test_a_persons_token_is_no_internal_key(client, person):
    refusal(client.post("/v1/emotions/stream", person.bearer, json=emotion(person.id)), 401, NO_KEY)


@pytest.mark.parametrize("changes, loc", [
    ({"userId": None}, ["userId"]),
    ({"userId": "not-an-id"}, ["userId"]),
    ({"userId": 7}, ["userId"]),
    ({"timestamp": None}, ["timestamp"]),
    ({"timestamp": "yesterday"}, ["timestamp"]),
    ({"timestamp": "2026-02-30T00:00:00Z"}, ["timestamp"]),
    ({"timestamp": 1767225600}, ["timestamp"]),
    pytest.param({"timestamp": now_text(days=-1)}, ["timestamp"], id="to come"),
    pytest.param({"timestamp": now_text(days=401)}, ["timestamp"], id="long ago"),
    ({"emotionEvent": None}, ["emotionEvent"]),
    ({"emotionEvent": []}, ["emotionEvent"]),
    ({"emotionEvent": {"metrics": {"positivity": 0, "intensity": 0, "stress_level": 0}}},
     ["emotionEvent", "type"]),
    ({"emotionEvent": {"type": "x" * 65, "metrics": {}}}, ["emotionEvent", "type"]),
    ({"emotionEvent": {"type": "joy"}}, ["emotionEvent", "metrics"]),
    ({"eventId": "x" * 129}, ["eventId"]),
    ({"eventId": 7}, ["eventId"]),
])
def test_an_emotion_that_does_not_fit(client, person, changes, loc):
    event = {**emotion(person.id), **changes}
    event = {name: value for name, value in event.items() if value is not None}
    field_refusal(client.feel(event), "body", *loc)


@pytest.mark.parametrize("metric", ["positivity", "intensity", "stress_level"])
@pytest.mark.parametrize("value", [-0.000001, 1.000001, "high", None, [0.5], True])
def test_a_metric_is_between_0_and_1(client, person, metric, value):
    event = emotion(person.id)
    event["emotionEvent"]["metrics"][metric] = value
    field_refusal(client.feel(event), "body", "emotionEvent", "metrics", metric)


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0, 0.5, 1e-6])
def test_metrics_at_the_limits_are_taken(client, person, value):
    assert client.feel(emotion(person.id, stress=value)).status_code == 202


def test_a_batch_is_bounded(client, person):
    assert client.feel_batch([emotion(person.id)] * 1001).status_code in (413, 422)


@pytest.mark.parametrize("amount", [0, -1, 100000000, 0.001, "much", None, [], True, "Infinity"])
def test_an_amount_is_positive_and_fits(client, person, amount):
    field_refusal(client.spend(person, amount), "body", "amount")


@pytest.mark.parametrize("name, value", [
    ("currency", "EURO"), ("currency", "€"), ("currency", 978), ("direction", "sideways"),
    ("direction", 1), ("category", "x" * 65), ("category", 5), ("occurredAt", "noon"),
    pytest.param("occurredAt", now_text(days=-1), id="to come"),
    pytest.param("occurredAt", now_text(days=401), id="long ago"),
    ("transactionId", "x" * 129), ("transactionId", 5),
])
def test_an_added_field_that_does_not_fit(client, person, name, value):
    field_refusal(client.spend(person, 5, **{name: value}), "body", name)


def test_a_transaction_is_ones_own(client, person):
    other = client.person()
    answer = client.post("/v1/transactions", person.bearer,
                         json={"userId": other.id, "amount": 5})
    refusal(answer, 403, NOT_YOURS)


# Refusals of credit ---------------------------------------------------------------------------


def test_somebody_elses_analysis(client, person):
    answer = client.post(f"/v1/users/{client.person().id}/credit-analysis", person.bearer)
    refusal(answer, 403, NOT_YOURS)


def test_an_offer_that_is_not_there(client, person):
    refusal(client.accept(person, str(uuid.uuid4())), 404, NO_OFFER)


def test_an_offer_of_somebody_else(client, person):
    other = client.person()
    offer = client.analyse(other).json()["offer"]["offer_id"]
    refusal(client.accept(person, offer), 404, NO_OFFER)
    answer = client.post(f"/v1/credit-offers/{offer}/accept", person.bearer,
                         json={"userId": other.id})
    refusal(answer, 403, NOT_YOURS)
    assert client.offers(other).json()["items"][0]["status"] == "offered"


def test_an_acceptance_names_its_person(client, person):
    offer = client.analyse(person).json()["offer"]["offer_id"]
    field_refusal(client.post(f"/v1/credit-offers/{offer}/accept", person.bearer, json={}),
                  "body", "userId")


@pytest.mark.parametrize("query, name", [
    ("page=0", "page"), ("page=-1", "page"), ("page=x", "page"), ("page=", "page"),
    ("page=1.5", "page"), ("page=99999999999999999999", "page"), ("page_size=0", "page_size"),
    ("page_size=101", "page_size"), ("page_size=ten", "page_size"),
])
def test_pages_have_limits(client, person, query, name):
    field_refusal(client.offers(person, "?" + query), "query", name)


# Tokens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [
    None, "", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "bearer", "Token abc", "{token}",
])
def test_the_authorization_header_must_be_a_bearer(client, person, value):
    headers = {} if value is None else {"Authorization": value.format(token=person.token)}
    answer = client.get(f"/v1/users/{person.id}/offers", headers)
    assert refusal(answer, 401)["detail"] in (NO_TOKEN, BAD_TOKEN)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_no_authorization_header(client, person):
    refusal(client.get(f"/v1/users/{person.id}/offers"), 401, NO_TOKEN)


FORGED = {
    "garbage": lambda claims: "garbage",
    "three dots": lambda claims: "a.b.c",
    "empty parts": lambda claims: "..",
    "unsigned": lambda claims: make_token(claims, {"alg": "none"}, digest=None),
    "unsigned, signature kept": lambda claims: make_token(claims, {"alg": "none"}),
    "NONE": lambda claims: make_token(claims, {"alg": "NONE"}, digest=None),
    "HS512": lambda claims: make_token(claims, {"alg": "HS512"}, digest=hashlib.sha512),
    "HS384": lambda claims: make_token(claims, {"alg": "HS384"}, digest=hashlib.sha384),
    "says RS256": lambda claims: make_token(claims, {"alg": "RS256"}),
    "no algorithm": lambda claims: make_token(claims, {"typ": "JWT"}),
    "another key": lambda claims: make_token(claims, secret="x" * 44),
    "an empty key": lambda claims: make_token(claims, secret=""),
    "ended": lambda claims: make_token({**claims, "exp": 1}),
    "no end": lambda claims: make_token({k: v for k, v in claims.items() if k != "exp"}),
    "end is text": lambda claims: make_token({**claims, "exp": "never"}),
    "not yet": lambda claims: make_token({**claims, "nbf": claims["iat"] + 3600}),
    "from the future": lambda claims: make_token({**claims, "iat": claims["iat"] + 3600}),
    "another issuer": lambda claims: make_token({**claims, "iss": "somebody"}),
    "no issuer": lambda claims: make_token({k: v for k, v in claims.items() if k != "iss"}),
    "another audience": lambda claims: make_token({**claims, "aud": "somebody"}),
    "no audience": lambda claims: make_token({k: v for k, v in claims.items() if k != "aud"}),
    "no subject": lambda claims: make_token({k: v for k, v in claims.items() if k != "sub"}),
    "subject is no id": lambda claims: make_token({**claims, "sub": "../../admin"}),
    "subject is a number": lambda claims: make_token({**claims, "sub": 1}),
    "no token id": lambda claims: make_token({k: v for k, v in claims.items() if k != "jti"}),
    "huge": lambda claims: make_token({**claims, "more": "x" * 5000}),
    "critical extension": lambda claims: make_token(
        claims, {"alg": "HS256", "typ": "JWT", "crit": ["exp"]}),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_token(client, person, how):
    token = FORGED[how](make_claims(person.id, email=person.email))
    answer = client.get(f"/v1/users/{person.id}/offers", {"Authorization": f"Bearer {token}"})
    if how == "huge" and answer.status_code == 431:
        return
    refusal(answer, 401, BAD_TOKEN)


def test_a_token_made_by_the_rules_works(client, person):
    """The forgeries above fail for what was forged, not for how this file makes tokens."""
    token = make_token(make_claims(person.id, email=person.email))
    answer = client.get(f"/v1/users/{person.id}/offers", {"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_a_changed_token(client, person):
    header, body, signature = person.token.split(".")
    for token in (f"{header}.{body}.{signature[:-4]}AAAA", f"{header}.{body}.",
                  f"{header}.{body[:-4]}AAAA.{signature}", f"{header}.{body}.{signature}.x"):
        answer = client.get(f"/v1/users/{person.id}/offers", {"Authorization": f"Bearer {token}"})
        refusal(answer, 401, BAD_TOKEN)


# What is checked before a handler -------------------------------------------------------------


def test_unknown_paths(client, person):
    for path in ("/", "/v1", "/v1/", "/v2/users", "/v1/users", "/v1/usersx/1", "/healthz/",
                 "/v1/auth/register/more", "/v1/users/%2e%2e/offers/x", "//"):
        refusal(client.get(path, person.bearer), 404, "Endpoint not found.")


def test_a_zero_in_a_path(client):
    refusal(client.get("/%00"), 404, "Endpoint not found.")


@pytest.mark.parametrize("method, path, allow", [
    ("POST", "/healthz", "GET"), ("GET", "/v1/auth/login", "POST"),
    ("PUT", "/v1/emotions/stream", "POST"), ("DELETE", "/v1/transactions", "POST"),
    ("PATCH", "/v1/auth/register", "POST"),
])
def test_wrong_methods(client, method, path, allow):
    answer = client.call(method, path)
    refusal(answer, 405)
    assert allow in answer.headers["Allow"]


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-ndjson",
                                  "multipart/form-data; boundary=x", "application/jsonx"])
def test_wrong_media_types(client, kind):
    answer = client.post("/v1/auth/login", {"Content-Type": kind}, data=b"{}")
    refusal(answer, 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON",
                                  "application/json;charset=UTF-8"])
def test_right_media_types(client, kind):
    answer = client.post("/v1/auth/login", {"Content-Type": kind}, data=b"{}")
    field_refusal(answer, "body", "email")


@pytest.mark.parametrize("body", [
    b"", b"{", b"nul", b"{'email': 1}", b'{"email": "a",}', b'{"a": NaN}', b'{"a": Infinity}',
    b'{"a": 1e999}', b'{"a": "\xff"}', b'{"a": "\xc0\x80"}', b'{"a": "\xed\xa0\x80"}',
    b'{"a": "\\ud800"}', b'{"a": "\x00"}', b'{"a": "\n"}', b"{} {}", b'{"a": 1, "a": 2}',
    b"[" * 40 + b"]" * 40, b'{"a":' * 40 + b"1" + b"}" * 40,
])
def test_malformed_json(client, body):
    answer = client.post("/v1/auth/login", {"Content-Type": "application/json"}, data=body)
    refusal(answer, 400)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null", b"true"])
def test_json_that_is_no_object(client, body):
    answer = client.post("/v1/auth/login", {"Content-Type": "application/json"}, data=body)
    assert answer.status_code in (400, 422)
    refusal(answer, answer.status_code)


def test_a_body_over_the_limit(client, person):
    large = {"email": "a@example.com", "password": "x" * 70000}
    refusal(client.post("/v1/auth/login", json=large), 413)
    huge = emotion(person.id)
    huge["more"] = "x" * 70000
    refusal(client.feel(huge), 413)


def test_a_body_at_the_limit_is_read(client):
    body = json.dumps({"email": "a", "password": "b"}).encode()
    body += b" " * (64 * 1024 - len(body))
    answer = client.post("/v1/auth/login", {"Content-Type": "application/json"}, data=body)
    assert answer.status_code in (401, 422)


def test_authorization_comes_before_the_body(client, person):
    large = b"{" * 70000
    refusal(client.post("/v1/emotions/stream", {"Content-Type": "text/plain"}, data=large),
            401, NO_KEY)
    refusal(client.post("/v1/transactions", {"Content-Type": "text/plain"}, data=large),
            401, NO_TOKEN)
    other = str(uuid.uuid4())
    refusal(client.post(f"/v1/users/{other}/credit-analysis", person.bearer, data=large),
            403, NOT_YOURS)
