# SPDX-License-Identifier: Apache-2.0
"""Servers and roles die under load; what was accepted counts once, and nobody sees more than a 503
that says when to try again. Who ends here with a fault has lost somebody's event or money."""
import concurrent.futures
import random
import signal
import time

from harness.nats import NatsClient
from harness.poll import until

KILLS_FOR_S, KILL_EVERY_S = 60, 3
WHOLE_S = 60
HITS = 'ecs_feature_cache_total{result="hit"}'


def test_the_leader_of_the_streams_is_killed(system, load):
    nats = system.engines.nats
    with load:
        load.moved()
        leader = nats.leader()
        leader.end(signal.SIGKILL)
        load.moved()
        assert nats.leader() is not leader
        leader.start()
        until("the streams are whole", nats.is_whole, pause_s=0.1)
        load.moved()
    load.check()


def test_streams_get_the_replicas_that_they_lack(system):
    """As when one server becomes a cluster: the next process that connects sees to it."""
    nats = system.engines.nats

    def replicas():
        return nats.stream("notifications").get("config", {}).get("num_replicas")

    with NatsClient(nats.servers[0].url) as server:
        config = server.stream("notifications")["config"]
        changed = server.api("STREAM.UPDATE.notifications", {**config, "num_replicas": 1})
        assert changed["config"]["num_replicas"] == 1
    system.processes["credit-application"].terminate()
    system.processes["credit-application"].start()
    until("the stream has three replicas", lambda: replicas() == 3)


def test_the_primary_database_is_killed(system, load):
    postgres = system.engines.postgres
    with load:
        load.moved()
        lost = postgres.primary
        lost.kill()
        postgres.promote()
        postgres.rejoin(lost)
        load.moved()
    load.check()


def test_what_no_standby_has_is_not_promised(system, client):
    """A commit on one server alone is answered as unknown: it would be gone with that server."""
    standby = system.engines.postgres.standby
    standby.end()
    answer = client.register("canary-alone@example.com")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    standby.start()


def test_nor_is_what_an_operator_cancels(system, client):
    """PostgreSQL calls a commit a success when its wait for the standby is cancelled."""
    postgres = system.engines.postgres
    postgres.standby.end()
    cancel = ("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
              " WHERE wait_event = 'SyncRep' AND query = 'COMMIT'")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.register, "canary-cancelled@example.com")
        until("its commit waits and is cancelled",
              lambda: postgres.primary.value(cancel) or answer.done())
        assert answer.result().status_code == 503
    postgres.standby.start()


def test_the_cache_moves_to_another_server(system, client):
    """Answers are right all the time, and the cache is used again."""
    redis = system.engines.redis
    users = [process for name, process in system.processes.items() if "user-credit" in name]
    person = client.person()
    for number in range(5):
        assert client.spend(person, 10, transactionId=f"cached-{number}").status_code == 202
    client.wait_for_transactions(person, 5)

    def hits():
        assert client.features(person)["transaction_count_30d"] == 5
        return sum(process.metrics().get(HITS, 0) for process in users)

    before = hits()
    until("the cache is used", lambda: hits() > before)
    master = redis.master()
    master.end(signal.SIGKILL)
    until("there is another master", lambda: hits() and redis.master() is not master)
    before = hits()
    until("the cache is used again", lambda: hits() > before)
    master.start()


def test_roles_are_killed(system, load):
    with load:
        for process in system.processes.values():
            load.moved()
            process.kill()
            process.start()
        load.moved()
    load.check()


def test_everything_is_restarted_one_after_another(system, load):
    nats, postgres, redis = system.engines.all()
    with load:
        for process in system.processes.values():
            process.terminate()
            process.start()
        for server in nats.servers:
            nats.restart(server, signal.SIGTERM)
        stopped = postgres.primary
        stopped.end()
        postgres.promote()
        postgres.rejoin(stopped)
        for server in redis.sentinels + redis.servers:
            server.end()
            server.start()
            until("Redis is whole", redis.is_whole, limit_s=WHOLE_S, pause_s=0.1)
        load.moved()
    load.check()


def test_the_schema_grows_under_load(system, load):
    """A migration is taken back, one whose table nothing here uses, and applied again by four at
    once, while the fleet works."""
    applied = system.database.rows("SELECT version FROM schema_migrations ORDER BY version")
    system.database.change("DROP TABLE shadow_decisions")
    system.database.change("DELETE FROM schema_migrations WHERE version = 6")
    with load:
        load.moved()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _: system.command("migrate").returncode, range(4)))
        assert done == [0, 0, 0, 0]
        load.moved()
    assert system.database.rows(
        "SELECT version FROM schema_migrations ORDER BY version") == applied
    assert system.database.rows("SELECT count(*) FROM shadow_decisions") == [(0,)]
    load.check()


def kill_role(system, chance):
    process = chance.choice(list(system.processes.values()))
    process.kill()
    process.start(wait=False)
    return process.name


def kill_stream_leader(system, chance):
    nats = system.engines.nats
    until("the streams are whole", nats.is_whole, pause_s=0.1)
    leader = nats.leader()
    leader.end(signal.SIGKILL)
    leader.start()
    return leader.name


def kill_database(system, chance):
    postgres = system.engines.postgres
    lost = postgres.primary
    lost.kill()
    postgres.promote()
    postgres.rejoin(lost)
    return "postgres"


def kill_cache(system, chance):
    master = system.engines.redis.master()
    master.end(signal.SIGKILL)
    master.start()
    return "redis"


def test_a_minute_of_kills(system, load):
    chance = random.Random(20261123)
    turn = (kill_role, kill_stream_leader, kill_role, kill_database, kill_role, kill_cache)
    killed = []
    with load:
        started = time.monotonic()
        for number in range(KILLS_FOR_S // KILL_EVERY_S):
            until("it is time", lambda: time.monotonic() >= started + number * KILL_EVERY_S,
                  limit_s=2 * KILL_EVERY_S)
            killed.append(turn[number % len(turn)](system, chance))
        taken = time.monotonic() - started
        load.moved()
    print(f"{len(killed)} kills in {taken:.0f} s: {' '.join(killed)}")
    assert taken < KILLS_FOR_S + 2 * KILL_EVERY_S
    load.check()
