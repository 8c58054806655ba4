# SPDX-License-Identifier: Apache-2.0
"""What a policy would have made of recorded decisions: the program's numbers against the same
policy worked out here, from what people were told."""
import html.parser
import json
import re
import sqlite3

import pytest
from harness.client import Client, emotion
from harness.ecs import ROOT, run_ecs
from harness.model import model_service
from harness.poll import until

SEED = ROOT / "policy" / "seed.json"
PEOPLE = 24
SIMULATED = 6
VOID = {"meta", "link", "br", "img", "hr", "input"}


def half_up(amount, millionths):
    return (amount * millionths + 500000) // 1000000


class Terms:
    """What a policy file makes of a risk in millionths."""

    def __init__(self, policy, risk):
        band = next(band for band in policy["bands"] if risk <= round(band["risk_to"] * 10**6))
        self.approved = band["decision"] == "approve"
        self.limit = self.rate = 0
        self.credit_type = band.get("credit_type")
        if self.approved:
            self.limit = max(half_up(round(band["limit"]["full"] * 100), 10**6 - risk),
                             round(band["limit"]["floor"] * 100))
            self.limit = min(self.limit, round(policy.get("exposure_cap", 10**9) * 100))
            rate = band["rate_percent"]
            self.rate = round(rate["base"] * 100) + half_up(round(rate["slope"] * 100), risk)


SWAPS = {
    "denied, now approved": lambda old, new: not old.approved and new.approved,
    "approved, now denied": lambda old, new: old.approved and not new.approved,
    "greater limit": lambda old, new: old.approved and new.approved and new.limit > old.limit,
    "lesser limit": lambda old, new: old.approved and new.approved and new.limit < old.limit,
    "other rate": lambda old, new: old.approved and new.approved and new.rate != old.rate,
    "other credit type": lambda old, new: old.approved and new.approved
                         and new.credit_type != old.credit_type,
}


def decide(system):
    """The system decides about two dozen people, of random risks, a few of them simulated."""
    client = Client(system)
    system.risks = {}
    for number in range(PEOPLE):
        email = f"person-3-{number}@example.com" if number < SIMULATED else None
        person = client.person(email)
        decision = client.analyse(person).json()["decision_id"]
        made = client.get(f"/v1/decisions/{decision}", person.bearer).json()
        system.risks[decision] = round(made["risk_score_full"] * 10**6)
    if system.kind == "embedded":
        system.process.terminate()
    return system


@pytest.fixture(scope="module", params=["embedded", "real"])
def decided(request, system_of_file):
    return decide(system_of_file(request.param, {"SCORER": "random"}))


def policy_of(**changes):
    """The seed's policy with its approving band, or the whole, changed."""
    policy = json.loads(SEED.read_text(encoding="utf-8"))
    for name, value in changes.items():
        (policy if name in ("name", "exposure_cap") else policy["bands"][0])[name] = value
    return policy


def written(folder, policy):
    path = folder / f"{policy['name'][:8]}.json"
    path.write_text(json.dumps(policy), encoding="utf-8")
    return str(path)


def numbers(text, start):
    """The numbers of the first line that begins so, as they are written."""
    line = next(line for line in text.splitlines() if line.startswith(start))
    return re.findall(r"[-+]?[0-9][0-9,.]*", line[len(start):])


def money(cents):
    return f"{cents // 100:,}.{cents % 100:02}"


