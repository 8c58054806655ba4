# SPDX-License-Identifier: Apache-2.0
"""`logins`: real engines where each role has a login of PostgreSQL and a user of NATS of its own, made
by the very files of deploy/."""
import os
import shutil
import subprocess
import urllib.parse

from .ecs import ROLES, ROOT, RealSystem, run_ecs
from .engines import Engines, Nats, Postgres

WITHOUT_STORE = ("emotion-ingestion", "credit-analysis")
WITHOUT_BUS = ("credit-analysis",)


class Secrets:
    """What deploy/secrets.sh makes, in a copy of deploy/. deploy/nats finds its own in run/secrets."""

    def __init__(self, folder):
        self.deploy = folder / "etc" / "deploy"
        shutil.copytree(ROOT / "deploy", self.deploy, ignore=shutil.ignore_patterns("secrets"))
        self.folder = self.deploy / "secrets"
        (folder / "etc" / "run").mkdir()
        (folder / "etc" / "run" / "secrets").symlink_to(self.folder)
        self.make()

    def make(self):
        subprocess.run([self.deploy / "secrets.sh"], check=True, capture_output=True)

    def url(self, name, port, path):
        """An address, on this machine."""
        parts = urllib.parse.urlsplit((self.folder / name).read_text(encoding="utf-8").strip())
        login = parts.netloc.rpartition("@")[0]
        return parts._replace(netloc=f"{login}@127.0.0.1:{port}", path=path).geturl()


class LoginsNats(Nats):
    def __init__(self, folder, secrets):
        super().__init__(folder)
        self.secrets = secrets

    def url_of(self, user):
        return self.secrets.url(f"{user}.nats_url", self.port, "")

    @property
    def url(self):
        return self.url_of("operator")

    def command(self):
        config = self.secrets.deploy / "nats" / "test.conf"
        config.write_text(f'listen: 127.0.0.1:{self.port}\njetstream {{ store_dir: "{self.folder}" }}\n'
                          'include "users.conf"\n', encoding="utf-8")
        return ["/usr/sbin/nats-server", "-c", str(config)]


class LoginsPostgres(Postgres):
    """`ecs` is the superuser, as in compose.yaml; everybody else needs a password."""

    def __init__(self, folder, secrets):
        super().__init__(folder)
        self.secrets = secrets
        (self.folder / "pg_hba.conf").write_text(
            "host all ecs 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
            "local all all trust\n", encoding="utf-8")

    def url_of(self, role):
        return self.secrets.url(f"{role}.database_url", self.port, "/postgres")

    def make_logins(self):
        subprocess.run(
            [self.secrets.deploy / "postgres" / "logins.sh"], check=True, capture_output=True,
            env={"PATH": os.environ["PATH"], "PGHOST": "127.0.0.1", "PGPORT": str(self.port),
                 "PGUSER": "ecs", "PGDATABASE": "postgres", "SECRETS": str(self.secrets.folder)})

    def migrate(self):
        return run_ecs("migrate", environment={"DATABASE_URL": self.url_of("migrate")})


class LoginsEngines(Engines):
    def __init__(self, folder):
        super().__init__(folder)
        self.secrets = Secrets(folder)
        self.nats = LoginsNats(folder / "users", self.secrets)
        self.postgres = LoginsPostgres(folder / "logins", self.secrets)

    def start(self):
        super().start()
        self.postgres.make_logins()
        done = self.postgres.migrate()
        assert done.returncode == 0, done.stderr

    def environment(self):
        """An operator's."""
        return {**super().environment(), "DATABASE_URL": self.postgres.url_of("operator")}

    def environment_of(self, role):
        environment = {"REDIS_URL": self.redis.url}
        if role not in WITHOUT_STORE:
            environment["DATABASE_URL"] = self.postgres.url_of(role)
        if role not in WITHOUT_BUS:
            environment["NATS_URL"] = self.nats.url_of(role)
        return environment


class LoginsSystem(RealSystem):
    kind = "logins"
    engines_of = LoginsEngines


assert set(WITHOUT_STORE) | set(WITHOUT_BUS) <= set(ROLES)
