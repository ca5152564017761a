"""How many processor cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(most: int | None = None, *, quota: Path = _QUOTA) -> int:
    """Cores that the process may run on, at least 1: those of the machine, its affinity, and a container's quota.

    Args:
        most: no more than so many.
        quota: the control group's file, ``max 100000`` or microseconds of each so many (``150000 100000``).
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = min(count, most or count)
    try:
        share, period = quota.read_text(encoding="ascii").split()
        return max(1, min(count, round(int(share) / int(period))))
    except (OSError, ValueError):
        return count
