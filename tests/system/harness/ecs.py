# SPDX-License-Identifier: Apache-2.0
"""Processes of ecs, and whole systems made of them: `embedded` is one process with nothing beside
it; `real` is one process for each role, on private NATS, PostgreSQL and Redis. fleet.py has more."""
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.parse

import requests

from .clock import SKEW_SEED, clock_of
from .database import PostgresDatabase, SqliteDatabase
from .engines import Engines
from .nats import NatsClient
from .poll import until
from .ports import free_port

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("ECS_BINARY", ROOT / "build" / "ecs"))

ROLES = ("emotion-ingestion", "transaction-ingestion", "emotion-processing",
         "transaction-processing", "credit-analysis", "user-credit", "credit-application")
SECRETS = os.environ.get("ECS_SECRETS")  # see deployed.py
STARTED = []  # every Process; what a failed test leaves running ends with the session


def _key(name, own):
    return pathlib.Path(SECRETS, name).read_text(encoding="utf-8").strip() if SECRETS else own


SECRET_KEY = _key("secret_key", "canary-secret-key-0123456789abcdef0123456789")
INTERNAL_KEY = _key("internal_key", "canary-internal-key-0123456789abcdef012345")
STOP_LIMIT_S = 5

# Tests register and log in many people from one address; the limits have tests of their own.
BASE_ENVIRONMENT = {
    "SECRET_KEY": SECRET_KEY,
    "INTERNAL_SERVICE_API_KEY": INTERNAL_KEY,
    "SCORER": "fixed:0.25",
    "POLICY_FILE": "seed",
    "RATE_REQUESTS_PER_SECOND": "1000000",
    "RATE_PERSON_REQUESTS_PER_SECOND": "1000000",
    "RATE_LOGINS_PER_SECOND": "100000",
    "RATE_REGISTRATIONS_PER_SECOND": "100000",
}


def run_ecs(*arguments, environment=None, folder=None, timeout_s=60):
    """Runs a subcommand to its end. Nothing of our own environment reaches it but PATH."""
    return subprocess.run(
        [BINARY, *arguments], env={"PATH": os.environ["PATH"], **(environment or {})},
        cwd=folder or "/tmp", capture_output=True, text=True, timeout=timeout_s)


class Process:
    """One `ecs serve`. Its port stays the same when it is started again."""

    def __init__(self, name, folder, environment, roles=()):
        self.name = name
        self.folder = pathlib.Path(folder)
        self.roles = roles
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {"DATA_DIR": str(self.folder / "data"), **environment,
                            "LISTEN": f"127.0.0.1:{self.port}", "PATH": os.environ["PATH"]}
        self.log = self.folder / f"{name}.log"
        self.process = None

    def start(self, wait=True):
        arguments = [BINARY, "serve"]
        for role in self.roles:
            arguments += ["--role", role]
        environment = self.environment
        if SKEW_SEED and self.roles and "CLOCK_SHIFT_FILE" not in environment:
            environment = {**environment, **clock_of(self.name, self.folder).environment}
        STARTED.append(self)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(arguments, env=environment, cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, limit_s=30):
        until(f"{self.name} is ready", lambda: self.alive() and self.readiness()[0] == 200, limit_s)

    def alive(self):
        status = self.process.poll()
        assert status is None, f"{self.name} ended with {status}:\n{self.tail()}"
        return True

    def readiness(self):
        try:
            answer = self.get("/readyz")
            return answer.status_code, answer.json()
        except requests.ConnectionError:
            return 0, {}

    def call(self, method, path, **options):
        return requests.request(method, self.url + path, timeout=15, **options)

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def metrics(self):
        """{"name{label}": value}"""
        text = self.get("/metrics").text
        lines = (line.rpartition(" ") for line in text.splitlines() if line and line[0] != "#")
        return {name: float(value) for name, _, value in lines}

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def terminate(self):
        """Asks it to stop; it must be gone, with 0, within the promised time."""
        self.process.send_signal(signal.SIGTERM)
        self.wait_stopped(time.monotonic())

    def wait_stopped(self, asked):
        """`asked`: the monotonic time at which it was."""
        try:
            status = self.process.wait(STOP_LIMIT_S + 1)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop:\n{self.tail()}") from None
        assert status == 0, f"{self.name} ended with {status}:\n{self.tail()}"
        taken = time.monotonic() - asked
        assert taken <= STOP_LIMIT_S, f"{self.name} took {taken:.1f} s to stop"

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def lines(self):
        """What it logged; a line that is no JSON is a fault in itself."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def tail(self, count=20):
        if not self.log.exists():
            return ""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-count:])

    def memory_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def cpu_s(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class System:
    """Processes that together answer every path of the contract."""

    kind = None
    certificate = None  # what clients must trust, of a system that speaks TLS

    def __init__(self, folder, environment=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = {**BASE_ENVIRONMENT, **(environment or {})}
        self.processes = {}

    def process_of(self, path):
        raise NotImplementedError

    def url(self, path):
        return self.process_of(path).url + path

    def address(self, path):
        return ("127.0.0.1", self.process_of(path).port)

    def start(self):
        for process in self.processes.values():
            process.start(wait=False)
        for process in self.processes.values():
            process.wait_ready()
        return self

    def check_alive(self):
        for process in self.processes.values():
            process.alive()

    def end(self):
        """Ends everything, however it stands; the first fault is told at the end."""
        faults = []
        running = [process for process in self.processes.values()
                   if process.process is not None and process.process.poll() is None]
        asked = time.monotonic()
        for process in running:
            process.process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                process.wait_stopped(asked)
            except AssertionError as fault:
                faults.append(str(fault))
        self.end_engines()
        assert not faults, faults[0]

    def end_engines(self):
        pass

    def command(self, *arguments, timeout_s=60):
        """Runs a subcommand with this system's configuration."""
        raise NotImplementedError


