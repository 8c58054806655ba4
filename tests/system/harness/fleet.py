# SPDX-License-Identifier: Apache-2.0
"""`fleet`: real engines, every role as two processes with logins of their own, and the gateway before
those that clients may ask."""
from .ecs import ROLES, RealSystem
from .gateway import API_ROLES, Gateway
from .logins import LoginsEngines

INTERNAL = ("/metrics", "/openapi.json", "/readyz", "/v1/predict", "/v2/")


class FleetSystem(RealSystem):
    kind = "fleet"
    engines_of = LoginsEngines

    def __init__(self, folder, environment=None, limited=False):
        super().__init__(folder, {"TRUSTED_PROXIES": "127.0.0.1", **(environment or {})})
        for role in ROLES:
            self.make(f"{role}-2", role)
        ports = {role: [process.port for process in self.replicas(role)] for role in API_ROLES}
        self.gateway = Gateway(self.folder / "gateway", ports, limited)
        self.certificate = str(self.gateway.certificate)

    def url(self, path):
        return super().url(path) if path.startswith(INTERNAL) else self.gateway.url(path)

    def start(self):
        super().start()
        self.gateway.start()
        return self

    def check_alive(self):
        super().check_alive()
        assert self.gateway.answers()

    def end(self):
        self.gateway.end()
        super().end()