def check_against(text, risks, policy):
    """Totals and swap sets are those of the policy as it is worked out here."""
    default = policy_of()
    pairs = {decision: (Terms(default, risk), Terms(policy, risk))
             for decision, risk in risks.items()}
    old, new = zip(*pairs.values())
    assert numbers(text, "approved  ")[:2] == [str(sum(terms.approved for terms in side))
                                               for side in (old, new)]
    assert numbers(text, "exposure  ")[:2] == [money(sum(terms.limit for terms in side))
                                               for side in (old, new)]
    loss = [half_up(1, sum(terms.limit * risk for terms, risk in zip(side, risks.values())))
            for side in (old, new)]
    assert numbers(text, "expected loss  ")[:2] == [money(cents) for cents in loss]
    if not any(holds(*pair) for holds in SWAPS.values() for pair in pairs.values()):
        assert "\nNo decision comes out differently.\n" in text
        return
    for name, holds in SWAPS.items():
        expected = {decision for decision, (one, other) in pairs.items() if holds(one, other)}
        assert numbers(text, name)[0] == str(len(expected)), name
        if not expected:
            continue
        shown = text.partition("\nThe greatest changes of each:\n")[2].partition(f"{name}\n")[2]
        examples = re.match(r"(  \S+ .*\n)*", shown).group(0).splitlines()
        assert len(examples) == min(len(expected), 5)
        assert {line.split()[0] for line in examples} <= expected


def test_the_policy_that_decided_changes_nothing(decided):
    done = decided.command("backtest", str(SEED))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"\n{PEOPLE} decisions weighed in " in done.stdout
    assert "\nNo decision comes out differently.\n" in done.stdout
    assert numbers(done.stdout, "approved  ")[2] == "0"
    assert numbers(done.stdout, "others")[0] == str(PEOPLE - SIMULATED)
    later = decided.command("backtest", str(SEED), "--since", "2999-01-01T00:00:00Z")
    assert later.returncode == 0 and "\n0 decisions weighed in " in later.stdout


def test_other_policies_change_what_they_must(decided, folder):
    policies = [
        policy_of(name="stricter", risk_to=0.35),
        policy_of(name="generous", risk_to=0.85, limit={"full": 20000.00, "floor": 1000.00}),
        policy_of(name="dearer", rate_percent={"base": 6.00, "slope": 15.00}),
        policy_of(name="capped", exposure_cap=6000.00, credit_type="OTHER"),
    ]
    for policy in policies:
        done = decided.command("backtest", written(folder, policy))
        assert (done.returncode, done.stderr) == (0, "")
        check_against(done.stdout, decided.risks, policy)


