# SPDX-License-Identifier: Apache-2.0
"""Engines as clusters on loopback ports: three NATS servers, PostgreSQL with a synchronous standby,
Redis with a replica and three Sentinels, configured by the files of deploy/cluster where there are
any. What is killed can be started again on the same port."""
import os
import pathlib
import shutil
import signal
import subprocess

import psycopg2
from harness.ecs import ROOT
from harness.engines import PASSWORD, POSTGRES_BIN, Engine, Engines, Nats, Postgres, Redis
from harness.gateway import replaced
from harness.nats import NatsClient
from harness.poll import until
from harness.ports import free_port

DEPLOY = ROOT / "deploy" / "cluster"
REPLICATED_STREAM = "emotions"


class NatsServer(Nats):
    def __init__(self, folder):
        super().__init__(folder)
        self.name = pathlib.Path(folder).name
        self.routes_port = free_port()
        self.configuration = pathlib.Path(folder) / "nats.conf"

    def configure(self, routes):
        """The deployed configuration, but for places, and with one user."""
        text = (DEPLOY / "nats.conf").read_text(encoding="utf-8")
        text = replaced(text, "../nats/users.conf", "users.conf")
        text = replaced(text, "../../run/secrets/", "")
        text = replaced(text, "http: 127.0.0.1:8222\n", "")
        text = replaced(text, "/data", str(self.folder))
        text = replaced(text, "0.0.0.0:6222", f"127.0.0.1:{self.routes_port}")
        self.configuration.write_text(text, encoding="utf-8")
        credentials = f'authorization {{ user: ecs, password: "{PASSWORD}" }}\n'
        for name, content in (("users.conf", credentials),
                              ("nats_routes.conf", f"{credentials}routes: [{', '.join(routes)}]\n")):
            self.configuration.with_name(name).write_text(content, encoding="utf-8")

    def command(self):
        return ["/usr/sbin/nats-server", "-c", str(self.configuration), "-a", "127.0.0.1", "-p",
                str(self.port), "--name", self.name]


class NatsCluster:
    def __init__(self, folder):
        self.servers = [NatsServer(folder / f"nats-{number}") for number in (1, 2, 3)]
        routes = [f'"nats://ecs:{PASSWORD}@127.0.0.1:{server.routes_port}"'
                  for server in self.servers]
        for server in self.servers:
            server.configure(routes)
        self.url = ",".join(server.url for server in self.servers)

    def start(self):
        for server in self.servers:
            server.start()

    def end(self):
        for server in self.servers:
            server.end()

    def stream(self, name=REPLICATED_STREAM):
        """What a server that is up says of a stream, {} if none can."""
        for server in self.servers:
            try:
                with NatsClient(server.url, timeout_s=2) as client:
                    return client.stream(name)
            except (OSError, AssertionError):
                continue
        return {}

    def leader(self):
        def led():
            name = self.stream().get("cluster", {}).get("leader")
            return next((server for server in self.servers if server.name == name), None)
        return until("a stream has a leader", led)

    def is_whole(self):
        """Every replica of the stream has what the leader has."""
        replicas = self.stream().get("cluster", {}).get("replicas", [])
        return len(replicas) == len(self.servers) - 1 and all(
            replica["current"] and not replica.get("offline") for replica in replicas)

    def restart(self, server, how):
        server.end(how)
        server.start()
        until("the streams are whole", self.is_whole, pause_s=0.1)


class PostgresServer(Postgres):
    """Whoever streams from another is its standby, and commits wait for it."""

    def command(self):
        return super().command() + ["-c", "cluster_name=standby", "-c", "wal_keep_size=256MB",
                                    "-c", "synchronous_standby_names=standby"]

    def follow(self, primary):
        """Becomes a standby, from a copy."""
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        subprocess.run(
            [POSTGRES_BIN / "pg_basebackup", "-D", self.folder, "-d", primary.url, "-R", "-X",
             "stream", "--checkpoint=fast", "--no-sync"],
            check=True, capture_output=True, cwd="/", user=self.account, group=self.account,
            extra_groups=[] if self.account else None)
        self.start()

    def value(self, query):
        connection = psycopg2.connect(self.url, connect_timeout=5)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchone()[0]
        finally:
            connection.close()

    def kill(self):
        """As if the machine had died: no process of it goes on."""
        pid = self.process.pid
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self.end(signal.SIGKILL)
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                pass
        until("its processes are gone",
              lambda: not any(pathlib.Path(f"/proc/{child}").exists() for child in children))


