# SPDX-License-Identifier: Apache-2.0
"""The image, and compose.yaml as it stands, on a docker daemon of our own."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse

import pytest
import requests
from harness.client import Client
from harness.ecs import ROOT
from harness.poll import until

from private_docker import PrivateDocker

MB = 1000 * 1000
ROLES_TWICE = ("emotion-ingestion", "transaction-ingestion", "user-credit", "credit-analysis")
ROLES_ONCE = ("emotion-processing", "transaction-processing", "credit-application")
ENGINES = ("nats", "postgres", "redis")


class Deployed:
    """What the harness's client knows of a system: where it answers, and whom it trusts."""

    def __init__(self, certificate):
        self.certificate = str(certificate)

    def url(self, path):
        return "https://127.0.0.1:8443" + path


@pytest.fixture(scope="session")
def docker():
    private = PrivateDocker()
    try:
        private.start()
        yield private
    finally:
        private.end()


@pytest.fixture(scope="session")
def secrets(docker):
    docker.run("deploy/secrets.sh")
    folder = docker.project / "deploy" / "secrets"
    return {file.name: file.read_text(encoding="utf-8").strip() for file in folder.iterdir()}


def start(docker):
    started = time.monotonic()
    docker.compose("up", "-d", "--no-build")

    def healthy():
        states = [container["State"] for container in docker.containers()]
        waiting = [state for state in states if "Health" in state
                   and state["Health"]["Status"] != "healthy"]
        return states and not waiting

    until("all containers are healthy", healthy, limit_s=90, pause_s=0.5)
    print(f"up in {time.monotonic() - started:.0f} s")
    return Deployed(docker.project / "deploy/secrets/gateway.crt")


@pytest.fixture(scope="session")
def deployed(docker, secrets):
    return start(docker)


@pytest.fixture
def client(deployed):
    return Client(deployed)


# The image ------------------------------------------------------------------------------------


def test_the_image_is_small(docker):
    image, = docker.inspect("ecs")
    print(f"{image['Size'] / MB:.1f} MB")
    assert image["Size"] < 120 * MB


def test_the_image_says_what_it_is_and_runs_as_nobody(docker):
    config = docker.inspect("ecs")[0]["Config"]
    assert config["User"] == "65532:65532"
    assert config["Healthcheck"]["Test"] == ["CMD", "ecs", "health"]
    for name in ("title", "description", "licenses", "version", "revision"):
        assert config["Labels"][f"org.opencontainers.image.{name}"]
    assert docker.docker("run", "--rm", "--network=none", "--read-only", "ecs",
                         "version").startswith("ecs ")


def test_the_image_lists_its_packages(docker):
    def inside(*command):
        return docker.docker("run", "--rm", "--network=none", f"--entrypoint={command[0]}", "ecs",
                             *command[1:])

    document = json.loads(inside("cat", "/usr/share/doc/ecs/sbom.spdx.json"))
    listed = {package["name"]: package["versionInfo"] for package in document["packages"]}
    installed = inside("dpkg-query", "-W", "-f", "${Package} ${Version}\n")
    assert listed == dict(line.split() for line in installed.splitlines())
    assert {"ecs", "libmicrohttpd12", "libpq5"} <= set(listed)
    assert len({package["SPDXID"] for package in document["packages"]}) == len(listed)
    assert document["spdxVersion"] == "SPDX-2.3" and document["creationInfo"]["created"]


# The deployment -------------------------------------------------------------------------------


def test_secrets_are_made_once_and_for_their_owner(docker, secrets):
    folder = docker.project / "deploy" / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    docker.run("deploy/secrets.sh")
    assert secrets == {file.name: file.read_text(encoding="utf-8").strip()
                       for file in folder.iterdir()}
    values = [value for name, value in secrets.items() if name.endswith("_key")]
    assert all(len(value) >= 32 for value in values) and len(set(values)) == len(values)


