# SPDX-License-Identifier: Apache-2.0
"""A database of the old system becomes one of ours, as docs/from-the-old-system.md says."""
import re
import subprocess

import psycopg2
import pytest
from harness.client import Client, Person
from harness.database import PostgresDatabase
from harness.ecs import BASE_ENVIRONMENT, ROOT, Process, run_ecs
from harness.engines import Postgres

# The old system's tables, and what one of its users' days looks like.
OLD_TABLES = """
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email varchar UNIQUE NOT NULL,
    password_hash varchar NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE transactions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid,
    amount numeric(10, 2), created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE emotional_events_summary (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL, summary_date date NOT NULL, avg_positivity_score real,
    avg_intensity_score real, avg_stress_level real, event_count integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, summary_date));
CREATE TABLE credit_limits (id uuid PRIMARY KEY, user_id uuid NOT NULL,
    status varchar(50) NOT NULL DEFAULT 'offered', credit_limit numeric(15, 2) NOT NULL,
    interest_rate real NOT NULL, credit_type varchar(100), expires_at timestamptz NOT NULL,
    activated_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now())"""
ADA, BOB, TWIN = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
LINE, OLDER_LINE, OFFER, OVER = (f"00000000-0000-4000-8000-0000000000{n}" for n in (11, 12, 13, 14))
PASSWORD = "old"  # the old system had no rule for passwords
OLD_ROWS = f"""
INSERT INTO users VALUES ('{ADA}', 'Ada@Example.com', '%(hash)s', now() - interval '90 days', now()),
    ('{BOB}', 'bob@example.com', '%(hash)s', now() - interval '80 days', now()),
    ('{TWIN}', 'ADA@example.com', '%(hash)s', now() - interval '1 day', now());
INSERT INTO transactions (user_id, amount, created_at)
    SELECT '{ADA}', n + 0.35, now() - n * interval '1 day' FROM generate_series(1, 40) n;
INSERT INTO transactions (user_id, amount) VALUES ('{TWIN}', 5), (NULL, 7), ('{BOB}', -1);
INSERT INTO emotional_events_summary (user_id, summary_date, avg_positivity_score,
    avg_intensity_score, avg_stress_level, event_count)
    SELECT '{ADA}', current_date - n, 0.6, 0.5, 0.25, 4 FROM generate_series(1, 10) n;
INSERT INTO credit_limits VALUES
    ('{LINE}', '{ADA}', 'active', 8500.50, 8.35, 'SHORT_TERM_PERSONAL_LOAN', now(), now(),
     now() - interval '3 days', now()),
    ('{OLDER_LINE}', '{ADA}', 'active', 4000, 14, 'SHORT_TERM_PERSONAL_LOAN', now(),
     now() - interval '9 days', now() - interval '10 days', now()),
    ('{OFFER}', '{BOB}', 'offered', 4000, 14, 'SHORT_TERM_PERSONAL_LOAN',
     now() + interval '6 days', NULL, now() - interval '1 day', now()),
    ('{OVER}', '{BOB}', 'offered', 4000, 14, 'SHORT_TERM_PERSONAL_LOAN',
     now() - interval '6 days', NULL, now() - interval '13 days', now())"""


def bcrypt():
    """Debian's libcrypt makes the hash of the test's password."""
    done = subprocess.run(["perl", "-e", "print crypt($ARGV[0], $ARGV[1])", PASSWORD,
                           "$2b$04$abcdefghijklmnopqrstuu"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("$2b$")
    return done.stdout


class Imported:
    def __init__(self, folder):
        self.server = Postgres(folder / "postgres")
        self.server.start()
        self.database = PostgresDatabase(self.server.url)
        self.environment = {**BASE_ENVIRONMENT, "DATABASE_URL": self.server.url}
        with psycopg2.connect(self.server.url) as connection:
            connection.cursor().execute(OLD_TABLES + ";" + OLD_ROWS.replace("%(hash)s", bcrypt()))
        self.refused = run_ecs("migrate", environment=self.environment)
        self.psql("1-set-aside.sql")
        self.migrated = run_ecs("migrate", environment=self.environment)
        self.said = self.psql("2-import.sql")
        self.process = Process("ecs", folder, self.environment).start()
        self.kind, self.certificate = "imported", None

    def psql(self, script):
        done = subprocess.run(["psql", "-X", "-f", ROOT / "sql" / "import" / script, self.server.url],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def url(self, path):
        return self.process.url + path

    def end(self):
        self.process.kill()
        self.server.end()


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    system = Imported(tmp_path_factory.mktemp("import"))
    yield system
    system.end()


@pytest.fixture
def client(imported):
    return Client(imported)


def test_migrate_recognises_the_old_system_and_changes_nothing(imported):
    assert imported.refused.returncode != 0
    assert "from-the-old-system.md" in imported.refused.stderr
    assert imported.migrated.returncode == 0, imported.migrated.stderr


def test_the_script_tells_what_it_took_and_left(imported):
    counts = dict(re.findall(r"^ *([\w ]+?) +\| +(\d+)$", imported.said, re.MULTILINE))
    assert counts == {"users": "2", "transactions": "40", "days of feelings": "10", "limits": "4"}
    left = imported.database.rows(
        "SELECT kind, reason, count(*) FROM old_system.left_out GROUP BY 1, 2 ORDER BY 1, 2")
    assert left == [("transaction", "no amount above zero", 1),
                    ("transaction", "of nobody who was taken over", 2),
                    ("user", "another account has this address", 1)]


def test_people_log_in_with_their_old_password_which_is_then_renewed(imported, client):
    def kept():
        return imported.database.rows(f"SELECT password_hash FROM users WHERE id = '{BOB}'")[0][0]

    assert kept().startswith("$2b$")
    assert client.login("bob@example.com", "wrong").status_code == 401
    assert kept().startswith("$2b$")
    assert client.login("bob@example.com", PASSWORD).status_code == 200
    assert kept().startswith("$argon2id$")
    assert client.login("bob@example.com", PASSWORD).status_code == 200
    assert client.login("bob@example.com", "wrong").status_code == 401


def person(client, email, user_id):
    login = client.login(email, PASSWORD)
    assert login.status_code == 200, login.text
    return Person(user_id, email, PASSWORD, login.json())


def test_features_count_what_the_old_system_knew(client):
    ada = person(client, "ada@example.com", ADA)
    features = client.features(ada)
    assert features["transaction_count_30d"] == 29 or features["transaction_count_30d"] == 30
    assert features["avg_positivity_7d"] == 0.6
    assert features["stress_events_30d"] == 0


def test_lines_and_offers_are_what_they_were(imported, client):
    ada, bob = person(client, "ada@example.com", ADA), person(client, "bob@example.com", BOB)
    line = client.profile(ada).json()["credit_line"]
    assert (line["credit_limit"], line["interest_rate"]) == (8500.50, 8.35)
    statuses = {item["offer_id"]: item["status"]
                for each in (ada, bob) for item in client.offers(each).json()["items"]}
    assert {LINE: "active", OLDER_LINE: "superseded", OVER: "expired"}.items() <= statuses.items()
    assert client.accept(bob, OFFER).status_code == 202
    assert client.active_line(bob)["offer_id"] == OFFER


def test_the_log_is_sound_and_replay_leaves_out_what_was_not_kept(imported, client):
    verified = run_ecs("verify-log", environment=imported.environment)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    replayed = run_ecs("replay", environment=imported.environment)
    assert "not at hand" in replayed.stdout
