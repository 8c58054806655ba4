# SPDX-License-Identifier: Apache-2.0
"""Transactions: who may report them, whose word each one is, and that each counts once, in the one
currency of the deployment."""
import concurrent.futures
import json
import signal
import uuid

import pytest
from harness.client import Client, emotion
from harness.ecs import INTERNAL_KEY, EmbeddedSystem, run_ecs
from harness.expect import field_refusal, refusal
from harness.poll import until

KEY = {"X-Internal-Key": INTERNAL_KEY}
NDJSON = {"Content-Type": "application/x-ndjson"}
KEYS_MAX = 1000  # of one person, as in limits.h


def rows_of(client, person):
    """(amount in cents, source) of each, as they lie in the table."""
    database = client.system.database
    return sorted(database.rows("SELECT amount_cents, source FROM transaction_events"
                                " WHERE user_id = ?", database.id(person.id)))


def counted(client, person, count):
    def enough():
        rows = rows_of(client, person)
        return rows if len(rows) >= count else None
    return until(f"{count} transactions are counted", enough)


# Who said it ----------------------------------------------------------------------------------


def test_each_row_keeps_its_source(client, person):
    other = client.person()
    assert client.spend(person, 1).status_code == 202
    answer = client.spend_for(person.id, 2)
    assert (answer.status_code, answer.json()) == (
        202, {"status": "event received", "userId": person.id})
    assert client.spend_for(other.id, 3).status_code == 202
    assert counted(client, person, 2) == [(100, "self"), (200, "core")]
    assert counted(client, other, 1) == [(300, "core")]
    database = client.system.database
    assert [row[0] for row in database.rows(
        "SELECT source FROM transactions WHERE user_id = ? ORDER BY amount",
        database.id(person.id))] == ["self", "core"]


def test_nobody_says_it_in_the_name_of_another_source(client, person):
    assert client.spend(person, 1, source="core").status_code == 202
    assert client.spend_for(person.id, 2, source="self").status_code == 202
    assert counted(client, person, 2) == [(100, "self"), (200, "core")]


def test_a_person_takes_no_id_away_from_the_bank(client, person):
    """A person who knows or guesses the id of a payment cannot stop it from counting."""
    shared = uuid.uuid4().hex
    assert client.spend(person, 1, transactionId=shared).status_code == 202
    counted(client, person, 1)
    for _ in range(2):
        assert client.spend_for(person.id, 900, transactionId=shared).status_code == 202
    assert client.spend(person, 7).status_code == 202
    assert counted(client, person, 3) == [(100, "self"), (700, "self"), (90000, "core")]


def test_a_batch_of_the_bank(client, person):
    other = client.person()
    lines = [json.dumps({"userId": person.id, "amount": 1, "direction": "in"}), "",
             json.dumps({"userId": other.id, "amount": 2}), "{nonsense",
             json.dumps({"userId": person.id}),
             json.dumps({"userId": str(uuid.uuid4()), "amount": 3})]
    answer = client.spend_batch(lines)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["status"], body["accepted"]) == ("events received", 3)
    assert [refused["line"] for refused in body["rejected"]] == [4, 5]
    assert body["rejected"][1]["detail"] == "amount: Field required"
    assert counted(client, person, 1) == [(100, "core")]
    assert counted(client, other, 1) == [(200, "core")]


def test_a_batch_has_at_most_a_thousand_lines(client, person):
    line = json.dumps({"userId": person.id, "amount": 1})
    answer = client.spend_batch([line] * 1000)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1000)
    refusal(client.spend_batch([line] * 1001), 413, "A batch holds at most 1000 events.")
    refusal(client.spend_batch([""]), 422, "A batch holds at least one event.")
    refusal(client.spend_batch(["{}"]), 422)
    assert len(counted(client, person, 1000)) == 1000


