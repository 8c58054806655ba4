# SPDX-License-Identifier: Apache-2.0
"""Two people's tokens cannot see or touch each other's anything: every operation of /openapi.json
that names a person or a thing of theirs, tried with every wrong credential."""
import functools
import re
import uuid

import pytest
from harness.client import Client, emotion, now_text
from harness.expect import refusal
from harness.poll import until

WRONG = {
    "no token": (lambda thief: {}, 401, "Invalid or missing authorization header."),
    "garbage": (lambda thief: {"Authorization": "Bearer garbage"}, 401,
                "Invalid or expired token."),
    "an internal key": (lambda thief: {"X-Internal-Key": "x"}, 401,
                        "Invalid or missing authorization header."),
}

# A good body for each operation that takes one, so that nothing but ownership can refuse it.
BODIES = {
    "/v1/transactions": lambda user: {"userId": user, "amount": 5},
    "/v1/credit-offers/{offer_id}/accept": lambda user: {"userId": user},
}


def personal_operations(system):
    """Operations that a person's token opens."""
    found = set()
    for process in system.processes.values():
        document = process.get("/openapi.json").json()
        schemes = {name for name, scheme in document["components"]["securitySchemes"].items()
                   if scheme.get("scheme") == "bearer"}
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if any(schemes & set(option) for option in operation.get("security", [])):
                    found.add((method.upper(), path))
    return sorted(found)


class Victim:
    """A person with something of everything."""

    def __init__(self, client):
        self.client, self.person = client, client.person()
        for number in range(10):  # a life that any model approves
            client.feel(emotion(self.person.id, timestamp=now_text(hours=number), positivity=0.9,
                                stress=0.05))
            client.spend(self.person, 10 + number, occurredAt=now_text(days=number))
        self.wages = client.earn(self.person)
        until("all of it is seen", self.is_seen)
        answer = client.analyse(self.person).json()
        self.offer, self.decision = answer["offer"]["offer_id"], answer["decision_id"]
        client.accept(self.person, self.offer)
        client.active_line(self.person)

    def is_seen(self):
        features = self.client.features(self.person)
        return features["transaction_count_90d"] == 10 + self.wages and \
            features["avg_positivity_7d"] == 0.9

    def ids(self):
        return {"user_id": self.person.id, "offer_id": self.offer, "decision_id": self.decision}

    def everything(self):
        """All that could be changed or taken."""
        reads = (f"/v1/users/{self.person.id}", f"/v1/users/{self.person.id}/offers",
                 f"/v1/users/{self.person.id}/decisions",
                 f"/v1/users/{self.person.id}/notifications", f"/v1/decisions/{self.decision}")
        return [self.client.get(path, self.person.bearer).json() for path in reads]


@functools.cache
def victim_of(system):
    return Victim(Client(system))


@pytest.fixture
def victim(system):
    """One for all tests: whatever they try, nothing of it changes."""
    return victim_of(system)


def concrete(path, ids):
    return re.sub(r"{(\w+)}", lambda match: ids[match[1]], path)


def body_of(path, user_id):
    return {"json": BODIES[path](user_id)} if path in BODIES else {}


def test_the_list_is_not_empty(system):
    paths = {path for _, path in personal_operations(system)}
    assert {"/v1/users/{user_id}", "/v1/users/{user_id}/offers", "/v1/users/{user_id}/decisions",
            "/v1/users/{user_id}/notifications", "/v1/users/{user_id}/notifications/stream",
            "/v1/users/{user_id}/credit-analysis", "/v1/credit-offers/{offer_id}/accept",
            "/v1/decisions/{decision_id}", "/v1/transactions", "/v1/auth/logout"} <= paths


@pytest.mark.parametrize("wrong", WRONG)
def test_without_a_token(client, victim, wrong):
    headers_of, status, detail = WRONG[wrong]
    before = victim.everything()
    for method, path in personal_operations(client.system):
        answer = client.call(method, concrete(path, victim.ids()), headers_of(None),
                             **body_of(path, victim.person.id))
        refusal(answer, status, detail)
    assert victim.everything() == before


def test_with_the_token_of_another(client, victim):
    thief = client.person()
    before = victim.everything()
    for method, path in personal_operations(client.system):
        if not re.search(r"{\w+}", path) and path not in BODIES:
            continue  # about the token's own person; logout
        answer = client.call(method, concrete(path, victim.ids()), thief.bearer,
                             **body_of(path, victim.person.id))
        named = "{user_id}" in path or path in BODIES
        if named:
            refusal(answer, 403, "Not allowed for this user.")
        else:
            refusal(answer, 404)
        assert victim.person.email not in answer.text
    assert victim.everything() == before


def test_things_of_another_as_if_ones_own(client, victim):
    """The path holds the victim's thing, the body the thief's own id."""
    thief = client.person()
    before = victim.everything()
    answer = client.post(f"/v1/credit-offers/{victim.offer}/accept", thief.bearer,
                         json={"userId": thief.id})
    refusal(answer, 404, "Offer not found, expired or already processed.")
    refusal(client.get(f"/v1/decisions/{victim.decision}", thief.bearer), 404)
    assert victim.everything() == before


def test_a_foreign_id_and_an_unknown_one_look_alike(client, victim):
    thief = client.person()
    for path in ("/v1/decisions/{}", ):
        foreign = client.get(path.format(victim.decision), thief.bearer)
        unknown = client.get(path.format(uuid.uuid4()), thief.bearer)
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json()["detail"] == unknown.json()["detail"]


@pytest.mark.parametrize("spelling", [str.upper, lambda text: "{" + text + "}",
                                      lambda text: text.replace("-", ""),
                                      lambda text: text + "%00", lambda text: "%20" + text])
def test_other_spellings_of_an_id(client, victim, spelling):
    thief = client.person()
    answer = client.get(f"/v1/users/{spelling(victim.person.id)}/offers", thief.bearer)
    assert answer.status_code in (400, 403), answer.text
    assert victim.offer not in answer.text


def test_fields_that_only_the_server_sets(client, person):
    """Unknown fields are ignored, and these are unknown."""
    answer = client.post("/v1/auth/register", json={
        "email": f"{uuid.uuid4().hex}@example.com", "password": "12345678", "id": person.id,
        "created_at": "2000-01-01T00:00:00Z", "role": "admin"})
    assert answer.status_code == 200
    assert answer.json()["id"] != person.id
    assert not answer.json()["created_at"].startswith("2000")


def test_an_event_id_belongs_to_its_person(client):
    """The same eventId for two people is two events."""
    one, other = client.person(), client.person()
    for person in (one, other):
        assert client.feel(emotion(person.id, event_id="shared")).status_code == 202
    for person in (one, other):
        until("the event is counted", lambda: client.system.database.emotions_of(person.id) == 1)


def test_events_of_another_are_not_ones_own(client):
    """What a stranger spends does not show in one's features."""
    one, other = client.person(), client.person()
    client.spend(other, 77, occurredAt=now_text())
    client.wait_for_transactions(other, 1)
    assert client.features(one)["transaction_count_30d"] == 0


def test_the_event_stream_of_another(client, victim):
    thief = client.person()
    answer = client.get(f"/v1/users/{victim.person.id}/notifications/stream", thief.bearer)
    refusal(answer, 403, "Not allowed for this user.")
