# SPDX-License-Identifier: Apache-2.0
"""Certificates for servers of this machine, made by openssl."""
import shutil
import subprocess


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """Certifies servers; `ca` is what its clients trust."""

    def __init__(self, folder, name):
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        self.ca = self.folder / "ca.crt"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", self.folder / "ca.key",
                 "-out", self.ca)

    def certify(self, host, account=None):
        """The paths of a certificate for a host, and of its key, which is for one account."""
        names = self.folder / f"{host}.ext"
        key, request, certificate = (self.folder / f"{host}.{kind}" for kind in ("key", "csr", "crt"))
        names.write_text(f"subjectAltName=DNS:{host}\n", encoding="utf-8")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-subj", f"/CN={host}", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.folder / "ca.key",
                 "-CAcreateserial", "-days", "2", "-extfile", names, "-out", certificate)
        key.chmod(0o600)
        if account:
            shutil.chown(key, account, account)
        return certificate, key
