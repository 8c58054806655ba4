# SPDX-License-Identifier: Apache-2.0
"""Decisions can be made again, and nobody alters one unnoticed; a policy is replaced while it
decides."""
import json
import pathlib
import sqlite3

import pytest
from harness.client import Client
from harness.poll import until

DEFAULT = pathlib.Path(__file__).resolve().parents[2] / "policy" / "seed.json"


def write(database, *statements):
    """Writes into the database, past the program."""
    if hasattr(database, "path"):
        connection = sqlite3.connect(database.path)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
    else:
        database._run(lambda cursor: [cursor.execute(statement) for statement in statements])


def tamper(system, statement):
    """As somebody with all rights to the database would."""
    embedded = system.kind == "embedded"
    write(system.database,
          "DROP TRIGGER IF EXISTS decisions_stay" + ("" if embedded else " ON decisions"), statement)


def decide(system):
    """The system decides about a dozen people, about two of them several times."""
    client = Client(system)
    people = [client.person() for _ in range(12)]
    decisions = {person.id: [] for person in people}
    for turn in range(3):
        for person in people[:2]:
            client.spend(person, 10 + turn)
            client.wait_for_transactions(person, turn + 1)
    for person in people:
        client.analyse(person)
        answer = client.get(f"/v1/users/{person.id}/decisions?page_size=100", person.bearer).json()
        decisions[person.id] = [item["decision_id"] for item in reversed(answer["items"])]
    assert len(decisions[people[0].id]) >= 3
    if system.kind == "embedded":
        system.process.terminate()
    system.decisions, system.people = decisions, people
    return system


@pytest.fixture(scope="module", params=["embedded", "real"])
def decided(request, system_of_file):
    return decide(system_of_file(request.param))


@pytest.fixture(params=["embedded", "real"])
def to_harm(request, system_of):
    """The same, for one test alone."""
    return decide(system_of(request.param))


def test_every_decision_can_be_made_again(decided):
    count = sum(len(ids) for ids in decided.decisions.values())
    done = decided.command("replay")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{count} decisions made again in ")
    assert ": 0 differ" in done.stdout


def test_one_decision_can_be_made_again(decided):
    decision = decided.decisions[decided.people[0].id][0]
    done = decided.command("replay", "--decision", decision)
    assert (done.returncode, done.stdout[:27]) == (0, "1 decisions made again in 0"), done.stdout
    missing = decided.command("replay", "--decision", decided.people[0].id)
    assert missing.returncode == 66 and "no such decision" in missing.stderr
    later = decided.command("replay", "--since", "2999-01-01T00:00:00Z")
    assert later.stdout.startswith("0 decisions made again")


def test_the_log_is_sound(decided):
    done = decided.command("verify-log")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(" decisions, 0 faults\n")


def test_decisions_are_never_changed(decided):
    with pytest.raises(Exception, match="decisions are never changed"):
        write(decided.database, "UPDATE decisions SET risk = risk + 1")


def test_one_altered_bit_is_named(to_harm):
    user = to_harm.people[0].id
    first = to_harm.decisions[user][0]
    place = ("x'" + first.replace("-", "") + "'" if to_harm.kind == "embedded"
             else f"'{first}'")
    tamper(to_harm, f"UPDATE decisions SET risk = (risk | 1) - (risk & 1) WHERE id = {place}")
    done = to_harm.command("verify-log")
    assert done.returncode == 65
    assert f"decision {first} of " in done.stdout and "was altered" in done.stdout
    assert done.stdout.endswith(", 1 faults\n"), done.stdout
    again = to_harm.command("replay", "--decision", first)
    assert again.returncode == 65 and "differs" in again.stdout


@pytest.mark.parametrize("which", [0, 1, -1])
def test_a_missing_decision_is_noticed(to_harm, which):
    user = to_harm.people[1].id
    gone = to_harm.decisions[user][which]
    place = "x'" + gone.replace("-", "") + "'" if to_harm.kind == "embedded" else f"'{gone}'"
    write(to_harm.database, f"DELETE FROM decisions WHERE id = {place}")
    done = to_harm.command("verify-log")
    assert done.returncode == 65
    assert user in done.stdout, done.stdout


def test_a_person_without_any_decision_left_is_noticed(to_harm):
    user = to_harm.people[3].id
    place = "x'" + user.replace("-", "") + "'" if to_harm.kind == "embedded" else f"'{user}'"
    write(to_harm.database, f"DELETE FROM decisions WHERE user_id = {place}")
    done = to_harm.command("verify-log")
    assert done.returncode == 65 and f"user {user}: decisions are missing" in done.stdout


def test_a_random_model_is_not_made_again(system_of):
    system = system_of("embedded", {"SCORER": "random"})
    client = Client(system)
    client.analyse(client.person())
    system.process.terminate()
    done = system.command("replay")
    assert done.returncode == 0
    assert "1 were left out: their model never answers the same" in done.stdout


# A policy is replaced while it decides ----------------------------------------------------------


def policy_hash(process):
    names = [name for name in process.metrics() if name.startswith("ecs_policy_info")]
    assert len(names) == 1
    return names[0]


@pytest.fixture
def with_policy_file(folder, system_of):
    path = folder / "policy.json"
    path.write_text(DEFAULT.read_text())
    system = system_of("embedded", {"POLICY_FILE": str(path), "SCORER": "fixed:0.5"})
    system.policy_path = path
    return system


def test_a_policy_is_replaced_without_a_restart(with_policy_file):
    system, client = with_policy_file, Client(with_policy_file)
    process, person = system.process, client.person()
    before = policy_hash(process)
    assert client.analyse(person).json()["approved"]
    policy = json.loads(system.policy_path.read_text())
    policy["bands"][0]["risk_to"] = 0.4
    system.policy_path.write_text(json.dumps(policy))
    until("the policy is replaced", lambda: policy_hash(process) != before)
    denial = client.analyse(person).json()
    assert not denial["approved"]
    assert client.get(f"/v1/decisions/{denial['decision_id']}",
                      person.bearer).json()["policy"] in policy_hash(process)
    process.terminate()
    done = system.command("replay")
    assert done.returncode == 0 and done.stdout.startswith("2 decisions made again"), done.stdout


def test_a_policy_at_fault_is_refused_and_the_old_one_decides_on(with_policy_file):
    system, client = with_policy_file, Client(with_policy_file)
    process, before = system.process, policy_hash(with_policy_file.process)
    system.policy_path.write_text('{"name": "broken", "offer_life_days": 7, "bands": []}')
    until("the refusal is logged",
          lambda: any("policy refused" in line["message"] for line in process.lines()))
    assert policy_hash(process) == before
    assert client.analyse(client.person()).json()["approved"]
