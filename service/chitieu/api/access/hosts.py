"""What a request's own headers give away before anybody is identified: to which host it goes, and from which site it comes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

from starlette.datastructures import Headers

from chitieu.errors import CrossSite, HostRefused
from chitieu.store.addresses import is_loopback

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?")
_BY_PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def named_hosts(setting: str) -> tuple[str, ...]:
    """The hosts of `CHITIEU_ALLOWED_HOSTS`; one that begins with `*.` stands for all under it."""
    return tuple(name.strip().lower().rstrip(".") for name in setting.split(",") if name.strip())


def check_host(headers: Headers, allowed: Iterable[str], *, only_loopback: bool) -> None:
    """Let through what goes to a host that is answered for: loopback, those named, or any where none is named.

    Args:
        allowed: see `named_hosts`.
        only_loopback: naming none means that no other is answered for.

    Raises:
        HostRefused: it goes to another, or says none or several.
    """
    sent = headers.getlist("host")
    found = _HOST.fullmatch(sent[0].lower()) if len(sent) == 1 else None
    if found is not None:
        host = (found[1] or found[2]).rstrip(".")
        names = tuple(allowed)
        if is_loopback(host) or (not names and not only_loopback) or any(_fits(host, name) for name in names):
            return
    raise HostRefused(
        "Không trả lời cho tên máy này (CHITIEU_ALLOWED_HOSTS). / "
        "This host name is not answered for (CHITIEU_ALLOWED_HOSTS).",
        host=[value[:100] for value in sent[:2]],
    )


def _fits(host: str, name: str) -> bool:
    return host.endswith(name[1:]) if name.startswith("*.") else host == name


def check_no_proxy(headers: Headers, address: str | None) -> None:
    """Where everybody is let in, let in only this machine: not what a proxy passes on, which hides where it comes from.

    Raises:
        HostRefused: it comes through a proxy, or from another machine.
    """
    named = [name for name in _BY_PROXIES if name in headers]
    if named or not (address is None or is_loopback(address) or not _is_address(address)):
        raise HostRefused(
            "Dịch vụ đang mở không cần đăng nhập, chỉ cho máy này; nếu có máy chủ trung gian, hãy đặt CHITIEU_LOGIN=required. / "
            "The service is open without a login, to this machine alone; behind a proxy set CHITIEU_LOGIN=required.",
            headers=named,
        )


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return False
    return True


def check_same_site(headers: Headers, method: str) -> None:
    """Let through what changes something only where no other site's page sent it: browsers say which did.

    Raises:
        CrossSite: another did, or the browser will not say.
    """
    if method in SAFE_METHODS:
        return
    fetched = headers.getlist("sec-fetch-site")
    if fetched:
        if all(value in ("same-origin", "none") for value in fetched):
            return
    else:
        origins = headers.getlist("origin")
        if not origins or [origin.lower().partition("://")[2] for origin in origins] == [headers["host"].lower()]:
            return
    raise CrossSite(
        "Yêu cầu đến từ trang khác nên bị từ chối. / The request came from another site's page and is refused."
    )