def test_a_batch_is_not_for_persons(client, person):
    line = json.dumps({"userId": person.id, "amount": 1})
    answer = client.post("/v1/transactions", {**person.bearer, **NDJSON}, data=line)
    refusal(answer, 415, "A batch needs an internal key.")


@pytest.mark.parametrize("headers, detail", [
    ({}, "Invalid or missing authorization header."),
    ({"X-Internal-Key": INTERNAL_KEY + "x"}, "Invalid or missing authorization header."),
    ({"X-Internal-Key": "", "Authorization": "Bearer x"}, "Invalid or expired token."),
])
def test_without_a_key_or_a_token(client, headers, detail):
    """Told before the body is read: this one would be refused for what it is."""
    refusal(client.post("/v1/transactions", headers, data="nonsense"), 401, detail)


def test_a_key_that_is_wrong_leaves_the_token_its_right(client, person):
    headers = {**person.bearer, "X-Internal-Key": "wrong"}
    body = {"userId": person.id, "amount": 5}
    assert client.post("/v1/transactions", headers, json=body).status_code == 202
    body["userId"] = client.person().id
    refusal(client.post("/v1/transactions", headers, json=body), 403)
    assert counted(client, person, 1) == [(500, "self")]


def test_on_the_bus_a_producer_may_say_it(shared_systems):
    """What is put on the bus without HTTP is the bank's word, unless it says otherwise."""
    system = shared_systems("real")
    client = Client(system)
    person = client.person()
    nats = system.nats()
    for amount, source in ((1, None), (2, "core"), (3, "self"), (4, "me")):
        event = {"userId": person.id, "amount": amount}
        nats.publish("transactions.topic", event if source is None else {**event, "source": source})
    nats.publish("transactions.topic", {"userId": person.id, "amount": 5})
    nats.close()
    assert counted(client, person, 4) == [(100, "core"), (200, "core"), (300, "self"),
                                          (500, "core")]


# The one currency -----------------------------------------------------------------------------


def test_another_currency_is_refused(client, person):
    refused = field_refusal(client.spend(person, 1000000, currency="JPY"), "body", "currency")
    assert refused["detail"][0]["msg"] == "Input should be 'EUR', the currency of all amounts here"
    field_refusal(client.spend_for(person.id, 5, currency="USD"), "body", "currency")
    assert client.spend(person, 1, currency="eur").status_code == 202
    assert client.spend(person, 2).status_code == 202
    assert counted(client, person, 2) == [(100, "self"), (200, "self")]


def test_another_currency_on_the_bus_is_a_dead_letter(shared_systems):
    system = shared_systems("real")
    client = Client(system)
    person = client.person()
    with system.nats() as nats:
        nats.publish("transactions.topic", {"userId": person.id, "amount": 9, "currency": "JPY"})
        nats.publish("transactions.topic", {"userId": person.id, "amount": 1, "currency": "EUR"})
    assert counted(client, person, 1) == [(100, "core")]
    listed = until("it is a dead letter", lambda: [
        line for line in system.command("dead", "list").stdout.splitlines()
        if "currency: Input should be 'EUR'" in line])
    assert person.id not in "".join(listed)


@pytest.mark.parametrize("environment, policy, currency", [
    ({"CURRENCY": "BRL"}, None, "BRL"), ({}, "USD", "USD"), ({"CURRENCY": "USD"}, "USD", "USD"),
])
def test_a_deployment_has_the_currency_of_its_setting_or_policy(folder, environment, policy,
                                                                currency):
    system = EmbeddedSystem(folder / "one", {**environment, **policy_in(folder, policy)})
    try:
        system.start()
        client = Client(system)
        person = client.person()
        assert client.spend(person, 1, currency=currency).status_code == 202
        field_refusal(client.spend(person, 1, currency="EUR"), "body", "currency")
    finally:
        system.end()


