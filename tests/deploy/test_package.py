# SPDX-License-Identifier: Apache-2.0
"""The Debian package: what is in it, that it is in order, and that it comes out the same again."""
import hashlib
import os
import re
import subprocess

import pytest
from harness.ecs import BINARY, ROOT

EPOCH = "1700000000"
OVERVIEW = subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout
MANUAL = ["ecs"] + [f"ecs-{name}" for name in re.findall(r"^  (\S+) ", OVERVIEW, re.MULTILINE)]


def run(*command, environment=None):
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **(environment or {})},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def make_package():
    run("make", "deb", environment={"SOURCE_DATE_EPOCH": EPOCH})
    package, = (ROOT / "build-release").glob("ecs_*.deb")
    return package


@pytest.fixture(scope="module")
def package():
    return make_package()


@pytest.fixture(scope="module")
def root(package, tmp_path_factory):
    """What it installs."""
    folder = tmp_path_factory.mktemp("root")
    run("dpkg-deb", "--extract", package, folder)
    return folder


def test_it_holds_the_program_its_manual_and_its_unit(root):
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    manual = {f"usr/share/man/man1/{page}.1.gz" for page in MANUAL}
    policies = {f"usr/share/ecs/{path.relative_to(ROOT)}" for path in ROOT.glob("policy/*.json")}
    assert files == manual | policies | {
        "usr/bin/ecs", "usr/lib/systemd/system/ecs@.service", "usr/share/doc/ecs/copyright",
        "usr/share/doc/ecs/changelog.gz", "usr/share/bash-completion/completions/ecs",
        "usr/share/fish/vendor_completions.d/ecs.fish"}
    assert run(root / "usr/bin/ecs", "version").startswith("ecs ")


def test_its_policies_are_those_that_the_program_knows_by_name(root):
    for path in ROOT.glob("policy/*[!a].json"):
        installed = root / "usr/share/ecs/policy" / path.name
        assert installed.read_bytes() == path.read_bytes()
        assert run(root / "usr/bin/ecs", "policy", "check", path.stem) == \
            run(root / "usr/bin/ecs", "policy", "check", installed)


def test_it_depends_on_the_libraries_that_the_program_needs(package):
    depends = run("dpkg-deb", "--field", package, "Depends")
    for library in ("libc6", "libmicrohttpd12", "libpq5", "libnats3.4", "libsqlite3-0"):
        assert re.search(rf"\b{re.escape(library)} \(>= ", depends), depends


def test_lintian_finds_nothing(package):
    assert run("lintian", "--allow-root", "--fail-on=error,warning", package) == ""


def test_it_comes_out_the_same_again(package):
    first = hashlib.sha256(package.read_bytes()).hexdigest()
    assert hashlib.sha256(make_package().read_bytes()).hexdigest() == first


def said_by_man(root, page):
    """What man shows of a page; it may not complain."""
    done = subprocess.run(
        ["man", "--warnings", "--local-file", "-Tutf8", root / f"usr/share/man/man1/{page}.1.gz"],
        env={**os.environ, "MANWIDTH": "200"}, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return re.sub(".\b", "", done.stdout)  # a letter struck twice is bold


@pytest.mark.parametrize("page", MANUAL)
def test_the_manual_pages_are_in_order(root, page):
    said = said_by_man(root, page)
    for head in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS"):
        assert re.search(f"^{head}$", said, re.MULTILINE), head


def test_the_manual_tells_of_roles_and_settings(root):
    assert "ecs-serve(1)" in said_by_man(root, "ecs")
    said = said_by_man(root, "ecs-serve")
    for text in ("ecs serve [--role NAME]...", "DATABASE_URL_FILE", "emotion-processing"):
        assert text in said


def test_the_unit_is_in_order(root, tmp_path):
    """Installed under another prefix, where its program is found."""
    run("make", "install", f"PREFIX={tmp_path}/opt")
    unit = tmp_path / "opt/lib/systemd/system/ecs@.service"
    text = unit.read_text(encoding="utf-8")
    assert f"ExecStart={tmp_path}/opt/bin/ecs serve --role %i\n" in text
    assert "\nUMask=0077\n" in text and "\nLimitCORE=0\n" in text
    assert run("systemd-analyze", "verify", "--man=no", unit) == ""
    # What waiting may mend, as a full disk does, is tried again for ever; a wrong setting is not.
    assert "Restart=on-failure\n" in text and "StartLimitIntervalSec=0\n" in text
    assert re.search(r"^RestartPreventExitStatus=(.*)$", text, re.M)[1].split() == ["64", "78"]
    exposure = run("systemd-analyze", "security", "--offline=yes", "--no-pager", unit)
    assert float(re.search(r"exposure level for \S+: ([0-9.]+)", exposure)[1]) < 2
