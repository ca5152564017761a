"""One body for every error, whoever raises it."""

from __future__ import annotations

import traceback

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from chitieu.errors import BadRequest, ChitieuError

log = structlog.get_logger(__name__)
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed", 415: "media_type_unsupported"}
_HTTP_MESSAGES = {
    404: "Không tìm thấy. / Not found.",
    405: "Phương thức không được phép. / Method not allowed.",
    415: "Kiểu nội dung không được hỗ trợ. / Media type not supported.",
}


def install(app: FastAPI) -> None:
    """Give every kind of failure the project's error body."""

    @app.exception_handler(ChitieuError)
    async def known(_: Request, error: ChitieuError) -> JSONResponse:
        headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        return JSONResponse(error.body(), status_code=error.status, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        problems = [{"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors()]
        known_error = BadRequest("Yêu cầu không hợp lệ. / The request does not fit the contract.", problems=problems)
        return JSONResponse(known_error.body(), status_code=known_error.status)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        body = {
            "code": _HTTP_CODES.get(error.status_code, "http_error"),
            "message": _HTTP_MESSAGES.get(error.status_code, str(error.detail)),
            "detail": {},
        }
        return JSONResponse({"error": body}, status_code=error.status_code, headers=error.headers)

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> JSONResponse:
        # As text: a renderer that draws every frame's locals would draw the whole catalogue.
        log.error("request_failed", path=request.url.path, trace="".join(traceback.format_exception(error)))
        body = {"code": "internal", "message": "Lỗi hệ thống. / An internal error.", "detail": {}}
        return JSONResponse({"error": body}, status_code=500)
