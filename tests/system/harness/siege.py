# SPDX-License-Identifier: Apache-2.0
"""A system under all attacks at once (attackers.py), and honest callers (honest.py) before and
meanwhile: what they were answered, how long it took, and whether all that was accepted counts once."""
import json
import pathlib
import statistics
import subprocess
import sys
import time

from .ecs import INTERNAL_KEY
from .people import people_added
from .poll import until

HERE = pathlib.Path(__file__).resolve().parent
PEOPLE, CROWD = 200, 200
STREAMS = ("emotions", "transactions", "credits")
# Those of options.def: other tests are not limited.
DEFAULT_RATES = {"RATE_REQUESTS_PER_SECOND": "20000", "RATE_PERSON_REQUESTS_PER_SECOND": "200",
                 "RATE_LOGINS_PER_SECOND": "50", "RATE_REGISTRATIONS_PER_SECOND": "20"}


def pairs(people):
    return [(person.id, person.token) for person in people]


class Siege:
    """`processors`: what runs the attackers alone, as taskset has it; None: any."""

    def __init__(self, system, strength, per_second, processors=None):
        self.system, self.strength, self.per_second = system, strength, per_second
        self.processors = processors
        self.ports = {role: system.processes[role].port for role in (
            "emotion-ingestion", "transaction-ingestion", "user-credit")}
        self.people = people_added(system, PEOPLE)
        self.crowd = people_added(system, CROWD)
        self.applicants = []
        self.accepted = {"events": [], "transactions": [], "offers": []}
        self.attackers = None
        self.runs = 0

    def honest(self, seconds):
        """Runs honest callers for so long; returns what they tell."""
        self.runs += 1
        new = people_added(self.system, int(self.per_second["analyses"] * seconds / 10) + 1)
        self.applicants += new
        plan = {"run": f"siege{self.runs}", "seconds": seconds, "ports": self.ports,
                "per_second": self.per_second, "key": INTERNAL_KEY, "people": pairs(self.people),
                "applicants": pairs(new)}
        found = json.loads(subprocess.run([sys.executable, HERE / "honest.py"], check=True,
                                          input=json.dumps(plan).encode(), stdout=subprocess.PIPE,
                                          timeout=seconds + 60).stdout)
        for kind, names in found["accepted"].items():
            self.accepted[kind] += names
        return found

    def __enter__(self):
        plan = {"strength": self.strength, "ports": self.ports, "key": INTERNAL_KEY,
                "greedy": pairs(self.crowd)[0], "crowd": pairs(self.crowd),
                "guessed": self.people[0].email}
        chosen = ["taskset", "-c", self.processors] if self.processors else []
        self.attackers = subprocess.Popen(
            [*chosen, sys.executable, HERE / "attackers.py"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.attackers.stdin.write(json.dumps(plan).encode())
        self.attackers.stdin.close()
        assert self.attackers.stdout.readline() == b"begun\n"
        return self

    def __exit__(self, *_):
        """However it ended."""
        if self.attackers.poll() is None:
            self.attackers.kill()
            self.attackers.wait(30)
        self.attackers.stdout.close()

    def end(self):
        """{attacker: {status: times}}, and what part of a processor they used."""
        self.attackers.terminate()
        told = json.loads(self.attackers.stdout.read())
        assert self.attackers.wait(30) == 0
        return told["answers"], told["processor"]

    def drained(self, limit_s):
        """Waits until nothing waits any more; how many seconds it took."""
        start = time.monotonic()
        until("all is drained", self.is_drained, limit_s, 0.1)
        return time.monotonic() - start

    def is_drained(self):
        for stream in STREAMS:
            for worker in self.system.workers(stream):
                if worker.metrics().get(f'ecs_bus_lag{{stream="{stream}"}}', 0) > 0:
                    return False
        counted = self.counted()
        return (self.system.database.rows("SELECT count(*) FROM outbox")[0][0] == 0 and all(
            len(counted[kind]) >= len(names) for kind, names in self.accepted.items()))

    def counted(self):
        """What the honest callers sent, as far as it counts, sorted."""
        rows = self.system.database.rows
        return {"events": sorted(rows(
                    "SELECT event_id FROM emotion_events WHERE event_id LIKE ?", "siege%")),
                "transactions": sorted(rows(
                    "SELECT transaction_id FROM transaction_events WHERE transaction_id LIKE ?",
                    "siege%")),
                "offers": sorted(rows(
                    "SELECT id FROM offers WHERE status = 'active' AND user_id = ANY (?::uuid[])",
                    [person.id for person in self.applicants]))}

    def check(self):
        """What was accepted counts once, and nothing else does."""
        for kind, found in self.counted().items():
            assert [row[0] for row in found] == sorted(self.accepted[kind]), kind
        assert self.system.database.tiles_that_differ() == []
        told = self.system.database.rows(
            "SELECT count(*) FROM notifications WHERE user_id = ANY (?::uuid[])",
            [person.id for person in self.applicants])
        assert told[0][0] == len(self.accepted["offers"])


def p99_ms(found, kind):
    return statistics.quantiles(found["taken_us"][kind], n=100, method="inclusive")[98] / 1000
