"""Lines of a stream as they come, none longer than it may be."""

from __future__ import annotations

from collections.abc import AsyncIterator


async def lines_of(stream: AsyncIterator[bytes], longest: int) -> AsyncIterator[bytes | None]:
    """The lines of a stream without their ends and without those that hold nothing but white space.

    None stands for a line of more than ``longest`` bytes: it is passed over, and what follows it is not.
    """
    rest = bytearray()
    passing = False  # over what is left of a line that is too long
    async for part in stream:
        *whole, last = part.split(b"\n")
        for piece in whole:
            if passing or len(rest) + len(piece) > longest:
                yield None
            elif line := bytes(rest + piece).strip():
                yield line
            rest.clear()
            passing = False
        if not passing:
            rest += last
            if len(rest) > longest:
                rest.clear()
                passing = True
    if passing:
        yield None
    elif line := bytes(rest).strip():
        yield line
