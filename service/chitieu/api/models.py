"""`/v1/models`: the versions of the registry, which one is served, and another one served from now on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from chitieu.api.access.who import Actor, needs
from chitieu.api.documents import Store
from chitieu.api.faults import BODY, STORE, Kind, errors_of
from chitieu.api.json_bodies import reads
from chitieu.api.projects import takes
from chitieu.api.schemas import LoadFailure, Models, NewCurrent
from chitieu.api.workbench import Nothing
from chitieu.errors import (
    ModelDamaged,
    ModelHasNoPrevious,
    ModelInvalid,
    ModelNotPassed,
    ModelUnknown,
    OutputLocked,
    OutputUnwritable,
    UnsupportedMedia,
)
from chitieu.registry.describe import registry
from chitieu.registry.pointer import ModelChange
from chitieu.registry.promote import promote, rollback
from chitieu.served import Failure, ServedPipeline
from chitieu.store.audit import record
from chitieu.store.database import Database

router = APIRouter(prefix="/v1/models", tags=["service"])
Reviewer = Annotated[Actor, Depends(needs("reviewer"))]
_CHANGE: tuple[Kind, ...] = (
    ModelDamaged, ModelInvalid, OutputLocked, OutputUnwritable, UnsupportedMedia, *BODY, *STORE,
)  # fmt: skip


def get_served(request: Request) -> ServedPipeline:
    """The application's."""
    served: ServedPipeline = request.app.state.served
    return served


Serving = Annotated[ServedPipeline, Depends(get_served)]


@router.get("", summary="Các mô hình / The models", responses=errors_of(ModelInvalid))
def list_models(_: Annotated[Actor, Depends(needs("reader"))], served: Serving) -> Models:
    """Mỗi phiên bản với điểm, nguồn gốc và cổng kiểm định. / Each version with its scores, where it came from and what the gate said."""
    held = registry(served.root)
    return Models(models=held.models, history=held.history, served=served.pipeline.info, failure=_told(served.failure))


@router.post(
    "/promote",
    summary="Đưa một mô hình vào dùng / Have a version served",
    responses=errors_of(ModelUnknown, ModelNotPassed, *_CHANGE),
    openapi_extra=takes(NewCurrent),
)
def promote_model(
    actor: Reviewer,
    request: Request,
    database: Store,
    served: Serving,
    body: Annotated[NewCurrent, Depends(reads(NewCurrent))],
) -> ModelChange:
    """Phiên bản phải đủ tệp, đọc được và đã qua cổng kiểm định. Yêu cầu đang xử lý dùng tiếp mô hình cũ.

    It must be whole, load, and have passed the gate. Requests in hand end with the model of before; other processes follow within seconds.
    """
    if body.force:
        needs("admin")(request)
    change = promote(served.root, body.name, body.version, actor.name, force=body.force, load=served.load)
    return _followed(served, database, actor, "model_promoted", change)


@router.post(
    "/rollback",
    summary="Dùng lại mô hình trước / Have the version of before served again",
    responses=errors_of(ModelUnknown, ModelHasNoPrevious, *_CHANGE),
    openapi_extra=takes(Nothing),
)
def roll_back(
    actor: Reviewer,
    database: Store,
    served: Serving,
    _: Annotated[Nothing, Depends(reads(Nothing, may_be_empty=True))],
) -> ModelChange:
    """Gọi lần nữa thì lùi thêm một phiên bản. / Asked again, it goes one version further back."""
    change = rollback(served.root, actor.name, load=served.load)
    return _followed(served, database, actor, "model_rolled_back", change)


def _followed(
    served: ServedPipeline, database: Database, actor: Actor, action: str, change: ModelChange
) -> ModelChange:
    """The change, once it is in the audit trail and this process serves what it says."""
    record(
        database,
        actor.name,
        action,
        f"{change.name}/{change.version}",
        address=actor.address,
        request=actor.request,
        forced=change.forced,
    )
    served.look()
    return change


def _told(failure: Failure | None) -> LoadFailure | None:
    return None if failure is None else LoadFailure(code=failure.code, message=failure.message)
