# SPDX-License-Identifier: Apache-2.0
"""Each role with a login of PostgreSQL and a user of NATS of its own, made by the files of deploy/:
everything works, and what a role has no use for the engines refuse."""
import json
import shutil

import psycopg2
import pytest
from harness.client import Client, emotion, now_text
from harness.clock import clock_shifted
from harness.database import PostgresDatabase
from harness.ecs import INTERNAL_KEY, ROOT, run_ecs
from harness.engines import Nats, Postgres
from harness.logins import LoginsNats
from harness.nats import NatsClient
from harness.poll import until

LOGINS = ("transaction-ingestion", "emotion-processing", "transaction-processing", "user-credit",
          "credit-application", "operator")
USERS = ("emotion-ingestion", *LOGINS, "emotion-producer", "transaction-producer")
STREAMS = ("emotions", "transactions", "credits", "notifications", "dead-letter")


@pytest.fixture(scope="module")
def walled(system_of_file, tmp_path_factory):
    """With a challenger, which writes into a table of its own."""
    challengers = tmp_path_factory.mktemp("challengers")
    (challengers / "same").mkdir()
    shutil.copy(ROOT / "policy" / "seed.json", challengers / "same" / "policy.json")
    return system_of_file("logins", {"CHALLENGERS_DIR": str(challengers)})


def refusals(system):
    """What any role was refused by an engine, as it logged it."""
    return [(process.name, line.get("reason")) for process in system.processes.values()
            for line in process.lines()
            if line["message"] in ("database refused", "bus refused: this user may not")]


# What works ------------------------------------------------------------------------------------


def sessions_work(client):
    person = client.person()
    answer = client.post("/v1/auth/refresh", json={"refresh_token": person.refresh_token})
    assert answer.status_code == 200, answer.text
    again = client.post("/v1/auth/refresh", json={"refresh_token": person.refresh_token})
    assert again.status_code == 401
    assert client.login(person.email, "not the password").status_code == 401
    assert client.post("/v1/auth/logout", person.bearer).ok
    until("the token is revoked where payments are taken",
          lambda: client.spend(person, 1).status_code == 401)


def events_are_counted(system, client, person):
    """Over HTTP and from producers on the bus, of this month and of a year ago."""
    nats = system.engines.nats
    for number, days in enumerate((0, 330)):
        assert client.feel(emotion(person.id, event_id=f"felt-{number}",
                                   timestamp=now_text(days=days, minutes=1))).status_code == 202
        assert client.spend(person, 10, {"Idempotency-Key": f"paid-{number}"},
                            occurredAt=now_text(days=days, minutes=1)).status_code == 202
    with NatsClient(nats.url_of("emotion-producer")) as producer:
        producer.publish("user.emotions.topic", emotion(person.id, event_id="felt-on-the-bus"))
    with NatsClient(nats.url_of("transaction-producer")) as producer:
        producer.publish("transactions.topic", {"userId": person.id, "amount": 5})
    until("all that was felt is counted", lambda: system.database.emotions_of(person.id) == 3)
    client.wait_for_transactions(person, 2)
    assert system.database.tiles_that_differ() == []


def credit_is_given(system, client, person):
    answer = client.analyse(person, {"Idempotency-Key": "once"})
    assert client.analyse(person, {"Idempotency-Key": "once"}).json() == answer.json()
    assert client.accept(person, answer.json()["offer"]["offer_id"]).status_code in (200, 202)
    client.active_line(person)
    told = until("the person is told", lambda: client.notifications(person).json()["items"])
    assert len(told) == 1
    until("the outbox is empty", lambda: not system.database.rows("SELECT 1 FROM outbox"))
    until("the challenger has seen it",
          lambda: system.database.rows("SELECT 1 FROM shadow_decisions"))


