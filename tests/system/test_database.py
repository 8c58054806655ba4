# SPDX-License-Identifier: Apache-2.0
"""What SQL clients of the system before this one read, and what the database itself forbids."""
import uuid

import psycopg2
import pytest
from harness.client import emotion, now_text
from harness.poll import until

SEED = {
    "users": "id, email, created_at, updated_at",
    "transactions": "user_id, amount, created_at",
    "emotional_events_summary": "user_id, summary_date, avg_positivity_score,"
                                " avg_intensity_score, avg_stress_level, event_count",
    "credit_limits": "id, user_id, status, credit_limit, interest_rate, credit_type, expires_at,"
                     " activated_at, created_at, updated_at",
}


@pytest.mark.parametrize("name", SEED)
def test_the_seeds_names_are_there(system, name):
    system.database.rows(f"SELECT {SEED[name]} FROM {name} LIMIT 1")


def test_the_seeds_clients_read_what_happened(client, person):
    database = client.system.database
    user = database.id(person.id)
    for positivity, stress in ((0.25, 0.5), (0.75, 1.0)):
        client.feel(emotion(person.id, positivity=positivity, intensity=0.5, stress=stress,
                            timestamp=now_text()))
    client.spend(person, 19.99, occurredAt=now_text(days=1))
    offer = client.analyse(person).json()["offer"]
    client.accept(person, offer["offer_id"])
    client.active_line(person)
    until("all is counted", lambda: database.emotions_of(person.id) == 2 and database.rows(
        "SELECT 1 FROM transactions WHERE user_id = ?", user))

    assert [float(row[0]) for row in database.rows(
        "SELECT amount FROM transactions WHERE user_id = ?", user)] == [19.99]
    summary = database.rows(
        "SELECT avg_positivity_score, avg_intensity_score, avg_stress_level, event_count"
        " FROM emotional_events_summary WHERE user_id = ?", user)
    assert sum(int(row[3]) for row in summary) == 2  # two rows if midnight lies between
    if len(summary) == 1:
        assert [float(value) for value in summary[0][:3]] == [0.5, 0.5, 0.75]
    line = database.rows("SELECT status, credit_limit, interest_rate, credit_type, activated_at"
                         " FROM credit_limits WHERE user_id = ?", user)
    assert len(line) == 1
    status, limit, rate, credit_type, activated_at = line[0]
    assert (status, float(limit), float(rate)) == ("active", offer["credit_limit"],
                                                   offer["interest_rate"])
    assert credit_type == offer["credit_type"] and activated_at


# What no code may do, whatever its faults --------------------------------------------------------


@pytest.fixture
def postgres(system_of):
    system = system_of("real", start=False)
    system.engines.start()
    assert system.command("migrate").returncode == 0
    connection = psycopg2.connect(system.engines.postgres.url)
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def add_person(cursor):
    user = str(uuid.uuid4())
    cursor.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at)"
                   " VALUES (%s, %s, 'x', now(), now())", (user, f"{user}@example.com"))
    return user


def add_offer(cursor, user, status, limit=100, life="1 day"):
    decision = str(uuid.uuid4())
    cursor.execute(
        "INSERT INTO decisions (user_id, id, decided_at, approved, risk, reason, features,"
        " features_version, model, policy, inputs) VALUES (%s, %s, now(), true, 1, '', '{}', 0,"
        " 'm', %s, %s)", (user, decision, decision, decision))
    cursor.execute(
        "INSERT INTO offers (user_id, id, decision_id, status, limit_cents, rate_bp, credit_type,"
        " created_at, expires_at, accepted_at, activated_at, updated_at)"
        " VALUES (%s, %s, %s, %s, %s, 500, 'X', now(), now() + %s::interval, now(), now(), now())",
        (user, decision, decision, status, limit, life))


def forbidden(cursor, work, *arguments):
    with pytest.raises(psycopg2.IntegrityError):
        work(cursor, *arguments)


def test_a_person_has_one_active_line_and_one_open_offer(postgres):
    user, other = add_person(postgres), add_person(postgres)
    for status in ("active", "offered"):
        add_offer(postgres, user, status)
        forbidden(postgres, add_offer, user, status)
        add_offer(postgres, other, status)
    for status in ("superseded", "expired"):
        add_offer(postgres, user, status)
        add_offer(postgres, user, status)


def test_an_offer_has_a_person_a_limit_and_a_life(postgres):
    user = add_person(postgres)
    forbidden(postgres, add_offer, str(uuid.uuid4()), "offered")
    forbidden(postgres, add_offer, user, "offered", -1)
    forbidden(postgres, add_offer, user, "offered", 100, "0 days")
    forbidden(postgres, add_offer, user, "lost")


def test_an_address_is_one_person(postgres):
    def add(cursor, email):
        cursor.execute("INSERT INTO users (id, email, password_hash, created_at, updated_at)"
                       " VALUES (%s, %s, 'x', now(), now())", (str(uuid.uuid4()), email))
    add(postgres, "ada@example.com")
    forbidden(postgres, add, "ada@example.com")


def test_an_erased_person_leaves_nothing_in_credit(postgres):
    user = add_person(postgres)
    add_offer(postgres, user, "active")
    postgres.execute("DELETE FROM users WHERE id = %s", (user,))
    for table in ("decisions", "offers", "feature_versions"):
        postgres.execute(f"SELECT count(*) FROM {table} WHERE user_id = %s", (user,))
        assert postgres.fetchone() == (0,), table


def test_raw_events_lie_in_partitions_by_time(postgres):
    for table in ("emotion_events", "transaction_events"):
        postgres.execute("SELECT partstrat FROM pg_partitioned_table"
                         " WHERE partrelid = %s::regclass", (table,))
        assert postgres.fetchone()[0] == "r"
