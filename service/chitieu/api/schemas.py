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
