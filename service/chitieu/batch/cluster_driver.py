"""The process that is a driver of Ray, for `chitieu.batch.cluster`.

On each core of the cluster there is an actor that keeps a `LocalEngine` of one process. Actors rather than Ray Data: that tries a block for
ever or fails the whole job, and a bad document must cost itself alone. A document fails on its node, in the words of the local engine; what
Ray sees dying is a machine, and its document is read on another.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

from chitieu import __version__
from chitieu.batch.engine import Item, Result
from chitieu.batch.key import differing
from chitieu.batch.local import LocalEngine, crashed, unfit
from chitieu.batch.worker import Plan, Unfit, end_with_parent
from chitieu.errors import ChitieuError, ClusterLost, ClusterUnreachable, WorkersDiffer, WorkersLost

_LOOK_SECONDS = 1.0  # between two looks at the cluster, and at most between two words to the run
_TURN_SECONDS = 0.05  # that answers are waited for before new items are looked for
_SILENCE = 10.0  # seconds without the cluster's head before it is lost; after 60 Ray would end this process itself
_MOST_WITHOUT = 300.0  # seconds that documents wait while not one reader is ready
_REACH_SECONDS = 5.0
_CONNECT_SECONDS = 18.0  # Ray itself asks for minutes whether a thing that is not Ray is
_START_SECONDS = 120.0  # for a cluster of this machine alone
_MOST_HELD = 512 * 1024 * 1024  # bytes of documents in the object store
_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """What the driver is asked to do; see `chitieu.batch.cluster.ClusterEngine`. ``here`` is the `likeness` of the run."""

    plan: Plan
    workers: int | None
    seconds: float
    attempts: int
    address: str | None
    here: dict[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """Said at the start: what comes next takes at most so many seconds; a line for whoever waits."""

    seconds: float
    line: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """Said from time to time: readers that there may be, bytes of documents that may be under way."""

    readers: int
    most_held: int


@dataclass(frozen=True, slots=True)
class End:
    """The last word: the error that ends the run."""

    kind: type[ChitieuError]
    message: str
    detail: dict[str, Any]


def drive(call: Call, pipe: Connection) -> None:
    """Tell each `Step`, then the `Pool` at least every second or so, and answer every item with a `Result` until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # how the run ends is the command's affair
    threading.Thread(target=end_with_parent, daemon=True).start()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # Ray tells of lost machines there
    os.close(nowhere)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    try:
        _connect(ray, call.address, pipe.send)
        signal.signal(signal.SIGTERM, _pass_over)  # Ray has put itself there
        _serve(_Driver(ray, call), pipe)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except ChitieuError as error:
        _tell_end(pipe, error)
    except ray.exceptions.RayError as error:
        _tell_end(pipe, lost(" ".join(str(error).split())))
    finally:
        ray.shutdown()


def _pass_over(_signal: int, _frame: FrameType | None) -> None:
    # Not SIG_IGN, which what is started here would inherit.
    return


def _tell_end(pipe: Connection, error: ChitieuError) -> None:
    with suppress(OSError):
        pipe.send(End(type(error), error.message, error.detail))


def _serve(driver: _Driver, pipe: Connection) -> None:
    inbox: SimpleQueue[Item | None] = SimpleQueue()
    # Always takes: else both ends could wait until the other reads.
    threading.Thread(target=_receive, args=(pipe, inbox), daemon=True).start()
    told = 0.0
    while True:
        if time.monotonic() - told >= _LOOK_SECONDS:
            told = time.monotonic()
            pipe.send(driver.pool())
        with suppress(Empty):
            while (item := inbox.get_nowait()) is not None:
                driver.submit(item)
            driver.close()
            return
        for result in driver.results(_TURN_SECONDS):
            pipe.send(result)


def _receive(pipe: Connection, inbox: SimpleQueue[Item | None]) -> None:
    try:
        while True:
            inbox.put(pipe.recv())
    except (EOFError, OSError):
        inbox.put(None)


