"""What the routes of logins take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chitieu.access.logins import Opened
from chitieu.access.passwords import MAX_CHARACTERS, MIN_CHARACTERS
from chitieu.api.access.who import Actor
from chitieu.store.roles import Role

_PASSWORD = "Mật khẩu / password"  # nosec B105  # its description


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Login(_Sent):
    """Name and password."""

    name: str = Field(max_length=200, description="Tên tài khoản / the account's name", examples=["lan"])
    password: str = Field(max_length=MAX_CHARACTERS, description=_PASSWORD, examples=["mot cau dai de nho"])


class Setup(Login):
    """The first account, and the code that was logged."""

    code: str = Field(max_length=200, description="Mã trong nhật ký / the code on the log")


class PasswordChange(_Sent):
    """One's own password."""

    old: str = Field(max_length=MAX_CHARACTERS, description="Mật khẩu đang dùng / the password in use")
    new: str = Field(
        max_length=MAX_CHARACTERS,
        description=f"Mật khẩu mới, ít nhất {MIN_CHARACTERS} ký tự / the new one, {MIN_CHARACTERS} characters at least",
    )


class Who(BaseModel):
    """Who asks, as the service knows them."""

    name: str = Field(
        description="Tên tài khoản / the account's name; `local`: không cần đăng nhập / no login is needed"
    )
    role: Role = Field(description="Vai trò / what they may do at most")
    via: Literal["open", "session", "token"] = Field(description="Nhờ đâu mà biết / how that is known")
    csrf: str | None = Field(
        None,
        description="Gửi lại trong X-CSRF-Token khi thay đổi / to be sent in X-CSRF-Token with what changes something",
    )
    ends_at: datetime | None = Field(None, description="Phiên hết lúc / when the login is over")

    @classmethod
    def of(cls, actor: Actor, csrf: str | None = None, ends_at: datetime | None = None) -> Who:
        return cls(name=actor.name, role=actor.role, via=actor.via, csrf=csrf, ends_at=ends_at)

    @classmethod
    def logged_in(cls, opened: Opened) -> Who:
        return cls(name=opened.name, role=opened.role, via="session", csrf=opened.csrf, ends_at=opened.ends_at)


class Nobody(BaseModel):
    """Nobody is logged in."""

    name: None = Field(None, description="Luôn null / always null")


class AuditEntry(BaseModel):
    """A line of the audit trail."""

    number: int = Field(description="Số thứ tự / its number")
    at: datetime = Field(description="Lúc nào / when")
    actor: str = Field(description="Ai / who")
    action: str = Field(description="Làm gì / what was done")
    subject: str | None = Field(description="Với cái gì / to what")
    address: str | None = Field(description="Từ địa chỉ nào / from where")
    request: str | None = Field(description="Mã yêu cầu / the request's id")
    detail: dict[str, Any] = Field(description="Chi tiết / more")


class AuditPage(BaseModel):
    """A page of the audit trail, newest first."""

    entries: list[AuditEntry] = Field(description="Các dòng / the lines")
    next: str | None = Field(description="`cursor` của trang sau; null: hết / of the next page; null: there is none")
