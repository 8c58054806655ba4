# SPDX-License-Identifier: Apache-2.0
"""The dashboard of feelings and credit: its queries run, by a login that may read the views of
trends and nothing else, and no figure is of fewer than ten people."""
import json
import re

import psycopg2
import pytest
import yaml
from harness.ecs import ROOT, run_ecs
from harness.engines import Postgres
from harness.populated import fill

DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "people.json").read_text(encoding="utf-8"))
VIEWS = ("emotion_trends", "mood_and_spending", "limits_and_mood", "decision_trends",
         "limit_trends")


def targets():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield pytest.param(target["rawSql"], target["format"], id=panel["title"])


def as_grafana_sends(sql):
    return re.sub(r"\$__timeFilter\((\w+)\)", r"\1 BETWEEN now() - interval '30 days' AND now()",
                  sql)


@pytest.fixture(scope="module")
def owner(tmp_path_factory):
    server = Postgres(tmp_path_factory.mktemp("trends"))
    server.start()
    migrated = run_ecs("migrate", environment={"DATABASE_URL": server.url})
    assert migrated.returncode == 0, migrated.stderr
    connection = psycopg2.connect(server.url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        fill(cursor)
        cursor.execute("CREATE ROLE looker; GRANT SELECT ON " + ", ".join(VIEWS) + " TO looker")
    yield connection
    connection.close()
    server.end()


@pytest.fixture
def looker(owner):
    """A cursor that may read the views only; what is done to the data is undone."""
    owner.autocommit = False
    with owner.cursor() as cursor:
        yield cursor
    owner.rollback()
    owner.autocommit = True


def rows_of(cursor, sql):
    cursor.execute("SET LOCAL ROLE looker")
    cursor.execute(sql)
    rows = cursor.fetchall()
    cursor.execute("RESET ROLE")
    return rows


@pytest.mark.parametrize("sql, form", targets())
def test_a_query_gives_what_its_panel_shows(looker, sql, form):
    rows = rows_of(looker, as_grafana_sends(sql))
    assert rows
    looker.execute("SET LOCAL ROLE looker; " + as_grafana_sends(sql))
    columns = [column.name for column in looker.description]
    assert (columns[0] == "time") == (form == "time_series")


def test_grafana_is_given_the_dashboards_and_what_they_ask():
    """Each asks a data source of its kind; the login of one may read the views of trends."""
    def kinds(*path):
        return {source["type"] for source in yaml.safe_load(
            ROOT.joinpath("deploy/grafana", *path).read_text(encoding="utf-8"))["datasources"]}

    known = kinds("provisioning", "datasources", "ecs.yml")
    for board in ("ecs.json", "people.json"):
        text = (ROOT / "deploy" / "grafana" / board).read_text(encoding="utf-8")
        variable, = json.loads(text)["templating"]["list"]
        assert variable["query"] in known
    granted = (ROOT / "deploy" / "grafana" / "login.sh").read_text(encoding="utf-8")
    assert set(VIEWS) == set(re.search(r"GRANT SELECT ON (.*?)\n? +TO", granted, re.DOTALL)[1]
                             .replace("\n", "").replace(" ", "").split(","))


def test_every_view_is_shown():
    shown = " ".join(target.values[0] for target in targets())
    assert [view for view in VIEWS if view not in shown] == []


@pytest.mark.parametrize("table", ["users", "people_cohorts", "emotion_events", "emotion_tiles",
                                   "transaction_tiles", "decisions", "offers"])
def test_its_login_cannot_read_a_person(looker, table):
    looker.execute("SET LOCAL ROLE looker")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        looker.execute(f"SELECT * FROM {table}")


def leave(cursor, people):
    """So many people remain, all with a line and feelings."""
    cursor.execute("DELETE FROM users WHERE id NOT IN (SELECT user_id FROM offers WHERE status = "
                   "'active' ORDER BY user_id LIMIT %s)", (people,))
    for table in ("emotion_tiles", "transaction_tiles"):
        cursor.execute(f"DELETE FROM {table} WHERE user_id NOT IN (SELECT id FROM users)")
    # The same hour, day and limit for all: one group.
    cursor.execute("""
        DELETE FROM emotion_tiles a USING emotion_tiles b
        WHERE a.user_id = b.user_id AND a.hour > b.hour;
        DELETE FROM transaction_tiles a USING transaction_tiles b
        WHERE a.user_id = b.user_id AND a.day > b.day;
        UPDATE emotion_tiles SET hour = date_trunc('day', now(), 'UTC');
        UPDATE transaction_tiles SET day = date_trunc('day', now(), 'UTC');
        DELETE FROM offers WHERE status <> 'active';
        UPDATE offers SET activated_at = now();
        DELETE FROM decisions d WHERE NOT EXISTS (SELECT FROM offers o WHERE o.decision_id = d.id);
        ALTER TABLE decisions DISABLE TRIGGER USER;
        UPDATE decisions SET decided_at = now()""")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("people", [9, 10])
def test_nine_people_are_not_shown_and_ten_are(looker, view, people):
    leave(looker, people)
    shown = rows_of(looker, f"SELECT people FROM {view}")
    assert {count for count, in shown} == ({10} if people == 10 else set())


def test_a_small_group_is_not_what_remains_of_a_large_one(looker):
    """Twenty people, of whom nine lose their line: neither cohort is shown, all together are."""
    leave(looker, 20)
    looker.execute("DELETE FROM offers WHERE user_id IN (SELECT id FROM users ORDER BY id LIMIT 9)")
    shown = rows_of(looker, "SELECT cohort, people FROM emotion_trends")
    assert shown == [("all", 20)]