class Reader:
    """What runs on a node: reads one document at a time, in a process of its own."""

    def tell(self, soffice: str) -> tuple[str, dict[str, str]]:
        """Where it is, and what readings follow from besides what `check_key` compares."""
        return platform.node(), likeness(soffice)

    def begin(self, plan: Plan, seconds: float, attempts: int) -> None:
        """Said once, before the first document."""
        # Else the process that reads would import Ray again, as the main module of this one.
        vars(sys.modules["__main__"]).pop("__file__", None)
        self._engine = LocalEngine(plan, workers=1, seconds=seconds, attempts=attempts)

    def read(self, item: Item) -> Result | Unfit:
        """The document's end, or why nothing can be read here."""
        try:
            self._engine.submit(item)
            while True:
                for result in self._engine.results(_WAIT):
                    return result
        except ChitieuError as error:
            return Unfit(error.code, error.message)


def likeness(soffice: str) -> dict[str, str]:
    """Versions and programs that must be the same on all machines, by name."""
    return {
        "chitieu": __version__,
        "onnxruntime": version("onnxruntime"),
        "processor": platform.machine(),
        "LibreOffice": str(shutil.which(soffice) is not None),
        "Tesseract": str(shutil.which("tesseract") is not None),
    }


@dataclass(slots=True)
class _Task:
    sha256: str
    hint: str
    item: Any  # a reference into the object store
    tries: int = 0


@dataclass(slots=True, eq=False)
class _Hand:
    """A reader as it is seen from here."""

    actor: Any
    answer: Any  # a reference to what it was asked for last; None: it has nothing to do
    node: str = ""
    is_ready: bool = False
    task: _Task | None = None


