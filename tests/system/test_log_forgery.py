# SPDX-License-Identifier: Apache-2.0
"""What somebody with all rights to the database may do to the decision log, and verify-log finds.

Each forgery works on a copy of its own. Entries are worked out again here, as docs/decision-log.md
tells, so that what is forged is sound in itself."""
import hashlib
import json
import shutil
import sqlite3
import uuid

import psycopg2
import psycopg2.extras
import pytest
from harness.client import Client
from harness.ecs import run_ecs

ZERO = "00000000-0000-0000-0000-000000000000"


class Copy:
    """A copy of a database, written past the program."""

    def run(self, statement, *values):
        raise NotImplementedError

    def verify(self):
        return run_ecs("verify-log", environment=self.environment)


class SqliteCopy(Copy):
    def __init__(self, system, folder):
        shutil.copytree(system.folder / "data", folder / "data")
        self.environment = {"DATA_DIR": str(folder / "data")}
        self.connection = sqlite3.connect(folder / "data" / "ecs.db", isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA foreign_keys = ON")
        for name in ("decisions_stay", "log_heads_stay", "log_heads_stay_changed"):
            self.connection.execute(f"DROP TRIGGER {name}")

    def run(self, statement, *values):
        values = [uuid.UUID(value).bytes if isinstance(value, str) and len(value) == 36 else value
                  for value in values]
        rows = self.connection.execute(statement, values).fetchall()
        return [{key: str(uuid.UUID(bytes=row[key])) if isinstance(row[key], bytes) else row[key]
                 for key in row.keys()} for row in rows]

    def close(self):
        self.connection.close()


class PostgresCopy(Copy):
    number = 0

    def __init__(self, system, folder):
        PostgresCopy.number += 1
        name = f"copy{PostgresCopy.number}"
        maker = psycopg2.connect(system.engines.postgres.url.replace("/postgres", "/template1"))
        maker.autocommit = True
        maker.cursor().execute(f"CREATE DATABASE {name} TEMPLATE postgres")
        maker.close()
        url = system.engines.postgres.url.replace("/postgres", f"/{name}")
        self.environment = {"DATABASE_URL": url, "DATA_DIR": str(folder)}
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True
        for table in ("decisions", "log_heads"):
            self.run(f"DROP TRIGGER {table}_stay ON {table}")

    def run(self, statement, *values):
        with self.connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(statement.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []

    def close(self):
        self.connection.close()


@pytest.fixture(scope="module", params=["embedded", "real"])
def decided(request, system_of_file):
    """Six people, the first with several decisions; nothing runs any more but the engines."""
    system = system_of_file(request.param)
    client = Client(system)
    people = [client.person() for _ in range(6)]
    for turn in range(3):
        client.spend(people[0], 10 + turn)
        client.wait_for_transactions(people[0], turn + 1)
        client.analyse(people[0])
    for person in people[1:]:
        client.analyse(person)
    for process in system.processes.values():
        process.terminate()
    system.people = [person.id for person in people]
    return system


@pytest.fixture
def copy(decided, folder):
    copy = (SqliteCopy if decided.kind == "embedded" else PostgresCopy)(decided, folder)
    copy.many, copy.one = decided.people[:2]
    copy.of_many = len(decisions_of(copy, copy.many))
    assert copy.of_many >= 3
    yield copy
    copy.close()


def micros(copy, column):
    return column if isinstance(copy, SqliteCopy) else \
        f"(extract(epoch FROM {column}) * 1000000)::bigint"


def blake(*parts):
    """Of several parts, each with its length before it."""
    hashed = hashlib.blake2b(digest_size=16)
    for part in parts:
        hashed.update(len(part.encode()).to_bytes(8, "little") + part.encode())
    return hashed.hexdigest()


def hex_of(value):
    return str(value).replace("-", "")


def canonical(value):
    value = json.loads(value) if isinstance(value, str) else value
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def entry_of(copy, decision_id):
    """The entry of a decision as it is now."""
    row, = copy.run(f"SELECT *, {micros(copy, 'decided_at')} AS at FROM decisions WHERE id = ?",
                    decision_id)
    offers = copy.run(f"SELECT *, {micros(copy, 'created_at')} AS made,"
                      f" {micros(copy, 'expires_at')} AS ends FROM offers WHERE decision_id = ?",
                      decision_id)
    evidence = blake(canonical(row["features"]), canonical(row["explanation"]))
    lines = [("previous", hex_of(row["previous"])), ("id", row["id"]), ("user_id", row["user_id"]),
             ("decided_at_us", row["at"]), ("approved", int(row["approved"])),
             ("risk", row["risk"]), ("risk_full", row["risk_full"]),
             ("risk_financial", row["risk_financial"]), ("basis", row["basis"]),
             ("emotions_known", int(row["emotions_known"])), ("reason", row["reason"]),
             ("features_version", row["features_version"]), ("model", row["model"]),
             ("policy", hex_of(row["policy"])), ("inputs", hex_of(row["inputs"])),
             ("evidence", evidence)]
    lines += [("offer", offer["id"]) for offer in offers] or [("offer", "none")]
    for offer in offers:
        lines += [(name, offer[column]) for name, column in (
            ("limit_cents", "limit_cents"), ("rate_bp", "rate_bp"), ("credit_type", "credit_type"),
            ("created_at_us", "made"), ("expires_at_us", "ends"))]
    return str(uuid.UUID(blake("".join(f"{name} {value}\n" for name, value in lines))))


def decisions_of(copy, user):
    return copy.run("SELECT id, previous, entry FROM decisions WHERE user_id = ? ORDER BY position",
                    user)


def a_whole_person_removed(copy):
    copy.run("DELETE FROM users WHERE id = ?", copy.many)
    return f"user {copy.many}: decisions are missing: number {copy.of_many}"


def a_chain_removed(copy):
    copy.run("DELETE FROM decisions WHERE user_id = ?", copy.many)
    copy.run("DELETE FROM decision_heads WHERE user_id = ?", copy.many)
    return f"user {copy.many}: decisions are missing: number 1"


def a_tail_cut_and_the_head_reset(copy):
    *_, last = decisions_of(copy, copy.many)
    copy.run("DELETE FROM decisions WHERE id = ?", last["id"])
    copy.run("UPDATE decision_heads SET count = count - 1, entry = ? WHERE user_id = ?",
             last["previous"], copy.many)
    return f"user {copy.many}: decisions are missing: number {copy.of_many}"


def a_tail_cut_from_the_log_too(copy):
    a_tail_cut_and_the_head_reset(copy)
    copy.run("DELETE FROM log_heads WHERE user_id = ? AND count = ?", copy.many, copy.of_many)
    return "log of heads, shard "


def entries_of_zeros(copy):
    copy.run("UPDATE decisions SET entry = ?, previous = ?, risk = 1, risk_full = 1,"
             " risk_financial = 1 WHERE user_id = ?", ZERO, ZERO, copy.many)
    copy.run("DELETE FROM decision_heads WHERE user_id = ?", copy.many)
    return f"user {copy.many}: has no entry"


def one_entry_of_zeros(copy):
    copy.run("UPDATE decisions SET entry = ? WHERE user_id = ?", ZERO, copy.one)
    return f"user {copy.one}: has no entry"


def risks_altered_and_the_head_deleted(copy):
    copy.run("UPDATE decisions SET risk_full = 1, risk_financial = 1 WHERE user_id = ?", copy.one)
    copy.run("DELETE FROM decision_heads WHERE user_id = ?", copy.one)
    return f"user {copy.one}: was altered"


def a_first_entry_forged(copy):
    first, = decisions_of(copy, copy.one)
    assert entry_of(copy, first["id"]) == first["entry"]
    copy.run("UPDATE decisions SET risk = 1, risk_full = 1 WHERE user_id = ?", copy.one)
    forged = entry_of(copy, first["id"])
    copy.run("UPDATE decisions SET entry = ? WHERE user_id = ?", forged, copy.one)
    copy.run("UPDATE decision_heads SET entry = ? WHERE user_id = ?", forged, copy.one)
    copy.forged = forged
    return f"user {copy.one}: the last decision is not the one that was recorded"


def a_first_entry_forged_in_the_log_too(copy):
    a_first_entry_forged(copy)
    copy.run("UPDATE log_heads SET entry = ? WHERE user_id = ?", copy.forged, copy.one)
    return "log of heads, shard "


def a_person_put_in(copy):
    """Another's decision under the id of somebody who has none, sound in itself."""
    stranger = str(uuid.uuid4())
    copy.run("INSERT INTO users (id, email, password_hash, created_at, updated_at)"
             " SELECT ?, 'forged@example.com', password_hash, created_at, updated_at"
             " FROM users WHERE id = ?", stranger, copy.one)
    columns = ("id, decided_at, approved, risk, reason, features, features_version, model, policy,"
               " inputs, risk_full, risk_financial, basis, emotions_known, explanation, previous,"
               " entry")
    other = str(uuid.uuid4())
    copy.run(f"INSERT INTO decisions (user_id, {columns}) SELECT ?, ?, {columns[4:]} FROM decisions"
             " WHERE user_id = ?", stranger, other, copy.one)
    forged = entry_of(copy, other)
    copy.run("UPDATE decisions SET entry = ? WHERE id = ?", forged, other)
    copy.run("INSERT INTO decision_heads VALUES (?, 1, ?)", stranger, forged)
    return f"user {stranger}: the last decision is not the one that was recorded"


def a_policy_altered(copy):
    copy.run("UPDATE policies SET content = content || ' '")
    return ": its text was altered"


def a_policy_removed(copy):
    copy.run("DELETE FROM policies")
    return ": decided, and its text is missing"


@pytest.mark.parametrize("forge", [
    a_whole_person_removed, a_chain_removed, a_tail_cut_and_the_head_reset,
    a_tail_cut_from_the_log_too, entries_of_zeros, one_entry_of_zeros,
    risks_altered_and_the_head_deleted, a_first_entry_forged, a_first_entry_forged_in_the_log_too,
    a_person_put_in, a_policy_altered, a_policy_removed])
def test_a_forgery_is_found(copy, forge):
    expected = forge(copy)
    done = copy.verify()
    assert done.returncode == 65, done.stdout + done.stderr
    assert expected in done.stdout, done.stdout


def test_a_copy_that_nobody_harmed_is_sound(copy):
    done = copy.verify()
    assert (done.returncode, done.stdout) == (0, f"{copy.of_many + 5} decisions, 0 faults\n")


def test_who_asked_to_be_erased_is_named_and_no_fault(copy):
    copy.run("INSERT INTO erasures (user_id) VALUES (?)", copy.many)
    copy.run("DELETE FROM users WHERE id = ?", copy.many)
    done = copy.verify()
    assert done.returncode == 0, done.stdout
    assert f"user {copy.many}: was erased at their request at 20" in done.stdout
    assert done.stdout.endswith("1 people were erased at their request\n5 decisions, 0 faults\n")


def test_more_than_a_page_of_people_removed_are_all_named(copy):
    """Each of 700 chains that vanished, however many there are."""
    for number in range(700):
        copy.run("INSERT INTO log_heads VALUES (64, ?, ?, 1, ?, ?)", number + 1,
                 str(uuid.UUID(int=number + 1)), str(uuid.UUID(int=7)), ZERO)
    copy.run("UPDATE log_shards SET position = 700 WHERE shard = 64")
    done = copy.verify()
    assert done.returncode == 65
    assert done.stdout.count("decisions are missing: number 1") == 700
