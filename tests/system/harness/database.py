# SPDX-License-Identifier: Apache-2.0
"""The tables as they are, and tiles computed again from raw rows by other means than ours: SQL."""
import sqlite3
import uuid

import psycopg2
import psycopg2.extras

# A tile again from its raw rows; {hour} is the start of the hour that an event lies in.
TILES_AGAIN = """
    SELECT user_id, {hour} AS hour, count(*) AS event_count,
        sum(CASE WHEN stress >= 700000 THEN 1 ELSE 0 END) AS stress_event_count,
        sum(positivity) AS positivity_sum, sum(intensity) AS intensity_sum,
        sum(stress) AS stress_sum, sum({square}) AS stress_square_sum,
        min(stress) AS stress_min, max(stress) AS stress_max
    FROM emotion_events GROUP BY 1, 2"""
TILES = """
    SELECT user_id, hour, event_count, stress_event_count, positivity_sum, intensity_sum,
        stress_sum, stress_square_sum, stress_min, stress_max FROM emotion_tiles"""
# A hash nobody knows the password of: those people hold tokens that tests sign.
NO_PASSWORD = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43


class Database:
    """What both have in common. Ids go in as text; `rows` takes ? for a parameter."""

    def rows(self, query, *parameters):
        raise NotImplementedError

    def id(self, text):
        """An id as the database keeps it."""
        raise NotImplementedError

    def _count(self, query, *parameters):
        return int(self.rows(query, *parameters)[0][0] or 0)

    def emotions_in_all(self):
        return self._count("SELECT count(*) FROM emotion_events")

    def emotion_keys(self):
        return self._count("SELECT count(*) FROM event_keys")

    def emotion_tile_total(self):
        return self._count("SELECT sum(event_count) FROM emotion_tiles")

    def emotions_of(self, user_id):
        return self._count("SELECT count(*) FROM emotion_events WHERE user_id = ?",
                           self.id(user_id))

    def transactions_of(self, user_id):
        return self._count("SELECT count(*) FROM transaction_events WHERE user_id = ?",
                           self.id(user_id))

    def event_ids_of(self, user_id):
        return [row[0] for row in self.rows(
            "SELECT event_id FROM emotion_events WHERE user_id = ?", self.id(user_id))]

    def tiles_of(self, user_id):
        return self._count("SELECT count(*) FROM emotion_tiles WHERE user_id = ?",
                           self.id(user_id))

    def tiles_that_differ(self):
        """Tiles that are not what their raw rows give, and those that one side lacks."""
        again = TILES_AGAIN.format(hour=self.hour, square=self.square)
        return self.rows(f"SELECT * FROM ({TILES} EXCEPT {again}) a"
                         f" UNION ALL SELECT * FROM ({again} EXCEPT {TILES}) b")


class SqliteDatabase(Database):
    """Read beside the process that owns it; what changes rows waits for its turn to write."""

    hour = "occurred_at - occurred_at % 3600000000"
    square = "stress * stress"

    def __init__(self, folder):
        self.path = folder / "ecs.db"

    def id(self, text):
        return uuid.UUID(text).bytes

    def rows(self, query, *parameters):
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(query, parameters).fetchall()
        finally:
            connection.close()

    def change(self, statement):
        connection = sqlite3.connect(self.path, timeout=10)
        connection.execute(statement)
        connection.commit()
        connection.close()

    def add_people(self, people):
        connection = sqlite3.connect(self.path)
        connection.executemany(
            "INSERT INTO users (id, email, password_hash, created_at, updated_at)"
            " VALUES (?, ?, ?, 1, 1)",
            [(self.id(person.id), person.email, NO_PASSWORD) for person in people])
        connection.commit()
        connection.close()


class PostgresDatabase(Database):
    hour = "date_trunc('hour', occurred_at, 'UTC')"
    square = "stress::bigint * stress"

    def __init__(self, url):
        self.url = url

    def id(self, text):
        return text

    def _run(self, work):
        connection = psycopg2.connect(self.url, connect_timeout=5)
        try:
            with connection, connection.cursor() as cursor:
                return work(cursor)
        finally:
            connection.close()

    def rows(self, query, *parameters):
        def read(cursor):
            cursor.execute(query.replace("?", "%s"), parameters)
            return cursor.fetchall()
        return self._run(read)

    def change(self, statement):
        self._run(lambda cursor: cursor.execute(statement))

    def alone(self, statement):
        """A statement that may not stand in a transaction."""
        connection = psycopg2.connect(self.url, connect_timeout=5)
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def add_people(self, people):
        self._run(lambda cursor: psycopg2.extras.execute_values(
            cursor, "INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES %s",
            [(person.id, person.email, NO_PASSWORD) for person in people],
            "(%s, %s, %s, now(), now())"))
