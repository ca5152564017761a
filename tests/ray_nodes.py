"""A Ray cluster of separate processes on this machine: a head, and nodes that may be killed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

_STORE = 80_000_000  # bytes; the least that Ray takes
# Whatever the user has: where a token lies in the home folder Ray would ask for it, of some processes and not of others.
# And everything on the loopback interface, to which Ray keeps alone where it takes the machine for one that bears no cluster.
ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
# `ray start`, which refuses a second node of such a machine, and takes 127.0.0.1 for an address that others cannot reach.
_START = """
from ray._private import ray_constants, services
from ray.scripts.scripts import main

ray_constants.ENABLE_RAY_CLUSTER = True
services.get_node_ip_address = lambda address=None: "127.0.0.1"
main()
"""


class Nodes:
    """Nodes of one core each; the first is the head."""

    def __init__(self, told: Path) -> None:
        # Short: sockets lie in it, whose names may have 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="ray-"))
        self.address = f"127.0.0.1:{_free_port()}"
        self._environment = {
            **os.environ,
            **ENVIRONMENT,
            "BATCH_TEST": str(told),
            "PYTHONPATH": str(Path(__file__).parent),
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, cores: int = 1, **environment: str) -> subprocess.Popen[bytes]:
        """One node more, as a session of its own; it is part of the cluster when this returns."""
        where = (
            [f"--address={self.address}"]
            if self.running
            else [
                "--head", f"--port={self.address.rpartition(':')[2]}", "--include-dashboard=false",
                "--disable-usage-stats", f"--temp-dir={self.folder}",
            ]
        )  # fmt: skip
        command = [sys.executable, "-c", _START, "start", "--block", *where]
        command += [f"--num-cpus={cores}", f"--object-store-memory={_STORE}", "--node-ip-address=127.0.0.1"]
        node = subprocess.Popen(
            command,
            env=self._environment | environment,
            stdout=(self.folder / f"node-{len(self.running)}.log").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.running.append(node)
        end = time.monotonic() + 60
        while self._raylet(node) is None:
            assert node.poll() is None and time.monotonic() < end, "the node does not start"
            time.sleep(0.2)
        return node

    def kill(self, node: subprocess.Popen[bytes]) -> None:
        """End a node as a power cut does: all of its processes at once."""
        family: list[psutil.Process] = []
        with suppress(psutil.NoSuchProcess):
            top = psutil.Process(node.pid)
            family = [top, *top.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        node.wait(timeout=30)
        psutil.wait_procs(family, timeout=10)

    def workers(self) -> list[psutil.Process]:
        """The processes of actors that run now."""
        found: list[psutil.Process] = []
        for node in self.running:
            with suppress(psutil.NoSuchProcess):
                for process in psutil.Process(node.pid).children(recursive=True):
                    with suppress(psutil.NoSuchProcess):
                        if any("Reader" in part or "spawn_main" in part for part in process.cmdline()):
                            found.append(process)
        return found

    def stop(self) -> None:
        """End all, the head last."""
        for node in reversed(self.running):
            self.kill(node)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def _raylet(node: subprocess.Popen[bytes]) -> psutil.Process | None:
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(node.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if process.name() == "raylet":
                        return process
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