def old_things_are_swept(system, person):
    """A month that is past its retention, and what has expired."""
    database = system.database
    database.change("SELECT events_month_add('emotion_events', now() - interval '3 years')")
    database.change("UPDATE sweeps SET swept_at = '1970-01-01'")
    database.change("UPDATE event_keys SET seen_at = now() - interval '15 days'")
    database.change("UPDATE login_failures SET failed_at = now() - interval '2 hours'")
    database.change("UPDATE idempotency_keys SET created_at = now() - interval '2 days'")
    database.change("UPDATE submission_keys SET created_at = now() - interval '2 days'")
    database.change(f"UPDATE refresh_tokens SET expires_at = now() WHERE user_id = '{person.id}'")
    role = system.processes["user-credit"]

    def sweeps():
        return [line for line in role.lines() if line["message"] == "swept"]

    before = len(sweeps())
    role.terminate()
    role.environment.update(clock_shifted(role.folder, 0))  # a sweep believes no wrong clock
    role.start()
    swept = until("it sweeps", lambda: sweeps()[before:])
    assert all(swept[-1][what] >= 1 for what in (
        "emotions", "event_keys", "decision_keys", "submission_keys", "refresh_tokens",
        "login_failures")), swept


def commands_work(system):
    for command in (["verify-log"], ["replay"], ["features", "--as-of", now_text()], ["dead", "list"],
                    ["backtest", str(ROOT / "policy" / "seed.json")],
                    ["rewind", "emotions", "--since", now_text(minutes=5)]):
        done = system.command(*command)
        assert done.returncode == 0, (command, done.stderr, done.stdout)
    for process in system.processes.values():
        assert json.loads(run_ecs("status", "--json", environment=process.environment).stdout)


def letters_of(system):
    return json.loads(system.command("dead", "list", "--json").stdout)["dead_letters"]


def a_person_leaves(system, client, person):
    """The owner erases; user-credit follows with the dead letters."""
    client.feel(emotion(person.id, event_id="felt-0", stress=0.9))
    until("another use of an id is put aside", lambda: len(letters_of(system)) == 1)
    owner = PostgresDatabase(system.engines.postgres.url_of("migrate"))
    owner.change(f"INSERT INTO erasures (user_id) VALUES ('{person.id}')")
    owner.change(f"DELETE FROM users WHERE id = '{person.id}'")
    assert system.database.emotions_of(person.id) == 0
    until("the letter is gone", lambda: not letters_of(system))


def test_everything_works_and_nothing_is_refused(walled):
    client = Client(walled)
    person = client.person()
    sessions_work(client)
    events_are_counted(walled, client, person)
    credit_is_given(walled, client, person)
    a_person_leaves(walled, client, person)
    person = client.person()
    credit_is_given(walled, client, person)
    client.spend(person, 1, {"Idempotency-Key": "swept"})
    client.login(person.email, "not the password")
    client.feel(emotion(person.id))
    until("it is counted", lambda: walled.database.emotions_of(person.id) == 1)
    old_things_are_swept(walled, person)
    commands_work(walled)
    assert refusals(walled) == []


def test_a_stream_and_a_consumer_are_made_anew(walled):
    """By the roles themselves, under their own users."""
    with NatsClient(walled.engines.nats.url) as nats:
        nats.api("STREAM.DELETE.credits")
        nats.api("CONSUMER.DELETE.emotions.processor")
    client = Client(walled)
    person = client.person()
    client.feel(emotion(person.id))
    until("what was felt is counted", lambda: walled.database.emotions_of(person.id) == 1)
    client.accept(person, client.analyse(person).json()["offer"]["offer_id"])
    client.active_line(person)


def test_the_owner_owns_everything_and_may_nothing_else(walled):
    rows = walled.database.rows
    assert rows("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'") == \
        [("ecs_owner",)]
    assert len(rows("SELECT 1 FROM pg_tables WHERE tablename LIKE 'emotion_events_20%%'")) >= 2
    assert rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'ecs_%%' AND (rolsuper OR"
                " rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)") == []


