# SPDX-License-Identifier: Apache-2.0
"""From a feeling and a payment to a credit line and the word about it."""
import json
import uuid

from harness.client import emotion, now_text
from harness.events import EventStream
from harness.poll import until


def test_from_registration_to_the_notification(client):
    person = client.person()

    for number in range(10):
        assert client.feel(emotion(person.id, timestamp=now_text(hours=number), positivity=0.8,
                                   stress=0.9 if number < 2 else 0.1)).status_code == 202
        assert client.spend(person, 10 + number,
                            occurredAt=now_text(days=number)).status_code == 202
    wages = client.earn(person)

    def counted():
        features = client.features(person)
        return features if (features["transaction_count_30d"] == 10
                            and features["transaction_count_90d"] == 10 + wages
                            and features["stress_events_30d"] == 2) else None

    features = until("all events are in the features", counted)
    assert features["avg_transaction_value_30d"] == 14.5
    assert features["avg_positivity_7d"] == 0.8

    answer = client.analyse(person).json()
    assert answer["approved"] is True
    offer = answer["offer"]
    assert client.profile(person).json()["credit_line"] is None

    with EventStream(client, person) as stream:
        assert client.accept(person, offer["offer_id"]).status_code == 202
        told = stream.next()
    line = client.active_line(person)
    assert line["offer_id"] == offer["offer_id"]
    assert line["credit_limit"] == offer["credit_limit"]

    items = client.notifications(person).json()["items"]
    assert len(items) == 1
    assert items[0]["type"] == "CREDIT_LIMIT_APPLIED"
    assert items[0]["title"] == "Credit Limit Active!"
    assert items[0]["message"] == "Your new credit limit is now available for use."
    assert told["id"] == str(items[0]["id"])
    assert json.loads(told["data"])["title"] == "Credit Limit Active!"
    assert client.profile(person).json()["credit_line"]["credit_limit"] == offer["credit_limit"]


def test_events_go_on_after_the_last_one_seen(client, person):
    """A client that was away names the last event it saw: it misses nothing and repeats nothing."""
    for amount in (1, 2):
        offer = client.analyse(person).json()["offer"]["offer_id"]
        client.accept(person, offer)
        until("it is announced",
              lambda: len(client.notifications(person).json()["items"]) == amount)
        client.spend(person, amount)
        client.wait_for_transactions(person, amount)
    with EventStream(client, person) as stream:
        first, second = stream.next(), stream.next()
    assert int(first["id"]) < int(second["id"])
    with EventStream(client, person, last_event_id=first["id"]) as stream:
        assert stream.next()["id"] == second["id"]


def test_one_line_at_a_time(client, person):
    """A second accepted offer takes the place of the first line."""
    lines = []
    for number in (1, 2, 3):
        offer = client.analyse(person).json()["offer"]["offer_id"]
        client.accept(person, offer)
        until("the line is active", lambda: client.active_line(person)["offer_id"] == offer)
        lines.append(offer)
        client.spend(person, number)
        client.wait_for_transactions(person, number)
    statuses = {item["offer_id"]: item["status"] for item in client.offers(person).json()["items"]}
    assert [statuses[offer] for offer in lines] == ["superseded", "superseded", "active"]


def test_the_model_sees_what_just_happened(client, person):
    """Cached features never outlive an event that changed them."""
    for count in range(1, 6):
        client.spend(person, 10)
        client.wait_for_transactions(person, count)


def test_a_trace_goes_from_the_request_to_the_worker(client, person):
    trace = f"trace-{uuid.uuid4().hex}"
    assert client.spend(person, 5).status_code == 202
    assert client.feel(emotion(person.id), {"X-Request-ID": trace}).status_code == 202
    until("the event is counted", lambda: client.system.database.emotions_of(person.id) == 1)
    offer = client.analyse(person).json()["offer"]["offer_id"]
    answer = client.post(f"/v1/credit-offers/{offer}/accept",
                         {**person.bearer, "X-Request-ID": trace}, json={"userId": person.id})
    assert answer.headers["X-Request-ID"] == trace
    client.active_line(person)
    workers = client.system.workers("credits")
    until("a worker's log names the request",
          lambda: any(trace in worker.log.read_text() for worker in workers))