class Page(html.parser.HTMLParser):
    """Text and elements of a page; each element must be closed where it should be."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + "\n"


def test_the_page_says_the_same(decided, folder):
    policy = policy_of(name="<b>\"stricter\" & 'calm'</b>", risk_to=0.35, credit_type="A<script>&")
    path = folder / "page.html"
    done = decided.command("backtest", written(folder, {**policy, "name": "same"}))
    assert done.returncode == 0
    (folder / "hostile.json").write_text(json.dumps(policy), encoding="utf-8")
    done = decided.command("backtest", str(folder / "hostile.json"), "--html", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    page = Page(path.read_text(encoding="utf-8"))
    assert policy["name"] in page.text and "A<script>&" in page.text
    names = {tag for tag, _ in page.elements}
    assert "svg" in names and not names & {"script", "link", "img", "b", "iframe"}
    assert all("http" not in str(value) and not name.startswith("on") and name not in ("src", "href")
               for _, attributes in page.elements for name, value in attributes.items())
    for name in ("approved  ", "exposure  ", "mean limit  ", "expected loss  "):
        for number in numbers(done.stdout, name)[:2]:
            assert number in page.text
    for decision in re.findall(r"^  ([0-9a-f-]{36}) ", done.stdout, re.MULTILINE):
        assert decision in page.text
    missing = decided.command("backtest", str(SEED), "--html", "/nowhere/page.html")
    assert missing.returncode == 73 and "cannot write /nowhere/page.html" in missing.stderr


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_decisions_of_before_the_log_are_left_out(kind, system_of):
    decided = decide(system_of(kind, {"SCORER": "random"}))
    if decided.kind == "embedded":
        connection = sqlite3.connect(decided.database.path)
        connection.executescript(
            "DROP TRIGGER decisions_stay; UPDATE decisions SET entry = zeroblob(16) WHERE position"
            " IN (SELECT position FROM decisions ORDER BY position LIMIT 5)")
        connection.close()
    else:
        decided.database._run(lambda cursor: cursor.execute(
            "DROP TRIGGER decisions_stay ON decisions; UPDATE decisions SET entry ="
            " '00000000-0000-0000-0000-000000000000' WHERE position IN"
            " (SELECT position FROM decisions ORDER BY position LIMIT 5)"))
    done = decided.command("backtest", str(SEED))
    assert done.returncode == 0
    assert f"\n{PEOPLE - 5} decisions weighed in " in done.stdout
    assert "\n5 were left out: they are from before both risks were recorded\n" in done.stdout


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_the_loss_is_of_the_full_risk_and_a_standing_offer_counts_once(kind, folder, system_of):
    """Feelings raise the full risk of two people, who are decided about three times each."""
    risks = {"risk_score": 0.3, "risk_score_full": 0.5, "risk_score_financial": 0.3}
    with model_service(risks) as url:
        system = system_of(kind, start=False)
        decider = system.process_of("/v1/users")
        decider.environment["CREDIT_ANALYSIS_SERVICE_URL"] = url
        client = Client(system.start())
        for person in (client.person(), client.person()):
            assert client.feel(emotion(person.id)).status_code == 202
            until("the feeling is seen", lambda: client.features(person)["emotion_count_7d"] == 1)
            assert client.spend(person, 30).status_code == 202
            client.wait_for_transactions(person, 1)
            answer = client.analyse(person).json()
            assert (answer["ml_risk_score"], answer["offer"]["credit_limit"]) == (0.3, 7000)
    if kind == "embedded":
        system.process.terminate()
    done = system.command("backtest", written(folder, policy_of(name="less", exposure_cap=5000)))
    assert done.returncode == 0, done.stderr
    approved = numbers(done.stdout, "approved  ")
    assert approved[0] == approved[1] and int(approved[0]) > 2
    assert numbers(done.stdout, "exposure  ")[:2] == ["14,000.00", "10,000.00"]
    assert numbers(done.stdout, "mean limit  ")[:2] == ["7,000.00", "5,000.00"]
    assert numbers(done.stdout, "expected loss  ")[:2] == ["7,000.00", "5,000.00"]
    assert numbers(done.stdout, "interest  ")[:2] == ["1,330.00", "950.00"]
    assert numbers(done.stdout, "earned  ")[:2] == ["-5,670.00", "-4,050.00"]


def test_another_model_weighs_the_recorded_features(decided):
    """The recorded risks were drawn at random; the model sees people of whom nothing is known."""
    model = str(ROOT / "models" / "default")
    done = decided.command("backtest", str(SEED), "--model", model)
    assert done.returncode == 0, done.stderr
    assert f"\n{PEOPLE} decisions weighed in " in done.stdout
    approved = int(numbers(done.stdout, "approved")[1])
    assert approved in (0, PEOPLE)  # they are all alike
    same = decided.command("backtest", str(SEED))
    assert int(numbers(same.stdout, "approved")[0]) == int(numbers(done.stdout, "approved")[0])
    wrong = decided.command("backtest", str(SEED), "--model", "/nowhere")
    assert wrong.returncode == 66 and "--model /nowhere: " in wrong.stderr


def test_a_policy_with_errors_is_told_as_the_check_tells_it(folder):
    path = written(folder, policy_of(name="broken", risk_to=1.5, limit={"full": -1}))
    checked = run_ecs("policy", "check", path)
    done = run_ecs("backtest", path, environment={"DATA_DIR": str(folder / "data")})
    assert (done.returncode, done.stdout) == (65, "")
    assert done.stderr == checked.stderr != ""
    assert not (folder / "data").exists()
    missing = run_ecs("backtest", str(folder / "none.json"))
    assert missing.returncode == 66
    assert "cannot be read" in missing.stderr and "No such file" in missing.stderr


def test_wrong_use_is_told(folder):
    assert run_ecs("backtest").returncode == 64
    assert run_ecs("backtest", str(SEED), "--since", "yesterday").returncode == 64
    assert run_ecs("backtest", str(SEED), "another").returncode == 64
    shown = run_ecs("backtest", "--help")
    assert shown.returncode == 0 and shown.stdout.startswith("usage: ecs backtest POLICY")
