"""Bodies of requests and of errors; the answer itself is `chitieu.contract.Extraction`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Json

from chitieu.contract import Extraction, ModelInfo, Period, Place
from chitieu.registry.describe import Registry
from chitieu.store.documents import DocumentSummary


class ExtractRequest(BaseModel):
    """A text, and what the sender already knows of it."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="Văn bản nguyên dạng / the text as it is")
    id: str | None = Field(None, max_length=400, description="Tên tài liệu / the document's name")
    period: Period | None = Field(None, description="Kỳ báo cáo / reporting period, if known")
    place: Place | None = Field(None, description="Địa phương / place, if known")
    with_text: bool = Field(False, description="Trả lại văn bản trong document.text / return the text in document.text")
    store: bool = Field(
        False, description="Lưu kết quả (cần quyền annotator) / keep the answer (needs the role annotator)"
    )


def _place(sent: str) -> str:
    """As JSON, what an input field of a page may hold: nothing, or a name as somebody types it."""
    words = sent.strip()
    if words.startswith(("{", "[")):
        return words
    return Place(text=words).model_dump_json() if words else "null"


class FileForm(BaseModel):
    """The fields of a form beside its file, as they are sent: `period` is JSON, `place` is JSON or the place's name."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(None, max_length=400)
    period: Json[Period] | None = None
    place: Annotated[Json[Place | None], BeforeValidator(_place)] | None = None
    with_text: bool = False
    store: bool = False


class BatchRequest(BaseModel):
    """Several texts at once. Each is checked on its own: one that does not fit stops no other."""

    model_config = ConfigDict(extra="forbid")

    documents: list[Any] = Field(description="Các văn bản / the texts, each as `ExtractRequest`")


class ErrorContent(BaseModel):
    """``code`` is stable and for programs, ``message`` is for people."""

    code: str
    message: str
    detail: dict[str, Any] = {}


class ErrorBody(BaseModel):
    """Every error has this body."""

    error: ErrorContent


class BatchAnswer(BaseModel):
    """A line of a batch's answer: a text that was read. Lines come as texts are done, not in the order in which they were sent."""

    index: int = Field(ge=0, description="Văn bản thứ mấy, tính từ 0 / which of the texts, counted from 0")
    id: str = Field(description="Tên tài liệu / the document's name")
    answer: Extraction


class BatchFailure(BaseModel):
    """A line of a batch's answer: a text that was not read, and why."""

    index: int = Field(ge=0, description="Văn bản thứ mấy, tính từ 0 / which of the texts, counted from 0")
    id: str | None = Field(description="Tên tài liệu / the document's name, where it could be read")
    error: ErrorContent


class BatchSummary(BaseModel):
    """The last line of a batch's answer: without it the answer was cut off."""

    done: int = Field(ge=0, description="Số văn bản đã đọc / texts that were read")
    failed: int = Field(ge=0, description="Số văn bản không đọc được / texts that were not")
    error: ErrorContent | None = Field(
        None, description="Vì sao không đọc hết nội dung gửi / why the rest of the body was not taken; null: all was"
    )


class Health(BaseModel):
    """``ok`` as soon as the model is loaded."""

    status: str
    version: str


class Served(ModelInfo):
    """The model that is served: its name, version and catalogue, and what its folder says of itself."""

    manifest: dict[str, Any] = Field(description="Bản kê của thư mục mô hình / the manifest of the model's folder")


class NewCurrent(BaseModel):
    """Which version is to be served."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=64, description="Tên mô hình / name of the model", examples=["chitieu-vi"])
    version: str = Field(max_length=64, description="Phiên bản / its version", examples=["0.3.0"])
    force: bool = Field(
        False, description="Dù cổng kiểm định không cho qua; cần `admin` / whatever the gate says; needs `admin`"
    )


class LoadFailure(BaseModel):
    """Why the current model is not the one that this process serves."""

    code: str = Field(description="Mã lỗi / stable code")
    message: str = Field(description="Tiếng Việt / tiếng Anh / Vietnamese, then English")


class Models(Registry):
    """All versions, what was served when, and what this process serves."""

    served: ModelInfo = Field(description="Tiến trình này đang dùng / what this process serves")
    failure: LoadFailure | None = Field(
        description="Vì sao chưa dùng mô hình hiện hành; null: đang dùng / why that is not the current one; null: it is"
    )


class DocumentPage(BaseModel):
    """Some of the stored documents, the last stored first."""

    documents: list[DocumentSummary]
    next: str | None = Field(description="`cursor` của trang sau; null: hết / of the next page; null: there is none")


class DocumentWithAnswer(DocumentSummary):
    """A stored document with its answer."""

    answer: Extraction


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
