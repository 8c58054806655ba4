# SPDX-License-Identifier: Apache-2.0
"""The journey of the system tests, through the gateway."""
from test_journey import *  # noqa: F401,F403
