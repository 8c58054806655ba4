# SPDX-License-Identifier: Apache-2.0
"""Load generators and bare programs, each a process of its own, and what they print."""
import contextlib
import json
import os
import pathlib
import subprocess

from harness.poll import until
from harness.ports import free_port, is_open

HERE = pathlib.Path(__file__).resolve().parent
BARE = pathlib.Path(os.environ.get("ECS_BENCH_BUILD", HERE.parent / "build")) / "bench"


def run(command, timeout_s=600):
    answer = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            timeout=timeout_s)
    if answer.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {answer.returncode}: "
                           f"{answer.stderr[-500:]}{answer.stdout[-500:]}")
    return answer.stdout


def wrk(script, url, arguments, seconds, connections, threads=2, units=1):
    """What a load reports, with its rate in units of `units` a request. Any answer but a success
    makes the measurement void."""
    report = run(["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
                  "-s", HERE / "load" / script, url, "--", *arguments])
    answer = json.loads(report.splitlines()[-1])
    if answer["refused"] or answer["broken"]:
        raise RuntimeError(f"{script} against {url}: {answer['refused']} requests refused, "
                           f"{answer['broken']} broken")
    answer["rate"] = answer["requests"] * units / (answer["duration_us"] / 1e6)
    return answer


@contextlib.contextmanager
def bare_http(status, size):
    """The address of a bare HTTP server."""
    port = free_port()
    server = subprocess.Popen([BARE / "bare_http", str(port), "2", str(status), str(size)])
    try:
        until("the bare server listens", lambda: is_open(port))
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(10)


def scorer(folder, questions):
    """Rate, p50 and p99 in microseconds of the built-in model in one thread."""
    return [float(word) for word in run([BARE / "scorer", folder, questions]).split()[1:]]


def named(program, *arguments):
    """{"name": numbers} of a program, which prints lines of a name and numbers."""
    lines = run([BARE / program, *arguments]).splitlines()
    return {line.split()[0]: [float(word) for word in line.split()[1:]] for line in lines}


def bare(program, *arguments):
    return named(f"bare_{program}", *arguments)
