"""How many requests in a minute, of one account or from one network."""

from __future__ import annotations

from math import ceil
from time import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from chitieu.errors import RateLimited


class Rates:
    """Counts within one process, in any minute up to now.

    Args:
        per_minute: requests; 0: any number.
    """

    def __init__(self, per_minute: int) -> None:
        self._limit = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._counts = MovingWindowRateLimiter(MemoryStorage())

    def count(self, who: str) -> None:
        """Count a request.

        Raises:
            RateLimited: one too many; it is not counted.
        """
        if self._limit is None or self._counts.hit(self._limit, who):
            return
        ends = self._counts.get_window_stats(self._limit, who).reset_time
        raise RateLimited(
            "Quá nhiều yêu cầu, hãy thử lại sau. / Too many requests, try again later.",
            retry_after=max(1, ceil(ends - time())),
            per_minute=self._limit.amount,
        )
