# SPDX-License-Identifier: Apache-2.0
"""`deployed`: what somebody else has started, behind its gateway. ECS_URL says where, ECS_SECRETS
is its deploy/secrets, of which ecs.py reads the keys."""
import collections
import os
import time

import requests

from .client import Client
from .ecs import SECRETS
from .poll import until

REGISTRATIONS_MAX = 15  # in a second, below what one address may


class DeployedSystem:
    kind = "deployed"
    processes = {}

    def __init__(self, folder, environment=None):
        self.base = os.environ["ECS_URL"]
        self.certificate = f"{SECRETS}/gateway.crt"

    def url(self, path):
        return self.base + path

    def start(self):
        self.check_alive()
        return self

    def check_alive(self):
        assert requests.get(self.url("/healthz"), verify=self.certificate, timeout=10).ok

    def end(self):
        """It goes on."""


class PacedClient(Client):
    """Keeps to what one address may: the limits are as in production."""

    registrations = collections.deque([0.0] * REGISTRATIONS_MAX, maxlen=REGISTRATIONS_MAX)

    def call(self, method, path, headers=None, **options):
        if path == "/v1/auth/register":
            until("another person may register",
                  lambda: time.monotonic() - self.registrations[0] > 1)
            self.registrations.append(time.monotonic())
        return super().call(method, path, headers, **options)
