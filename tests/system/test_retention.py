# SPDX-License-Identifier: Apache-2.0
"""What is old is removed, and nothing else is, whatever a process's clock says."""
import pytest
from harness.client import Client, emotion, now_text
from harness.clock import clock_shifted
from harness.poll import until

DAY_S = 86400
TABLES = ("emotion_events", "event_keys", "refresh_tokens", "emotion_tiles")
STATE = "ecs_sweep_state"


@pytest.fixture(scope="module", params=["embedded", "real"])
def filled(request, system_of_file):
    """A system with a year of somebody's feelings and many sessions."""
    system = system_of_file(request.param)
    client = Client(system)
    person = client.person()
    for number in range(13):
        for each in range(3):
            event = emotion(person.id, event_id=f"{number}-{each}",
                            timestamp=now_text(days=30 * number, minutes=1))
            assert client.feel(event).status_code == 202
    for _ in range(40):
        assert client.login(person.email).status_code == 200
    until("all are counted", lambda: system.database.emotions_of(person.id) == 39)
    return system


def rows_of(system):
    return {table: system.database.rows(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


def errors_of(process):
    return [line for line in process.lines()
            if line["level"] == "error" and line["message"].startswith("nothing is swept")]


@pytest.mark.parametrize("days", [730, 15])
def test_a_process_with_a_wrong_clock_removes_nothing(filled, folder, days):
    before = rows_of(filled)
    assert all(before.values())
    shift = clock_shifted(folder, days * DAY_S)
    if filled.kind == "embedded":
        wrong = filled.process
        wrong.terminate()
    else:
        wrong = filled.make(f"wrong{days}", "user-credit")
    seen = len(errors_of(wrong)) if wrong.log.exists() else 0
    honest = wrong.environment
    wrong.environment = {**honest, **shift}
    wrong.start()
    until("it says so", lambda: len(errors_of(wrong)) > seen)
    # Embedded, both clocks are wrong, as the process started with it; after a refusal it believes a
    # day more.
    told = errors_of(wrong)[-1]["ahead_s"]
    assert told == pytest.approx(days * DAY_S, abs=1.1 * DAY_S if filled.kind == "embedded" else 10)
    until("its metric says so", lambda: wrong.metrics()[STATE] == 2)
    assert rows_of(filled) == before
    wrong.terminate()
    wrong.environment = honest
    if filled.kind == "embedded":
        wrong.start()
        until("it believes its clock again", lambda: wrong.metrics()[STATE] == 0)
        assert rows_of(filled) == before


def test_a_rewind_past_the_life_of_keys_is_refused(filled):
    if filled.kind == "embedded":
        filled.process.terminate()
    done = filled.command("rewind", "emotions", "--since", now_text(days=14))
    assert done.returncode == 64
    assert "more than 13 days ago" in done.stderr and "kept for 14 days" in done.stderr
