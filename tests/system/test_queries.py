# SPDX-License-Identifier: Apache-2.0
"""Every query of docs/queries.md gives the columns that the page says, and rows, by the plan that
the page says, on a private PostgreSQL with the migrated schema."""
import fnmatch
import json
import pathlib
import re

import psycopg2
import pytest
from harness.ecs import ROOT, run_ecs
from harness.engines import Postgres
from harness.populated import fill

PAGE = pathlib.Path(ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
PERSON = "00000000-0000-0000-0000-000000000007"


def queries():
    """(title, SQL, columns, what the plan line says) of each section of the page."""
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        title = section.splitlines()[0]
        sql = re.search(r"```sql\n(.*?)```", section, re.DOTALL).group(1)
        columns = re.findall(r"`(\w+)`", re.search(r"^Columns: .*", section, re.MULTILINE).group())
        plan = re.search(r"^\*\*Plan\*\*: (.*)", section, re.MULTILINE).group(1)
        yield pytest.param(sql.replace(":'user_id'", f"'{PERSON}'"), columns, plan, id=title)


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    server = Postgres(tmp_path_factory.mktemp("queries"))
    server.start()
    migrated = run_ecs("migrate", environment={"DATABASE_URL": server.url})
    assert migrated.returncode == 0, migrated.stderr
    connection = psycopg2.connect(server.url, options="-c timezone=UTC")
    connection.autocommit = True
    with connection.cursor() as cursor:
        fill(cursor)
        cursor.execute("VACUUM ANALYZE")
    yield connection
    connection.close()
    server.end()


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def test_the_page_has_queries():
    assert len(list(queries())) >= 6


@pytest.mark.parametrize("sql, columns, plan", queries())
def test_query(connection, sql, columns, plan):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert [column.name for column in cursor.description] == columns
        assert cursor.fetchall()
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql)
        found = list(nodes(cursor.fetchone()[0][0]["Plan"]))
    used = [node["Index Name"] for node in found if "Index Name" in node]
    whole = [node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"]
    if plan.startswith("reads all of"):
        assert whole == re.findall(r"`(\w+)`", plan)
        return
    for name in re.findall(r"`([\w*]+)`", plan):
        assert fnmatch.filter(used, name), json.dumps(found, indent=1)
    if "partitions are not touched" in plan:
        removed = sum(node.get("Subplans Removed", 0) for node in found)
        assert removed >= 3 and not whole, json.dumps(found, indent=1)
