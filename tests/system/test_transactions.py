# SPDX-License-Identifier: Apache-2.0
"""Transactions: who may report them, and whose word each one is."""
import json
import uuid

import pytest
from harness.client import Client
from harness.ecs import INTERNAL_KEY
from harness.expect import refusal
from harness.poll import until

KEY = {"X-Internal-Key": INTERNAL_KEY}
NDJSON = {"Content-Type": "application/x-ndjson"}


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
