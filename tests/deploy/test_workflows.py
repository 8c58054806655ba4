# SPDX-License-Identifier: Apache-2.0
"""The workflows are in order, by a linter, and hold no more rights than they need."""
import re
import shutil
import subprocess

import pytest
import yaml
from harness.ecs import ROLES, ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def lint(tmp_path_factory):
    """The linter, installed from the lock file into a temporary folder."""
    folder = tmp_path_factory.mktemp("actions")
    for name in ("package.json", "package-lock.json", "lint.js"):
        shutil.copy(ROOT / "tests" / "deploy" / "actions" / name, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                   check=True, capture_output=True, timeout=300)

    def run(*files):
        done = subprocess.run(["node", "lint.js", *files], cwd=folder, capture_output=True,
                              text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    return run


def test_they_are_in_order(lint):
    assert [file.name for file in WORKFLOWS] == ["ci.yml", "nightly.yml", "release.yml"]
    assert lint(*WORKFLOWS) == (0, "")


def test_the_linter_finds_faults(lint, tmp_path):
    broken = tmp_path / "broken.yml"
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    broken.write_text(text.replace("needs: test", "needs: tset"), encoding="utf-8")
    status, faults = lint(broken)
    assert status == 1 and "tset" in faults


# The old system's services, in the order of the roles that do their work.
OLD_NAMES = ("emotion-ingestion-service", "transaction-service", "emotion-processing-worker",
             "transaction-processing-worker", "credit-analysis-service", "user-and-credit-service",
             "credit-application-worker")


def test_the_image_has_the_name_of_each_role_and_of_each_old_service():
    workflow = yaml.safe_load(WORKFLOWS[0].read_text(encoding="utf-8"))
    names = next(step["with"]["images"] for step in workflow["jobs"]["image"]["steps"]
                 if step.get("id") == "metadata").split("\n")
    own = "ghcr.io/${{ github.repository }}"
    assert [name for name in names if name] == [
        own, *(f"{own}/{role}" for role in (*ROLES, *OLD_NAMES))]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_rights_and_versions_are_stated(file):
    text = file.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    for action in re.findall(r"uses: (\S+)", text):
        assert action.startswith("./") or re.fullmatch(r"[\w/-]+@v\d+", action), action
    for job in workflow["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 60
