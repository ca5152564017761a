"""The service's own database as the output: documents and observations as if they had been sent to it."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import select

from chitieu.batch.engine import Part, Reading
from chitieu.batch.reading import Pack
from chitieu.batch.work import Chosen, Work
from chitieu.contract import Extraction
from chitieu.errors import BadRequest
from chitieu.output.destination import unwritable
from chitieu.settings import Settings
from chitieu.store.audit import By
from chitieu.store.database import Database, database_url
from chitieu.store.documents import document_id, save
from chitieu.store.migrate import migrate
from chitieu.store.tables import StoredDocument
from chitieu.text.files.reading import FileText

_BY = By("batch")
_LONGEST_NAME = 500  # characters, as the store has it
_PAUSE = 1.0


def pack_answer(answer: Extraction, file: FileText, size: int) -> Reading:
    """What is kept of a document until the database has it: its answer with its text."""
    data = zlib.compress(answer.model_dump_json().encode())
    return Reading(year="", place="", figures=len(answer.figures), parts={"answer": Part(1, data)})


class StoreOutput:
    """A database. Its work file lies in the data folder."""

    pack: Pack = "answer"
    layout = "answer 1"

    def __init__(self, url: str, settings: Settings) -> None:
        """
        Raises:
            ConfigInvalid: this is no URL of SQLite or PostgreSQL.
            ProgramMissing: PostgreSQL without the extra `postgres`.
            OutputUnwritable: the folder of SQLite's file cannot be made.
        """
        settings = settings.model_copy(update={"database_url": SecretStr(url)})
        address = database_url(settings)
        name = hashlib.sha256(address.set(password=None).render_as_string().encode()).hexdigest()[:16]
        self.folder = settings.data_folder / "batch" / name
        self._database = Database(address)

    @property
    def work_file(self) -> Path:
        return self.folder / "work.db"

    def pause(self, last: float) -> float:
        return _PAUSE

    def prepare(self) -> None:
        """
        Raises:
            OutputUnwritable: the data folder cannot be written to.
            DatabaseDown, DatabaseInvalid: of the database.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise unwritable(str(self.folder), error) from error
        migrate(self._database)

    def begin(self, work: Work) -> None:
        """Forget what was stored and is there no more: the database may be another, or an older copy."""
        with self._database.read() as session:
            work.keep_stored(session.scalars(select(StoredDocument.id).execution_options(yield_per=1000)))

    def write(self, work: Work) -> None:
        """Store what is read and not stored yet. Storing a document again changes nothing, so that a killed run is no harm.

        Raises:
            DatabaseDown, DatabaseInvalid: what is stored is whole, the rest waits in the work file.
        """
        work.choose()
        for document in work.unstored():
            _, data = work.part(document.reading, "answer")
            answer = Extraction.model_validate_json(zlib.decompress(data))
            text = answer.document.text or ""
            answer.document.id = _name(document)
            key = document_id(answer.document.sha256, name=None, file_sha256=document.sha256, period=None, place=None)
            try:
                save(self._database, answer, text, id=key, by=_BY)
            except BadRequest as error:
                work.refuse(document, error)
            else:
                work.mark_stored(document, key)

    def close(self) -> None:
        self._database.close()


def _name(document: Chosen) -> str:
    """The document's name as the store takes it; of one that is too long the end says more."""
    name = "".join(c if c.isprintable() else "\ufffd" for c in document.name)
    return name if len(name) <= _LONGEST_NAME else "…" + name[1 - _LONGEST_NAME :]