def policy_in(folder, currency):
    """A policy with this currency, as environment; None: the one of the binary."""
    if currency is None:
        return {}
    policy = {"name": "mine", "currency": currency, "offer_life_days": 7,
              "bands": [{"risk_to": 1, "decision": "deny", "reason": "No."}]}
    path = folder / "mine.json"
    path.write_text(json.dumps(policy), encoding="utf-8")
    return {"POLICY_FILE": str(path)}


@pytest.mark.parametrize("environment, policy, said", [
    ({"CURRENCY": "euro"}, None, "CURRENCY: must be three letters from A to Z"),
    ({"CURRENCY": "EUR"}, "USD", "CURRENCY: is EUR, but the policy's amounts are in USD"),
])
def test_currencies_that_do_not_fit_end_the_start(folder, environment, policy, said):
    done = run_ecs("serve", folder=folder, environment={
        "DATA_DIR": str(folder / "data"), "LISTEN": "127.0.0.1:0", **environment,
        **policy_in(folder, policy)})
    assert done.returncode == 78
    assert said in done.stderr


# Each counts once -----------------------------------------------------------------------------


def spend_under(client, person, key, amount, **added):
    return client.post("/v1/transactions", {**person.bearer, "Idempotency-Key": key},
                       json={"userId": person.id, "amount": amount, **added})


def test_a_repetition_under_a_key_counts_once(client, person):
    key = uuid.uuid4().hex
    for _ in range(3):
        answer = spend_under(client, person, key, 5)
        assert (answer.status_code, answer.json()["userId"]) == (202, person.id)
    refusal(spend_under(client, person, key, 6), 422,
            "Idempotency-Key was used for another request.")
    assert spend_under(client, person, uuid.uuid4().hex, 5).status_code == 202
    assert client.spend(person, 7).status_code == 202
    assert counted(client, person, 3) == [(500, "self"), (500, "self"), (700, "self")]


def test_a_key_belongs_to_whoever_sent_it(client, person):
    other, key = client.person(), uuid.uuid4().hex
    assert spend_under(client, person, key, 1).status_code == 202
    assert spend_under(client, other, key, 2).status_code == 202
    bank = {**KEY, "Idempotency-Key": key}
    for _ in range(2):
        answer = client.post("/v1/transactions", bank, json={"userId": person.id, "amount": 3})
        assert answer.status_code == 202
    refusal(client.post("/v1/transactions", bank, json={"userId": other.id, "amount": 3}), 422)
    assert counted(client, person, 2) == [(100, "self"), (300, "core")]
    assert counted(client, other, 1) == [(200, "self")]


def test_a_key_holds_for_a_whole_batch(client, person):
    line = json.dumps({"userId": person.id, "amount": 1})
    key = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(3):
        answer = client.spend_batch([line, line, "{}"], key)
        assert (answer.status_code, answer.json()["accepted"]) == (202, 2)
    refusal(client.spend_batch([line], key), 422, "Idempotency-Key was used for another request.")
    assert client.spend(person, 9).status_code == 202
    assert counted(client, person, 3) == [(100, "core"), (100, "core"), (900, "self")]


def test_of_many_at_once_under_a_key_one_counts(client, person):
    """Ten of each of two requests under one key: one kind gets through, and counts once."""
    key = uuid.uuid4().hex
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: (number % 2, spend_under(
            Client(client.system), person, key, 1 + number % 2).status_code), range(20)))
    won, = {kind for kind, status in answers if status == 202}
    assert {status for kind, status in answers if kind != won} == {422}
    assert {status for kind, status in answers if kind == won} == {202}
    assert client.spend(person, 9).status_code == 202
    assert counted(client, person, 2) == [(100 + 100 * won, "self"), (900, "self")]


def test_an_emotion_under_a_key_counts_once(client, person):
    key, event = uuid.uuid4().hex, emotion(person.id)
    for _ in range(3):
        assert client.feel(event, {"Idempotency-Key": key}).status_code == 202
    assert client.feel(emotion(person.id)).status_code == 202
    until("both are counted", lambda: client.system.database.emotions_of(person.id) >= 2)
    assert client.system.database.emotions_of(person.id) == 2


