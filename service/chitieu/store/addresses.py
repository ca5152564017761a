"""Addresses of clients, and of this machine."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Network, ip_address

_IPV6_PREFIX = 64  # what one customer of a provider is given


def network(address: str) -> str | IPv6Network:
    """What counts as one client: an IPv4 address, or the network of an IPv6 one, whose owner has as many addresses as they like."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return IPv6Network((int(parsed), _IPV6_PREFIX), strict=False)


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine's own: `localhost`, 127.0.0.0/8, ::1."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