class _Driver:
    """Gives documents to the readers, of which there are as many as the cluster has cores now."""

    def __init__(self, ray: Any, call: Call) -> None:
        self._ray = ray
        self._call = call
        self._hands: list[_Hand] = []
        self._waiting: deque[_Task] = deque()
        self._why = ""  # a reader was last lost
        self._soffice = str(call.plan.settings.get("soffice", "soffice"))
        context = ray.get_runtime_context()
        self._head, self._node = context.gcs_address, context.get_node_id()
        self._looked = 0.0
        self._heard = self._had = time.monotonic()
        self._count, self._most_held = 1, _MOST_HELD
        self._look()

    def pool(self) -> Pool:
        return Pool(self._count, self._most_held)

    def submit(self, item: Item) -> None:
        self._waiting.append(_Task(item.sha256, item.hint, self._ray.put(item)))
        self._deal()

    def results(self, timeout: float) -> list[Result]:
        """
        Raises:
            ClusterLost: the head, or this machine's part of the cluster, is gone.
            WorkersLost: no machine gives a reader that starts.
            WorkersDiffer: a machine has another version, model or other programs.
            ModelMissing, ModelInvalid: as a machine says.
        """
        self._look()
        asked = {hand.answer: hand for hand in self._hands if hand.answer is not None}
        out: list[Result] = []
        if asked:
            self._ray.wait(list(asked), num_returns=1, timeout=timeout)
            done, _ = self._ray.wait(list(asked), num_returns=len(asked), timeout=0)
            for answer in done:
                out += self._hear(asked[answer])
        else:
            time.sleep(timeout)
        self._deal()
        return out

    def close(self) -> None:
        self._waiting.clear()
        for hand in list(self._hands):
            self._dismiss(hand)

    def _look(self) -> None:
        """See from time to time whether the cluster is there and how large it is, and have as many readers as there is work for."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        if not _answers(self._head):
            if now - self._heard > _SILENCE:
                raise lost(f"{self._head} không trả lời / does not answer")
            return
        self._heard = now
        nodes = {node["NodeID"]: node["Resources"] for node in self._ray.nodes() if node["Alive"]}
        if self._node not in nodes:
            raise lost("máy này không còn trong cụm / this machine is no longer part of it")
        cores = sum(int(resources.get("CPU", 0)) for resources in nodes.values())
        self._count = self._call.workers or max(1, cores)
        self._most_held = min(_MOST_HELD, int(nodes[self._node].get("object_store_memory", _MOST_HELD)) // 2)
        self._grow(now)

    def _grow(self, now: float) -> None:
        if not self._waiting or any(hand.is_ready for hand in self._hands):
            self._had = now
        elif now - self._had > _MOST_WITHOUT:
            why = self._why or "không máy nào có lõi rảnh / no machine has a free core"
            raise WorkersLost(
                f"Cụm Ray không cho tiến trình đọc nào ({why}). / The Ray cluster gives no process that reads ({why}).",
                cause=why,
            )
        coming = sum(not hand.is_ready for hand in self._hands)
        for _ in range(min(self._count - len(self._hands), len(self._waiting) - coming)):
            made = self._ray.remote(num_cpus=self._call.plan.threads, max_restarts=0, max_task_retries=0)(Reader)
            actor = made.remote()
            self._hands.append(_Hand(actor, actor.tell.remote(self._soffice)))

    def _deal(self) -> None:
        """Give what waits to those who are ready."""
        free = [hand for hand in self._hands if hand.is_ready and hand.task is None]
        while self._waiting and free:
            hand, task = free.pop(), self._waiting.popleft()
            task.tries += 1
            hand.task, hand.answer = task, hand.actor.read.remote(task.item)

    def _hear(self, hand: _Hand) -> Iterator[Result]:
        errors = self._ray.exceptions
        try:
            answer = self._ray.get(hand.answer)
        except errors.RayTaskError as error:  # none of ours: those come as answers
            raise self._other_software(hand, error) from error
        except errors.RayError as error:
            if "creation task" in str(error) and not hand.is_ready:
                raise self._other_software(hand, error) from error
            yield from self._bury(hand, error)
            return
        hand.answer = None
        if isinstance(answer, Unfit):
            raise unfit(Unfit(answer.code, f"{hand.node}: {answer.message}"))
        if isinstance(answer, Result):
            hand.task = None
            yield answer
            return
        hand.node, told = answer
        ours = self._call.here
        if told != ours:
            there = {name: told.get(name, "") for name in ours}
            raise differing(
                {name: (there[name], here) for name, here in ours.items() if there[name] != here}, hand.node
            )
        hand.actor.begin.remote(self._call.plan, self._call.seconds, self._call.attempts)
        hand.is_ready = True

    def _bury(self, hand: _Hand, error: Exception) -> Iterator[Result]:
        """A reader is gone, mostly with its machine: its document is tried again, or told as failed."""
        self._dismiss(hand)
        self._why = type(error).__name__
        task, hand.task = hand.task, None
        if task is None:
            return
        if task.tries < self._call.attempts:
            self._waiting.appendleft(task)
        else:
            yield Result(task.sha256, task.hint, crashed(task.tries, self._why))

    def _dismiss(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(hand.actor)

    def _other_software(self, hand: _Hand, error: Exception) -> WorkersDiffer:
        cause = str(error).strip().splitlines()[-1]
        return differing({"chitieu": (cause, self._call.here["chitieu"])}, hand.node)


def lost(why: str) -> ClusterLost:
    """The error of a cluster that went away."""
    return ClusterLost(
        f"Mất cụm Ray ({why}); phần đã đọc còn nguyên, chạy lại lệnh này để đọc tiếp. / "
        f"The Ray cluster is lost ({why}); what is done is kept, run the same command to go on.",
        cause=why,
    )


def unreachable(address: str, cause: str) -> ClusterUnreachable:
    """The error of a cluster that was never reached."""
    return ClusterUnreachable(
        f"Không nối được với cụm Ray {address}: {cause}. Lệnh này phải chạy trên một máy của cụm. / "
        f"The Ray cluster {address} cannot be reached: {cause}. The command runs on a machine of the cluster.",
        address=address,
        cause=cause,
    )


def _connect(ray: Any, address: str | None, tell: Callable[[Step], None]) -> None:
    if address is not None and address not in ("auto", "local") and not _answers(address):
        raise unreachable(address, "không có gì trả lời / nothing answers")
    options: dict[str, Any] = {"log_to_driver": False, "configure_logging": False, "logging_level": "CRITICAL"}
    try:
        try:
            tell(Step(_START_SECONDS if address == "local" else _CONNECT_SECONDS))
            ray.init(address=address or "auto", **options)
        except ConnectionError:
            if address is not None:
                raise
            line = "Không có cụm Ray, chỉ dùng máy này. / No Ray cluster runs, this machine alone is used."
            tell(Step(_START_SECONDS, line))
            ray.init(address="local", include_dashboard=False, **options)
    except (OSError, RuntimeError, ValueError, AssertionError, ray.exceptions.RayError) as error:
        raise unreachable(address or "auto", " ".join(str(error).split())) from error


def _answers(address: str) -> bool:
    """Whether anything listens at ``host:port``; Ray itself takes minutes to say that nothing does, and then ends the process."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_REACH_SECONDS):
            return True
    except (OSError, ValueError, OverflowError):
        return False
