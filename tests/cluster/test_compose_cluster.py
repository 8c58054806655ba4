# SPDX-License-Identifier: Apache-2.0
"""compose.cluster.yaml upon compose.yaml is whole: as docker-compose merges them."""
import shutil
import subprocess

import pytest
import yaml
from harness.ecs import ROOT

FILES = ("-f", "compose.yaml", "-f", "compose.cluster.yaml")
ENGINES = {"nats", "nats-2", "nats-3", "postgres", "postgres-standby", "redis", "redis-replica",
           "sentinel-1", "sentinel-2", "sentinel-3"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compose") / "ecs"
    shutil.copytree(ROOT / "deploy", folder / "deploy", ignore=shutil.ignore_patterns("secrets"))
    for file in FILES[1::2]:
        shutil.copy(ROOT / file, folder)
    subprocess.run([folder / "deploy" / "secrets.sh"], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def merged(project):
    done = subprocess.run(["/usr/bin/docker-compose", *FILES, "config"], cwd=project,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def test_only_the_gateway_has_a_port(merged):
    assert [name for name, service in merged["services"].items() if service.get("ports")] == \
        ["gateway"]


def test_engines_are_on_the_network_of_engines_and_hardened(merged):
    services = merged["services"]
    assert ENGINES < set(services)
    assert merged["networks"]["engines"]["internal"]
    for name in ENGINES:
        service = services[name]
        assert list(service["networks"]) == ["engines"], name
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"] and service["pids_limit"] and service["healthcheck"], name


def test_roles_know_the_clusters(merged):
    for name, service in merged["services"].items():
        if "NATS_URL_FILE" in service.get("environment", {}):
            assert service["environment"]["NATS_REPLICAS"] == "3", name
    urls = [name for name in merged["secrets"] if name.endswith((".database_url", ".nats_url"))]
    assert len(urls) == 14
    for name in urls:
        assert merged["secrets"][name]["file"].endswith(f"/cluster.{name}")
    assert merged["secrets"]["redis_url"]["file"].endswith("/cluster_redis_url")


def test_every_secret_and_every_file_is_made(project, merged):
    for name, secret in merged["secrets"].items():
        assert (project / "deploy" / "secrets" / secret["file"].split("/")[-1]).stat().st_size, name
    for service in merged["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in merged["volumes"] or (project / source).exists(), source


def test_every_engine_has_the_address_that_it_is_known_by(merged):
    """Redis itself is known to Sentinels, and its replica to them by its master."""
    addresses = {name: merged["services"][name]["networks"]["engines"]["ipv4_address"]
                 for name in ENGINES}
    secrets = (ROOT / "deploy" / "secrets.sh").read_text(encoding="utf-8")
    sentinel = (ROOT / "deploy" / "cluster" / "sentinel.conf").read_text(encoding="utf-8")
    standby = (ROOT / "deploy" / "cluster" / "standby.sh").read_text(encoding="utf-8")
    for name in ENGINES - {"redis", "redis-replica"}:
        assert f"{addresses[name]}:" in secrets, name
    assert f"monitor ecs {addresses['redis']} 6379" in sentinel
    assert addresses["redis"] in merged["services"]["redis-replica"]["command"]
    assert f"host={addresses['postgres']} " in standby