def test_a_correction_is_told_and_never_counted(client, person):
    """While the first is on its way, and once it is counted."""
    transaction = uuid.uuid4().hex
    said = "transactionId was used for another transaction."
    assert client.spend(person, 5, transactionId=transaction).status_code == 202
    refusal(client.spend(person, 6, transactionId=transaction), 409, said)
    assert counted(client, person, 1) == [(500, "self")]
    refusal(client.spend(person, 6, transactionId=transaction), 409, said)
    assert client.spend(person, 5, transactionId=transaction).status_code == 202
    shared = {"userId": person.id, "transactionId": uuid.uuid4().hex}
    answer = client.spend_batch([json.dumps({**shared, "amount": 1}),
                                 json.dumps({**shared, "amount": 2})])
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert answer.json()["rejected"] == [{"line": 2, "detail": said}]
    assert counted(client, person, 2) == [(100, "core"), (500, "self")]
    answer = client.spend_batch([json.dumps({**shared, "amount": 2}),
                                 json.dumps({**shared, "amount": 1})])
    assert answer.json()["rejected"] == [{"line": 1, "detail": said}]


def test_without_a_database_what_needs_none_is_taken(system_of):
    """An id is compared later, by the worker; a key, whose promise is made now, is not taken."""
    system = system_of("real")
    client = Client(system)
    person = client.person()
    transaction = uuid.uuid4().hex
    assert client.spend(person, 1, transactionId=transaction).status_code == 202
    counted(client, person, 1)
    system.engines.postgres.end(signal.SIGQUIT)
    assert client.spend(person, 2).status_code == 202
    assert client.spend(person, 3, transactionId=uuid.uuid4().hex).status_code == 202
    answer = spend_under(client, person, uuid.uuid4().hex, 4)
    refusal(answer, 503, "Idempotency-Key cannot be checked. Please try again later.")
    assert answer.headers["Retry-After"] == "1"
    system.engines.postgres.start()
    until("a key is taken again",
          lambda: spend_under(client, person, "again", 5).status_code == 202)
    assert counted(client, person, 4) == [(100, "self"), (200, "self"), (300, "self"),
                                          (500, "self")]


def test_a_flood_of_corrections_stops_nobody(client, person):
    """One token, one id, ever another amount: told to whoever sends it, and no dead letter."""
    transaction = uuid.uuid4().hex
    system = client.system
    letters = len(dead_letters(system))
    assert client.spend(person, 1, transactionId=transaction).status_code == 202
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda amount: Client(system).spend(
            person, amount, transactionId=transaction).status_code, range(2, 302)))
    assert set(statuses) == {409}
    other = client.person()
    assert client.spend(other, 2).status_code == 202
    assert counted(client, other, 1) == [(200, "self")]
    assert counted(client, person, 1) == [(100, "self")]
    assert len(dead_letters(system)) == letters


def test_a_person_fills_their_own_share_of_keys(client, person):
    """Another's are not touched, and without a key all goes on."""
    def take(first, count=KEYS_MAX // 8):
        own = Client(client.system)
        return {spend_under(own, person, f"key-{first + number}", 1).status_code
                for number in range(count)}

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set.union(*pool.map(take, range(0, KEYS_MAX, KEYS_MAX // 8))) == {202}
    answer = spend_under(client, person, "one more", 1)
    refusal(answer, 429, "Too many Idempotency-Keys. Please try again later.")
    assert int(answer.headers["Retry-After"]) > 0
    assert take(0, 1) == {202}
    assert spend_under(client, client.person(), "one more", 1).status_code == 202
    assert client.spend(person, 1).status_code == 202


def dead_letters(system):
    return [line for line in system.command("dead", "list").stdout.splitlines()
            if "used for other content" in line]