class PostgresPair:
    def __init__(self, folder):
        self.primary = PostgresServer(folder / "postgres-1")
        self.standby = PostgresServer(folder / "postgres-2")
        ports = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        self.url = f"postgresql://ecs:{PASSWORD}@{ports}/postgres?target_session_attrs=read-write"

    def start(self):
        self.primary.start()
        self.rejoin(self.standby)

    def end(self):
        self.standby.end()
        self.primary.end()

    def is_whole(self):
        return self.primary.value("SELECT count(*) FROM pg_stat_replication"
                                  " WHERE sync_state = 'sync' AND state = 'streaming'") == 1

    def rejoin(self, server):
        server.follow(self.primary)
        until("the standby streams", self.is_whole)

    def promote(self):
        """The operator's part, once the primary is gone."""
        self.primary, self.standby = self.standby, self.primary
        assert self.primary.value("SELECT pg_promote()")


class RedisServer(Redis):
    def __init__(self, folder):
        super().__init__(folder)
        self.master = None

    def command(self):
        follow = ["--replicaof", "127.0.0.1", str(self.master.port)] if self.master else []
        return super().command() + ["--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0",
                                    *follow]


class Sentinel(Engine):
    def __init__(self, folder, master):
        super().__init__(folder)
        text = (DEPLOY / "sentinel.conf").read_text(encoding="utf-8")
        text = replaced(text, "port 26379", f"bind 127.0.0.1\nport {self.port}\ndir {self.folder}")
        text = replaced(text, "ecs 10.213.0.31 6379", f"ecs 127.0.0.1 {master.port}")
        text += f"requirepass {PASSWORD}\nsentinel auth-pass ecs {PASSWORD}\n"
        self.configuration = self.folder / "sentinel.conf"
        self.configuration.write_text(text, encoding="utf-8")

    def command(self):
        return ["redis-server", str(self.configuration), "--sentinel"]

    def ask(self, *command):
        return subprocess.run(
            ["redis-cli", "-p", str(self.port), "--no-auth-warning", "SENTINEL", *command],
            env={"REDISCLI_AUTH": PASSWORD, "PATH": os.environ["PATH"]}, capture_output=True,
            check=True, timeout=10).stdout.decode().splitlines()


class RedisWatched:
    def __init__(self, folder):
        self.servers = [RedisServer(folder / f"redis-{number}") for number in (1, 2)]
        self.servers[1].master = self.servers[0]
        self.sentinels = [Sentinel(folder / f"sentinel-{number}", self.servers[0])
                          for number in (1, 2, 3)]
        addresses = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        self.url = f"redis+sentinel://:{PASSWORD}@{addresses}/ecs/0"

    def start(self):
        for server in self.servers + self.sentinels:
            server.start()
        until("Sentinels may fail over", self.is_whole, pause_s=0.1)

    def end(self):
        for server in self.sentinels + self.servers:
            server.end()

    def is_whole(self):
        """Every Sentinel knows the others, and a replica that could take over."""
        def facts(sentinel):
            lines = sentinel.ask("master", "ecs")
            return dict(zip(lines[::2], lines[1::2]))

        for sentinel in self.sentinels:
            known = facts(sentinel)
            if known["num-other-sentinels"] != "2" or known["flags"] != "master":
                return False
            replica = sentinel.ask("replicas", "ecs")
            replica = dict(zip(replica[::2], replica[1::2]))
            if replica.get("flags") != "slave" or replica["master-link-status"] != "ok":
                return False
        return True

    def master(self):
        """As most Sentinels say."""
        ports = [sentinel.ask("get-master-addr-by-name", "ecs")[1] for sentinel in self.sentinels]
        port = int(max(ports, key=ports.count))
        return next(server for server in self.servers if server.port == port)


class ClusterEngines(Engines):
    def __init__(self, folder):
        self.nats = NatsCluster(folder)
        self.postgres = PostgresPair(folder)
        self.redis = RedisWatched(folder)

    def all(self):
        return (self.nats, self.postgres, self.redis)

    def start(self):
        for engine in self.all():
            engine.start()

    def end(self):
        for engine in self.all():
            engine.end()

    def environment(self):
        return {"NATS_URL": self.nats.url, "NATS_REPLICAS": "3", "REDIS_URL": self.redis.url,
                "DATABASE_URL": self.postgres.url}
