# SPDX-License-Identifier: Apache-2.0
"""A small disk that a test may fill: a tmpfs, which root alone can mount."""
import os
import pathlib
import subprocess
import tempfile


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
        with open(self.ballast, "ab") as file:
            size = self.free_bytes() - leave_bytes
            if size > 0:
                os.posix_fallocate(file.fileno(), file.tell(), size)

    def clear(self):
        self.ballast.unlink()

    def end(self):
        # Lazily: a failed test may have left a process that works on it.
        subprocess.run(["umount", "--lazy", self.folder], check=True)
        self.folder.rmdir()
