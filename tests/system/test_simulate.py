# SPDX-License-Identifier: Apache-2.0
"""The simulator: exact totals, the same people and events again, a live stream that ends well."""
import re
import signal
import subprocess

import pytest
from harness.ecs import BINARY
from harness.poll import until

TOTAL = re.compile(r"^total +(\d+) people; (\d+) feelings and (\d+) payments accepted, "
                   r"(\d+) refused, (\d+) not confirmed$", re.MULTILINE)
CREDIT = re.compile(r"^total +(\d+) approved, (\d+) denied, (\d+) accepted, (\d+) lines active$",
                    re.MULTILINE)


def simulate(system, *options):
    done = system.command("simulate", "--people", "20", "--url", system.url("").rstrip("/"),
                          *options, timeout_s=120)
    assert done.returncode == 0, done.stderr + done.stdout
    return [int(number) for number in TOTAL.search(done.stdout).groups()], done.stdout


def counted(system, feelings, payments):
    database = system.database
    return (database.emotions_in_all() == feelings
            and database.rows("SELECT count(*) FROM transaction_events") == [(payments,)])


@pytest.mark.parametrize("via, kind", [("http", "embedded"), ("bus", "real")])
def test_what_it_says_is_what_is_stored(system_of, via, kind):
    """Twice the same command: the same people and events, which count once."""
    system = system_of(kind, {"RATE_REGISTRATIONS_PER_SECOND": "1000"})
    options = ("--days", "5", f"--via={via}")
    (people, feelings, payments, refused, lost), _ = simulate(system, *options)
    assert (people, refused, lost) == (20, 0, 0)
    assert feelings > 20 * 5 * 7 and payments > 20 * 5
    until("all is counted", lambda: counted(system, feelings, payments))
    again, _ = simulate(system, *options)
    assert again[1] >= feelings and again[2] >= payments  # what happened meanwhile is new
    until("only that is counted", lambda: counted(system, again[1], again[2]))


def test_a_live_stream_with_credit(system_of):
    system = system_of("embedded", {"SCORER": "scorecard", "RATE_REGISTRATIONS_PER_SECOND": "1000"})
    (_, feelings, payments, refused, _), text = simulate(
        system, "--days", "30", "--live", "40", "--duration", "6")
    approved, denied, accepted, active = (int(n) for n in CREDIT.search(text).groups())
    assert refused == 0
    assert approved + denied == 6
    assert 0 < active <= accepted <= approved
    assert "is told: Credit Limit Active!" in text
    until("all is counted", lambda: counted(system, feelings, payments))


def test_a_signal_ends_it_with_its_totals(system_of):
    system = system_of("embedded", {"RATE_REGISTRATIONS_PER_SECOND": "1000"})
    process = subprocess.Popen(
        [BINARY, "simulate", "--people", "3", "--days", "1", "--live", "20",
         "--url", system.url("").rstrip("/")],
        env=system.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "risk" in line:
            break  # it has come to the live stream
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    assert TOTAL.search(rest) and CREDIT.search(rest)


def test_nobody_answers(folder):
    done = subprocess.run([BINARY, "simulate", "--url", "http://127.0.0.1:1"], text=True,
                          env={"DATA_DIR": str(folder)}, capture_output=True, timeout=20)
    assert done.returncode == 69
    assert done.stderr == ("ecs simulate: nothing answers at http://127.0.0.1:1: "
                           "is ecs serve running?\n")


def test_all_faults_of_the_arguments_are_told_at_once(folder):
    done = subprocess.run([BINARY, "simulate", "--people", "0", "--via", "pigeon", "--days", "x",
                           "nonsense", "--duration", "5", "--seed"],
                          text=True, env={"DATA_DIR": str(folder)}, capture_output=True, timeout=20)
    assert done.returncode == 64
    for word in ("--people", "--via", "--days", "nonsense", "--duration", "--seed"):
        assert word in done.stderr


def test_a_wrong_key_is_told(system_of):
    system = system_of("embedded")
    done = subprocess.run(
        [BINARY, "simulate", "--people", "1", "--days", "1", "--url", system.url("").rstrip("/")],
        env={**system.environment, "INTERNAL_SERVICE_API_KEY": "x" * 40}, capture_output=True,
        text=True, timeout=60)
    assert done.returncode == 65
    assert "401 Invalid or missing internal API key." in done.stdout
