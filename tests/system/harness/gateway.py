# SPDX-License-Identifier: Apache-2.0
"""nginx with the configuration of deploy/nginx, in front of processes on this machine."""
import json
import pathlib
import re
import signal
import subprocess

from .ecs import ROOT
from .poll import until
from .ports import free_port, is_open

API_ROLES = ("emotion-ingestion", "transaction-ingestion", "user-credit")


def replaced(text, ours, theirs):
    assert ours in text, f"{ours} is no more in the configuration"
    return text.replace(ours, theirs)


class Gateway:
    """`ports`: {role: [port of each process]}. The configuration is as it stands, but for places,
    and for the limits by address if it is not `limited`."""

    def __init__(self, folder, ports, limited=True):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.plain_port = free_port()
        self.certificate = self.folder / "gateway.crt"
        self.log = self.folder / "access.log"
        self.errors = self.folder / "error.log"
        self.process = None
        self.write_certificate()
        self.write_configuration(ports, limited)

    def url(self, path):
        return f"https://127.0.0.1:{self.port}{path}"

    def write_certificate(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
             self.certificate.with_suffix(".key"), "-out", self.certificate],
            check=True, capture_output=True)

    def write_configuration(self, ports, limited):
        source = ROOT / "deploy" / "nginx"
        text = (source / "nginx.conf").read_text(encoding="utf-8")
        text = replaced(text, "/tmp/", f"{self.folder}/nginx-")
        text = replaced(text, "listen 8443 ", f"listen 127.0.0.1:{self.port} ")
        text = replaced(text, "/run/secrets/gateway", str(self.folder / "gateway"))
        text = replaced(text, "/etc/ecs/", f"{source}/")
        text = replaced(text, "/etc/ecs-plain/", f"{self.folder}/plain/")
        (self.folder / "plain").mkdir(exist_ok=True)
        listen = (source / "plain" / "listen.conf").read_text(encoding="utf-8")
        (self.folder / "plain" / "listen.conf").write_text(
            replaced(listen, "listen 9999;", f"listen 127.0.0.1:{self.plain_port};"))
        # Of no meaning where the tests do not run as root.
        text = replaced(text, "daemon off;", "daemon off; user root;")
        if not limited:
            text, changed = re.subn(r" rate=\d+r/s;", " rate=1000000r/s;", text)
            assert changed == 3, "not the limits that the configuration had"
        (self.folder / "nginx.conf").write_text(text, encoding="utf-8")
        upstreams = (source / "upstreams.conf").read_text(encoding="utf-8")
        upstreams = upstreams[upstreams.index("upstream "):]
        for role in API_ROLES:
            limits = " max_fails=3 fail_timeout=5s;"
            upstreams = replaced(
                upstreams, f"server {role}:9999 resolve{limits}",
                " ".join(f"server 127.0.0.1:{port}{limits}" for port in ports[role]))
        (self.folder / "upstreams.conf").write_text(upstreams, encoding="utf-8")

    def start(self):
        with open(self.log, "wb") as log, open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                ["/usr/sbin/nginx", "-c", self.folder / "nginx.conf"], stdin=subprocess.DEVNULL,
                stdout=log, stderr=errors)
        until("the gateway answers", self.answers)
        return self

    def answers(self):
        assert self.process.poll() is None, self.errors.read_text(encoding="utf-8")
        return is_open(self.port)

    def lines(self):
        """The access log; a line that is no JSON is a fault in itself. The last one may still be
        written."""
        whole, _, _ = self.log.read_text(encoding="utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def end(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)
