"""The OpenAPI description of the whole service: what the routes say of themselves, and what holds for all of them."""

from __future__ import annotations

import json
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chitieu.api.answers import CSV, HTML, NDJSON
from chitieu.api.faults import errors_of, internal
from chitieu.api.label_studio_bodies import LabelStudioEvent, LabelStudioProject, LabelStudioTasks
from chitieu.api.schemas import (
    BatchAnswer,
    BatchFailure,
    BatchRequest,
    BatchSummary,
    ErrorBody,
    ExtractRequest,
    NewCurrent,
)
from chitieu.api.workbench import (
    AliasDecisionSent,
    NewAdjudication,
    NewProject,
    NewTasks,
    Nothing,
    ProjectChange,
    SentCorrections,
    TaskChange,
)
from chitieu.catalogue.tables import read_table
from chitieu.errors import (
    AccountsMissing,
    BadRequest,
    CrossSite,
    DatabaseDown,
    DatabaseInvalid,
    Forbidden,
    HostRefused,
    LoginNeeded,
    RateLimited,
)

_DATA = Path(__file__).resolve().parent / "data"
_ABOUT = """Đọc báo cáo kinh tế - xã hội, trả về từng số liệu kèm chỉ tiêu. /
Reads Vietnamese socio-economic reports and returns every figure with its indicator.

Mọi lỗi có chung một dạng: `{"error": {"code", "message", "detail"}}`; `code` không đổi. /
Every error has one body, `{"error": {"code", "message", "detail"}}`; its `code` is stable.

Vị trí đếm theo ký tự Unicode (code point) của văn bản như đã gửi, không gồm vị trí cuối. Số là chuỗi thập phân, không phải số thực. /
Offsets are code points of the text as sent, half-open. Numbers are decimal strings, never floats."""

_TAGS = [
    ("figures", "Đọc số liệu / Reading figures"),
    ("documents", "Tài liệu đã lưu / Stored documents"),
    ("observations", "Bảng số liệu đã lưu / The table of stored figures"),
    ("series", "Chuỗi số liệu theo thời gian / Indicators over the years"),
    ("jobs", "Công việc chạy nền / Jobs"),
    ("annotation", "Sửa kết quả: dự án, việc, các lần sửa / Correcting: projects, tasks, corrections"),
    ("label-studio", "Cho Label Studio / As a machine-learning backend of Label Studio"),
    ("training", "Từ những gì đã sửa đến mô hình tiếp theo / From corrections to the next model"),
    ("indicators", "Danh mục chỉ tiêu / The catalogue of indicators"),
    ("access", "Đăng nhập, tài khoản / Logins and accounts"),
    ("service", "Dịch vụ / The service itself"),
]
_SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Khóa API: `chitieu tokens create` cấp. / An API token, made by `chitieu tokens create`.",
    },
    "name_and_token": {
        "type": "http",
        "scheme": "basic",
        "description": "Tên tài khoản, và khóa API làm mật khẩu; chỉ dưới `/label-studio`. / "
        "The account's name, and an API token as the password; under `/label-studio` alone.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "chitieu_session",
        "description": "Phiên đăng nhập của trang. Yêu cầu làm thay đổi phải kèm `X-CSRF-Token`. / "
        "A login of the page. Requests that change something must carry `X-CSRF-Token` as well.",
    },
}
# Nobody need say who they are where the service answers this machine alone.
_CALLERS: list[dict[str, list[str]]] = [{}, {"token": []}, {"session": []}]
_PROBES = ("/healthz", "/readyz")
_OWN_HEADERS = ("accept", "content-type", "authorization")  # which OpenAPI says in places of their own
_FASTAPI_ERRORS = ("HTTPValidationError", "ValidationError")
_SCHEMAS = "#/components/schemas/"
# Of bodies that routes read themselves, and of lines that they write themselves.
_MODELS: tuple[type[BaseModel], ...] = (
    ErrorBody, ExtractRequest, BatchRequest, BatchAnswer, BatchFailure, BatchSummary,
    NewProject, ProjectChange, NewTasks, Nothing, TaskChange, NewAdjudication, SentCorrections, AliasDecisionSent,
    LabelStudioProject, LabelStudioTasks, LabelStudioEvent, NewCurrent,
)  # fmt: skip


