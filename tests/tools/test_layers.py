# SPDX-License-Identifier: Apache-2.0
"""The layer check finds each kind of include, and each use of a clock, that it is there for."""
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def check(folder):
    done = subprocess.run([ROOT / "tools" / "layers.py", folder], capture_output=True, text=True)
    return done.returncode, done.stderr


def write(folder, path, text):
    file = folder / "src" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("path, include", [
    ("base/buf.c", '"domain/event.h"'),
    ("domain/offer.c", '"store/offers.h"'),
    ("ports/bus.h", '"store/offers.h"'),
    ("domain/offer.c", "<time.h>"),
    ("wire/fields.c", '"ports/bus.h"'),
    ("ports/bus.h", '"roles/role.h"'),
    ("roles/user_credit.c", '"store/sql.h"'),
    ("commands/replay.c", '"store/internal.h"'),
    ("settings.c", '"store/sql_sqlite.h"'),
    ("store/offers.c", '"roles/role.h"'),
    ("store/offers.c", '"auth/token.h"'),
    ("roles/user_credit.c", '"http/server.h"'),
    ("roles/user_credit.c", '"simulation/population.h"'),
    ("domain/backtest.c", '"simulation/population.h"'),
    ("simulation/population.c", "<stdlib.h>"),
    ("roles/user_credit.c", "<sqlite3.h>"),
    ("bus/nats.c", '"roles/role.h"'),
    ("store/offers.c", "<nats/nats.h>"),
    ("store/offers.c", '"bus/nats.h"'),
    ("scorers/http.c", '"adapters/cache_redis.h"'),
    ("http/server.c", '"roles/role.h"'),
    ("runner/runner.c", '"bus/nats.h"'),
    ("runner/runner.c", '"roles/user_credit.h"'),
    ("commands/dead.c", '"bus/nats.h"'),
    ("model/model.c", '"learning/table.h"'),
    ("model/model.c", '"domain/scoring.h"'),
    ("learning/fit.c", '"simulation/population.h"'),
    ("roles/user_credit.c", '"model/model.h"'),
    ("scorers/simple.c", "<xgboost/c_api.h>"),
    ("settings.c", '"bus/nats.h"'),
    ("shed/anything.c", '"base/buf.h"'),
])
def test_a_wrong_include_is_found(tmp_path, path, include):
    write(tmp_path, path, f"/* head */\n#include {include}\n")
    status, errors = check(tmp_path)
    assert status == 1
    assert f"src/{path}" in errors


@pytest.mark.parametrize("path, include", [
    ("base/buf.c", "<stdlib.h>"),
    ("domain/offer.c", '"base/hash.h"'),
    ("roles/user_credit.c", '"wire/fields.h"'),
    ("roles/user_credit.c", '"store/offers.h"'),
    ("store/offers.c", '"store/sql.h"'),
    ("wiring.c", '"store/sql_sqlite.h"'),
    ("runner/runner.c", '"roles/role.h"'),
    ("store/sql_postgres.c", "<libpq-fe.h>"),
    ("scorers/simple.c", '"model/model.h"'),
    ("learning/boosting.c", "<xgboost/c_api.h>"),
    ("commands/train.c", '"learning/training.h"'),
    ("wiring.c", '"bus/nats.h"'),
    ("commands/serve.c", '"runner/runner.h"'),
])
def test_a_right_include_passes(tmp_path, path, include):
    write(tmp_path, path, f"#include {include}\n")
    assert f"src/{path}" not in check(tmp_path)[1]


@pytest.mark.parametrize("use", [
    "clock_gettime(id, &now);",
    "pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);",
    "pthread_cond_timedwait(&changed, &lock, &deadline);",
    "sem_timedwait(&ready, &deadline);",
    "pthread_mutex_timedlock(&lock, &deadline);",
    "gettimeofday(&now, NULL);",
    "time_t now = time(NULL);",
    "nanosleep(&pause, NULL);",
    "usleep(100);",
    "nats_Sleep(100);",
])
def test_a_clock_of_the_system_is_found(tmp_path, use):
    write(tmp_path, "http/server.c", f"/* head */\n{use}\n")
    status, errors = check(tmp_path)
    assert status == 1
    assert "src/http/server.c:2: " in errors and "process/steady.h" in errors


@pytest.mark.parametrize("path, use", [
    ("process/steady.c", "clock_gettime(CLOCK_MONOTONIC, &now);"),
    ("adapters/clock.c", "clock_gettime(CLOCK_REALTIME, &now);"),
    ("http/server.c", "int64_t now_us = clock_now_us(clock);"),
    ("http/server.c", "/* its time (in microseconds) */"),
])
def test_a_clock_in_its_place_passes(tmp_path, path, use):
    write(tmp_path, path, f"{use}\n")
    assert f"src/{path}" not in check(tmp_path)[1]


@pytest.mark.parametrize("path, text, fault", [
    ("roles/user_credit.c", '#include "wire/fields.h"', "roles/ includes nothing of wire/"),
    ("runner/runner.c", '#include "roles/role.h"', 'runner/ does not include "roles/role.h"'),
    ("scorers/http.c", "#include <curl/curl.h>", "scorers/ does not include <curl/curl.h>"),
    ("domain/offer.c", "#include <string.h>", "domain and simulation do not include <string.h>"),
    ("process/log.c", "clock_gettime(CLOCK_REALTIME, &now);", "process/log.c reads no clock"),
])
def test_a_permission_that_nothing_uses_is_found(tmp_path, path, text, fault):
    write(tmp_path, "commands/train.c", "#include <curl/curl.h>\n")
    assert fault in check(tmp_path)[1]
    write(tmp_path, path, f"{text}\n")
    status, errors = check(tmp_path)
    assert status == 1
    assert fault not in errors


def test_the_rooms_of_the_architecture_page_are_those_of_the_check():
    table = subprocess.run([ROOT / "tools" / "layers.py", "--rooms"], capture_output=True, text=True,
                           check=True).stdout
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f"\n{table}\n" in page, "make docs"


def test_no_sources_is_a_fault(tmp_path):
    status, errors = check(tmp_path)
    assert status == 1
    assert "no source files" in errors


def test_the_project_itself_passes():
    assert check(ROOT) == (0, "")
