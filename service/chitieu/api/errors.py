"""One body for every error, whoever raises it."""

from __future__ import annotations

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


def refusal(error: ChitieuError) -> JSONResponse:
    """An error in the project's one body."""
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return JSONResponse(error.body(), status_code=error.status, headers=headers)


def install(app: FastAPI) -> None:
    """Give every kind of failure the project's error body, and the request's state its code as ``error``.

    Faults of the service itself are the outermost middleware's: `chitieu.api.telemetry.requests`.
    """

    @app.exception_handler(ChitieuError)
    async def known(request: Request, error: ChitieuError) -> JSONResponse:
        request.state.error = error.code
        if error.status >= 500 and error.__cause__ is not None:
            log.warning("failed", code=error.code, exc_info=error)
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        problems = [{"where": ".".join(map(str, e["loc"])), "what": e["msg"]} for e in error.errors()]
        known_error = BadRequest("Yêu cầu không hợp lệ. / The request does not fit the contract.", problems=problems)
        request.state.error = known_error.code
        return refusal(known_error)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        body = {
            "code": _HTTP_CODES.get(error.status_code, "http_error"),
            "message": _HTTP_MESSAGES.get(error.status_code, str(error.detail)),
            "detail": {},
        }
        request.state.error = body["code"]
        return JSONResponse({"error": body}, status_code=error.status_code, headers=error.headers)