def test_the_system_tests_pass_through_the_gateway(deployed, docker):
    """Those that ask for nothing but answers: harness/left_out.py names the others."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--kinds=deployed",
         ROOT / "tests" / "system"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=120, env={**os.environ, "ECS_URL": deployed.url(""),
                          "ECS_SECRETS": str(docker.project / "deploy" / "secrets")})
    assert done.returncode == 0, done.stdout[-8000:]
    passed = int(re.search(r"(\d+) passed", done.stdout)[1])
    assert passed > 200, done.stdout


def test_roles_tell_clients_apart(client, docker):
    """Failed logins of the gateway's other clients are not those of one inside its container."""
    person = client.person()
    statuses = [client.login(person.email, "a wrong password").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    wrong = json.dumps({"email": person.email, "password": "a wrong password"})
    inside = docker.compose("exec", "-T", "gateway", "curl", "-sk", "-o", "/dev/null", "-w",
                            "%{http_code}", "-H", "Content-Type: application/json", "-d", wrong,
                            "https://127.0.0.1:8443/v1/auth/login")
    assert inside == "401"


def test_it_is_the_role_credit_analysis_that_scores(client, docker):
    person = client.person()
    for container in docker.containers("credit-analysis"):
        docker.docker("kill", container["Id"])
    answer = client.analyse(person)
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    docker.compose("start", "credit-analysis")
    until("it scores again", lambda: client.analyse(person).status_code == 200, limit_s=60,
          pause_s=0.5)


def test_a_replica_that_is_killed_is_not_missed(client, docker):
    person = client.person()
    victim = docker.containers("user-credit")[0]
    assert client.profile(person).status_code == 200
    docker.docker("kill", victim["Id"])
    assert {client.profile(person).status_code for _ in range(20)} == {200}
    docker.docker("start", victim["Id"])
    until("it is healthy again", lambda: docker.inspect(victim["Id"])[0]["State"]["Health"]["Status"]
          == "healthy", limit_s=60, pause_s=0.5)


def test_a_container_that_is_stopped_ends_in_order(deployed, docker):
    worker, = docker.containers("emotion-processing")
    docker.docker("stop", worker["Id"])
    assert docker.inspect(worker["Id"])[0]["State"]["ExitCode"] == 0
    docker.docker("start", worker["Id"])


def test_every_role_and_engine_runs_as_often_as_it_should(deployed, docker):
    for service in (*ROLES_TWICE, *ROLES_ONCE, *ENGINES, "gateway"):
        running = [container for container in docker.containers(service)
                   if container["State"]["Running"]]
        assert len(running) == (2 if service in ROLES_TWICE else 1), service
    for service in ("logins", "migrate"):
        once, = docker.containers(service)
        assert once["State"]["ExitCode"] == 0 and not once["State"]["Running"], service


def test_every_container_is_confined(deployed, docker):
    for container in docker.containers():
        name, host = container["Name"], container["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"] and not host["CapAdd"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert host["Memory"] > 0 and host["PidsLimit"] > 0, name
        assert not host["Privileged"], name
        assert [limit["Hard"] for limit in host["Ulimits"] if limit["Name"] == "core"] == [0], name
        if container["State"]["Running"]:
            status = pathlib.Path(f"/proc/{container['State']['Pid']}/status").read_text()
            status = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0, name
            if "nats" not in name:
                assert status["Uid"].split()[0] != "0", name


def test_operators_find_their_commands(deployed, docker):
    assert '"status":"ready"' in docker.compose("exec", "-T", "user-credit", "ecs", "health")
    assert "no dead letters" in docker.compose("run", "--rm", "operator", "dead", "list")
    assert "decisions" in docker.compose("run", "--rm", "operator", "verify-log")
    assert "0 migrations applied" in docker.compose("run", "--rm", "migrate")


def test_every_role_has_a_login_and_a_user_of_its_own(deployed, docker):
    """As the engines see who is connected."""
    sessions = docker.compose("exec", "-T", "postgres", "psql", "-U", "ecs", "-At", "-c",
                              "SELECT DISTINCT usename FROM pg_stat_activity"
                              " WHERE application_name = 'ecs' ORDER BY 1").split()
    assert sessions == ["ecs_credit_application", "ecs_emotion_processing",
                        "ecs_transaction_ingestion", "ecs_transaction_processing", "ecs_user_credit"]
    connections = json.loads(docker.compose(
        "exec", "-T", "nats", "wget", "-q", "-O", "-", "http://127.0.0.1:8222/connz?auth=1"))
    assert {each["authorized_user"] for each in connections["connections"]} == {
        *ROLES_TWICE, *ROLES_ONCE} - {"credit-analysis"}


def test_only_the_gateway_can_be_reached_from_outside(deployed, docker):
    for container in docker.containers():
        published = {port for port, at in container["NetworkSettings"]["Ports"].items() if at}
        service = container["Config"]["Labels"]["com.docker.compose.service"]
        assert published == ({"8443/tcp"} if service == "gateway" else set()), service
        networks = container["NetworkSettings"]["Networks"]
        if service in ENGINES:
            assert list(networks) == ["ecs_engines"]
        if service != "gateway":
            assert "ecs_outside" not in networks
    for network in ("ecs_roles", "ecs_engines"):
        assert docker.inspect(network)[0]["Internal"]


def test_the_login_of_the_dashboard_reads_trends_only(deployed, docker, secrets, monkeypatch):
    """Made by compose.monitoring.yaml; its Grafana and Prometheus come from a registry."""
    monkeypatch.setitem(docker.environment, "COMPOSE_FILE", "compose.yaml:compose.monitoring.yaml")
    for _ in range(2):
        docker.compose("run", "--rm", "--no-deps", "trends-login")
    address = f"postgresql://grafana:{secrets['grafana_database_password']}@127.0.0.1/ecs"

    def asked(sql):
        return docker.compose("exec", "-T", "postgres", "sh", "-c",
                              f"psql -At '{address}' -c '{sql}' 2>&1 || true")

    assert asked("SELECT count(*) FROM emotion_trends").strip().isdigit()
    for table in ("users", "emotion_tiles", "people_cohorts"):
        assert "permission denied" in asked(f"SELECT count(*) FROM {table}")
    assert "read-only transaction" in asked("DELETE FROM offers")
    wanted = docker.compose("config")
    assert "grafana/grafana-oss:" in wanted and "prom/prometheus:" in wanted


def test_no_secret_is_in_the_image_or_in_what_docker_tells(client, docker, secrets):
    """Runs after the others: their requests are in the logs."""
    person = client.person()
    told = docker.docker("history", "--no-trunc", "ecs")
    for container in docker.containers():
        told += json.dumps(container) + docker.docker("logs", container["Id"])
    hidden = [secrets[name] for name in secrets if name.endswith(("_key", "_password"))]
    hidden.append(urllib.parse.urlsplit(secrets["redis_url"]).password)
    hidden += [person.token, person.email, person.refresh_token, *secrets["gateway.key"].split("\n")[1:-1]]
    for secret in hidden:
        assert secret not in told
    assert '"route":"auth"' in told


# On clusters, from nothing: runs last ----------------------------------------------------------


@pytest.fixture
def cluster(docker, secrets, monkeypatch):
    docker.down()
    docker.environment["COMPOSE_FILE"] = \
        "compose.yaml:compose.cluster.yaml:compose.plain.yaml"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(docker.project / "deploy/secrets/gateway.crt"))
    return Client(start(docker))


def test_a_cluster_outlives_one_server_of_each_engine(cluster, docker):
    person = cluster.person()

    def sql(server, *statements):
        options = [word for statement in statements for word in ("-c", statement)]
        return docker.compose("exec", "-T", server, "psql", "-U", "ecs", "-At", *options)

    def works(count):
        name = f"payment-{count}"
        until("a payment is accepted", lambda: cluster.spend(
            person, 10, transactionId=name).status_code == 202, limit_s=60, pause_s=0.5)
        until("people are analysed", lambda: cluster.analyse(person).status_code == 200,
              limit_s=60, pause_s=0.5)
        cluster.wait_for_transactions(person, count)

    works(1)
    plain = requests.get("http://127.0.0.1:9999/healthz", timeout=10)  # of compose.plain.yaml
    assert plain.json() == {"status": "ok"}
    assert sql("postgres", "SELECT application_name, sync_state FROM pg_stat_replication") == \
        "standby|sync\n"
    docker.compose("kill", "postgres")
    sql("postgres-standby", "ALTER SYSTEM RESET synchronous_standby_names",
        "SELECT pg_promote(), pg_reload_conf()")
    works(2)
    docker.compose("kill", "redis")
    works(3)
    docker.compose("kill", "nats")
    works(4)
    until("there is another master", lambda: "+switch-master ecs 10.213.0.31 6379 10.213.0.32 6379"
          in docker.compose("logs", "sentinel-1"), pause_s=0.5)
