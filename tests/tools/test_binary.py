# SPDX-License-Identifier: Apache-2.0
"""The built binary, as readelf sees it: what makes an attacker's next step hard is in it; and what
the scripts write is for their account alone."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = pathlib.Path(os.environ.get("ECS_BINARY", ROOT / "build" / "ecs"))


def readelf(*options):
    return subprocess.run(["readelf", "--wide", *options, BINARY], capture_output=True, text=True,
                          check=True).stdout


def test_it_lies_at_a_random_place():
    assert "DYN (Position-Independent Executable" in readelf("--file-header")


def test_its_relocations_are_read_only_and_all_done_at_the_start():
    assert "GNU_RELRO" in readelf("--program-headers")
    dynamic = readelf("--dynamic")
    assert "BIND_NOW" in dynamic
    assert re.search(r"FLAGS_1.*NOW", dynamic)


def test_no_memory_is_written_and_run():
    headers = readelf("--program-headers")
    assert re.search(r"GNU_STACK.* RW +0x", headers), headers
    assert not re.search(r"(LOAD|GNU_STACK).* RWE", headers), headers


def test_it_checks_its_stack_and_its_buffers():
    symbols = readelf("--dyn-syms")
    assert "__stack_chk_fail" in symbols
    assert re.search(r"__(memcpy|snprintf|vsnprintf)_chk", symbols)


@pytest.fixture(scope="module")
def code():
    return subprocess.run(["objdump", "--disassemble", "--no-show-raw-insn", BINARY],
                          capture_output=True, text=True, check=True).stdout


def test_indirect_jumps_land_where_they_may(code):
    """CET: every function of ours that has a name outside its file begins with its mark."""
    for name in ("main", "token_verify", "http_server_start", "store_health"):
        start = re.search(rf"<{name}>:\n\s+[0-9a-f]+:\s+(\w+)", code)
        assert start and start[1] == "endbr64", name


def test_a_large_frame_touches_its_pages_one_by_one(code):
    """token_verify keeps a token of 4 KiB on its stack, and its parts."""
    body = code[code.index("<token_verify>:"):]
    body = body[:body.index("\n\n")]
    assert re.search(r"sub\s+\$0x1000,%rsp\n[^\n]*orq\s+\$0x0,\(%rsp\)", body), body[:2000]


@pytest.mark.parametrize("script", [
    "tools/run.sh", "tools/engines.sh", "deploy/secrets.sh", "deploy/cluster/primary.sh",
    "deploy/cluster/standby.sh"])
def test_what_a_script_writes_is_for_its_account(script):
    text = (ROOT / script).read_text(encoding="utf-8")
    assert re.search(r"^umask 077$", text, re.MULTILINE)
