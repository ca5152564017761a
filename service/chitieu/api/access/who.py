"""Who asks, and a dependency that lets in only those who may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.requests import HTTPConnection

from chitieu.errors import Forbidden, LoginNeeded
from chitieu.store.roles import Role, allows


@dataclass(frozen=True)
class Actor:
    """Who asks.

    Attributes:
        name: of the account; `local` where no login is needed.
        role: what they may do at most.
        via: how it is known: nobody was asked (`open`), a browser's login, an API token.
        address: of the client, as far as it is known.
        request: the request's id, for the audit trail.
    """

    name: str
    role: Role
    via: Literal["open", "session", "token"]
    address: str | None
    request: str | None


def login_needed() -> LoginNeeded:
    """The error of a request by nobody known."""
    return LoginNeeded(
        "Cần đăng nhập hoặc gửi mã truy cập. / Log in, or send a token: Authorization: Bearer chitieu_…", login="/login"
    )


def known_actor(connection: HTTPConnection) -> Actor | None:
    """Who asks, as the guard found out; None where nobody need say so, or nobody known asks who they are."""
    actor: Actor | None = connection.scope.get("state", {}).get("actor")
    return actor


@dataclass(frozen=True)
class Needs:
    """A dependency that gives the actor, where the role suffices."""

    role: Role

    def __call__(self, connection: HTTPConnection) -> Actor:
        """
        Raises:
            LoginNeeded: nobody is known to ask. Forbidden: the role is too low; ``detail["needs"]`` names the lowest that is not.
        """
        actor = known_actor(connection)
        if actor is None:
            raise login_needed()
        if not allows(actor.role, self.role):
            raise Forbidden(
                f"Tài khoản {actor.name} không có quyền này (cần {self.role}). / "
                f"The account {actor.name} may not do this (it needs the role {self.role}).",
                needs=self.role,
                role=actor.role,
            )
        return actor


def needs(role: Role) -> Needs:
    """A dependency for routes: ``actor: Annotated[Actor, Depends(needs("annotator"))]``. Raises what `Needs` raises."""
    return Needs(role)
