"""`/v1/annotators`: whom tasks may be given to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from chitieu.api.access.who import Actor, needs
from chitieu.api.documents import Store
from chitieu.api.faults import STORE, errors_of
from chitieu.api.workbench import AnnotatorList
from chitieu.store.accounts import LOCAL, list_annotators

router = APIRouter(tags=["annotation"])


@router.get("/v1/annotators", summary="Người gán nhãn / Annotators", responses=errors_of(*STORE))
def get_annotators(actor: Annotated[Actor, Depends(needs("reviewer"))], database: Store) -> AnnotatorList:
    """Tên các tài khoản nhận việc được. / Names of the accounts that tasks may be given to."""
    own = [LOCAL] if actor.via == "open" else []
    return AnnotatorList(annotators=own + list_annotators(database))
