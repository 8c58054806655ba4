# SPDX-License-Identifier: Apache-2.0
"""Private nats-server, PostgreSQL and Redis on free loopback ports, each stopped by its own pid.

Unlike tools/engines.sh, which keeps servers for `make run`, these can be hurt: killed, stopped at
once and started again on the same port with the same data. Each has a password, for tests that
look for secrets where none may be.
"""
import atexit
import contextlib
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import psycopg2

from .poll import until
from .ports import free_port, is_open

POSTGRES_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
PASSWORD = "canary-engine-password"


class Engine:
    """A server process. `command` and `url` are its own; it may run as another account."""

    account = None

    def __init__(self, folder):
        self.port = free_port()
        self.folder = pathlib.Path(folder) / type(self).__name__.lower()
        self.folder.mkdir(parents=True)
        self.process = None

    def command(self):
        raise NotImplementedError

    def ready(self):
        return is_open(self.port)

    def start(self):
        self.launch()
        self.wait_ready()

    def launch(self):
        with open(self.folder.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/",
                user=self.account, group=self.account, extra_groups=[] if self.account else None)

    def wait_ready(self):
        until(f"{type(self).__name__} answers", self._ready_or_dead)

    def _ready_or_dead(self):
        assert self.process.poll() is None, self.folder.with_suffix(".log").read_text()[-2000:]
        return self.ready()

    def end(self, how=signal.SIGTERM):
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)


class Nats(Engine):
    @property
    def url(self):
        return f"nats://ecs:{PASSWORD}@127.0.0.1:{self.port}"

    def command(self):
        return ["/usr/sbin/nats-server", "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd",
                str(self.folder), "--user", "ecs", "--pass", PASSWORD]


class Redis(Engine):
    @property
    def url(self):
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir",
                str(self.folder), "--save", "", "--appendonly", "no", "--requirepass", PASSWORD]

    def cli(self, *command, given=b""):
        """What redis-cli prints for a command, whose last argument may be `given` as bytes."""
        return subprocess.run(
            ["redis-cli", "-p", str(self.port), "--no-auth-warning", *(["-x"] if given else []),
             *command], input=given, env={"REDISCLI_AUTH": PASSWORD, "PATH": os.environ["PATH"]},
            capture_output=True, check=True, timeout=10).stdout

    def get(self, key):
        """The value's bytes; redis-cli adds the end of a line."""
        return self.cli("GET", key)[:-1]

    def set(self, key, value):
        assert self.cli(*(["SET", key] if value else ["SET", key, ""]), given=value) == b"OK\n"


@functools.cache
def empty_cluster(account):
    """A cluster of PostgreSQL to copy, made once: that takes longer than a copy."""
    folder = tempfile.mkdtemp(prefix="ecs-cluster-", dir="/tmp")
    atexit.register(shutil.rmtree, folder)
    if account:
        shutil.chown(folder, account, account)
    subprocess.run(
        [POSTGRES_BIN / "initdb", "-D", folder, "-U", "ecs", "--auth=trust", "--encoding=UTF8",
         "--locale=C", "--no-sync"],
        check=True, stdout=subprocess.DEVNULL, cwd="/", user=account, group=account,
        extra_groups=[] if account else None)
    return folder


class Postgres(Engine):
    """Runs as the postgres account when we are root, who may not run it; else as ourselves."""

    def __init__(self, folder):
        super().__init__(folder)
        if os.geteuid() == 0:
            self.account = "postgres"
            # Its parents must let that account pass.
            for parent in [self.folder, *self.folder.parents]:
                if parent.owner() == "root" and str(parent).startswith("/tmp/"):
                    parent.chmod(parent.stat().st_mode | 0o011)
            shutil.chown(self.folder, self.account, self.account)
        subprocess.run(["cp", "-a", f"{empty_cluster(self.account)}/.", self.folder], check=True)

    @property
    def url(self):
        return f"postgresql://ecs:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def command(self):
        return [str(POSTGRES_BIN / "postgres"), "-D", str(self.folder), "-p", str(self.port),
                "-h", "127.0.0.1", "-k", str(self.folder), "-c", "max_connections=300"]

    def _signal_all(self, number):
        """Its backends are processes of their own."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.process.send_signal(number)
        for child in children.read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), number)

    def pause(self):
        self._signal_all(signal.SIGSTOP)

    def resume(self):
        self._signal_all(signal.SIGCONT)

    def ready(self):
        try:
            psycopg2.connect(self.url, connect_timeout=2).close()
            return True
        except psycopg2.OperationalError:
            return False

    def end(self, how=signal.SIGINT):
        """SIGINT: a fast stop; SIGQUIT: an immediate one, as if the machine had died."""
        super().end(how)


class Engines:
    def __init__(self, folder):
        self.nats = Nats(folder)
        self.redis = Redis(folder)
        self.postgres = Postgres(folder)

    def all(self):
        return (self.nats, self.redis, self.postgres)

    def start(self):
        for engine in self.all():
            engine.launch()
        for engine in self.all():
            engine.wait_ready()

    def end(self):
        """For good: PostgreSQL need not tidy up."""
        self.nats.end()
        self.redis.end()
        self.postgres.end(signal.SIGQUIT)

    def environment_of(self, role):
        """What it is given; the same as everybody."""
        return self.environment()

    def environment(self):
        return {"NATS_URL": self.nats.url, "REDIS_URL": self.redis.url,
                "DATABASE_URL": self.postgres.url}
