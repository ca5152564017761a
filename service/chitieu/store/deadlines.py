"""Connections to PostgreSQL that give up on a server that says nothing more: a network that is cut tells nobody.

The system gives up a connection whose packets are not acknowledged. Where they are, and still no answer comes (a server that hangs, a proxy
before it), the connection does so itself.
"""

from __future__ import annotations

from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, event

if TYPE_CHECKING:
    from collections.abc import Generator

    import psycopg

_PROBES = 3


def socket_options(url: URL, seconds: int) -> dict[str, Any]:
    """What libpq is told, so that connecting, and a connection whose other end is gone, fails after so many seconds.

    What the URL says itself goes before.
    """
    options = {
        "connect_timeout": seconds,
        "keepalives_idle": seconds,
        "keepalives_interval": max(1, seconds // _PROBES),
        "keepalives_count": _PROBES,
        "tcp_user_timeout": seconds * 1000,
    }
    return {name: value for name, value in options.items() if name not in url.query}


def give_up(engine: Engine, *, answer: int, statement: int) -> None:
    """Have an engine's connections closed where the server is silent, which is told as the driver's `OperationalError`.

    Args:
        answer: seconds in which the server must show that a connection of the pool is still there.
        statement: seconds in which it ends a statement by itself; it may be silent for ``answer`` longer. 0: for ever.
    """
    longest = statement + answer if statement else None

    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        connection: Any = _limited_kind().connect(*arguments, **options)
        connection.silence = answer
        return connection

    def taken(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.silence = longest

    def given_back(connection: Any, _record: Any) -> None:
        if connection is not None:  # one that broke is gone
            connection.silence = answer

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", taken)  # after the pool's ping
    event.listen(engine, "checkin", given_back)


def wait_for_ever(connection: Connection) -> None:
    """Take any silence until this connection is back in the pool."""
    limited: Any = connection.connection.driver_connection
    limited.silence = None


@cache
def _limited_kind() -> type[psycopg.Connection[Any]]:
    """The driver's connection with a limit of its own; made when one is asked for, as the driver is an extra."""
    import psycopg

    class Limited(psycopg.Connection[Any]):
        """
        Attributes:
            silence: seconds for which the server may say nothing while it is asked something; None: for ever.
        """

        silence: float | None = None

        def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **options: Any) -> Any:
            if self.silence is None:
                return super().wait(gen, *arguments, **options)
            try:
                return super().wait(_within(gen, self.silence), *arguments, **options)
            except _Silent as silent:
                self.close()
                raise psycopg.OperationalError(f"the server said nothing for {self.silence:g} seconds") from silent

    return Limited


class _Silent(Exception):
    """Nothing came for too long."""


def _within(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    """The same steps of the driver, which comes back every tenth of a second to say that nothing is there yet."""
    end = monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                end = monotonic() + seconds
            elif monotonic() >= end:
                raise _Silent
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value
