# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes manifests are whole, and say of every role what compose.yaml says."""
import ipaddress
import re
import shutil
import subprocess

import pytest
import yaml
from harness.ecs import ROLES, ROOT

DEPLOY = ROOT / "deploy"
K8S = DEPLOY / "k8s"
API = ("emotion-ingestion", "transaction-ingestion", "user-credit")
WORKERS = {"emotion-processing": "emotions", "transaction-processing": "transactions",
           "credit-application": "credits"}
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
MANIFESTS = [manifest for file in sorted(K8S.glob("*.yaml"))
             for manifest in yaml.safe_load_all(file.read_text(encoding="utf-8"))]


def secrets_of(name):
    """What a pod is given of the secret `ecs`: {key: file}."""
    items = [item for volume in pod_of(name).get("volumes", []) if "secret" in volume
             for item in volume["secret"]["items"]]
    return {item["key"]: item["path"] for item in items}


def found(kind):
    """{name: manifest} of a kind; no name twice."""
    manifests = [manifest for manifest in MANIFESTS if manifest["kind"] == kind]
    by_name = {manifest["metadata"]["name"]: manifest for manifest in manifests}
    assert len(by_name) == len(manifests)
    return by_name


def pod_of(name):
    return (found("Deployment") | found("Job"))[name]["spec"]["template"]["spec"]


def container_of(name):
    container, = pod_of(name)["containers"]
    return container


def test_kustomize_reads_every_file_and_no_other(tmp_path):
    inner = yaml.safe_load((K8S / "kustomization.yaml").read_text(encoding="utf-8"))
    files = {file.name for file in K8S.glob("*.yaml")} - {"kustomization.yaml"}
    assert sorted(inner["resources"]) == sorted(files)
    outer = yaml.safe_load((DEPLOY / "kustomization.yaml").read_text(encoding="utf-8"))
    assert outer["resources"] == ["k8s"]
    assert [image["name"] for image in outer["images"]] == ["ecs"]
    for generator in outer["configMapGenerator"]:
        assert all((DEPLOY / file).exists() for file in generator["files"])
    shutil.copy(DEPLOY / "secrets.sh", tmp_path)
    subprocess.run([tmp_path / "secrets.sh"], check=True, capture_output=True)
    made = {file.name for file in (tmp_path / "secrets").iterdir()}
    keys = {}
    for generator in outer["secretGenerator"]:
        keys[generator["name"]] = {file.split("/")[1] for file in generator["files"]}
        assert keys[generator["name"]] <= made
    for name in (*ROLES, "migrate"):
        assert set(secrets_of(name)) <= keys["ecs"]


def test_every_role_is_there_and_nothing_else():
    assert set(found("Deployment")) == {*ROLES, "gateway"}
    assert set(found("PodDisruptionBudget")) == set(found("HorizontalPodAutoscaler")) \
        == {*ROLES, "gateway"}
    assert set(found("Service")) == {*API, "credit-analysis", "gateway"}
    assert set(found("Job")) == {"migrate"}


def test_the_owner_migrates():
    assert container_of("migrate")["args"] == COMPOSE["services"]["migrate"]["command"]
    secret, = COMPOSE["services"]["migrate"]["secrets"]
    assert secrets_of("migrate") == dict([secret_in_compose(secret)]) \
        == {"migrate.database_url": "database_url"}
    assert "migrate.database_url" not in {key for role in ROLES for key in secrets_of(role)}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_runs_our_image_and_is_probed(role):
    container = container_of(role)
    assert container["image"] == "ecs"
    assert container["args"] == ["serve", "--role", role]
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in
              ("startup", "readiness", "liveness")}
    assert probes == {"startup": {"path": "/readyz", "port": "http"},
                      "readiness": {"path": "/readyz", "port": "http"},
                      "liveness": {"path": "/healthz", "port": "http"}}


@pytest.mark.parametrize("name", [*ROLES, "gateway", "migrate"])
def test_a_pod_is_confined(name):
    pod, container = pod_of(name), container_of(name)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]}}
    assert set(container["resources"]["limits"]) == set(container["resources"]["requests"]) \
        == {"cpu", "memory"}


