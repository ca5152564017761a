"""One job from its claim to its end."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from chitieu.errors import ChitieuError
from chitieu.jobs.hold import FAULTS, Hold, Interrupted, JobLost
from chitieu.pipeline import Pipeline
from chitieu.settings import Settings
from chitieu.store import jobs
from chitieu.store.database import Database

log = structlog.get_logger(__name__)
_INTERNAL = jobs.JobError(code="internal", message="Lỗi hệ thống. / An internal error.", status=500)


@dataclass(frozen=True, slots=True)
class Tools:
    """What jobs are done with."""

    database: Database
    pipeline: Pipeline
    settings: Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: the bytes of its answer, the document that it stored, and what to do once the answer is stored."""

    answer: bytes
    document_id: str | None = None
    afterwards: Callable[[], None] | None = None


Kind = Callable[[jobs.Work, Tools, Hold], Outcome]
"""Does the work of one kind of job. `Hold.report` tells how far it is, `Hold.insist` keeps what came of it.

A ChitieuError that it raises is the job's error; anything else is the error `internal`."""


def run(
    id: str,
    *,
    tools: Tools,
    kinds: Mapping[str, Kind],
    worker: str,
    stop: threading.Event,
    holds: set[Hold],
    pause: Callable[[], None] | None = None,
) -> None:
    """Do one job, if it is to be had; never raises for what is the job's fault, or the database's.

    Args:
        kinds: what to do, by `Work.kind`.
        worker: the process's name, for logs.
        stop: set when the job must be given back at once.
        holds: those of the process; this job's is among them while it is done.
        pause: see `Hold`.
    """
    settings, database = tools.settings, tools.database
    # Two threads of a process are two workers: one may find the job of the other deserted.
    name = f"{worker}/{secrets.token_hex(4)}"
    try:
        work = jobs.claim(database, id, name, lease_seconds=settings.job_lease_seconds, attempts=settings.job_attempts)
    except FAULTS as error:
        log.warning("job_not_begun", job=id, cause=error.detail.get("cause"))  # a sweep queues it again
        return
    if work is None:
        return
    log.info("job_begun", job=id, kind=work.kind, worker=name)
    with Hold(database, id, name, lease_seconds=settings.job_lease_seconds, stop=stop, pause=pause) as hold:
        holds.add(hold)
        try:
            if stop.is_set():  # who stops the process has gone over the holds and may have missed this one
                raise Interrupted
            end, afterwards = _done(work, tools, kinds, hold, name)
            ended = _end(work, tools, hold, name, end)
            if ended and afterwards is not None:
                afterwards()
            log.info("job_ended" if ended else "job_lost", job=id)
        except JobLost:
            log.info("job_lost", job=id)
        except Interrupted:
            hold.give_back()
        finally:
            holds.discard(hold)


def _done(
    work: jobs.Work, tools: Tools, kinds: Mapping[str, Kind], hold: Hold, name: str
) -> tuple[Callable[[], bool], Callable[[], None] | None]:
    """Do the work; returns how to write down what came of it, and what to do then."""
    try:
        outcome = kinds[work.kind](work, tools, hold)
    except (JobLost, Interrupted):
        raise
    except ChitieuError as error:
        log.info("job_failed", job=work.id, code=error.code)
        return partial(jobs.fail, tools.database, work.id, name, jobs.JobError.of(error)), None
    except Exception as error:
        log.error("job_failed", job=work.id, code="internal", exc_info=error)
        return partial(jobs.fail, tools.database, work.id, name, _INTERNAL), None
    finish = partial(jobs.finish, tools.database, work.id, name, answer=outcome.answer, document_id=outcome.document_id)
    return finish, outcome.afterwards


def _end(work: jobs.Work, tools: Tools, hold: Hold, name: str, end: Callable[[], bool]) -> bool:
    """Write down what came of the work; where the database refuses that, that it failed."""
    try:
        return hold.insist(end)
    except (JobLost, Interrupted):
        raise
    except Exception as error:
        log.error("job_failed", job=work.id, code="internal", exc_info=error)
        return hold.insist(partial(jobs.fail, tools.database, work.id, name, _INTERNAL))
