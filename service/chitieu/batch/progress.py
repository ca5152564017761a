"""What a person sees while a run goes on: a bar on a terminal, else a line every few seconds."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import TextIO

from tqdm import tqdm

_LINE_SECONDS = 10.0
_BAR = "{desc} {n_fmt}/{total_fmt} {percentage:3.0f}%|{bar}| {rate_fmt}, còn/left {remaining}{postfix}"
_UNCOUNTED = "{desc} {n_fmt} {rate_fmt}{postfix}"


class Progress:
    """Counts files on standard error."""

    def __init__(self, stream: TextIO | None = None, *, line_seconds: float = _LINE_SECONDS) -> None:
        """``line_seconds``: between two lines where there is no terminal."""
        self._stream = stream or sys.stderr
        self._line_seconds = line_seconds
        self._is_terminal = self._stream.isatty()
        self._begun = self._told = time.monotonic()
        self._done = self._failed = 0
        self._total: int | None = None
        self._bar: tqdm[None] | None = None
        if self._is_terminal:
            self._bar = tqdm(
                desc="Đọc / reading", unit=" tệp", file=self._stream, smoothing=0.05, dynamic_ncols=True,
                bar_format=_UNCOUNTED,
            )  # fmt: skip

    def count(self, total: int) -> None:
        """Say how many files there are in all."""
        self._total = total
        if self._bar is not None and not self._bar.disable:  # as it is once closed
            self._bar.total, self._bar.bar_format = total, _BAR
            self._bar.refresh()

    def advance(self, *, failed: bool) -> None:
        """One file more."""
        self._done += 1
        self._failed += failed
        if self._bar is not None:
            self._bar.set_postfix_str(f"lỗi/errors {self._failed}", refresh=False)
            self._bar.update()
        else:
            self.tick()

    def tick(self) -> None:
        """Show that time passes."""
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(0)
        elif now - self._told >= self._line_seconds:
            self._told = now
            print(self._line(now), file=self._stream, flush=True)

    def say(self, message: str) -> None:
        """A line above the bar."""
        if self._bar is not None:
            self._bar.write(message, file=self._stream)
        else:
            print(message, file=self._stream, flush=True)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _line(self, now: float) -> str:
        seconds = now - self._begun
        rate = self._done / seconds if seconds else 0.0
        of, left = "", ""
        if self._total:
            of = f"/{self._total} ({self._done / self._total:.0%})"
            if rate:
                left = f", còn/left {timedelta(seconds=round((self._total - self._done) / rate))}"
        return f"Đọc / reading: {self._done}{of}, {rate:.2f} tệp/s{left}, lỗi/errors {self._failed}"
