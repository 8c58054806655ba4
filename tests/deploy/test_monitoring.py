# SPDX-License-Identifier: Apache-2.0
"""What Prometheus and Grafana are given: it is valid, each alert is told when it should be and not
else, and everything that is asked for is there."""
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
import requests
import yaml
from harness.client import Client, emotion
from harness.ecs import ROLES, ROOT, EmbeddedSystem
from harness.poll import until
from harness.ports import free_port, is_open

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "ecs.json").read_text(encoding="utf-8"))
RULES = [rule for group in yaml.safe_load(
    (PROMETHEUS / "rules.yml").read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
PAGE = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
SCRAPED = {"up"}  # by Prometheus itself


def promtool(*arguments, **options):
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60,
                          **options)


def table(pattern):
    rows = (ROOT / "src" / "process" / "metrics.def").read_text(encoding="utf-8")
    return re.findall(pattern, rows, re.M)


def metrics():
    """{metric of the table: its names in /metrics}"""
    names = {}
    for kind, name in table(r"^(COUNTER|GAUGE|HISTOGRAM)\((\w+)"):
        told = re.sub("_us$", "_seconds", name)
        names[name] = {"COUNTER": {f"ecs_{name}_total"}, "GAUGE": {f"ecs_{told}"},
                       "HISTOGRAM": {f"ecs_{told}_{part}"
                                     for part in ("bucket", "sum", "count")}}[kind]
    names.update({name: {f"ecs_{name}_info"} for name in table(r"^INFO\((\w+)")})
    return names


def panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries():
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def used_in(expression):
    """Names of metrics and recorded ones. What is in quotes and braces is none."""
    bare = re.sub(r"\{[^}]*\}|\"[^\"]*\"", "", expression)
    return {name for name in re.findall(r"[a-zA-Z_:][\w:]*", bare)
            if name in SCRAPED or re.search(r"(^|:)ecs[_:]", name)}


@pytest.mark.parametrize("arguments", [("check", "config", "prometheus.yml"),
                                       ("check", "rules", "rules.yml"),
                                       ("test", "rules", "rules_test.yml")], ids=" ".join)
def test_promtool_finds_no_fault(arguments):
    result = promtool(*arguments, cwd=PROMETHEUS)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_alert_is_tried_both_ways():
    tests = yaml.safe_load((PROMETHEUS / "rules_test.yml").read_text(encoding="utf-8"))["tests"]
    tried = [(check["alertname"], bool(check["exp_alerts"]))
             for case in tests for check in case["alert_rule_test"]]
    assert set(tried) == {(alert, told) for alert in ALERTS for told in (True, False)}


def test_every_alert_is_in_the_runbook():
    section = PAGE[PAGE.index("## Alerts"):]
    assert re.findall(r"^\| `(\w+)` \|", section, re.M) == list(ALERTS)
    for rule in ALERTS.values():
        assert rule["annotations"]["runbook"] == "docs/monitoring.md#alerts"
        assert rule["annotations"]["summary"]


def test_every_role_is_scraped():
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    names = config["scrape_configs"][0]["dns_sd_configs"][0]["names"]
    assert sorted(names) == sorted(ROLES)
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert set(names) <= set(compose["services"])
    missing = ALERTS["EcsRoleMissing"]["expr"]
    assert sorted(re.findall(r'role="([\w-]+)"', missing)) == sorted(ROLES)


@pytest.mark.parametrize("expression", [*(rule["expr"] for rule in RULES), *queries()])
def test_an_expression_asks_for_what_there_is(expression):
    known = SCRAPED | RECORDED | set().union(*metrics().values())
    assert used_in(expression) and used_in(expression) <= known
    labels = set(table(r"^LABEL\((\w+)"))
    for values in re.findall(r'(?:class|reason|result|state|stream)=~?"([^"]*)"', expression):
        assert set(values.split("|")) <= labels


def test_every_recorded_name_is_used():
    used = set().union(*(used_in(expression) for expression in
                         [*(rule["expr"] for rule in RULES), *queries()]))
    assert RECORDED <= used


# The dashboard --------------------------------------------------------------------------------


def test_the_dashboard_shows_every_metric():
    """Itself, or by what is recorded of it."""
    shown = set().union(*map(used_in, queries()))
    for rule in RULES:
        if rule.get("record") in shown:
            shown |= used_in(rule["expr"])
    assert [name for name, names in metrics().items() if not names & shown] == []


def test_panels_are_whole():
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    source, = (variable for variable in DASHBOARD["templating"]["list"]
               if variable["type"] == "datasource")
    for panel in panels():
        assert panel["title"] and panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"] == {"type": "prometheus", "uid": f"${{{source['name']}}}"}
        references = [target["refId"] for target in panel["targets"]]
        assert references and len(set(references)) == len(references)


def test_panels_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert place["x"] + place["w"] <= 24 and not taken & cells, panel["title"]
        taken |= cells


def test_every_query_parses(tmp_path):
    """promtool reads expressions in rules only."""
    rules = [{"record": f"query:{number}", "expr": expression.replace("$__rate_interval", "1m")}
             for number, expression in enumerate(queries())]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    result = promtool("check", "rules", file)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(rules)} rules found" in result.stdout


