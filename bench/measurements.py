# SPDX-License-Identifier: Apache-2.0
"""What is measured, and how. Each measurement goes in rounds: ours, its bare limits, ours again;
the first round warms up and is thrown away."""
import pathlib
import re
import statistics
import threading
import time

import requests
from harness.client import emotion
from harness.ecs import INTERNAL_KEY
from harness.poll import until

import load
from results import Result, Target, percentile, quantile_us
from systems import BATCH, backlog

POST_CONNECTIONS = 64
BATCH_CONNECTIONS = 8
ANALYSIS_CONNECTIONS = 32
EVENT_BYTES = 260        # of a payload on the bus
ANSWER_BYTES = 80        # of a 202
ANALYSIS_BYTES = 420     # of an answered analysis
PACE = 1000              # events/s of the latency measurement
PROBE_LIMIT_S = 10


class Plan:
    """How long and how often."""

    def __init__(self, quick):
        self.rounds = 1 if quick else 3
        self.seconds = 2 if quick else 4
        self.people = 1000
        self.new_people = 4000 if quick else 16000  # analysed cold, in equal parts by round
        self.backlog = 50_000 if quick else 300_000
        self.pace_seconds = 5 if quick else 20
        self.idle_seconds = 3 if quick else 10
        self.stamp = format(int(time.time()), "x")

    def cold_people(self):
        return self.new_people // (self.rounds + 1)


def interleaved(rounds, *runs):
    """The values of each run, round by round, without the warm-up."""
    values = [[] for _ in runs]
    for i in range(rounds + 1):
        for collected, measure in zip(values, runs):
            value = measure(i)
            if i > 0:
                collected.append(value)
    return values


def rates(reports):
    return [report["rate"] for report in reports]


def middle(reports, name):
    return statistics.median(report[name] for report in reports)


def ingestion(plan, systems, lines):
    """Single events or batches, on the whole system: workers count what comes in meanwhile."""
    connections = POST_CONNECTIONS if lines == 1 else BATCH_CONNECTIONS

    def post(url, key, people_file, run):
        return load.wrk("events.lua", url + "/v1/emotions/stream",
                        [people_file, key, run, lines, 0], plan.seconds, connections, units=lines)

    def ours(system):
        def measure(i):
            report = post(system.process.url, INTERNAL_KEY, system.people_file,
                          f"{plan.stamp}-{system.kind}-{lines}-{i}-")
            system.wait_drained()
            return report
        return measure

    def http(_):
        with load.bare_http(202, ANSWER_BYTES) as url:
            return post(url, INTERNAL_KEY, systems["real"].people_file, "bare")["rate"]

    def jetstream(_):
        return load.bare("jetstream", systems["real"].engines.nats.url, plan.backlog,
                         EVENT_BYTES)["publish"][0]

    def append(_):
        return load.bare("sqlite", "append", systems["embedded"].folder / "bare.db", plan.backlog,
                         connections * lines, EVENT_BYTES)["append"][0]

    embedded, real, https, published, appended = interleaved(
        plan.rounds, ours(systems["embedded"]), ours(systems["real"]), http, jetstream, append)
    what = "emotion posts, one event each" if lines == 1 else f"emotion batches of {lines:,}"
    target = Target(least=6900, p99_us=15000) if lines == 1 else None
    return [Result(f"{what}, {kind}", "events/s", rates(reports), {"HTTP": https, **bus},
                   middle(reports, "p50_us"), middle(reports, "p99_us"), target)
            for kind, reports, bus in
            (("embedded", embedded, {"SQLite append": appended}),
             ("real", real, {"JetStream publish": published}))]


def drain_rate(system, count):
    """Counted events a second, between the first that are seen and the last."""
    samples = []

    def all_counted():
        samples.append((time.monotonic(), system.counted()))
        return samples[-1][1] >= count
    until("the backlog is drained", all_counted, 120, 0.02)
    first = next(sample for sample in samples if sample[1] > 0)
    last = samples[-1]
    assert last[1] == count, f"{last[1]} of {count} events counted"
    if first[1] == count:
        raise RuntimeError("the backlog is too small to be measured")
    return (last[1] - first[1]) / (last[0] - first[0])


