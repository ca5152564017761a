"""`/v1/aliases`: names that annotators propose for entries of the catalogue, and what is decided on them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from chitieu.api.access.who import Actor, needs
from chitieu.api.documents import Store
from chitieu.api.faults import BODY, STORE, errors_of
from chitieu.api.indicators import get_catalogue
from chitieu.api.json_bodies import reads
from chitieu.api.projects import by, person, takes
from chitieu.api.workbench import AliasDecisionSent
from chitieu.catalogue.aliases import standing
from chitieu.catalogue.fold import fold
from chitieu.catalogue.load import Catalogue
from chitieu.errors import AliasUnknown, BadRequest, UnsupportedMedia
from chitieu.store import aliases
from chitieu.store.aliases import Decision, Proposal
from chitieu.store.database import Database

router = APIRouter(prefix="/v1/aliases", tags=["annotation"])
Reviewer = Annotated[Actor, Depends(needs("reviewer"))]
Entries = Annotated[Catalogue, Depends(get_catalogue)]
State = Literal["open", "accepted", "refused"]


class AliasPlace(BaseModel):
    """Where a name is proposed; offsets are code points of the document's text."""

    task: str = Field(description="Mã việc / id of the task")
    document: str = Field(description="Mã tài liệu / id of the document")
    name: str = Field(description="Tên tài liệu / name of the document")
    by: str = Field(description="Ai đề xuất / who proposes it")
    start: int = Field(description="Chỉ tiêu bắt đầu / where the indicator begins")
    end: int = Field(description="Chỉ tiêu kết thúc / where the indicator ends")
    sentence_start: int = Field(description="Câu bắt đầu / where its sentence begins")
    sentence_end: int = Field(description="Câu kết thúc / where its sentence ends")


class AliasDecided(BaseModel):
    """The last decision on a name."""

    decision: Decision = Field(description="Quyết định / what was decided")
    alone: bool = Field(description="Đúng ở mọi nơi / whether it holds wherever it is read")
    by: str = Field(description="Ai / who")
    at: datetime = Field(description="Lúc nào / when")


class AliasProposal(BaseModel):
    """A name that annotators propose for an entry of the catalogue."""

    id: str = Field(description="Mã đề xuất / its id")
    entry: str = Field(description="Mã chỉ tiêu / id of the entry")
    name: str | None = Field(description="Tên chỉ tiêu; null: danh mục không còn / the entry's name; null: it is gone")
    alias: str = Field(description="Tên đề xuất / the proposed name")
    count: int = Field(description="Bao nhiêu chỗ / in how many places it is proposed")
    by: list[str] = Field(description="Ai đề xuất / who proposes it")
    places: list[AliasPlace] = Field(description="Ở đâu, nhiều nhất 20 chỗ / where, 20 places at most")
    linked: str | None = Field(
        description="Tên này nay được gắn với chỉ tiêu nào / the entry that the name alone is linked to now"
    )
    found: bool = Field(description="Đã được gắn đúng / whether it is linked to the entry already")
    collides: list[str] = Field(description="Chỉ tiêu khác có đúng tên này / other entries that the name means")
    decided: AliasDecided | None = Field(description="Quyết định cuối; null: chưa / the last decision; null: none yet")


class AliasList(BaseModel):
    """Proposed names, what most propose first."""

    total: int = Field(description="Bao nhiêu đề xuất / how many there are")
    aliases: list[AliasProposal] = Field(description="Các đề xuất / the proposals")


@router.get("", summary="Các tên được đề xuất / Names that are proposed", responses=errors_of(BadRequest, *STORE))
def list_aliases(
    actor: Reviewer,
    database: Store,
    catalogue: Entries,
    state: Annotated[
        State | None, Query(description="`open`: chưa quyết định / undecided; `accepted`, `refused`")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Bao nhiêu / how many")] = 100,
    offset: Annotated[int, Query(ge=0, le=2**31 - 1, description="Bỏ qua bao nhiêu / how many to pass over")] = 0,
) -> AliasList:
    """Kèm câu, người đề xuất, và danh mục hiện hiểu tên ấy là gì. / With sentences and people, and what the catalogue makes of the name."""
    found = [one for one in aliases.proposals(database, person(actor)) if state in (None, _state(one))]
    return AliasList(total=len(found), aliases=[_told(one, catalogue) for one in found[offset : offset + limit]])


@router.post(
    "/{id}",
    summary="Nhận hoặc không nhận một tên / Accept a name, or refuse it",
    responses=errors_of(AliasUnknown, UnsupportedMedia, *BODY, *STORE),
    openapi_extra=takes(AliasDecisionSent),
)
def decide_alias(
    actor: Reviewer,
    database: Store,
    catalogue: Entries,
    id: Annotated[str, Path(max_length=32, description="Mã đề xuất / id of the proposal", examples=["0" * 32])],
    body: Annotated[AliasDecisionSent, Depends(reads(AliasDecisionSent))],
) -> AliasProposal:
    """Quyết định sau thay quyết định trước. Tên đang là của chỉ tiêu khác chỉ nhận được với `alone` false.

    The last decision holds. A name that means another entry already can be accepted with `alone` false only.
    """
    if body.decision == "accepted":
        _check(database, catalogue, actor, id, alone=body.alone)
    made = aliases.decide(database, id, body.decision, alone=body.alone, person=person(actor), by=by(actor))
    return _told(made, catalogue)


def _check(database: Database, catalogue: Catalogue, actor: Actor, id: str, *, alone: bool) -> None:
    """
    Raises:
        BadRequest: a catalogue with the name would be refused.
    """
    one = next((one for one in aliases.proposals(database, person(actor)) if one.id == id), None)
    if one is None:
        return
    stands = standing(catalogue, one.entry, one.alias)
    if not stands.is_entry or not fold(one.alias):
        raise BadRequest(
            "Danh mục không có chỉ tiêu này, hoặc tên không có chữ nào. / "
            "The catalogue has no such entry, or the name has no words.",
            problems=[{"where": "decision", "what": f"{one.entry}: {one.alias}"[:200]}],
        )
    taken = {entry for entry, name, sole in aliases.accepted(database) if sole and fold(name) == fold(one.alias)}
    others = sorted({*stands.others, *taken} - {one.entry})
    if alone and others:
        rest = ", ".join(others)
        raise BadRequest(
            f"Tên này đã là của {rest}; chỉ nhận được với alone false. / "
            f"This name is that of {rest} already: it can be accepted with alone false only.",
            problems=[{"where": "alone", "what": f"names {rest}"}],
        )


def _state(one: Proposal) -> State:
    return "open" if one.decided is None else one.decided.decision


def _told(one: Proposal, catalogue: Catalogue) -> AliasProposal:
    stands = standing(catalogue, one.entry, one.alias)
    return AliasProposal(
        id=one.id,
        entry=one.entry,
        name=next((entry.name_vi for entry in catalogue.indicators if entry.id == one.entry), None),
        alias=one.alias,
        count=one.count,
        by=list(one.by),
        places=[AliasPlace(**asdict(place)) for place in one.places],
        linked=stands.linked,
        found=stands.linked == one.entry,
        collides=list(stands.others),
        decided=AliasDecided(**asdict(one.decided)) if one.decided is not None else None,
    )
