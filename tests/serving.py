"""`chitieu serve` in a process of its own, as an office starts it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx


class Served:
    """The service on a free port of loopback, with the served model; to be stopped.

    Attributes:
        where: its address, http://127.0.0.1:…
        log: what it writes to standard error.
    """

    def __init__(self, folder: Path, *args: str, **settings: str) -> None:
        """``folder`` holds its data and its log; ``settings`` are variables of the environment."""
        self.log = folder / "log"
        with self.log.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "chitieu", "serve", "--port", "0", *args],
                env=os.environ | {"CHITIEU_DATA": str(folder), "CHITIEU_ALLOWED_HOSTS": ""} | settings,
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
            )
        try:
            self.where = self._ready()
        except BaseException:
            self.kill()
            raise

    def _ready(self) -> str:
        assert self.process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", self.process.stdout.readline())
        assert found is not None, self.log.read_text("utf-8")
        end = time.monotonic() + 120
        while True:
            try:
                httpx.get(f"{found[0]}/healthz", timeout=5).raise_for_status()
                return found[0]
            except httpx.HTTPError:
                assert self.process.poll() is None and time.monotonic() < end, self.log.read_text("utf-8")
                time.sleep(0.2)

    @property
    def port(self) -> int:
        return int(self.where.rpartition(":")[2])

    def lines(self, event: str | None = None) -> list[dict[str, Any]]:
        """The lines of its log."""
        read = [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]
        return [line for line in read if event is None or line["event"] == event]

    def stop(self, seconds: float = 60) -> int:
        """Tell it to end; returns its exit status."""
        self.process.terminate()
        return self.process.wait(seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