def drain(plan, systems):
    """A backlog, stored while no worker runs, is counted by one or two workers."""
    def ours(system, workers):
        def measure(i):
            run = f"{plan.stamp}-drain-{system.kind}-{workers}-{i}"
            system.empty()
            system.serve("emotion-ingestion")
            system.post_events(backlog(system.people[:plan.people], plan.backlog, run))
            system.stop()
            system.serve("emotion-processing", count=workers)
            rate = drain_rate(system, plan.backlog)
            system.stop()
            return rate
        return measure

    def postgres(_):
        return load.bare("postgres", "fold", systems["real"].engines.postgres.url, plan.backlog,
                         2000, plan.people)["fold"][0]

    def sqlite(_):
        return load.bare("sqlite", "fold", systems["embedded"].folder / "bare.db", plan.backlog,
                         2000, plan.people)["fold"][0]

    def jetstream(_):
        return load.bare("jetstream", systems["real"].engines.nats.url, plan.backlog,
                         EVENT_BYTES)["consume"][0]

    embedded, one, two, folded, folded_sqlite, consumed = interleaved(
        plan.rounds, ours(systems["embedded"], 1), ours(systems["real"], 1),
        ours(systems["real"], 2), postgres, sqlite, jetstream)
    name = f"drain of {plan.backlog:,} emotion events"
    target = Target(least=43600)
    real = {"PostgreSQL statement": folded, "JetStream fetch and ack": consumed}
    return [Result(f"{name}, embedded, one worker", "events/s", embedded,
                   {"SQLite transaction": folded_sqlite}, target=target),
            Result(f"{name}, real, one worker", "events/s", one, real, target=target),
            Result(f"{name}, real, two workers", "events/s", two, real)]


def analyses(plan, systems):
    """Credit analyses at 32 clients. Cold: each person's first, after an event of theirs; there is
    nothing in the cache and no decision. Warm: the offer is open and nothing has changed."""
    def run(system, first, count, once):
        return load.wrk("analyses.lua", system.process.url,
                        [system.everybody_file, first, count, int(once)], 60 if once else plan.seconds,
                        ANALYSIS_CONNECTIONS, threads=1)

    def cold(system):
        count = plan.cold_people()

        def measure(i):
            first = plan.people + i * count
            people = system.people[first:first + count]
            system.post_events(backlog(people, 5 * count, f"{plan.stamp}-cold-{system.kind}-{i}"))
            system.wait_drained()
            return run(system, first, count, True)
        return measure

    def warm(system):
        return lambda i: run(system, 0, plan.people, False)

    def http(_):
        with load.bare_http(200, ANALYSIS_BYTES) as url:
            return load.wrk("analyses.lua", url,
                            [systems["real"].people_file, 0, plan.people, 0], plan.seconds,
                            ANALYSIS_CONNECTIONS, threads=1)["rate"]

    def select(_):
        return load.bare("postgres", "select", systems["real"].engines.postgres.url,
                         ANALYSIS_CONNECTIONS, plan.seconds)["select"][0]

    def select_sqlite(_):
        return load.bare("sqlite", "select", systems["embedded"].folder / "bare.db",
                         8, plan.seconds)["select"][0]

    embedded, real, embedded_cold, real_cold, https, selected, selected_sqlite = interleaved(
        plan.rounds, warm(systems["embedded"]), warm(systems["real"]), cold(systems["embedded"]),
        cold(systems["real"]), http, select, select_sqlite)
    bare = {"embedded": {"HTTP": https, "SQLite SELECT": selected_sqlite},
            "real": {"HTTP": https, "PostgreSQL SELECT": selected}}
    target = Target(least=8100, p99_us=12400)
    return [Result(f"credit analysis, {name}", "analyses/s", rates(reports), bare[kind],
                   middle(reports, "p50_us"), middle(reports, "p99_us"), wanted)
            for name, kind, reports, wanted in
            (("warm, embedded", "embedded", embedded, target),
             ("warm, real", "real", real, target),
             ("cold, embedded", "embedded", embedded_cold, None),
             ("cold, real", "real", real_cold, None))]


def scoring(plan, systems):
    """The model by itself, in process, with attributions."""
    runs = [load.scorer(systems["embedded"].folder / "shelf", 2000 * plan.rounds)
            for _ in range(plan.rounds + 1)][1:]
    return [Result("score with attributions, in process", "scores/s", [run[0] for run in runs], {},
                   statistics.median(run[1] for run in runs),
                   statistics.median(run[2] for run in runs), Target(p99_us=1000)), *trees(plan)]


def trees(plan):
    """Microseconds a row that the built-in trees take, beside XGBoost's in the same rounds."""
    runs = [load.named("model", 500) for _ in range(plan.rounds + 1)][1:]
    return [Result(name, "µs", [run[key][0] for run in runs],
                   {"XGBoost": [run[key][1] for run in runs]}, target=target)
            for name, key, target in
            (("risk of one person, trees alone", "risk_alone", None),
             ("risk of 64 people, each", "risk_of_64", None),
             ("attributions of one person, trees alone", "attributions_alone", Target(most=15)),
             ("attributions of 64 people, each", "attributions_of_64", None))]