@pytest.mark.parametrize("name", [*ROLES, "gateway"])
def test_what_belongs_together_has_the_same_labels(name):
    labels = {"app": "ecs", "role": name}
    deployment = found("Deployment")[name]
    assert deployment["spec"]["template"]["metadata"]["labels"] == labels
    for selector in (deployment["spec"]["selector"],
                     found("PodDisruptionBudget")[name]["spec"]["selector"]):
        assert selector == {"matchLabels": labels}
    if name in found("Service"):
        assert found("Service")[name]["spec"]["selector"] == labels
    target = found("HorizontalPodAutoscaler")[name]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", name)


@pytest.mark.parametrize("role, stream", WORKERS.items())
def test_a_worker_is_scaled_by_what_waits_for_it(role, stream):
    metric, = found("HorizontalPodAutoscaler")[role]["spec"]["metrics"]
    assert metric["external"]["metric"] == {
        "name": "ecs_bus_lag", "selector": {"matchLabels": {"stream": stream}}}


def writable_folders(role):
    empty = {volume["name"] for volume in pod_of(role).get("volumes", []) if "emptyDir" in volume}
    return {mount["mountPath"] for mount in container_of(role).get("volumeMounts", [])
            if mount["name"] in empty}


def secret_in_compose(secret):
    """(its name, the file that it is in the container)"""
    return (secret, secret) if isinstance(secret, str) else (secret["source"], secret["target"])


@pytest.mark.parametrize("role", ROLES)
def test_compose_and_kubernetes_say_the_same_of_a_role(role):
    environment = {entry["name"]: entry["value"] for entry in container_of(role).get("env", [])}
    service = COMPOSE["services"][role]
    assert environment == service.get("environment", {})
    secrets = dict(secret_in_compose(secret) for secret in service.get("secrets", []))
    assert set(secrets.values()) == {value.split("/")[-1] for value in environment.values()
                                     if value.startswith("/run/secrets/")}
    assert secrets_of(role) == secrets
    # Logins are nobody else's.
    assert {name for name, path in secrets.items() if path in ("database_url", "nats_url")} \
        == {f"{role}.{path}" for path in secrets.values() if path in ("database_url", "nats_url")}
    assert writable_folders(role) == {volume.split(":")[1] for volume in service.get("volumes", [])}
    options = (ROOT / "src" / "options.def").read_text(encoding="utf-8")
    for name in environment:
        assert f"OPTION({re.sub('_FILE$', '', name)}," in options


@pytest.mark.parametrize("file", [
    "compose.yaml", "compose.cluster.yaml", "Dockerfile", "tools/run.sh", "tools/engines.sh",
    *[str(path.relative_to(ROOT)) for path in (*K8S.glob("*.yaml"), *DEPLOY.glob("systemd/*"))]])
def test_every_way_of_running_leaves_model_and_policy_to_the_program(file):
    """All decide alike then: tests/system/test_policy_choice.py."""
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not re.search(r"\b(SCORER|MODEL_DIR|POLICY_FILE)\b", text)


@pytest.mark.parametrize("role", API)
def test_a_role_behind_the_gateway_is_told_its_networks(role):
    networks = COMPOSE["services"][role]["environment"]["TRUSTED_PROXIES"].split(",")
    assert all(ipaddress.ip_network(network).is_private or network == "100.64.0.0/10"
               for network in networks)


def test_both_gateways_know_the_same_processes():
    def upstreams(file):
        text = file.read_text(encoding="utf-8").replace(".ecs.svc.cluster.local", "")
        return text[text.index("upstream "):]

    assert upstreams(DEPLOY / "nginx" / "upstreams.conf") == upstreams(K8S / "upstreams.conf")
    assert container_of("gateway")["image"] == COMPOSE["services"]["gateway"]["image"]


def test_nobody_may_reach_what_is_internal():
    policies = {name: manifest["spec"] for name, manifest in found("NetworkPolicy").items()}
    assert policies["nothing"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    to_model = policies["model-from-user-credit"]
    assert to_model["podSelector"] == {"matchLabels": {"role": "credit-analysis"}}
    assert to_model["ingress"][0]["from"] == [{"podSelector": {"matchLabels": {"role": "user-credit"}}}]
    named = re.findall(r"role: ([a-z-]+)\}", (K8S / "network.yaml").read_text(encoding="utf-8"))
    assert set(named) <= {"app", "gateway", *ROLES}
