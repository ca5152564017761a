"""Bodies of requests and of errors; the answer itself is `chitieu.contract.Extraction`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from chitieu.contract import Period, Place


class ExtractRequest(BaseModel):
    """A text, and what the sender already knows of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "Thu ngân sách 9 tháng năm 2023 đạt 7.215 tỷ đồng, bằng 81,4% dự toán, tăng 6,2% so cùng kỳ.",
                    "id": "bao-cao-9-thang.txt",
                }
            ]
        },
    )

    text: str = Field(description="Văn bản nguyên dạng / the text as it is")
    id: str | None = Field(None, max_length=400, description="Tên tài liệu / the document's name")
    period: Period | None = Field(None, description="Kỳ báo cáo / reporting period, if known")
    place: Place | None = Field(None, description="Địa phương / place, if known")
    with_text: bool = Field(False, description="Trả lại văn bản trong document.text / return the text in document.text")


class ErrorContent(BaseModel):
    """``code`` is stable and for programs, ``message`` is for people."""

    code: str
    message: str
    detail: dict[str, Any] = {}


class ErrorBody(BaseModel):
    """Every error has this body."""

    error: ErrorContent


class Health(BaseModel):
    """``ok`` as soon as the model is loaded."""

    status: str
    version: str


class IndicatorSummary(BaseModel):
    """An entry of the catalogue."""

    id: str = Field(description="Mã của dự án, không đổi / ours, stable")
    code: str | None = Field(description="Mã số chính thức / official code, in the list that `system` names")
    system: str
    name_vi: str
    name_en: str
    definition: str | None
    field: str
    units: list[str] = Field(description="Đơn vị thường dùng / usual units, as printed")
    dimension: str | None = Field(description="Thứ nguyên của đơn vị đầu / what the first unit measures")
    direction: str
    kind: str
    parent: str | None = Field(description="Chỉ tiêu bao trùm / id of the whole")


class FoundIndicator(IndicatorSummary):
    """An entry that a query found: the name by which, and how well (0 to 1)."""

    matched: str
    score: float


class IndicatorPage(BaseModel):
    """Some of the entries found, and how many there are."""

    catalogue: str = Field(description="Phiên bản danh mục / version of the catalogue")
    total: int
    indicators: list[FoundIndicator]


class IndicatorDetail(IndicatorSummary):
    """One entry with all that is known of it."""

    aliases: list[str]
    breakdowns: list[str] = Field(description="Các cách phân tổ / kinds of parts that it is given for")
    children: list[str] = Field(description="Chỉ tiêu thành phần / ids of entries whose whole this is")
    valid_from: str | None
    valid_until: str | None
    source: str
