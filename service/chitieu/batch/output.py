"""What an output is to a run: where its work file is, what it keeps of a reading, how it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from chitieu.batch.reading import Pack
from chitieu.batch.work import Work
from chitieu.errors import ProgramMissing
from chitieu.settings import Settings


class Output(Protocol):
    """Where the answers go."""

    @property
    def pack(self) -> Pack:
        """What is kept of a reading."""

    def pause(self, last: float) -> float:
        """Seconds until the next writing while the run goes on, where the last took ``last`` seconds."""

    @property
    def layout(self) -> str:
        """What else changes what is kept."""

    @property
    def folder(self) -> Path:
        """What a walk passes over; it holds the work file."""

    @property
    def work_file(self) -> Path:
        """The work file."""

    def prepare(self) -> None:
        """Make what must be there before the work file is opened. Raises a `ChitieuError` where that cannot be."""

    def begin(self, work: Work) -> None:
        """Called once the work file is open. Raises as `prepare`."""

    def write(self, work: Work) -> None:
        """Bring the output to what the work file holds. Raises as `prepare`."""

    def close(self) -> None:
        """Let go of it."""


def is_database(out: str) -> bool:
    """Whether an output is named by the URL of a database."""
    return out.partition("://")[0].partition("+")[0] in ("sqlite", "postgresql", "postgres")


def output(out: str, settings: Settings) -> Output:
    """The output of this name: a folder, or the URL of a database.

    Raises:
        ProgramMissing: Parquet without the extra `export`, PostgreSQL without `postgres`.
        ConfigInvalid: a URL of no database.
    """
    if is_database(out):
        from chitieu.batch.stored import StoreOutput

        return StoreOutput(out, settings)
    try:
        from chitieu.batch.dataset import Dataset
    except ModuleNotFoundError as error:
        raise ProgramMissing(
            f"Kết quả Parquet cần gói {error.name}: pip install 'chitieu[export]'. / "
            f"A Parquet data set needs the package {error.name}: pip install 'chitieu[export]'.",
            program=error.name,
            install="chitieu[export]",
        ) from error
    return Dataset(Path(out))
