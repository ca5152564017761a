"""How many bytes of the bodies of requests a process holds at once."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from chitieu.errors import ServiceBusy

_RETRY_SECONDS = 5


class Room:
    """Bytes that there is room for; those that are taken must be given back. To be used from one event loop."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self, size: int) -> None:
        """
        Raises:
            ServiceBusy: there are not so many left.
        """
        if size > self.left:
            raise ServiceBusy(
                "Dịch vụ đang nhận nhiều nội dung lớn, hãy thử lại sau. / "
                "The service is taking many large bodies, try again later.",
                retry_after=_RETRY_SECONDS,
            )
        self.left -= size

    def give_back(self, size: int) -> None:
        self.left += size


class Held:
    """What one request holds of the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0

    def take(self, size: int) -> None:
        """Hold so many bytes more, until the request ends. Raises what `Room.take` raises."""
        self._room.take(size)
        self._size += size

    def give_back(self) -> None:
        """All that it holds."""
        self._room.give_back(self._size)
        self._size = 0


class HeldBodies:
    """A middleware: bodies that are held while a request is answered share one room of so many bytes."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self.app = app
        self._room = Room(most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        held = Held(self._room)
        scope.setdefault("state", {})["held"] = held
        try:
            await self.app(scope, receive, send)
        finally:
            held.give_back()


def held_by(scope: Scope) -> Held:
    """What the request of this scope holds; the middleware must have passed it."""
    held: Held = scope["state"]["held"]
    return held