def replay(systems):
    """Every decision of the analyses, made again; nothing runs."""
    found = []
    for kind, system in systems.items():
        system.stop()
        said = system.command("replay", timeout_s=600).stdout
        count, seconds, different = re.match(
            r"(\d+) decisions made again in ([\d.]+) s: (\d+) differ", said).groups()
        if int(different) > 0 or int(count) == 0:
            raise RuntimeError(f"replay on {kind} engines: {said}")
        found.append(Result(f"replay of {int(count):,} decisions, {kind}", "decisions/s",
                            [int(count) / float(seconds)], target=Target(least=2000)))
    return found


def probe(system, person, seconds):
    """Microseconds from before an event is posted until SQL shows the person's changed tile."""
    session = requests.Session()
    connection, mark = system.connect()
    cursor = connection.cursor()

    def counted():
        cursor.execute("SELECT coalesce(sum(event_count), 0) FROM emotion_tiles WHERE user_id = "
                       + mark, (system.database.id(person.id),))
        return int(cursor.fetchone()[0])

    taken = []
    end = time.monotonic() + seconds
    seen = counted()
    while time.monotonic() < end:
        started = time.monotonic()
        answer = session.post(system.url("/v1/emotions/stream"), json=emotion(person.id),
                              headers={"X-Internal-Key": INTERNAL_KEY}, timeout=15)
        assert answer.status_code == 202, answer.text
        while counted() == seen:
            if time.monotonic() - started > PROBE_LIMIT_S:
                raise RuntimeError("an event was not counted in time")
            time.sleep(0.001)
        taken.append((time.monotonic() - started) * 1e6)
        seen += 1
    connection.close()
    return taken


def freshness(plan, systems):
    """From an emotion event to the changed feature, while 1,000 events/s come in."""
    results = []
    for kind, system in systems.items():
        report = {}

        def paced():
            report.update(load.wrk("events.lua", system.process.url + "/v1/emotions/stream",
                                   [system.people_file, INTERNAL_KEY,
                                    f"{plan.stamp}-pace-{kind}-", 1, PACE],
                                   plan.pace_seconds + 2, ANALYSIS_CONNECTIONS, threads=1))
        background = threading.Thread(target=paced)
        background.start()
        time.sleep(1)  # of steady load
        before = system.process.metrics()
        taken = probe(system, system.people[-1], plan.pace_seconds)
        after = system.process.metrics()
        background.join()
        name = f"event to feature at {report['rate']:,.0f} events/s, {kind}"
        p99 = percentile(taken, 0.99)
        results.append(Result(f"{name}, seen by SQL", "ms", [statistics.median(taken) / 1e3],
                              p50_us=percentile(taken, 0.5), p99_us=p99,
                              target=Target(p99_us=100_000)))
        edges = [quantile_us(before, after, "event_to_feature", q) for q in (0.5, 0.99)]
        results.append(Result(f"{name}, own metric (upper edge)", "ms", [edges[0] / 1e3],
                              p50_us=edges[0], p99_us=edges[1], target=Target(p99_us=100_000)))
    return results


def memory_kib(process, file, name):
    text = pathlib.Path(f"/proc/{process.process.pid}/{file}").read_text(encoding="utf-8")
    return int(next(line for line in text.splitlines() if line.startswith(name + ":")).split()[1])


def idle(plan, systems):
    """A fresh process of all roles, with 1,000 people and their history."""
    results = []
    for kind, system in systems.items():
        time.sleep(plan.idle_seconds)  # it sweeps when it starts
        cpu_s = system.process.cpu_s()
        started = time.monotonic()
        time.sleep(plan.idle_seconds)
        share = (system.process.cpu_s() - cpu_s) / (time.monotonic() - started) * 100
        results += [Result(f"memory, idle, {kind}", "MiB",
                           [memory_kib(system.process, "status", "VmRSS") / 1024], target=Target(most=64)),
                    Result(f"CPU, idle, {kind}", "%", [share], target=Target(most=1))]
    return results


def memory_most(systems):
    """The most that the processes which took all the load ever held."""
    return [Result(f"memory, most under load, {kind}", "MB",
                   [memory_kib(system.process, "status", "VmHWM") * 1024 / 1e6],
                   target=Target(most=80))
            for kind, system in systems.items()]


def memory_seven(systems):
    """One process for each role, idle. Pages that they share are counted once."""
    system = systems["real"]
    system.stop()
    system.serve_apart()
    sizes = [memory_kib(process, "smaps_rollup", "Pss") for process in system.processes.values()]
    return [Result("memory, idle, real, a process for each role", "MiB", [sum(sizes) / 1024])]
