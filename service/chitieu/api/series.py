"""`GET /v1/series`: an indicator over the years, from every stored document that states it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response

from chitieu.api.access.who import Actor, needs
from chitieu.api.answers import CSV, JSON, accepted
from chitieu.api.documents import Store
from chitieu.api.faults import STORE, errors_of
from chitieu.api.indicators import get_catalogue
from chitieu.catalogue.load import Catalogue
from chitieu.contract import Status
from chitieu.errors import BadRequest, IndicatorAmbiguous, IndicatorUnknown, NotAcceptable, SeriesTooLarge
from chitieu.series.answer import Frequency, SeriesAnswer
from chitieu.series.build import series_of
from chitieu.series.query import indicator_named, query_of
from chitieu.series.table import to_csv
from chitieu.store.series import rows_of

router = APIRouter(tags=["series"])
_FORMS = (JSON, CSV)
_CSV_FORM: dict[str, Any] = {
    CSV: {
        "schema": {
            "type": "string",
            "description": "Mỗi điểm một dòng, có dòng tiêu đề / a row a point, below a header",
        }
    }
}
_TIME = "2019, 2019-06, 2019-Q3, 2019-H1, 2019-06-30"


@router.get(
    "/v1/series",
    response_model=SeriesAnswer,
    responses=errors_of(BadRequest, IndicatorUnknown, IndicatorAmbiguous, SeriesTooLarge, NotAcceptable, *STORE)
    | {200: {"content": _CSV_FORM}},
    summary="Chuỗi số liệu theo thời gian / An indicator over the years",
)
def get_series(
    _: Annotated[Actor, Depends(needs("reader"))],
    database: Store,
    catalogue: Annotated[Catalogue, Depends(get_catalogue)],
    indicator: Annotated[
        str,
        Query(
            min_length=1,
            max_length=200,
            description="Mã, mã số hoặc tên của chỉ tiêu / id, official code or name of the indicator",
            examples=["GRDP bình quân đầu người"],
        ),
    ],
    place: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Mã hoặc tên địa phương; không có: mọi địa phương / code or name of the place; without: every one",
            examples=["Trà Vinh"],
        ),
    ] = None,
    from_: Annotated[
        str | None, Query(alias="from", max_length=30, description=f"Từ / from: {_TIME}", examples=["2015"])
    ] = None,
    to: Annotated[
        str | None, Query(max_length=30, description=f"Đến hết / to the end of: {_TIME}", examples=["2025"])
    ] = None,
    status: Annotated[
        Status | None, Query(description="Chỉ thực hiện, ước hay mục tiêu / only results, estimates or targets")
    ] = None,
    breakdown: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Không có: toàn bộ; `all`: cả các phần; hoặc các chữ của một phần / "
            "without: wholes; `all`: parts too; or words of a part",
        ),
    ] = None,
    frequency: Annotated[Frequency | None, Query(description="Chỉ loại kỳ này / only this kind of periods")] = None,
    accept: Annotated[
        str | None, Header(description=f"Dạng trả lời / form of the answer: {', '.join(_FORMS)}", examples=[JSON])
    ] = None,
) -> Response:
    """Mỗi địa phương, phần, đơn vị và loại kỳ là một chuỗi. / A series for each place, part, unit and kind of periods.

    Số của tài liệu mới nhất là giá trị; số khác để bên cạnh (`restatements`, `conflicts`), kế hoạch ở `plan`.

    The newest document's value is the point's; others stand beside it (`restatements`, `conflicts`), the plan in `plan`.
    """
    media = accepted(accept, _FORMS)
    query = query_of(place=place, first=from_, last=to, status=status, breakdown=breakdown, frequency=frequency)
    entry = indicator_named(catalogue, indicator)
    answer = series_of(catalogue, entry, rows_of(database, entry.id, query), query)
    if media == JSON:
        return Response(answer.model_dump_json(), media_type=JSON)
    headers = {"Content-Disposition": 'attachment; filename="series.csv"'}
    return Response(to_csv(answer).encode(), media_type=CSV, headers=headers)
