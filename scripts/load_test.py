#!/usr/bin/env python3
"""Loads a service on this machine and tells what it bears, as tables for the documentation.

It starts the service itself, or takes one that listens on loopback: `scripts/load_test.py [--url http://127.0.0.1:8000]`.
A minute or two for each length of text, and as long as `--soak` says.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from urllib.parse import urlsplit

import gevent
import psutil
from locust import FastHttpUser, constant, task
from locust.env import Environment

from chitieu.annotation.inline_xml import parse
from chitieu.cli.serve import is_loopback
from chitieu.cores import usable_cores

DOCUMENTS = Path(__file__).resolve().parents[1] / "training_data" / "documents"
SIZES = (300, 2_000, 10_000)
CLIENTS = (2, 4, 8, 16)
TEXTS = 12  # different ones of each size
LATEST = 60.0  # seconds that an answer is waited for
MIB = 1024 * 1024


@dataclass
class Found:
    """What came of the requests of one measurement: seconds of those answered, how often each status, other figures."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    different: int = 0
    lasted: float = 0.0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[math.ceil(share * len(ordered)) - 1] if ordered else math.nan

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.lasted

    @property
    def others(self) -> int:
        return sum(self.statuses.values()) - self.statuses[200] - self.statuses[429]


class Load:
    """Sends texts to a service, and compares what is answered with the first answer to the same text."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._answers: dict[str, str] = {}

    def clients(self, texts: Sequence[str], count: int, seconds: float) -> Found:
        """So many clients, each of which sends its next text when the last is answered."""
        found, turn, load = Found(), itertools.cycle(texts), self

        class Client(FastHttpUser):
            wait_time = constant(0)
            network_timeout = connection_timeout = LATEST

            @task
            def read(self) -> None:
                load._read(self, next(turn), found)

        self._run(Client, count, found, lambda: gevent.sleep(seconds))
        return found

    def arrivals(self, texts: Sequence[str], rate: float, seconds: float, *, steady: bool) -> Found:
        """Texts that come ``rate`` a second, whether those before are answered or not: steadily, or as by chance (Poisson)."""
        found, turn, load, chance = Found(), itertools.cycle(texts), self, random.Random(1)  # nosec B311: an order, the same each time
        sent: list[gevent.Greenlet] = []

        class Arrivals(FastHttpUser):
            wait_time = constant(0)
            network_timeout = connection_timeout = LATEST
            concurrency = 1000

            @task
            def send(self) -> None:
                at = time.perf_counter()
                end = at + seconds
                while at < end:
                    gevent.sleep(max(0.0, at - time.perf_counter()))
                    sent.append(gevent.spawn(load._read, self, next(turn), found))
                    at += 1 / rate if steady else chance.expovariate(rate)
                gevent.sleep(LATEST)

        def last() -> None:
            gevent.sleep(seconds)
            gevent.joinall(sent, timeout=LATEST)

        self._run(Arrivals, 1, found, last)
        return found

    def _run(self, user: type[FastHttpUser], count: int, found: Found, wait: Callable[[], None]) -> None:
        environment = Environment(user_classes=[user], host=self.url)
        runner = environment.create_local_runner()
        begun = time.perf_counter()
        runner.start(count, spawn_rate=100)
        try:
            wait()
            found.lasted = time.perf_counter() - begun
        finally:
            runner.quit()

    def _read(self, user: FastHttpUser, text: str, found: Found) -> None:
        begun = time.perf_counter()
        with user.client.post("/v1/extract", json={"text": text}, catch_response=True) as response:
            seconds = time.perf_counter() - begun
            response.success()
            found.statuses[response.status_code] += 1
            if response.status_code == 429:
                gevent.sleep(float(response.headers.get("Retry-After") or 1))
            if response.status_code != 200:
                return
            found.seconds.append(seconds)
            answer = response.json()
            figures = json.dumps([answer[name] for name in ("spans", "figures", "observations", "checks")])
            digest = hashlib.sha256(figures.encode()).hexdigest()
            found.different += self._answers.setdefault(text, digest) != digest


def texts_of(size: int) -> list[str]:
    """Texts of so many characters, cut from the annotated documents."""
    documents = [parse(path.read_text(encoding="utf-8")).text for path in sorted(DOCUMENTS.glob("*.xml"))]
    random.Random(size).shuffle(documents)  # nosec B311: an order, the same each time
    texts, at = [], 0
    while len(texts) < TEXTS:
        text = ""
        while len(text) < size:
            text += documents[at % len(documents)] + "\n"
            at += 1
        texts.append(text[:size])
    return texts


@contextmanager
def service(arguments: Sequence[str]) -> Iterator[tuple[str, psutil.Process]]:
    """A service of its own: its address and its process."""
    with tempfile.TemporaryDirectory() as data:
        settings = {"CHITIEU_DATA": data, "CHITIEU_RATE_PER_MINUTE": "0", "CHITIEU_LOG_LEVEL": "warning"}
        process = subprocess.Popen(
            [sys.executable, "-m", "chitieu", "serve", "--port", "0", *arguments],
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            address = re.search(r"http://\S+", process.stdout.readline())
            if address is None:
                raise SystemExit("the service did not start")
            yield address[0], psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(90)


def ready(load: Load) -> None:
    """Wait until the service answers."""
    end = time.monotonic() + 90
    while not load.clients(texts_of(300)[:1], 1, 0.5).seconds:
        if time.monotonic() > end:
            raise SystemExit(f"{load.url} does not answer")


def resident(process: psutil.Process) -> float:
    """MiB of memory of a service and of its processes."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / MIB


