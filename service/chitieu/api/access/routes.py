"""Logging in and out, the first account, one's own password, and the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from chitieu.access.logins import OneAtATime, Opened, change_password, log_in, set_up
from chitieu.access.secrets import digest
from chitieu.api.access.bodies import AuditEntry, AuditPage, Login, Nobody, PasswordChange, Setup, Who
from chitieu.api.access.guard import SESSION, SETUP, client_address
from chitieu.api.access.identify import cookie_name, session_cookie
from chitieu.api.access.who import Actor, known_actor, login_needed, needs
from chitieu.api.faults import BODY, STORE, errors_of
from chitieu.api.json_bodies import reads
from chitieu.errors import (
    AccountExists,
    Forbidden,
    LoginFailed,
    PasswordWeak,
    PasswordWrong,
    RateLimited,
    ServiceBusy,
    UnsupportedMedia,
)
from chitieu.settings import Settings
from chitieu.store.audit import By, listed
from chitieu.store.database import Database
from chitieu.store.sessions import end_session, find_session

router = APIRouter(tags=["access"])
PASSWORD = "/v1/session/password"  # nosec B105  # a path
AUDIT = "/v1/audit"
_COSTS = (RateLimited, ServiceBusy)
Reader = Annotated[Actor, Depends(needs("reader"))]


def _takes(model: type[BaseModel], *, anybody: bool = False) -> dict[str, Any]:
    """What the description says of a route's body, which the route reads itself, no further than it needs."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    told: dict[str, Any] = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    return told | ({"security": []} if anybody else {})


@router.post(
    SESSION,
    response_model=Who,
    summary="Đăng nhập / Log in",
    responses=errors_of(LoginFailed, UnsupportedMedia, *BODY, *_COSTS, *STORE),
    openapi_extra=_takes(Login, anybody=True),
)
async def log_in_here(request: Request, response: Response, body: Annotated[Login, Depends(reads(Login))]) -> Who:
    """Begins a login: sets the cookie, and gives the token that requests by cookie must carry when they change something."""
    before = session_cookie(request.headers, request.url.scheme)
    return await _opened(request, response, partial(log_in, name=body.name, password=body.password, ended=before))


@router.get(SESSION, summary="Ai đang đăng nhập / Who is logged in", responses=errors_of(*STORE))
async def who_am_i(
    request: Request,
    actor: Annotated[Actor | None, Depends(known_actor)],
    anonymous: Annotated[
        bool,
        Query(
            description="Chưa ai đăng nhập thì trả `name` null thay cho lỗi / where nobody is logged in, `name` null and no error"
        ),
    ] = False,
) -> Who | Nobody:
    """Name and role, and for a login its token and end."""
    if actor is not None:
        cookie = session_cookie(request.headers, request.url.scheme)
        if actor.via != "session" or cookie is None:
            return Who.of(actor)
        login = await run_in_threadpool(find_session, request.app.state.database, digest(cookie))
        if login is not None:
            return Who.of(actor, login.csrf, login.ends_at)
    if anonymous:
        return Nobody()
    raise login_needed()


@router.delete(SESSION, status_code=204, summary="Đăng xuất / Log out", responses=errors_of(*STORE))
async def log_out(request: Request, response: Response, actor: Reader) -> None:
    """Ends this login. There is nothing to end where one came with a token, or needs no login."""
    cookie = session_cookie(request.headers, request.url.scheme)
    if actor.via == "session" and cookie is not None:
        by = By(actor.name, actor.address, actor.request)
        await run_in_threadpool(end_session, request.app.state.database, digest(cookie), by=by)
    _set_cookie(request, response, "", seconds=0)


@router.post(
    SETUP,
    status_code=201,
    response_model=Who,
    summary="Tạo tài khoản đầu tiên / Make the first account",
    responses=errors_of(LoginFailed, AccountExists, PasswordWeak, UnsupportedMedia, *BODY, *_COSTS, *STORE),
    openapi_extra=_takes(Setup, anybody=True),
)
async def make_first_account(
    request: Request, response: Response, body: Annotated[Setup, Depends(reads(Setup))]
) -> Who:
    """Makes the first account, which may do everything, with the code that the service logged at its start, and logs in to it."""
    work = partial(set_up, code=body.code, name=body.name, password=body.password)
    return await _opened(request, response, work)


@router.put(
    PASSWORD,
    response_model=Who,
    summary="Đổi mật khẩu của mình / Change one's own password",
    responses=errors_of(LoginFailed, PasswordWrong, PasswordWeak, UnsupportedMedia, *BODY, *_COSTS, *STORE),
    openapi_extra=_takes(PasswordChange),
)
async def change_own_password(
    request: Request,
    response: Response,
    actor: Reader,
    body: Annotated[PasswordChange, Depends(reads(PasswordChange))],
) -> Who:
    """Ends all logins of the account, and begins a new one for this browser."""
    if actor.via != "session":
        raise Forbidden(
            "Chỉ đổi được khi đã đăng nhập bằng mật khẩu. / Only who logged in with a password can change it.",
            needs="session",
        )
    return await _opened(
        request, response, partial(change_password, name=actor.name, old=body.old, new=body.new), actor.name
    )


@router.get(AUDIT, summary="Nhật ký kiểm tra / The audit trail", responses=errors_of(*STORE))
def read_audit(
    request: Request,
    _: Annotated[Actor, Depends(needs("admin"))],
    action: Annotated[str | None, Query(max_length=40, description="Chỉ việc này / only this action")] = None,
    actor: Annotated[str | None, Query(max_length=200, description="Chỉ người này / only by this account")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Số dòng tối đa / lines at most")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=200, description="`next` của trang trước / of the page before")
    ] = None,
) -> AuditPage:
    """Who did what, and when; newest first."""
    page = listed(request.app.state.database, action=action, actor=actor, limit=limit, cursor=cursor)
    return AuditPage(
        entries=[AuditEntry.model_validate(entry, from_attributes=True) for entry in page.items], next=page.next
    )


async def _opened(request: Request, response: Response, begin: Callable[..., Opened], actor: str | None = None) -> Who:
    """Begin a login in the thread for passwords, and give the browser its cookie."""
    state = request.app.state
    database: Database = state.database
    settings: Settings = state.settings
    passwords: OneAtATime = state.passwords
    by = By(address=client_address(request.scope), request=request.scope.get("state", {}).get("request"))
    if actor is not None:
        by = By(actor, by.address, by.request)
    opened = await passwords.run(partial(begin, database, settings, by=by))
    _set_cookie(request, response, opened.cookie, seconds=settings.session_hours * 3600)
    return Who.logged_in(opened)


def _set_cookie(request: Request, response: Response, value: str, *, seconds: int) -> None:
    scheme = request.url.scheme
    response.set_cookie(
        cookie_name(scheme), value, max_age=seconds, path="/", secure=scheme == "https", httponly=True, samesite="lax"
    )