# What is refused -------------------------------------------------------------------------------

NOBODY = "00000000-0000-0000-0000-000000000000"
# Of every login but the owner's.
NOBODYS = [
    "DELETE FROM users", "UPDATE users SET email = 'a@b.c'", "TRUNCATE emotion_events",
    "DELETE FROM decisions", "UPDATE decisions SET risk = 0", "UPDATE offers SET limit_cents = 1",
    "UPDATE log_heads SET count = 1", "DELETE FROM log_heads", "INSERT INTO erasures VALUES ('{nobody}')",
    "DELETE FROM erasures", "UPDATE policies SET content = ''", "UPDATE emotion_events SET stress = 0",
    "DELETE FROM transaction_tiles", "UPDATE refresh_tokens SET expires_at = now()",
    "UPDATE schema_migrations SET name = ''", "ALTER TABLE users DISABLE TRIGGER ALL",
    "DROP TABLE outbox", "CREATE TABLE mine (a integer)", "CREATE TEMPORARY TABLE mine (a integer)",
    "CREATE ROLE mine", "SET ROLE ecs_owner", "COPY users TO PROGRAM 'cat'",
    "SELECT pg_read_file('/etc/passwd')", "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SELECT rolpassword FROM pg_authid",
    "SELECT events_month_drop('emotion_events', now())",
    "SELECT events_month_drop('users', now() - interval '1 year')",
    "SELECT events_month_add('users', now())",
]
PEOPLE = "SELECT email FROM users"
HASHES = "SELECT password_hash FROM users"
SESSIONS = "SELECT 1 FROM refresh_tokens"
FEELINGS = "SELECT 1 FROM emotion_events"
PAYMENTS = "SELECT 1 FROM transaction_events"
EMOTION_TILES = "SELECT 1 FROM emotion_tiles"
TRANSACTION_TILES = "SELECT 1 FROM transaction_tiles"
DECISIONS = "SELECT 1 FROM decisions"
OFFERS = "SELECT 1 FROM offers"
OUTBOX = "INSERT INTO outbox (stream) VALUES ('credits')"
ACCEPT = "UPDATE offers SET accepted_at = now()"
ACTIVATE = "UPDATE offers SET activated_at = now()"
KEYS = "DELETE FROM event_keys"
SWEEP = "SELECT events_month_drop('emotion_events', now() - interval '1 year')"
MONTHS = "SELECT events_month_add('{kind}_events', now())"
TRENDS = "SELECT 1 FROM emotion_trends"
NAMES = "SELECT 1 FROM people_cohorts"
REFUSED = {
    "transaction-ingestion": [
        PEOPLE, HASHES, SESSIONS, FEELINGS, PAYMENTS, EMOTION_TILES, TRANSACTION_TILES, DECISIONS, OFFERS,
        OUTBOX, KEYS, SWEEP, MONTHS.format(kind="transaction"), TRENDS, NAMES,
        "INSERT INTO event_keys VALUES ('{nobody}', '{nobody}', now())", "DELETE FROM submission_keys",
        "UPDATE users SET generation = 0"],
    "emotion-processing": [
        PEOPLE, HASHES, SESSIONS, FEELINGS, PAYMENTS, TRANSACTION_TILES, DECISIONS, OFFERS, OUTBOX, KEYS,
        SWEEP, MONTHS.format(kind="transaction"), TRENDS, NAMES, "SELECT id FROM users",
        "INSERT INTO transaction_events (user_id) VALUES ('{nobody}')", "DELETE FROM emotion_tiles",
        "INSERT INTO feature_versions VALUES ('{nobody}', 0)"],
    "transaction-processing": [
        PEOPLE, HASHES, SESSIONS, FEELINGS, PAYMENTS, EMOTION_TILES, DECISIONS, OFFERS, OUTBOX, KEYS, SWEEP,
        MONTHS.format(kind="emotion"), TRENDS, NAMES, "SELECT id FROM users",
        "INSERT INTO emotion_events (user_id) VALUES ('{nobody}')"],
    "user-credit": [
        FEELINGS, PAYMENTS, ACTIVATE, MONTHS.format(kind="emotion"), TRENDS, NAMES,
        "INSERT INTO notifications (user_id) VALUES ('{nobody}')", "UPDATE log_shards SET shard = 1",
        "INSERT INTO emotion_tiles (user_id) VALUES ('{nobody}')",
        "UPDATE feature_versions SET version = 0", "SELECT content FROM policies",
        "UPDATE shadow_decisions SET risk = 0", "SELECT 1 FROM log_heads"],
    "credit-application": [
        PEOPLE, HASHES, SESSIONS, FEELINGS, PAYMENTS, EMOTION_TILES, TRANSACTION_TILES, DECISIONS, ACCEPT,
        KEYS, SWEEP, TRENDS, NAMES, "INSERT INTO offers (user_id) VALUES ('{nobody}')",
        "UPDATE users SET generation = 0", "SELECT 1 FROM notifications"],
    "operator": [
        HASHES, SESSIONS, OUTBOX, ACCEPT, ACTIVATE, KEYS, SWEEP, MONTHS.format(kind="emotion"),
        "INSERT INTO users (id) VALUES ('{nobody}')", "UPDATE log_shards SET position = 0",
        "INSERT INTO decisions (user_id) VALUES ('{nobody}')"],
}


