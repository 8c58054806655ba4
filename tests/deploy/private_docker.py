# SPDX-License-Identifier: Apache-2.0
"""A docker daemon of our own, in one folder, and images built from Debian packages instead of a
registry's: debian:bookworm-slim, and stand-ins for the four engines that compose.yaml names."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from harness.ecs import ROOT
from harness.poll import until

# What dockerd leaves where it was never told to write.
LITTER = [pathlib.Path("/etc/docker"), pathlib.Path("/run/docker")]
STANDINS = pathlib.Path(__file__).parent / "standins"
ENGINE_IMAGES = ("nats:2.10-alpine", "postgres:15", "redis:7.2", "nginx:1.28")
# PostgreSQL's compiler: a third of the image, and never asked for here.
NO_COMPILER = [f"--dpkgopt=path-exclude=/usr/lib/{files}" for files in
               ("*/libLLVM*", "*/libz3*", "postgresql/15/lib/llvmjit*",
                "postgresql/15/lib/bitcode/*")]
ENGINE_PACKAGES = "nats-server,postgresql-15,redis-server,nginx-light,curl,wget"
# As in the official slim image.
SLIM = ["--dpkgopt=force-unsafe-io", '--aptopt=Acquire::Languages "none"']
SLIM += [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in
        ("doc", "man", "locale", "info", "lintian", "groff", "linda")]
SLIM += ["--dpkgopt=path-include=/usr/share/doc/*/copyright",
         "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr", "--include=usr-is-merged"]


class Root:
    """A Debian root file system, made beside what else goes on."""

    def __init__(self, target, *options):
        self.target, self.log = target, target.with_suffix(".log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["mmdebstrap", "--quiet", "--variant=minbase",
                 '--aptopt=Acquire::Check-Valid-Until "false"', *SLIM, *options, "bookworm",
                 target, "/etc/apt/sources.list.d/debian.sources"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def made(self):
        assert self.process.wait(240) == 0, self.log.read_text(errors="replace")[-4000:]
        return self.target


class PrivateDocker:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-docker-", dir="/var/tmp"))
        self.project = self.folder / "project"
        self.environment = {
            "HOME": str(self.folder), "DOCKER_HOST": f"unix://{self.folder}/docker.sock",
            "DOCKER_BUILDKIT": "1", "COMPOSE_DOCKER_CLI_BUILD": "1",
            "PATH": "/usr/bin:/usr/sbin:/bin:/sbin"}
        self.litter = [path for path in LITTER if not path.exists()]
        self.daemon = None
        self.roots = []

    def run(self, *command, limit_s=300):
        """What a command prints; it must succeed."""
        done = subprocess.run(command, env=self.environment, cwd=self.project, timeout=limit_s,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"{' '.join(map(str, command))}:\n{done.stdout[-4000:]}"
        return done.stdout

    def docker(self, *arguments):
        return self.run("docker", *arguments)

    def compose(self, *arguments):
        return self.run("docker-compose", "-p", "ecs", *arguments)

    def down(self):
        """Nothing is left of the project. One container after another: this release of docker locks
        up when two happen to leave a network at the same moment (moby/libnetwork, pull request
        2679, which came after it)."""
        for container in self.docker("ps", "-aq").split():
            self.docker("rm", "-f", container)
        self.compose("down", "-v")

    def inspect(self, *names):
        return json.loads(self.docker("inspect", *names))

    def containers(self, service=None):
        """Of the project, or of one service: as `docker inspect` shows them."""
        label = "com.docker.compose." + (f"service={service}" if service else "project=ecs")
        names = self.docker("ps", "-aq", "--filter", f"label={label}").split()
        return self.inspect(*names) if names else []

    def start(self):
        # In memory: images of 100,000 files are gone in an instant, as they came.
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4g", "ecs-docker", self.folder],
                       check=True)
        self.project.mkdir()
        with open(self.folder / "dockerd.log", "wb") as log:
            self.daemon = subprocess.Popen(
                ["dockerd", "--data-root", self.folder / "data", "--exec-root",
                 self.folder / "exec", "--pidfile", self.folder / "dockerd.pid", "-H",
                 self.environment["DOCKER_HOST"], "--iptables=false", "--ip-forward=false",
                 "--ip-masq=false", "--bridge=none"],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.make_images()
        for file in ROOT.glob("compose*.yaml"):
            shutil.copy(file, self.project)
        shutil.copytree(ROOT / "deploy", self.project / "deploy",
                        ignore=shutil.ignore_patterns("secrets"))

    def answers(self):
        assert self.daemon.poll() is None, (self.folder / "dockerd.log").read_text()[-2000:]
        return (self.folder / "docker.sock").exists()

    def make_images(self):
        """The base first: our own image is built on it while the engines are still installed."""
        base, engines = self.folder / "base.tar", self.folder / "engines.tar"
        first = Root(base)
        second = Root(
            engines, *NO_COMPILER, f"--include={ENGINE_PACKAGES}",
            "--essential-hook=mkdir -p \"$1/etc/postgresql-common\"",
            "--essential-hook=echo create_main_cluster = false"
            " >\"$1/etc/postgresql-common/createcluster.conf\"",
            *(f"--customize-hook=copy-in {STANDINS / name} /usr/local/bin"
              for name in ("nginx", "postgres")),
            "--customize-hook=ln -s /usr/lib/postgresql/15/bin/pg_isready \"$1/usr/local/bin\"",
            "--customize-hook=chroot \"$1\" install -d -o postgres -g postgres"
            " /var/lib/postgresql/data")
        self.roots = [first, second]
        until("dockerd answers", self.answers)
        self.docker("import", "-c", 'CMD ["bash"]', first.made(), "debian:bookworm-slim")
        self.docker("build", "--network=host", "--tag=ecs", ROOT)
        self.docker("import", second.made(), ENGINE_IMAGES[0])
        for name in ENGINE_IMAGES[1:]:
            self.docker("tag", ENGINE_IMAGES[0], name)

    def end(self):
        """Leaves nothing: no container, no network, no process, no mount, no file."""
        try:
            if self.daemon is not None and self.daemon.poll() is None:
                if (self.project / "compose.yaml").exists():
                    self.down()
        finally:
            for process in [*(root.process for root in self.roots), self.daemon]:
                if process is not None and process.poll() is None:
                    process.terminate()
                    process.wait(60)
            if self.folder.is_mount():
                subprocess.run(["umount", self.folder], check=True)
            for path in [self.folder, *(path for path in self.litter if path.exists())]:
                shutil.rmtree(path)
        mounts = pathlib.Path("/proc/mounts").read_text(encoding="utf-8")
        assert str(self.folder) not in mounts
