# SPDX-License-Identifier: Apache-2.0
"""The built-in model is the one that `make model` makes, and decisions of those before it can be
made again."""
import shlex
import shutil
import subprocess

import pytest
from harness.client import Client
from harness.ecs import ROOT

DEFAULT = ROOT / "models" / "default"
BUILT_IN = {"default": "", **{path.name: str(path) for path in (ROOT / "models/retired").iterdir()}}


def test_it_is_what_make_model_makes(folder):
    """Byte by byte; its recipe is run with another folder to write to."""
    recipe = subprocess.run(["make", "--dry-run", "--no-print-directory", "model"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.splitlines()[-1]
    *command, out = shlex.split(recipe)
    assert command[-1] == "--out" and ROOT / out == DEFAULT
    done = subprocess.run([*command, folder / "made"], cwd=ROOT, capture_output=True, text=True,
                          timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    made = {path.name: path.read_bytes() for path in (folder / "made").iterdir()}
    assert made == {path.name: path.read_bytes() for path in DEFAULT.iterdir()}


@pytest.mark.parametrize("kind", ["embedded", "real"])
@pytest.mark.parametrize("model", BUILT_IN)
def test_its_decisions_are_made_again_where_it_never_was(model, kind, system_of):
    """So are those of the built-in models of before."""
    system = system_of(kind, {"SCORER": "trained", "MODEL_DIR": BUILT_IN[model]})
    client = Client(system)
    client.analyse(client.person())
    if kind == "embedded":
        system.process.terminate()
        shutil.rmtree(system.process.folder / "data" / "models")
    done = system.command("replay")
    assert done.returncode == 0 and ": 0 differ" in done.stdout, done.stdout + done.stderr
    assert int(done.stdout.split()[0]) > 0
