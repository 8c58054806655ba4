# SPDX-License-Identifier: Apache-2.0
"""What is left out of the system tests of a fleet is a test of `system`, by its present name."""
import pathlib
import re
import sys

import pytest

SYSTEM = pathlib.Path(__file__).resolve().parents[1] / "system"
sys.path.insert(0, str(SYSTEM))

from harness import left_out  # noqa: E402


@pytest.mark.parametrize("name", sorted({*left_out.FLEET, *left_out.DEPLOYED}))
def test_what_is_left_out_is_there(name):
    files = {file.name: file.read_text(encoding="utf-8") for file in SYSTEM.glob("test_*.py")}
    assert name in files or any(re.search(rf"^def {name}\(.*(client|system)\b", text, re.MULTILINE)
                                for text in files.values())
