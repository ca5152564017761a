"""`GET /v1/indicators`: the catalogue that figures are linked to."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from chitieu.api.access.who import Actor, needs
from chitieu.api.faults import errors_of
from chitieu.api.routes import get_pipeline
from chitieu.api.schemas import FoundIndicator, IndicatorDetail, IndicatorPage, IndicatorSummary
from chitieu.catalogue.fold import fold, unaccented
from chitieu.catalogue.load import Catalogue, Indicator
from chitieu.catalogue.search import Hit, search
from chitieu.errors import BadRequest, IndicatorUnknown
from chitieu.pipeline import Pipeline

router = APIRouter(prefix="/v1/indicators", tags=["indicators"])


def get_catalogue(pipeline: Annotated[Pipeline, Depends(get_pipeline)]) -> Catalogue:
    """The catalogue that is served, the office's own entries among it."""
    return pipeline.catalogue


@router.get("", summary="Tìm chỉ tiêu / Search indicators", responses=errors_of(BadRequest))
def search_indicators(
    catalogue: Annotated[Catalogue, Depends(get_catalogue)],
    _: Annotated[Actor, Depends(needs("reader"))],
    q: Annotated[
        str,
        Query(
            max_length=200,
            description="Tên, mã hoặc mã số, không dấu cũng được / a name, id or code, accents or not",
            examples=["ty le ho ngheo"],
        ),
    ] = "",
    field: Annotated[
        str, Query(max_length=200, description="Lĩnh vực, một phần tên cũng được / field, a part of its name will do")
    ] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="Số chỉ tiêu / how many")] = 20,
    offset: Annotated[int, Query(ge=0, description="Bỏ qua bao nhiêu chỉ tiêu đầu / how many to pass over")] = 0,
) -> IndicatorPage:
    """Không có `q`: tất cả, theo thứ tự danh mục. Có thể thiếu dấu, viết tắt hoặc sai chính tả.

    Indicators whose Vietnamese or English names, codes or ids a query finds, best first; without one, all in the catalogue's order.
    Accents may be missing, a word cut short or misspelt.
    """
    hits = search(catalogue, q) if q.strip() else [Hit(i, i.name_vi, 1.0) for i in catalogue.indicators]
    if field:
        hits = [hit for hit in hits if unaccented(fold(field)) in unaccented(fold(hit.indicator.field))]
    found = [
        FoundIndicator(**_summary(hit.indicator).model_dump(), matched=hit.matched, score=hit.score)
        for hit in hits[offset : offset + limit]
    ]
    return IndicatorPage(catalogue=catalogue.version, total=len(hits), indicators=found)


@router.get("/{id}", summary="Một chỉ tiêu / One indicator", responses=errors_of(IndicatorUnknown))
def get_indicator(
    catalogue: Annotated[Catalogue, Depends(get_catalogue)],
    _: Annotated[Actor, Depends(needs("reader"))],
    id: Annotated[str, Path(max_length=200, description="Mã của chỉ tiêu / its id", examples=["ty-le-che-phu-rung"])],
) -> IndicatorDetail:
    """Kèm tên gọi khác, chỉ tiêu bao trùm và thành phần. / One entry with its other names, its whole and its parts."""
    entry = next((i for i in catalogue.indicators if i.id == id), None)
    if entry is None:
        raise IndicatorUnknown(f"Không có chỉ tiêu “{id}”. / There is no indicator “{id}”.", id=id)
    return IndicatorDetail(
        **_summary(entry).model_dump(),
        aliases=[a.alias for a in catalogue.aliases if a.id == id],
        breakdowns=list(entry.breakdowns),
        children=[i.id for i in catalogue.indicators if i.parent == id],
        valid_from=entry.valid_from or None,
        valid_until=entry.valid_until or None,
        source=entry.source,
    )


def _summary(entry: Indicator) -> IndicatorSummary:
    return IndicatorSummary(
        id=entry.id,
        code=entry.code or None,
        system=entry.system,
        name_vi=entry.name_vi,
        name_en=entry.name_en,
        definition=entry.definition or None,
        field=entry.field,
        units=list(entry.units),
        dimension=entry.dimension,
        direction=entry.direction,
        kind=entry.kind,
        parent=entry.parent or None,
    )
