# SPDX-License-Identifier: Apache-2.0
"""The commands of ecs as a person and a program use them: help, slips of the finger, completion,
reports in JSON, where logs go, and progress on a terminal of any width."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
from harness.client import emotion, now_text
from harness.clock import Clock
from harness.ecs import BINARY, ROLES, ROOT, run_ecs
from harness.poll import until

COMMANDS = ("serve", "migrate", "simulate", "population", "train", "features", "policy",
            "backtest", "dead", "rewind", "replay", "verify-log", "status", "health",
            "version")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, folder):
    done = run_ecs(command, "--help", environment={"DATA_DIR": str(folder / "none")})
    assert done.returncode == 0
    assert "usage: ecs" in done.stdout
    assert done.stderr == ""
    assert not (folder / "none").exists()


def test_the_list_of_commands():
    done = run_ecs("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command}\b", done.stdout, re.MULTILINE)


def test_serve_help_has_every_role_and_option():
    text = run_ecs("serve", "--help").stdout
    for role in ROLES:
        assert role in text
    for option in ("LISTEN", "DATABASE_URL", "SECRET_KEY", "RATE_FAILED_LOGINS", "LOG_LEVEL"):
        assert option in text


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["serve", "--role", "nobody"], ["serve", "--nonsense"], ["serve", "extra"],
    ["migrate", "extra"], ["dead"], ["dead", "nonsense"], ["rewind"], ["rewind", "nonsense"],
    ["rewind", "emotions"], ["rewind", "emotions", "--since", "yesterday"], ["policy"],
    ["policy", "check"], ["policy", "check", "a", "b"], ["policy", "nonsense", "a"],
])
def test_wrong_usage_is_told(arguments, folder):
    done = run_ecs(*arguments, environment={"DATA_DIR": str(folder)})
    assert done.returncode == 64
    assert done.stderr
    assert done.stdout == ""


# Help -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_the_same_however_it_is_asked_for(command):
    text = run_ecs(command, "--help").stdout
    assert run_ecs(command, "-h").stdout == text
    assert run_ecs("help", command).stdout == text


@pytest.mark.parametrize("arguments", [
    ("--help",), ("help", "serve"), ("version",), ("policy", "check", "seed"),
    ("completion", "bash")], ids=" ".join)
def test_output_that_cannot_be_written_is_a_failure(arguments):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([BINARY, *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=20)
    assert (done.returncode, done.stderr) == (74, "ecs: the output could not be written\n")


def test_help_of_all():
    text = run_ecs("--help").stdout
    for arguments in (["-h"], ["help"]):
        done = run_ecs(*arguments)
        assert (done.returncode, done.stdout) == (0, text)


def test_every_text_is_carried_and_used():
    """A file of text/ that the binary lacks, or that nothing shows, is a fault."""
    texts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "text").rglob("*.*")}
    carried = set(re.findall(r"'(text/[^']+)'", (ROOT / "meson.build").read_text(encoding="utf-8")))
    assert carried == texts
    named = set(re.findall(r'"(text/[\w/]+\.\w+)"', "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.c"))))
    helps = {f"text/help/{name}.txt" for name in (*COMMANDS, "completion", "ecs")}
    assert named | helps == texts and not named & helps
    for name in (*COMMANDS, "completion"):
        text = (ROOT / "text" / "help" / f"{name}.txt").read_text(encoding="utf-8")
        said = run_ecs("help", name).stdout
        assert re.fullmatch(re.sub(r"\\{\\{\w+\\}\\}\\\n", "(  .*\\n)+", re.escape(text)), said), name


def test_the_version():
    assert run_ecs("--version").stdout == run_ecs("version").stdout
    assert run_ecs("version").stdout.startswith("ecs ")


@pytest.mark.parametrize("arguments, said", [
    (["sevre"], "ecs: no command is named sevre; did you mean serve? See ecs --help"),
    (["help", "replya"], "ecs: no command is named replya; did you mean replay? See ecs --help"),
    (["quux"], "ecs: no command is named quux; see ecs --help"),
    (["simulate", "--poeple", "3"],
     "ecs simulate: there is no option --poeple; did you mean --people? See ecs simulate --help"),
    (["migrate", "--quux"], "ecs migrate: there is no option --quux; see ecs migrate --help"),
])
def test_what_may_have_been_meant(arguments, said):
    done = run_ecs(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (64, "", said + "\n")


def test_every_unknown_option_is_told_at_once():
    done = run_ecs("train", "--lable", "x", "--csv", "y", "--sede", "1")
    assert done.returncode == 64
    assert "did you mean --label?" in done.stderr and "did you mean --seed?" in done.stderr


# Completion -----------------------------------------------------------------------------------


def completed(*words):
    """What bash offers for the last of these words."""
    script = ('source <("$0" completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ecs; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, BINARY, *words], capture_output=True, text=True,
                          check=True)
    return done.stdout.split()


def test_bash_completes_commands_their_words_and_options():
    assert set(COMMANDS) < set(completed("ecs", ""))
    assert completed("ecs", "verify") == ["verify-log"]
    assert completed("ecs", "dead", "re") == ["retry"]
    assert completed("ecs", "policy", "check", "x.json", "--js") == ["--json"]
    assert completed("ecs", "simulate", "--li") == ["--live"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell_names_every_command(shell):
    script = run_ecs("completion", shell).stdout
    for command in COMMANDS:
        assert re.search(rf"\b{command}\b", script)


def test_another_shell_is_refused():
    done = run_ecs("completion", "csh")
    assert done.returncode == 64 and "bash|zsh|fish" in done.stderr


# Reports --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """The environment of an embedded database in which nobody is."""
    environment = {"DATA_DIR": str(tmp_path_factory.mktemp("empty")), "LOG_LEVEL": "debug"}
    for arguments in (["migrate"], ["dead", "retry"]):  # they make the database and the log
        assert run_ecs(*arguments, environment=environment).returncode == 0
    return environment


@pytest.mark.parametrize("arguments, members", [
    (["migrate"], {"applied": 0}),
    (["dead", "list"], {"dead_letters": []}),
    (["dead", "retry"], {"put_back": 0}),
    (["rewind", "emotions", "--since", now_text(hours=1)], {"stream": "emotions"}),
    (["replay"], {"findings": [], "made_again": 0}),
    (["verify-log"], {"findings": [], "erased": 0, "decisions": 0, "faults": 0}),
    (["backtest", "careful"], {"policy": "careful", "left_out": 0}),
    (["policy", "check", str(ROOT / "policy/two-loans.json")], {"name": "two-loans"}),
    (["population", "--people", "20"], {"seed": 1}),
    (["version"], {}),
])
def test_a_report_in_json_is_one_document_alone_on_standard_output(arguments, members, empty):
    done = run_ecs(*arguments, "--json", environment=empty)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout).items() >= members.items()
    for line in done.stderr.splitlines():
        assert line.startswith(("people ", '{"time":'))  # progress, or a log line


def test_train_reports_its_measures_in_json(folder):
    done = run_ecs("train", "--csv", str(ROOT / "tests/data/german_credit.csv"), "--label", "Class",
                   "--positive", "Bad", "--folds", "2", "--repeats", "1", "--out",
                   str(folder / "model"), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["rows"], report["tests"]) == (1000, 2)
    assert {"model", "scorecard"} <= set(report["measures"])
    assert 0.7 < report["measures"]["model"]["AUC"]["mean"] < 0.9


# Progress -------------------------------------------------------------------------------------


def on_terminal(width, *arguments):
    """What a command writes on a terminal of that width: lines as they were shown, one after
    another, those that were written over among them."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = subprocess.Popen([BINARY, *arguments], stdout=slave, stderr=subprocess.STDOUT,
                               stdin=subprocess.DEVNULL, close_fds=True)
    os.close(slave)
    written = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(master)
    assert process.wait(timeout=60) == 0
    return [line for line in re.split(r"[\r\n]+|\x1b\[K", written.decode()) if line]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_progress_fits_any_width(width):
    lines = on_terminal(width, "population", "--people", "1500")
    shown = [line for line in lines if line.startswith("people ")]
    assert shown
    assert max(map(len, shown)) < width
    assert ("[####" in shown[-1]) == (width >= 40)


