# SPDX-License-Identifier: Apache-2.0
"""make bench-scale: what it says adds up, what it refuses, and that it leaves no process behind."""
import json
import pathlib
import re
import signal
import subprocess

import pytest
from harness.database import PostgresDatabase
from harness.ecs import BASE_ENVIRONMENT, BINARY, run_ecs
from harness.engines import Engines
from harness.poll import until

EVENTS = 10000
PEOPLE = 50
SMALL = ("--events", str(EVENTS), "--people", str(PEOPLE))
SCALE = pathlib.Path(BINARY).parent / "bench" / "scale"
LIMITS = ("machine", "design", "processes")


def scale(*options, environment):
    return subprocess.run([SCALE, *options], env=environment, cwd="/tmp", capture_output=True,
                          text=True, timeout=120)


class Bench:
    """Engines of its own, and the program on them."""

    def __init__(self, folder):
        self.engines = Engines(folder / "engines")
        self.engines.start()
        self.database = PostgresDatabase(self.engines.postgres.url)
        # Small batches: the lag of a small backlog, too, falls step by step.
        self.environment = {**BASE_ENVIRONMENT, **self.engines.environment(), "BATCH_EVENTS": "50",
                            "DATA_DIR": str(folder / "data"), "LOG_LEVEL": "error"}

    def run(self, *options):
        return scale(*options, environment=self.environment)

    def processes(self):
        """The pids of all that serve on these engines."""
        mark = f"NATS_URL={self.engines.nats.url}\0".encode()
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
                if words[1:2] == [b"serve"] and mark in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                pass  # it has ended meanwhile
        return found


@pytest.fixture
def bench(folder):
    bench = Bench(folder)
    yield bench
    bench.engines.end()


def rows(text, title):
    """The rows of numbers below the title and the names of columns, each as a list of words."""
    lines = text[text.index(title):].splitlines()[3:]
    found = []
    for line in lines:
        if not re.match(r" *\d", line):
            break
        found.append(line.split())
    return found


def check_usage(row):
    """The last columns: four shares of the machine, in whole percent, and what limits."""
    assert row[-1] in LIMITS
    idle, *others = (int(word) for word in row[-5:-1])
    assert all(0 <= share <= 100 for share in (idle, *others))
    assert 97 <= idle + sum(others) <= 103
    assert (idle < 10) == (row[-1] == "machine") or idle == 10


def check_shares(row, count):
    least, most = (int(word) for word in row.split("–"))
    assert 0 <= least <= most <= 100
    if count == 1:
        assert (least, most) == (100, 100)
    if count == 2:
        assert 99 <= least + most <= 101


def test_what_it_says_adds_up(bench):
    """With --json the tables go to standard error, and every row is in the document again."""
    done = bench.run(*SMALL, "--workers", "1,2", "--replicas", "1", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    reported = json.loads(done.stdout)["rows"]
    assert [row["processes"] for row in reported] == [1, 2, 1, 1]
    drains = rows(done.stderr, f"Backlogs of {EVENTS} emotion events of {PEOPLE} people")
    assert [row[0] for row in drains] == ["1", "2"]
    for row in drains:
        count, rate, lag = (int(word) for word in row[:3])
        half_s, all_s = float(row[3]), float(row[4])
        assert lag == EVENTS
        assert 0 < half_s <= all_s
        assert 0.5 * EVENTS / (all_s + 0.01) < rate <= 1.01 * EVENTS / (all_s - 0.005)
        check_shares(row[5], count)
        check_usage(row)
    for title in ("Emotion posts, one event each, on 32", "Credit analyses, warm, on 32"):
        (row,) = rows(done.stderr, title)
        count, rate = int(row[0]), int(row[1])
        (again,) = (other for other in reported if title.startswith(other["what"]))
        assert (rate, row[-1]) == (round(again["rate_per_second"]), again["limit"])
        assert count == 1 and rate > 0
        assert 0 < float(row[2]) <= float(row[3])
        check_shares(row[4], count)
        check_usage(row)
    database = bench.database
    assert database.rows("SELECT count(*) FROM users") == [(PEOPLE,)]
    assert database.emotions_in_all() == 3 * EVENTS  # the first backlog warms up
    assert database.rows("SELECT count(DISTINCT user_id) FROM decisions") == [(PEOPLE,)]
    assert bench.processes() == []


def test_it_wants_engines_of_its_own(bench):
    environment = {name: value for name, value in bench.environment.items()
                   if not name.endswith("_URL")}
    embedded = scale(environment=environment)
    assert embedded.returncode == 78
    assert "DATABASE_URL, NATS_URL and REDIS_URL" in embedded.stderr
    assert not pathlib.Path(environment["DATA_DIR"]).exists()
    assert run_ecs("migrate", environment=bench.environment).returncode == 0
    bench.database.rows("INSERT INTO users SELECT gen_random_uuid(), n || '@example.com', '', now(),"
                        " now() FROM generate_series(1, 1002) n RETURNING 1")
    used = bench.run(*SMALL)
    assert used.returncode == 64
    assert "scale needs engines of its own: 1002 people are in this database" \
        in used.stderr
    assert bench.database.rows("SELECT count(*) FROM users") == [(1002,)]


@pytest.mark.parametrize("options", [
    ["nonsense"], ["--workers"], ["--workers", "1,"], ["--replicas", "0"], ["--workers", "17"],
    ["--events", "many"], ["--nonsense", "1"],
])
def test_wrong_usage_is_told(options):
    done = scale(*options, environment={})
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr


def test_help():
    done = scale("--help", environment={})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: build/bench/scale [OPTION VALUE]...")


def test_a_signal_ends_all_its_processes(bench):
    process = subprocess.Popen([SCALE, "--events", "300000", "--people", "50",
                                "--workers", "2"], env=bench.environment, cwd="/tmp",
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    until("two workers run", lambda: len(bench.processes()) == 2, 60)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 75
    assert "ended before all was measured" in said
    assert bench.processes() == []