# What ecs itself says -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def busy():
    """A process with all roles, once something has happened."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-test-", dir="/tmp"))
    system = EmbeddedSystem(folder)
    try:
        system.start()
        client = Client(system)
        person = client.person()
        client.feel(emotion(person.id))
        client.spend(person, 5)
        client.accept(person, client.analyse(person).json()["offer"]["offer_id"])
        client.active_line(person)
        until("the events are counted", lambda: system.process.metrics().get(
            'ecs_events_counted_total{stream="transactions"}') == 1)
        yield system.process
    finally:
        system.end()
        shutil.rmtree(folder)


@pytest.fixture
def scraped(busy):
    return busy.get("/metrics").text


def test_promtool_reads_our_metrics(scraped):
    result = promtool("check", "metrics", input=scraped)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_table_is_what_is_scraped(scraped):
    typed = set(re.findall(r"^# TYPE (\w+) ", scraped, re.M))
    expected = {re.sub(r"_(bucket|sum|count)$", "", name)
                for names in metrics().values() for name in names}
    # What is not told is left out: embedded, the model of this test has no name of its own.
    assert typed - expected == set() and expected - typed <= {"ecs_model_info"}


@pytest.fixture
def prometheus(busy, tmp_path):
    """ask(path): a Prometheus with our configuration, but for where it finds processes."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(PROMETHEUS / "rules.yml")]
    job, = config["scrape_configs"]
    del job["dns_sd_configs"], job["relabel_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{busy.port}"],
                              "labels": {"role": "user-credit"}}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            ["prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
             f"--web.listen-address=127.0.0.1:{port}"], cwd=tmp_path, stdout=log, stderr=log)

    def ask(path, **parameters):
        answer = requests.get(f"{url}/api/v1/{path}", parameters, timeout=10)
        return answer.json()["data"]

    try:
        until("prometheus is ready",
              lambda: is_open(port) and requests.get(f"{url}/-/ready", timeout=10).ok)
        yield ask
    finally:
        process.terminate()
        process.wait(30)


def test_prometheus_evaluates_every_rule_on_a_real_process(prometheus):
    """What fits the grammar may still fail on real labels."""
    def requests_seen():
        found = prometheus("query", query="role:ecs_http_requests:rate5m")["result"]
        return found and float(found[0]["value"][1]) > 0

    def rules():
        return [rule for group in prometheus("rules")["groups"] for rule in group["rules"]]

    until("a rate of requests is recorded", requests_seen)
    until("every rule was evaluated",
          lambda: "unknown" not in {rule["health"] for rule in rules()})
    assert len(rules()) == len(RULES)
    assert [rule["name"] for rule in rules() if rule["health"] != "ok"] == []
    # Of one process that plays user-credit only, and just began.
    told = {rule["name"] for rule in rules() if rule.get("state") in ("pending", "firing")}
    assert told == {"EcsRoleMissing"}
    for query in queries():
        prometheus("query", query=query.replace("$__rate_interval", "1m"))["result"]
