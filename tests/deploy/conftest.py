# SPDX-License-Identifier: Apache-2.0
"""The harness of the system tests, with the gateway in front."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "system"))
