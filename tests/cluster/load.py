# SPDX-License-Identifier: Apache-2.0
"""Honest callers, all the time: each sends until it is answered "yes", with the same id, waits as
Retry-After says, and remembers what was accepted. Any other refusal is a fault."""
import collections
import itertools
import threading
import time
import uuid

import requests
from harness.client import Client, emotion
from harness.people import people_added
from harness.poll import until

PAUSE_S, APPLY_PAUSE_S = 0.01, 0.3
ANSWER_MAX_S = 60
PEOPLE = 50
APPLICANTS = 600


class Load:
    """Used with `with`: callers work inside the block."""

    def __init__(self, system):
        self.system = system
        self.run = uuid.uuid4().hex[:8]
        self.people = people_added(system, PEOPLE)
        self.applicants = people_added(system, APPLICANTS)
        self.stop = threading.Event()
        self.faults = []
        self.refused = collections.Counter()
        self.slowest_s = collections.Counter()
        self.events, self.transactions, self.offers = [], [], []
        self.threads = [threading.Thread(target=work, args=arguments) for work, arguments in (
            (self.feel, (0,)), (self.feel, (1,)), (self.spend, ()), (self.apply, (0,)),
            (self.apply, (1,)))]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def counts(self):
        return (len(self.events), len(self.transactions), len(self.offers))

    def moved(self):
        """Waits until each kind of call has been answered "yes" once more."""
        before = self.counts()
        until("all calls are answered", lambda: self.faults or all(
            now > then for now, then in zip(self.counts(), before)), limit_s=ANSWER_MAX_S)

    def sent(self, what, call, accepted):
        """The answer of `call`, asked until it is `accepted`; None if it cannot be had."""
        started = time.monotonic()
        while time.monotonic() - started < ANSWER_MAX_S:
            try:
                answer = call()
            except requests.RequestException as fault:
                self.faults.append((what, repr(fault)))
                return None
            if answer.status_code == accepted:
                taken = time.monotonic() - started
                self.slowest_s[what] = max(self.slowest_s[what], round(taken, 2))
                return answer
            if answer.status_code != 503 or not answer.headers.get("Retry-After", "").isdigit():
                self.faults.append((what, answer.status_code, dict(answer.headers), answer.text))
                return None
            self.refused[what] += 1
            time.sleep(int(answer.headers["Retry-After"]))
        self.faults.append((what, f"not within {ANSWER_MAX_S} s"))
        return None

    def feel(self, number):
        client = Client(self.system)
        for count in itertools.count():
            if self.stop.wait(PAUSE_S):
                return
            event = emotion(self.people[count % PEOPLE].id, f"{self.run}-{number}-{count}")
            if self.sent("emotion", lambda: client.feel(event), 202):
                self.events.append(event["eventId"])

    def spend(self):
        client = Client(self.system)
        for count in itertools.count():
            if self.stop.wait(PAUSE_S):
                return
            person, name = self.people[count % PEOPLE], f"{self.run}-{count}"
            if self.sent("transaction",
                         lambda: client.spend(person, 10, transactionId=name), 202):
                self.transactions.append(name)

    def apply(self, number):
        """Each applicant gets one offer and accepts it."""
        client = Client(self.system)
        for person in self.applicants[number::2]:
            if self.stop.wait(APPLY_PAUSE_S):
                return
            answer = self.sent("analysis", lambda: client.analyse(person), 200)
            offer = answer and answer.json()["offer"]["offer_id"]
            if offer and self.sent("accept", lambda: client.accept(person, offer), 202):
                self.offers.append(offer)

    def check(self):
        """Everything that was accepted counts once, and nothing else does."""
        database = self.system.database
        prefix = f"{self.run}-%"
        kinds = (
            (self.events, "SELECT event_id FROM emotion_events WHERE event_id LIKE ?", [prefix]),
            (self.transactions, "SELECT transaction_id FROM transaction_events"
                                " WHERE transaction_id LIKE ?", [prefix]),
            (self.offers, "SELECT id FROM offers WHERE status = 'active'"
                          " AND user_id = ANY (?::uuid[])", [[one.id for one in self.applicants]]),
            (self.offers, "SELECT offer_id FROM notifications WHERE user_id = ANY (?::uuid[])",
             [[one.id for one in self.applicants]]),
        )
        print(f"{self.counts()} accepted, refused for a while {dict(self.refused)},"
              f" slowest {dict(self.slowest_s)}")
        assert self.faults == []
        assert all(self.counts())
        for accepted, query, parameters in kinds:
            def found():
                return [str(row[0]) for row in database.rows(query, *parameters)]
            until(f"all of {len(accepted)} are counted: {query}",
                  lambda: len(found()) >= len(accepted), limit_s=60, pause_s=0.2)
            assert sorted(found()) == sorted(accepted)
        assert database.emotion_tile_total() == database.emotions_in_all()
        assert database.tiles_that_differ() == []
        assert database.rows("SELECT sum(count) FROM transaction_tiles") == \
            database.rows("SELECT count(*) FROM transaction_events")
        letters = self.system.engines.nats.stream("dead-letter")["state"]["messages"]
        assert letters == 0
