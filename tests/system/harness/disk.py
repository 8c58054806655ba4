# SPDX-License-Identifier: Apache-2.0
"""A small disk that a test may fill: a tmpfs, which root alone can mount."""
import errno
import os
import pathlib
import subprocess
import tempfile

from .poll import until


class SmallDisk:
    def __init__(self, size_bytes):
        assert os.geteuid() == 0, "tests of full disks mount a small one: run them as root"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ecs-disk-", dir="/tmp"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=755", "tmpfs",
                        self.folder], check=True)
        self.ballast = self.folder / "ballast"

    def free_bytes(self):
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leave_bytes=0):
        """Takes all but about `leave_bytes` of what is free."""
        until("the disk is filled", lambda: self._take(self.free_bytes() - leave_bytes), pause_s=0)

    def _take(self, size):
        """False: some process took of it meanwhile."""
        if size <= 0:
            return True
        with open(self.ballast, "ab") as file:
            try:
                os.posix_fallocate(file.fileno(), file.tell(), size)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                return False
        return True

    def clear(self):
        self.ballast.unlink()

    def end(self):
        # Lazily: a failed test may have left a process that works on it.
        subprocess.run(["umount", "--lazy", self.folder], check=True)
        self.folder.rmdir()
