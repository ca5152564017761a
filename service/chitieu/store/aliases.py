"""Names that annotators propose for entries of the catalogue, and what reviewers decide on them: added to, never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from chitieu.annotation.operations import OPERATION, SetEntry
from chitieu.catalogue.fold import fold
from chitieu.errors import AliasUnknown
from chitieu.figures.observations import sentence_bounds
from chitieu.store.audit import By, add_entry
from chitieu.store.corrections import standing_annotation
from chitieu.store.database import Database
from chitieu.store.tables import AliasDecision, Correction, Task
from chitieu.store.tasks import Person, is_visible

Decision = Literal["accepted", "refused"]
_PLACES = 20  # of one proposal that are told


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name is proposed: the span, and the sentence around it, in code points of the document's text, half-open."""

    task: str
    document: str
    name: str
    by: str
    start: int
    end: int
    sentence_start: int
    sentence_end: int


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided last; ``alone``: the name means the entry wherever it is read."""

    decision: Decision
    alone: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """A name that is proposed for an entry. ``count``: spans; ``places``: the first of them; ``decided``: None while nobody has."""

    id: str
    entry: str
    alias: str
    count: int
    by: tuple[str, ...]
    places: tuple[Place, ...]
    decided: Decided | None


def proposal_id(entry: str, alias: str) -> str:
    """The same for names that are spelt alike."""
    return sha256(f"{entry}\0{fold(alias)}".encode()).hexdigest()[:32]


def proposals(database: Database, person: Person) -> list[Proposal]:
    """Those that stand in annotations which somebody may see, and those that were decided on; what most propose first."""
    with database.read() as session:
        return _proposals(session, person)


def decide(database: Database, id: str, decision: Decision, *, alone: bool, person: Person, by: By) -> Proposal:
    """Accept a name or refuse it; the last decision holds.

    Raises:
        AliasUnknown: nobody proposes it, nor was it decided on. DatabaseDown, DatabaseInvalid: nothing was stored.
    """
    with database.write() as session:
        found = next((one for one in _proposals(session, person) if one.id == id), None)
        if found is None:
            raise AliasUnknown("Không có tên đề xuất này. / There is no such proposed name.", alias=id[:80])
        session.add(
            AliasDecision(
                proposal=id,
                entry=found.entry,
                alias=found.alias,
                decision=decision,
                alone=int(alone),
                actor=by.actor,
                at=datetime.now(UTC),
            )
        )
        session.flush()
        add_entry(session, by, "alias_decided", id, entry=found.entry, decision=decision, alone=alone)
        return next(one for one in _proposals(session, person) if one.id == id)


def accepted(database: Database) -> list[tuple[str, str, bool]]:
    """Entry, name and whether it stands alone, of the names that are accepted, by entry and name."""
    with database.read() as session:
        rows = _decisions(session).values()
        return sorted((row.entry, row.alias, bool(row.alone)) for row in rows if row.decision == "accepted")


def _proposals(session: Session, person: Person) -> list[Proposal]:
    by_id: dict[str, list[tuple[str, str, Place]]] = defaultdict(list)
    for entry, alias, place in _standing(session, person):
        by_id[proposal_id(entry, alias)].append((entry, alias, place))
    decisions = _decisions(session)
    out = []
    for name in {**by_id, **decisions}:
        found, row = by_id.get(name, []), decisions.get(name)
        entry, alias = (row.entry, row.alias) if row is not None else found[0][:2]
        out.append(
            Proposal(
                name,
                entry,
                alias,
                len(found),
                tuple(sorted({place.by for *_, place in found})),
                tuple(place for *_, place in found[:_PLACES]),
                Decided(row.decision, bool(row.alone), row.actor, row.at) if row is not None else None,  # type: ignore[arg-type]
            )
        )
    return sorted(out, key=lambda one: (-one.count, one.entry, one.alias))


def _decisions(session: Session) -> dict[str, AliasDecision]:
    """The last decision on each."""
    return {row.proposal: row for row in session.scalars(select(AliasDecision).order_by(AliasDecision.seq))}


def _standing(session: Session, person: Person) -> Iterable[tuple[str, str, Place]]:
    """Entry, name and place of every span that has a proposed name now."""
    # What an operation leaves out is not stored, so that none without a name has the word.
    named = cast(Correction.operation, Text).contains('"alias"')
    rows = session.scalars(
        select(Correction)
        .where(Correction.label == "INDICATOR", named)
        .order_by(Correction.task_seq, Correction.number)
    )
    authors: dict[int, dict[str, str]] = defaultdict(dict)
    for row in rows:
        operation = OPERATION.validate_python(row.operation)
        if isinstance(operation, SetEntry) and operation.alias is not None:
            authors[row.task_seq][row.span] = row.actor
    for task in session.scalars(select(Task).where(Task.seq.in_(authors)).order_by(Task.seq)):
        if not is_visible(session, task, person):
            continue
        found = standing_annotation(session, task, person)
        for one in found.spans:
            span = one.span
            if not span.counts or span.alias is None or span.entry is None or span.id not in authors[task.seq]:
                continue
            first, last = sentence_bounds(found.text, span.start, span.end)
            document = found.task.document
            yield (
                span.entry,
                span.alias,
                Place(
                    task.id, document.id, document.name, authors[task.seq][span.id], span.start, span.end, first, last
                ),
            )
