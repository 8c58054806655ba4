# SPDX-License-Identifier: Apache-2.0
"""A client of the wire contract, as an honest caller would write it. One per thread."""
import datetime
import json
import uuid

import requests

from .ecs import INTERNAL_KEY
from .poll import until

PASSWORD = "canary-password-of-a-person"


def now_text(**ago):
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**ago)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def emotion(user_id, event_id=None, timestamp=None, positivity=0.6, intensity=0.5, stress=0.2,
            kind="joy"):
    event = {"userId": user_id, "timestamp": timestamp or now_text(),
             "emotionEvent": {"type": kind, "metrics": {
                 "positivity": positivity, "intensity": intensity, "stress_level": stress}}}
    if event_id is not None:
        event["eventId"] = event_id
    return event


class Person:
    def __init__(self, user_id, email, password, login):
        self.id, self.email, self.password = user_id, email, password
        self.token = login["access_token"]
        self.refresh_token = login["refresh_token"]

    @property
    def bearer(self):
        return {"Authorization": f"Bearer {self.token}"}


class Client:
    def __init__(self, system, timeout_s=15):
        self.system = system
        self.timeout_s = timeout_s
        self.session = requests.Session()

    def call(self, method, path, headers=None, **options):
        return self.session.request(method, self.system.url(path), headers=headers,
                                    timeout=self.timeout_s, verify=self.system.certificate,
                                    **options)

    def get(self, path, headers=None, **options):
        return self.call("GET", path, headers, **options)

    def post(self, path, headers=None, **options):
        return self.call("POST", path, headers, **options)

    def register(self, email, password=PASSWORD):
        return self.post("/v1/auth/register", json={"email": email, "password": password})

    def login(self, email, password=PASSWORD):
        return self.post("/v1/auth/login", json={"email": email, "password": password})

    def person(self, email=None):
        """A new person, logged in."""
        email = email or f"canary-{uuid.uuid4().hex[:12]}@example.com"
        answer = self.register(email)
        assert answer.status_code == 200, answer.text
        login = self.login(email)
        assert login.status_code == 200, login.text
        return Person(answer.json()["id"], email, PASSWORD, login.json())

    def feel(self, event, headers=None):
        return self.post("/v1/emotions/stream", {"X-Internal-Key": INTERNAL_KEY, **(headers or {})},
                         json=event)

    def feel_batch(self, events):
        lines = "\n".join(json.dumps(event) for event in events)
        return self.post("/v1/emotions/stream",
                         {"X-Internal-Key": INTERNAL_KEY, "Content-Type": "application/x-ndjson"},
                         data=lines.encode())

    def spend(self, person, amount, headers=None, **added):
        return self.post("/v1/transactions", {**person.bearer, **(headers or {})},
                         json={"userId": person.id, "amount": amount, **added})

    def spend_for(self, user_id, amount, **added):
        """As the bank's own systems do, with the internal key."""
        return self.post("/v1/transactions", {"X-Internal-Key": INTERNAL_KEY},
                         json={"userId": user_id, "amount": amount, **added})

    def spend_batch(self, lines, headers=None):
        return self.post("/v1/transactions", {
            "X-Internal-Key": INTERNAL_KEY, "Content-Type": "application/x-ndjson",
            **(headers or {})}, data="\n".join(lines).encode())

    def earn(self, person):
        """Wages of weeks more than a month ago: a trained model wants to see an income, and features
        of the last 30 days stay as they are. Returns how many."""
        weeks = range(8)
        for week in weeks:
            answer = self.spend(person, 900, direction="in", occurredAt=now_text(days=31 + 7 * week))
            assert answer.status_code == 202, answer.text
        return len(weeks)

    def analyse(self, person, headers=None):
        return self.post(f"/v1/users/{person.id}/credit-analysis",
                         {**person.bearer, **(headers or {})})

    def accept(self, person, offer_id):
        return self.post(f"/v1/credit-offers/{offer_id}/accept", person.bearer,
                         json={"userId": person.id})

    def offers(self, person, query=""):
        return self.get(f"/v1/users/{person.id}/offers{query}", person.bearer)

    def notifications(self, person):
        return self.get(f"/v1/users/{person.id}/notifications", person.bearer)

    def profile(self, person):
        return self.get(f"/v1/users/{person.id}", person.bearer)

    def features(self, person):
        """The features that a new analysis sees."""
        decision = self.analyse(person).json()["decision_id"]
        return self.get(f"/v1/decisions/{decision}", person.bearer).json()["features"]

    def wait_for_transactions(self, person, count):
        """Until a new analysis sees this many transactions."""
        until(f"{count} transactions are seen",
              lambda: self.features(person)["transaction_count_30d"] == count)

    def active_line(self, person):
        """Waits for the person's offer to become a credit line."""
        def active():
            items = self.offers(person).json()["items"]
            return next((item for item in items if item["status"] == "active"), None)
        return until("an offer is active", active)