@pytest.mark.parametrize("role", LOGINS)
def test_the_database_refuses_what_a_role_has_no_use_for(walled, role):
    connection = psycopg2.connect(walled.engines.postgres.url_of(role))
    taken = []
    with connection.cursor() as cursor:
        for statement in [*NOBODYS, *REFUSED[role]]:
            try:
                cursor.execute(statement.replace("{nobody}", NOBODY))
                taken.append(statement)
            except psycopg2.errors.InsufficientPrivilege:
                pass
            connection.rollback()
    connection.close()
    assert taken == []


# What each may publish and hear, beside what all roles may; everything else below is refused.
WORKER = ["$JS.API.CONSUMER.{call}.{stream}.processor".replace("{call}", call)
          for call in ("INFO", "DURABLE.CREATE", "DELETE", "MSG.NEXT")] + \
    ["$JS.ACK.{stream}.processor.1.1.1.1.0", "ecs.dead.{stream}"]
OF_EMOTIONS, OF_TRANSACTIONS, OF_CREDITS = (
    [subject.replace("{stream}", stream) for subject in WORKER]
    for stream in ("emotions", "transactions", "credits"))
FEEL, PAY, ACCEPTED, TOLD = ("user.emotions.topic", "transactions.topic", "credit.offers.approved",
                             "user.notifications")
LOOK = ["$JS.API.INFO", *(f"$JS.API.STREAM.{call}.{stream}" for stream in STREAMS
                          for call in ("INFO", "CREATE")),
        "$JS.API.CONSUMER.CREATE.dead-letter.any.ecs.dead.clock",
        "$JS.API.CONSUMER.DELETE.dead-letter.any"]