# Status ---------------------------------------------------------------------------------------


def test_status_tells_servers_and_streams(system, client, person):
    assert client.feel(emotion(person.id)).status_code == 202
    urls = [process.url for process in system.processes.values()]

    def seen():
        done = run_ecs("status", "--json", *urls)
        if done.returncode != 0:  # a server was slow to answer
            return False
        streams = {row["stream"]: row for row in json.loads(done.stdout)["streams"]}
        return streams["emotions"]["counted"] > 0 and all(
            row["consumers"] == 1 and row["lag"] == 0 for row in streams.values()) and done
    document = json.loads(until("every stream is consumed to its end", seen).stdout)
    assert [server["url"] for server in document["servers"]] == urls
    assert all(server["ready"] for server in document["servers"])
    assert any(server.get("breaker") == "closed" for server in document["servers"])
    text = run_ecs("status", *urls).stdout
    for said in (f"{urls[0]}: ready", "  bus ", "stream       consumers       lag"):
        assert said in text


def test_status_tells_of_a_clock_that_is_wrong(system_of, folder):
    system = system_of("real", start=False)
    clock = Clock(folder, 600)
    process = system.processes["user-credit"]
    process.environment.update(clock.environment)
    system.start()
    text = run_ecs("status", process.url).stdout
    for engine in ("bus", "store"):
        told = re.search(rf"  clock +(\d+) ms ahead of the {engine}'s\n", text)
        assert int(told[1]) == pytest.approx(600_000, abs=5000)
    warned = [line for line in process.lines() if "clock is wrong" in line["message"]]
    assert {line["engine"] for line in warned} == {"bus", "store"}
    assert warned[0]["level"] == "warn"
    clock.step(-600)
    until("it is right again", lambda: abs(json.loads(run_ecs(
        "status", "--json", process.url).stdout)["servers"][0]["clock_ahead_ms"]["store"]) < 2000)


def test_status_of_a_server_that_is_gone():
    done = run_ecs("status", "http://127.0.0.1:1")
    assert done.returncode == 69
    assert "http://127.0.0.1:1: no answer: " in done.stdout
    done = run_ecs("status", "--json", environment={"LISTEN": "127.0.0.1:1"})
    assert json.loads(done.stdout)["servers"][0]["url"] == "http://127.0.0.1:1"