class EmbeddedSystem(System):
    kind = "embedded"

    def __init__(self, folder, environment=None):
        super().__init__(folder, environment)
        self.process = Process("ecs", self.folder, self.environment)
        self.processes["ecs"] = self.process
        self.database = SqliteDatabase(self.folder / "data")

    def process_of(self, path):
        return self.process

    def forget_cache(self):
        """Nothing to do: what fills its cache pushes the rest out."""

    def replicas(self, role):
        return [self.process]

    def workers(self, stream):
        return [self.process]

    def worker(self, stream):
        return self.process

    def command(self, *arguments, timeout_s=60):
        """A command that writes needs the server down: the embedded engines belong to one process."""
        return run_ecs(*arguments, environment={"DATA_DIR": self.process.environment["DATA_DIR"],
                                                **self.environment}, timeout_s=timeout_s)


class RealSystem(System):
    kind = "real"
    engines_of = Engines

    def __init__(self, folder, environment=None):
        super().__init__(folder, environment)
        self.engines = self.engines_of(self.folder / "engines")
        self.environment.update(self.engines.environment())
        for role in ROLES:
            self.make(role, role)
        self.database = PostgresDatabase(self.engines.postgres.url)

    def start(self):
        self.engines.start()
        return super().start()

    def end_engines(self):
        self.engines.end()

    def process_of(self, path):
        path = urllib.parse.urlsplit(path).path
        for prefix, role in (("/v1/emotions", "emotion-ingestion"),
                             ("/v1/transactions", "transaction-ingestion"),
                             ("/v1/predict", "credit-analysis"), ("/v2/", "credit-analysis")):
            if path.startswith(prefix):
                return self.processes[role]
        return self.processes["user-credit"]

    def make(self, name, role):
        """One more process of a role, not yet started."""
        environment = {name: value for name, value in self.environment.items()
                       if name not in self.engines.environment()}
        environment.update(self.engines.environment_of(role))
        if role == "user-credit":
            model = self.replicas("credit-analysis")[-1].url
            environment["CREDIT_ANALYSIS_SERVICE_URL"] = f"{model}/v1/predict"
        self.processes[name] = Process(name, self.folder, environment, (role,))
        return self.processes[name]

    def add(self, name, role):
        """One more process of a role."""
        return self.make(name, role).start()

    def replicas(self, role):
        return [process for process in self.processes.values() if process.roles == (role,)]

    def workers(self, stream):
        return self.replicas({"emotions": "emotion-processing",
                              "transactions": "transaction-processing",
                              "credits": "credit-application"}[stream])

    def worker(self, stream):
        return self.workers(stream)[0]

    def command(self, *arguments, timeout_s=60):
        return run_ecs(*arguments, environment=self.environment, folder=self.folder,
                       timeout_s=timeout_s)

    def nats(self):
        return NatsClient(self.engines.nats.url)

    def forget_cache(self):
        self.engines.redis.cli("FLUSHALL")

    def redis(self, *command):
        """What redis-cli prints for a command."""
        return self.engines.redis.cli(*command).decode().rstrip("\n")
