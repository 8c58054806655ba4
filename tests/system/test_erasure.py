# SPDX-License-Identifier: Apache-2.0
"""A person who is deleted takes along all that is held of them; the folders of data are private."""
import json
import os
import sqlite3
import stat

import pytest
from harness.client import Client, emotion
from harness.poll import until

REJECTED = 'ecs_events_rejected_total{stream="emotions"}'


def columns_of_people(system):
    """Every table and column that names people, as the schema says."""
    if system.kind == "embedded":
        tables = [row[0] for row in system.database.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table'")]
        pairs = [(table, column[1]) for table in tables
                 for column in system.database.rows(f"PRAGMA table_info({table})")]
    else:
        pairs = system.database.rows(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'")
    return {(table, column) for table, column in pairs
            if column in ("user_id", "owner", "account") or (table, column) == ("users", "id")}


# The ids alone stay in these: what the log once held, and whose letters are still looked for.
KEPT = {"log_heads", "gone_people", "erasures"}


def held_of(system, person):
    return {table for table, column in columns_of_people(system) if system.database.rows(
        f"SELECT 1 FROM {table} WHERE {column} = ?", system.database.id(person.id))} - KEPT


def letters_of(system):
    done = system.command("dead", "list", "--json")
    assert done.returncode == 0, done.stderr
    return len(json.loads(done.stdout)["dead_letters"])


def delete(system, person):
    """As an operator does, in a shell; that of SQLite follows no foreign keys."""
    if system.kind == "embedded":
        connection = sqlite3.connect(system.database.path, timeout=10)
        connection.execute("DELETE FROM users WHERE id = ?", (system.database.id(person.id),))
        connection.commit()
        connection.close()
    else:
        system.database.change(f"DELETE FROM users WHERE id = '{person.id}'")


@pytest.mark.parametrize("kind", ["embedded", "real"])
def test_a_person_takes_all_along(system_of, kind):
    system = system_of(kind)
    client = Client(system)
    gone, stays = client.person(), client.person()
    for person in (gone, stays):
        client.spend(person, 10, headers={"Idempotency-Key": "mine"})
        client.wait_for_transactions(person, 1)
        assert client.login(person.email, "not the password").status_code == 401
        client.feel(emotion(person.id, event_id="mine"))
        client.accept(person, client.analyse(person).json()["offer"]["offer_id"])
        client.active_line(person)
        until("it is counted", lambda: system.database.emotions_of(person.id) == 1)
        # The same id for something else: put aside with what the person felt.
        client.feel(emotion(person.id, event_id="mine", stress=0.9))
    worker = system.worker("emotions")
    until("both are put aside", lambda: worker.metrics().get(REJECTED, 0) == 2)
    assert {"emotion_events", "transaction_events", "emotion_tiles", "transaction_tiles",
            "decisions", "offers", "notifications", "users", "submission_keys",
            "login_failures"} <= held_of(system, gone)
    of_the_other = held_of(system, stays)
    assert letters_of(system) == 2
    delete(system, gone)
    assert held_of(system, gone) == set()
    assert held_of(system, stays) == of_the_other
    until("the letter is gone", lambda: letters_of(system) == 1)
    # What was on its way is refused, and does not stay either.
    client.feel(emotion(gone.id))
    until("it is refused", lambda: worker.metrics().get(REJECTED, 0) == 3)
    until("that letter is gone too", lambda: letters_of(system) == 1)
    assert client.profile(stays).status_code == 200


def modes_of(folder):
    """{path: mode} of all that others may do anything with."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in [".", *folders, *files]:
            path = os.path.join(place, name)
            mode = stat.S_IMODE(os.stat(path).st_mode)
            if mode & 0o077:
                found[path] = oct(mode)
    return found


@pytest.mark.parametrize("before", ["nothing", "an open folder", "open files"])
def test_data_is_private(system_of, before):
    system = system_of("embedded", start=False)
    data = system.folder / "data"
    if before != "nothing":
        data.mkdir(mode=0o755)
    old = os.umask(0o022)
    try:
        system.start()
        if before == "open files":
            system.process.terminate()
            for path in [data, *data.glob("*.db*")]:
                path.chmod(0o755)
            system.process.start()
        client = Client(system)
        client.spend(client.person(), 10)
        assert modes_of(data) == {}
    finally:
        os.umask(old)
