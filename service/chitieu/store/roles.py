"""Roles, in rising order: each may do what those before it may."""

from __future__ import annotations

from typing import Literal, cast, get_args

Role = Literal["reader", "annotator", "reviewer", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)


def as_role(word: str) -> Role:
    """A role as the tables have it, which hold no other word."""
    return cast(Role, word)


def allows(role: Role, needed: Role) -> bool:
    """Whether who has ``role`` may do what needs ``needed``."""
    return ROLES.index(role) >= ROLES.index(needed)


def lesser(one: Role, other: Role) -> Role:
    """The one of two roles that may do less."""
    return other if allows(one, other) else one