def reference(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of one of the models that stand among the components."""
    assert model in _MODELS, model
    return {"$ref": f"{_SCHEMAS}{model.__name__}"}


_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "Tệp, chỉ một / the file, just one"},
        "id": {
            "type": "string",
            "maxLength": 400,
            "description": "Tên tài liệu, nếu khác tên tệp / the name, if not the file's",
        },
        "period": {"$ref": "#/components/schemas/Period", "description": "Kỳ báo cáo (JSON) / reporting period"},
        "place": {
            "anyOf": [{"$ref": "#/components/schemas/Place"}, {"type": "string"}],
            "description": "Địa phương: tên, hoặc JSON có mã / place: its name, or JSON with its code",
        },
        "with_text": {"type": "boolean", "description": "Như trong JSON / as in the JSON body"},
        "store": {"type": "boolean", "description": "Như trong JSON / as in the JSON body"},
    },
}
EXTRACT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": reference(ExtractRequest)},
            "text/plain": {"schema": {"type": "string", "minLength": 1}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {"schema": _FORM},
        },
    }
}
"""What a route of `read_request` says of its body."""
TEXT_FORMS: dict[str, Any] = {
    NDJSON: {"schema": {"type": "string", "description": "Như JSON, trên một dòng / the JSON on one line"}},
    CSV: {"schema": {"type": "string", "description": "Bảng số liệu / the table, a row per observation"}},
    HTML: {
        "schema": {"type": "string", "description": "Một trang: văn bản, bảng, phép kiểm tra / text, table, checks"}
    },
}
"""The content of an answer that comes in the forms of `OFFERED` besides JSON."""


@cache
def _examples() -> dict[str, Any]:
    """By operation: ``request`` (by media type) and answers (by status and media type), each a mapping of names to OpenAPI examples."""
    found: dict[str, Any] = json.loads((_DATA / "examples.json").read_text(encoding="utf-8"))
    return found


def operation_id(route: APIRoute) -> str:
    """The name of the function that answers: short, and stable as long as that is."""
    return route.name


def install(app: FastAPI) -> None:
    """Have an application describe itself so."""
    app.openapi = partial(describe, app)  # type: ignore[method-assign]


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of all routes of an application; made once, then kept with it."""
    if app.openapi_schema is None:
        spec = get_openapi(
            title=app.title,
            version=app.version,
            description=_ABOUT,
            routes=app.routes,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )
        app.openapi_schema = completed(spec)
    return app.openapi_schema


def completed(spec: dict[str, Any]) -> dict[str, Any]:
    """A description with what every route has in common: who may ask, the errors that any can give, the groups."""
    components = spec.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _FASTAPI_ERRORS:
        schemas.pop(name, None)
    _, told = models_json_schema([(model, "validation") for model in _MODELS], ref_template=f"{_SCHEMAS}{{model}}")
    for name, schema in told["$defs"].items():
        schemas.setdefault(name, schema)
    for schema in schemas.values():
        schema["description"] = _without_sections(schema.get("description", ""))
    _describe_fields(schemas)
    components.setdefault("securitySchemes", {}).update(_SECURITY)
    used = set()
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            used.update(operation.setdefault("tags", ["service"]))
            _complete(path, method, operation)
    spec["tags"] = [{"name": name, "description": words} for name, words in _TAGS if name in used]
    return spec


def _without_sections(docstring: str) -> str:
    """What a docstring says of a model itself; its fields are described one by one."""
    return docstring.partition("\n\nAttributes:")[0].replace("``", "`")


def _describe_fields(schemas: dict[str, Any]) -> None:
    """Say what each field means, where its model does not."""
    for row in read_table("fields.tsv", ("schemas", "field", "vi", "en"), _DATA):
        named = schemas if row["schemas"] == "*" else row["schemas"].split()
        for name in named:
            field = schemas.get(name, {}).get("properties", {}).get(row["field"])
            if field is not None:
                field.setdefault("description", f"{row['vi']} / {row['en']}")


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "parameters" in operation:
        operation["parameters"] = [
            _parameter(p) for p in operation["parameters"] if p["name"].lower() not in _OWN_HEADERS
        ]
    told = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if told.get("$ref") == f"{_SCHEMAS}{_FASTAPI_ERRORS[0]}":
        del responses["422"]
        _add(responses, errors_of(BadRequest))
    _add(responses, internal())
    if path in _PROBES:
        operation["security"] = []
        _add(responses, errors_of(HostRefused))
    else:
        _add(responses, errors_of(HostRefused, RateLimited))
        if operation.setdefault("security", _CALLERS):
            _add(responses, errors_of(LoginNeeded, Forbidden, AccountsMissing, DatabaseDown, DatabaseInvalid))
        if method != "get":
            _add(responses, errors_of(CrossSite))
    for status, response in responses.items():
        if not status.startswith("2"):
            # Whatever else a route answers with, its errors have the one body.
            told = response["content"]["application/json"]
            response["content"] = {"application/json": {"schema": {"$ref": f"{_SCHEMAS}ErrorBody"}} | told}
        if response["description"] == "Successful Response":
            response["description"] = "Thành công / Success"
    operation["responses"] = dict(sorted(responses.items()))
    for where, by_media in _examples().get(operation["operationId"], {}).items():
        holder = operation["requestBody"] if where == "request" else responses[where]
        for media, examples in by_media.items():
            holder["content"][media]["examples"] = examples


def _parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """A parameter as it can be sent: not null, but left out."""
    schema = dict(parameter["schema"])
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema = kinds[0] | schema
    elif kinds:
        schema["anyOf"] = kinds
    return parameter | {"schema": schema}


def _add(responses: dict[str, Any], more: dict[int | str, dict[str, Any]]) -> None:
    """Put errors among the responses, beside others of the same status."""
    for status, response in more.items():
        content = {"schema": {"$ref": f"{_SCHEMAS}ErrorBody"}} | response["content"]["application/json"]
        known = responses.setdefault(str(status), {"description": "", "content": {}})
        stands = known.setdefault("content", {}).setdefault("application/json", {"schema": content["schema"]})
        examples = stands.setdefault("examples", {})
        fresh = {code: example for code, example in content["examples"].items() if code not in examples}
        examples |= fresh
        lines = [
            line for line in response["description"].splitlines() if line.startswith(tuple(f"- `{c}`" for c in fresh))
        ]
        said = known["description"]
        known["description"] = "\n".join([*([said] if "`" in said else []), *lines])
        if "headers" in response:
            known["headers"] = known.get("headers", {}) | response["headers"]