LETTERS = ["$JS.API.STREAM.MSG.GET.dead-letter", "$JS.API.STREAM.MSG.DELETE.dead-letter"]
MAY_PUBLISH = {
    "emotion-ingestion": {*LOOK, FEEL},
    "transaction-ingestion": {*LOOK, PAY},
    "emotion-processing": {*LOOK, *OF_EMOTIONS},
    "transaction-processing": {*LOOK, *OF_TRANSACTIONS},
    "credit-application": {*LOOK, *OF_CREDITS, ACCEPTED, TOLD},
    "user-credit": {*LOOK, *LETTERS, ACCEPTED, TOLD},
    "emotion-producer": {FEEL},
    "transaction-producer": {PAY},
}
SUBJECTS = sorted({
    *LOOK, *LETTERS, *OF_EMOTIONS, *OF_TRANSACTIONS, *OF_CREDITS, FEEL, PAY, ACCEPTED, TOLD,
    *(f"$JS.API.STREAM.{call}.{stream}" for stream in STREAMS
      for call in ("UPDATE", "DELETE", "PURGE", "MSG.GET", "MSG.DELETE", "SNAPSHOT", "RESTORE")),
    *(f"$JS.API.CONSUMER.{call}.{stream}" for stream in STREAMS for call in ("CREATE", "LIST")),
    *(f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.mine" for stream in STREAMS),
    "$JS.API.CONSUMER.CREATE.dead-letter.any", "$JS.API.CONSUMER.CREATE.dead-letter.any.ecs.dead.>",
    "$JS.API.CONSUMER.CREATE.emotions.any.ecs.dead.clock", "$JS.API.CONSUMER.DELETE.emotions.any",
    "ecs.dead.clock", "$JS.API.STREAM.CREATE.mine", "$JS.API.STREAM.LIST", "$JS.API.DIRECT.GET.emotions",
    "$JS.API.META.LEADER.STEPDOWN", "$SYS.REQ.SERVER.PING", "ecs.dead.mine", "mine",
    *(f"_INBOX.{user}.x" for user in USERS)})
# A whole subject, so that it is refused or not by its permission alone; what is allowed is not sent.
HEARD = [FEEL, PAY, ACCEPTED, TOLD, "ecs.dead.>", "$JS.API.>", "$JS.ACK.>", "$JS.EVENT.ADVISORY.>", ">",
         "_INBOX.>", *(f"_INBOX.{user}.>" for user in USERS)]
MAY_HEAR = {user: {f"_INBOX.{user}.>"} for user in MAY_PUBLISH}
MAY_HEAR["user-credit"].add(TOLD)


@pytest.mark.parametrize("user", MAY_PUBLISH)
def test_the_bus_refuses_what_a_user_has_no_use_for(walled, user):
    may = MAY_PUBLISH[user]
    with NatsClient(walled.engines.nats.url_of(user)) as nats:
        forbidden = [subject for subject in SUBJECTS if subject not in may]
        assert nats.refusals(*(f"PUB {subject} 0\r\n".encode() for subject in forbidden)) == [
            f"-ERR 'Permissions Violation for Publish to \"{subject}\"'" for subject in forbidden]
        forbidden = [subject for subject in HEARD if subject not in MAY_HEAR[user]]
        refused = nats.refusals(*(f"SUB {subject} 9{at}".encode()
                                  for at, subject in enumerate(forbidden)))
        assert len(refused) == len(forbidden), refused
        harmless = [f"$JS.API.STREAM.INFO.{stream}" for stream in STREAMS]
        allowed = nats.refusals(*(f"PUB {subject} 0\r\n".encode() for subject in harmless))
        assert (allowed == []) == (not user.endswith("producer"))


# When something is missing ---------------------------------------------------------------------


def test_a_missing_right_is_told_and_put_right_by_migrating_again(walled):
    """The role stops counting; nothing goes to the dead letters; `ecs migrate` brings the right back."""
    worker = walled.worker("emotions")
    walled.database.change("REVOKE INSERT ON emotion_tiles FROM ecs_emotion_processing")
    client = Client(walled)
    person = client.person()
    client.feel(emotion(person.id))
    until("the log names the table", lambda: ("emotion-processing",
                                              "permission denied for table emotion_tiles")
          in refusals(walled))
    until("it is not ready", lambda: worker.readiness()[1]["failing"] == ["emotion-processing"])
    done = walled.engines.postgres.migrate()
    assert done.returncode == 0, done.stderr
    until("it counts again", lambda: walled.database.emotions_of(person.id) == 1)
    until("it is ready", lambda: worker.readiness()[0] == 200)
    assert letters_of(walled) == []


def test_a_refusal_of_the_bus_is_told(walled):
    """A role with the user of another."""
    wrong = walled.make("wrong", "emotion-ingestion")
    wrong.environment["NATS_URL"] = walled.engines.nats.url_of("transaction-ingestion")
    wrong.start()
    client = Client(walled)
    event = emotion(client.person().id)
    answer = wrong.call("POST", "/v1/emotions/stream", json=event,
                        headers={"X-Internal-Key": INTERNAL_KEY})
    assert answer.status_code == 503
    assert ("wrong", 'Permissions Violation for Publish to "user.emotions.topic"') in refusals(walled)
    wrong.terminate()
    del walled.processes["wrong"]


def test_a_role_without_its_database_login_cannot_migrate_it(walled):
    """It waits for the owner to do so."""
    walled.database.change("UPDATE schema_migrations SET version = 999 WHERE version = 1")
    try:
        done = walled.command("migrate")
        assert done.returncode == 69 and "not the login of its owner" in done.stderr
        late = walled.make("late", "credit-application")
        late.start(wait=False)
        until("it says what it waits for", lambda: any(
            line.get("reason", "").endswith("run ecs migrate with the owner's login")
            for line in late.lines()))
    finally:
        walled.database.change("UPDATE schema_migrations SET version = 1 WHERE version = 999")
    late.wait_ready()
    late.terminate()
    del walled.processes["late"]


def test_another_password_for_one_role(walled):
    """docs/deployment.md: remove its file, make it anew, run the logins again, restart the role."""
    engines = walled.engines
    (engines.secrets.folder / "user-credit.database_password").unlink()
    before = engines.postgres.url_of("user-credit")
    other = engines.postgres.url_of("credit-application")
    engines.secrets.make()
    after = engines.postgres.url_of("user-credit")
    assert after != before and engines.postgres.url_of("credit-application") == other
    engines.postgres.make_logins()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(before)
    process = walled.processes["user-credit"]
    process.terminate()
    process.environment["DATABASE_URL"] = after
    process.start()
    assert Client(walled).person().token


def test_streams_of_one_user_are_brought_over(folder, walled):
    """They are in the account that all users share: the same files, with the users of deploy/."""
    old = Nats(folder)
    old.start()
    with NatsClient(old.url) as nats:
        nats.api("STREAM.CREATE.emotions", {"name": "emotions", "subjects": ["user.emotions.topic"]})
        nats.publish("user.emotions.topic", {"felt": "before"})
    old.end()
    new = LoginsNats(folder / "new", walled.engines.secrets)
    new.folder = old.folder
    new.start()
    try:
        with NatsClient(new.url) as nats:
            assert [message.payload for message in nats.messages("emotions")] == [b'{"felt": "before"}']
    finally:
        new.end()


def test_an_installation_of_one_login_is_brought_over(folder, walled):
    """A database that a superuser made and filled: the same files, once more."""
    server = Postgres(folder)
    server.start()
    try:
        old = run_ecs("migrate", environment={"DATABASE_URL": server.url})
        assert old.returncode == 0, old.stderr
        database = PostgresDatabase(server.url)
        database.change("SELECT events_month_add('emotion_events', now())")
        assert database.rows("SELECT DISTINCT tableowner FROM pg_tables"
                             " WHERE schemaname = 'public'") == [("ecs",)]
        logins = walled.engines.postgres
        port, logins.port = logins.port, server.port
        try:
            for _ in range(2):
                logins.make_logins()
                done = logins.migrate()
                assert done.returncode == 0, done.stderr
        finally:
            logins.port = port
        assert database.rows("SELECT DISTINCT tableowner FROM pg_tables"
                             " WHERE schemaname = 'public'") == [("ecs_owner",)]
        assert database.rows("SELECT has_table_privilege('ecs_user_credit', 'decisions', 'INSERT')"
                             ", has_table_privilege('ecs_user_credit', 'emotion_events', 'SELECT')") \
            == [(True, False)]
    finally:
        server.end()