def told(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)


def measure_size(load: Load, size: int, seconds: float) -> None:
    """A length's rows: alone, at saturation, and at half of that."""
    texts = texts_of(size)
    alone = median(load.clients(texts, 1, seconds).seconds)
    steps = {count: load.clients(texts, count, seconds / 2).rate for count in CLIENTS}
    capacity = max(steps.values())
    reached = min(count for count, rate in steps.items() if rate == capacity)
    for name, steady in (("steady", True), ("Poisson", False)):
        found = load.arrivals(texts, capacity / 2, 2 * seconds, steady=steady)
        p50, p95, p99 = (found.percentile(share) for share in (0.5, 0.95, 0.99))
        cells = [
            f"{size:,}",
            f"{alone * 1000:.0f} ms",
            f"{capacity:.2f}/s ({reached} clients)",
            name,
            f"{len(found.seconds)}",
            *(f"{percentile * 1000:.0f} ms" for percentile in (p50, p95, p99)),
            f"{p95 / alone:.2f}",
            f"{found.different + found.others + found.statuses[429]}",
        ]
        told(f"| {' | '.join(cells)} |")


def measure_crowd(load: Load, size: int, count: int, seconds: float) -> None:
    """Many clients at once: what they are answered."""
    texts = texts_of(size)
    load.clients(texts, 1, seconds)
    found = load.clients(texts, count, seconds)
    told(
        f"{count} clients at once, {size:,} characters, {seconds:.0f} s: {found.statuses[200]} answers, {found.statuses[429]} times 429, "
        f"{found.others} other errors, {found.different} answers with other figures than alone; "
        f"p50 {found.percentile(0.5):.2f} s, p95 {found.percentile(0.95):.2f} s."
    )


def soak(load: Load, process: psutil.Process, seconds: float) -> None:
    """Memory over time, with four clients and texts of all lengths."""
    texts = [text for size in SIZES for text in texts_of(size)]
    random.Random(1).shuffle(texts)  # nosec B311: an order, the same each time
    marks: list[float] = []

    def watch() -> None:
        while True:
            marks.append(resident(process))
            gevent.sleep(seconds / 100)

    watching = gevent.spawn(watch)
    found = load.clients(texts, 4, seconds)
    watching.kill()
    begun, ended = fmean(marks[20:30]), fmean(marks[-10:])
    told("\n| share of the time | " + " | ".join(f"{share} %" for share in range(0, 101, 10)) + " |")
    told("| --- |" + " ---: |" * 11)
    shown = [marks[min(share * len(marks) // 100, len(marks) - 1)] for share in range(0, 101, 10)]
    told("| resident memory, MiB | " + " | ".join(f"{mark:.0f}" for mark in shown) + " |")
    told(
        f"\n{seconds:.0f} s, {len(found.seconds)} texts, {found.others} errors: at most {max(marks):.0f} MiB; "
        f"from a fifth of the time to the end {ended - begun:+.1f} MiB."
    )


def main() -> int:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--url", help="a service on loopback that runs already (started without a limit of requests)"
    )
    arguments.add_argument("--workers", default="1", help="processes of the service that is started")
    arguments.add_argument("--sizes", type=int, nargs="*", default=SIZES, metavar="CHARACTERS")
    arguments.add_argument("--seconds", type=float, default=30, help="of each measurement; arrivals twice that")
    arguments.add_argument("--clients", type=int, default=20, help="that come at once; 0: none")
    arguments.add_argument("--soak", type=float, default=0, metavar="SECONDS", help="watch the memory for so long")
    args = arguments.parse_args()
    if args.url:
        if not is_loopback(urlsplit(args.url).hostname or ""):
            raise SystemExit("only services on this machine are loaded")
        if args.soak:
            raise SystemExit("the memory of a service that was not started here is not seen")
        run(Load(args.url.rstrip("/")), None, args)
    else:
        with service(["--workers", args.workers]) as (url, process):
            run(Load(url), process, args)
    return 0


def run(load: Load, process: psutil.Process | None, args: argparse.Namespace) -> None:
    """All that was asked for."""
    ready(load)
    told(f"{usable_cores()} cores, load average of the machine before: {os.getloadavg()[0]:.2f}\n")
    if args.sizes:
        told(
            "| characters | alone, median | capacity | arrivals at half of it | texts | p50 | p95 | p99 | p95 / alone | not as alone |"
        )
        told("| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for size in args.sizes:
        measure_size(load, size, args.seconds)
    if args.clients:
        told()
        measure_crowd(load, 2_000, args.clients, args.seconds)
    if args.soak and process is not None:
        soak(load, process, args.soak)
    if process is not None:
        told(f"\nResident memory at the end: {resident(process):.0f} MiB.")
    told(f"Load average of the machine after: {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    sys.exit(main())
