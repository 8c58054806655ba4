# SPDX-License-Identifier: Apache-2.0
"""The two systems under measurement, as users start them: one `ecs serve` of all seven roles,
embedded or on private NATS, PostgreSQL and Redis. Both are the tests' (tests/system/harness)."""
import concurrent.futures
import datetime
import random
import sqlite3
import time

import psycopg2
import requests
from harness.database import PostgresDatabase, SqliteDatabase
from harness.ecs import INTERNAL_KEY, ROLES, Process, System, run_ecs
from harness.engines import Engines
from harness.people import people_added
from harness.poll import until

BATCH = 1000
DRAIN_LIMIT_S = 120
EVENT_TABLES = ("emotion_events", "emotion_tiles", "event_keys")
ENVIRONMENT = {"SCORER": "trained", "LOG_LEVEL": "warn"}


class Bench(System):
    """A system whose processes can be restarted as other roles."""

    def __init__(self, folder):
        super().__init__(folder, ENVIRONMENT)
        self.environment["DATA_DIR"] = str(self.folder / "data")
        self.people = []
        self.people_file = self.folder / "people"  # those who feel and ask again and again
        self.everybody_file = self.folder / "everybody"

    def process_of(self, path):
        return self.processes["ecs"]

    @property
    def process(self):
        return self.processes["ecs"]

    def command(self, *arguments, timeout_s=60):
        return run_ecs(*arguments, environment=self.environment, timeout_s=timeout_s)

    def populate(self, known, count):
        """Schema, and so many people of whom the first are known; nothing of ecs may run."""
        until("the schema is migrated", lambda: self.command("migrate").returncode == 0)
        self.people = people_added(self, count)
        lines = [f"{person.id} {person.token}\n" for person in self.people]
        self.people_file.write_text("".join(lines[:known]), encoding="utf-8")
        self.everybody_file.write_text("".join(lines), encoding="utf-8")

    def serve(self, *roles, count=1):
        """Starts `count` processes of these roles; of all seven without one."""
        self.processes = {}
        for i in range(count):
            name = "ecs" if i == 0 else f"ecs{i}"
            self.processes[name] = Process(name, self.folder, self.environment, roles)
        self.start()

    def serve_apart(self):
        """Starts a process for each role."""
        self.processes = {role: Process(role, self.folder, self.environment, (role,))
                          for role in ROLES}
        self.start()

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        self.processes = {}

    def counted(self):
        """Emotion events counted by all processes since they started."""
        name = 'ecs_events_counted_total{stream="emotions"}'
        return sum(process.metrics().get(name, 0) for process in self.processes.values())

    def wait_drained(self):
        """Until every stored emotion event is counted."""
        def drained():
            metrics = [process.metrics() for process in self.processes.values()]
            published = sum(m.get('ecs_bus_published_total{stream="emotions"}', 0) for m in metrics)
            ended = sum(m.get(f'ecs_events_{result}_total{{stream="emotions"}}', 0)
                        for m in metrics for result in ("counted", "duplicate", "rejected"))
            return ended >= published
        until("all emotion events are counted", drained, DRAIN_LIMIT_S, 0.1)

    def connect(self):
        """A connection that looks at the database from outside, and its mark of a parameter."""
        raise NotImplementedError

    def empty(self):
        """Takes all events away, as the bare programs begin with empty tables; nothing runs."""
        raise NotImplementedError

    def post_batch(self, lines):
        answer = requests.post(
            self.url("/v1/emotions/stream"), data="\n".join(lines).encode(), timeout=30,
            headers={"X-Internal-Key": INTERNAL_KEY, "Content-Type": "application/x-ndjson"})
        assert answer.status_code == 202, answer.text
        assert answer.json()["accepted"] == len(lines), answer.text

    def post_events(self, events):
        """Stores events, given as lines of JSON, over HTTP."""
        batches = [events[i:i + BATCH] for i in range(0, len(events), BATCH)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(self.post_batch, batches))


class EmbeddedBench(Bench):
    kind = "embedded"

    def __init__(self, folder):
        super().__init__(folder)
        self.database = SqliteDatabase(self.folder / "data")

    def empty(self):
        connection = sqlite3.connect(self.database.path, isolation_level=None)
        for table in EVENT_TABLES:
            connection.execute(f"DELETE FROM {table}")
        connection.execute("VACUUM")
        connection.close()
        for path in self.database.path.parent.glob("bus.db*"):
            path.unlink()

    def connect(self):
        return sqlite3.connect(f"file:{self.database.path}?mode=ro", uri=True), "?"


class RealBench(Bench):
    kind = "real"

    def __init__(self, folder):
        super().__init__(folder)
        self.engines = Engines(self.folder / "engines")
        self.engines.start()
        self.environment.update(self.engines.environment())
        self.database = PostgresDatabase(self.engines.postgres.url)

    def connect(self):
        connection = psycopg2.connect(self.engines.postgres.url)
        connection.autocommit = True
        return connection, "%s"

    def empty(self):
        connection, _ = self.connect()
        connection.cursor().execute("TRUNCATE " + ", ".join(EVENT_TABLES))
        connection.close()

    def end_engines(self):
        self.engines.end()


def backlog(people, count, run):
    """Events as lines of JSON: a day of everybody's feelings, in the order of time, as they pile
    up while the workers are down."""
    chance = random.Random(run)
    start = time.time() - 86400
    lines = []
    for i in range(count):
        if i % 100 == 0:
            moment = datetime.datetime.fromtimestamp(start + i * 86000 / count,
                                                     datetime.timezone.utc)
            timestamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        person = people[chance.randrange(len(people))]
        a, b, c = chance.randrange(1000), chance.randrange(1000), chance.randrange(1000)
        lines.append(
            f'{{"userId":"{person.id}","timestamp":"{timestamp}","eventId":"{run}-{i}",'
            f'"emotionEvent":{{"type":"joy","metrics":{{"positivity":0.{a:03},'
            f'"intensity":0.{b:03},"stress_level":0.{c:03}}}}}}}')
    return lines
