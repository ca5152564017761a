"""A client of the service: typed answers, coded errors, polite retries. Needs httpx and the contract, nothing of the service itself.

>>> from chitieu.client import Client
>>> with Client("http://127.0.0.1:8000") as service:                            # doctest: +SKIP
...     answer = service.extract("Thu ngân sách đạt 7.215 tỷ đồng.")
...     answer.figures[0].value
'7215000000000'
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from chitieu import __version__
from chitieu.contract import Extraction, ModelInfo, Period, Place
from chitieu.errors import BadRequest, ChitieuError, FileUnreadable, ServiceUnreachable

__all__ = [
    "BatchResult", "Client", "Indicator", "Job", "Served", "StoredDocument", "StoredPeriod", "StoredPlace", "Text",
]  # fmt: skip

Cell = str | int | None
Parsed = TypeVar("Parsed", bound=BaseModel)
_WATCH_SECONDS = 1.0  # before a connection that ended is made anew
_STOPPED_SECONDS = 5.0  # the same, where the service stopped
_LONGEST_WAIT = 60  # seconds that a service is obeyed when it says when to try again
_BATCH_TEXTS, _BATCH_CHARACTERS = 100, 1_000_000  # of one request
_NDJSON = "application/x-ndjson"


class _Answer(BaseModel):
    """What the service says; a newer one may say more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class StoredPlace(_Answer):
    """The place that a document is about, and its code where known."""

    name: str | None
    code: str | None


class StoredPeriod(_Answer):
    """The time that a document is about: its words, first and last day (None: open or unknown)."""

    text: str | None
    start: date | None
    end: date | None


class StoredDocument(_Answer):
    """A document of the store; ``answer`` only where one document was asked for."""

    id: str
    name: str
    kind: str | None
    length: int
    sha256: str
    file_sha256: str | None
    place: StoredPlace | None
    period: StoredPeriod | None
    model: ModelInfo
    figures: int
    observations: int
    stored_by: str
    stored_at: datetime
    read_at: datetime
    answer: Extraction | None = None


class Job(_Answer):
    """Work that outlasts a request: ``done`` of ``total`` of a ``step``; ``error`` (code, message, detail) where it failed.

    ``waiting_for_worker`` says for how many seconds no worker has seen the jobs that wait; None: one has, or this one does not wait.
    """

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    step: str | None = None
    done: int = 0
    total: int | None = None
    document_id: str | None = None
    error: dict[str, Any] | None = None
    waiting_for_worker: int | None = None
    asked_at: datetime
    begun_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will come any more."""
        return self.state in ("done", "failed", "cancelled")


class Indicator(_Answer):
    """An entry of the catalogue, and how well (0 to 1) which of its names was found."""

    id: str
    code: str | None
    system: str
    name_vi: str
    name_en: str
    definition: str | None
    field: str
    units: list[str]
    dimension: str | None
    direction: str
    kind: str
    parent: str | None
    matched: str
    score: float


class Served(_Answer):
    """The model that is served."""

    name: str
    version: str
    catalogue: str
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a batch, and what is known of it."""

    text: str
    id: str | None = None
    period: Period | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What came of the text of this index: an answer, or an error."""

    index: int
    id: str | None
    answer: Extraction | None = None
    error: ChitieuError | None = None


class Client:
    """Asks one service. Safe to share between threads; a context manager, or `close` it.

    Every method raises what the service says as the `ChitieuError` of its code (a code that this version does not know: the base), and
    `ServiceUnreachable` where no answer came.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        token: str | None = None,
        *,
        timeout: float = 180.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            url: of the service, with the path that a proxy may have it under.
            token: an API token.
            timeout: seconds without a byte of the answer after which a request is given up.
            retries: how often a request that a busy service turned away is made again, after the time that it says.
            transport: where requests go, if not to the network. sleep: how to wait.

        Raises:
            BadRequest: an address or a token that can be none; the message holds no part of the token.
        """
        token = (token or "").strip()  # read from a file it ends in a newline
        if not (token.isascii() and token.isprintable()):
            raise BadRequest("Mã truy cập có ký tự lạ. / The token has characters that no token has.")
        if not url.startswith(("http://", "https://")):
            raise BadRequest(
                "Địa chỉ phải bắt đầu bằng http:// hoặc https://. / The address must begin with http:// or https://.",
                url=url,
            )
        headers = {"User-Agent": f"chitieu/{__version__}"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=httpx.Timeout(timeout, connect=10.0), transport=transport
        )
        self._retries = retries
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def extract(
        self,
        source: str | Path,
        *,
        id: str | None = None,
        period: Period | None = None,
        place: Place | None = None,
        with_text: bool = False,
        store: bool = False,
    ) -> Extraction:
        """Every figure of a text, or of the file at a path. ``period`` and ``place`` go before what it says itself."""
        hints = _hints(id, period, place, with_text=with_text, store=store)
        with self._send("POST", "v1/extract", source, hints) as response:
            return _parsed(Extraction, response.read())

    def batch(self, texts: Iterable[str | Text], *, store: bool = False) -> Iterator[BatchResult]:
        """What came of each of any number of texts, as they are done; those that are not done when it is left are given up.

        Raises:
            ChitieuError: the service would not or could not go on (`ServiceStopping`: it is being stopped). What came before stands;
                ``detail["missing"]`` has the indices of the texts that were sent and not answered, and those after them were not sent.
        """
        first = 0
        for group in _groups(texts):
            lines = [json.dumps(_document(text), ensure_ascii=False) + "\n" for text in group]
            body = "".join(lines).encode("utf-8", "surrogatepass")
            missing = dict.fromkeys(range(first, first + len(group)))
            try:
                with self._asked(
                    "POST",
                    "v1/extract/batch",
                    content=body,
                    headers={"Content-Type": _NDJSON, "Accept": _NDJSON},
                    params={"store": "true"} if store else {},
                ) as response:
                    for result in _batch_results(response.iter_lines(), first):
                        missing.pop(result.index, None)
                        yield result
            except ChitieuError as error:
                error.detail["missing"] = list(missing)
                raise
            first += len(group)

    def submit(
        self,
        source: str | Path,
        *,
        id: str | None = None,
        period: Period | None = None,
        place: Place | None = None,
        with_text: bool = False,
        store: bool = False,
    ) -> Job:
        """Ask for what `extract` gives as a job, which goes on without this client."""
        hints = _hints(id, period, place, with_text=with_text, store=store)
        with self._send("POST", "v1/jobs", source, hints) as response:
            return _parsed(Job, response.read())

    def job(self, id: str) -> Job:
        """How far a job is."""
        return self._get(Job, f"v1/jobs/{_part(id)}")

    def watch(self, id: str) -> Iterator[Job]:
        """A job whenever it has got on, until it ends; the last has ended.

        A connection that breaks is made anew; to a service that said that it stops, up to ``retries`` times.
        """
        away = 0  # times that the service may yet be found away
        while True:
            came = stopping = False
            try:
                with self._asked("GET", f"v1/jobs/{_part(id)}", headers={"Accept": "text/event-stream"}) as response:
                    for event, data in _events(response.iter_lines()):
                        came = True
                        if event == "stopping":
                            away, stopping = self._retries, True
                            break
                        job = _parsed(Job, data.encode())
                        yield job
                        if job.ended:
                            return
            except ServiceUnreachable:
                if not came:
                    if not away:  # nothing came of this connection: the next would do no better
                        raise
                    away, stopping = away - 1, True
            if stopping:
                self._sleep(_STOPPED_SECONDS)
                continue
            job = self.job(id)
            if job.ended:
                yield job
                return
            self._sleep(_WATCH_SECONDS)

    def result(self, id: str) -> Extraction:
        """The answer of a job that is done.

        Raises:
            JobUnfinished: it is not. ChitieuError: why it failed.
        """
        return self._get(Extraction, f"v1/jobs/{_part(id)}/result")

    def cancel(self, id: str) -> None:
        """Cancel a job; one that has ended is forgotten with its answer."""
        with self._asked("DELETE", f"v1/jobs/{_part(id)}"):
            pass

    def documents(
        self, *, place: str | None = None, period: str | None = None, name: str | None = None
    ) -> Iterator[StoredDocument]:
        """The stored documents, newest first, however many."""
        for page in self._pages("v1/documents", place=place, period=period, name=name):
            for document in _list(page, "documents"):
                yield _valid(StoredDocument, document)

    def document(self, id: str, *, with_text: bool = False) -> StoredDocument:
        """A stored document with its answer."""
        return self._get(StoredDocument, f"v1/documents/{_part(id)}", with_text="true" if with_text else None)

    def text(self, id: str) -> str:
        """The text of a stored document, which its answer's offsets count in."""
        with self._asked("GET", f"v1/documents/{_part(id)}/text") as response:
            return response.read().decode()

    def delete(self, id: str) -> None:
        """Delete a stored document, its answer, rows and text."""
        with self._asked("DELETE", f"v1/documents/{_part(id)}"):
            pass

    def observations(
        self,
        *,
        indicator: str | None = None,
        place: str | None = None,
        period: str | None = None,
        status: Literal["actual", "estimate", "target"] | None = None,
        document: str | None = None,
    ) -> Iterator[dict[str, Cell]]:
        """The rows of the stored table, however many: from the names of its columns to values, decimals and days as text."""
        asked = {"indicator": indicator, "place": place, "period": period, "status": status, "document": document}
        for page in self._pages("v1/observations", **asked):
            yield from _list(page, "observations")

    def indicators(self, q: str = "", *, field: str = "") -> Iterator[Indicator]:
        """The entries of the catalogue whose names a query finds, best first; without one, all."""
        offset, total = 0, 1
        while offset < total:
            with self._asked(
                "GET", "v1/indicators", params={"q": q, "field": field, "limit": 200, "offset": offset}
            ) as response:
                page = _object(response.read())
            found = [_valid(Indicator, entry) for entry in _list(page, "indicators")]
            yield from found
            offset += len(found)
            total = page.get("total", 0) if found else 0

    def model(self) -> Served:
        """The model that is served."""
        return self._get(Served, "v1/model")

    def _get(self, model: type[Parsed], path: str, **params: str | None) -> Parsed:
        with self._asked("GET", path, params=_given(params)) as response:
            return _parsed(model, response.read())

    def _pages(self, path: str, **params: str | None) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            with self._asked("GET", path, params=_given({**params, "cursor": cursor})) as response:
                page = _object(response.read())
            yield page
            cursor = page.get("next")
            if cursor is None:
                return

    def _send(
        self, method: str, path: str, source: str | Path, hints: dict[str, Any]
    ) -> AbstractContextManager[httpx.Response]:
        if isinstance(source, str):
            return self._asked(
                method,
                path,
                content=json.dumps({"text": source, **hints}, ensure_ascii=False).encode("utf-8", "surrogatepass"),
                headers={"Content-Type": "application/json"},
            )
        fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in hints.items()}
        try:
            data = source.read_bytes()
        except OSError as error:
            raise FileUnreadable(
                f"Không đọc được {source}. / {source} cannot be read: {error.strerror}.",
                file=str(source),
                cause=error.strerror,
            ) from error
        return self._asked(method, path, files={"file": (source.name, data, "application/octet-stream")}, data=fields)

    @contextmanager
    def _asked(self, method: str, path: str, **request: Any) -> Iterator[httpx.Response]:
        """The answer to a request, its body still to be read."""
        with _reached(self._http.base_url):
            response = self._answer(method, path, request)
            try:
                yield response
            finally:
                response.close()

    def _answer(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        for again in range(self._retries + 1):
            response = self._http.send(self._http.build_request(method, path, **request), stream=True)
            if response.is_success:
                return response
            with closing(response):
                error = _error(response.read(), response.status_code)
            wait = response.headers.get("Retry-After", "")
            # A service that says when to try again has not begun what it was asked for.
            if (
                again == self._retries
                or response.status_code not in (429, 503)
                or not wait.isdecimal()
                or int(wait) > _LONGEST_WAIT
            ):
                raise error
            self._sleep(int(wait))
        raise AssertionError("unreachable")


@contextmanager
def _reached(url: httpx.URL) -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise ServiceUnreachable(
            f"Không kết nối được với {url}. / No answer from {url}: {str(error) or type(error).__name__}.",
            url=str(url),
            cause=str(error) or type(error).__name__,
        ) from error


def _kinds() -> dict[str, type[ChitieuError]]:
    """The errors of this version by their codes."""
    left, found = [ChitieuError], {}
    while left:
        kind = left.pop()
        found[kind.code] = kind
        left += kind.__subclasses__()
    return found


def _error(data: bytes, status: int) -> ChitieuError:
    """An answer that is none, as the error that it tells of."""
    try:
        told = json.loads(data)["error"]
        return _told(told["code"], told["message"], told.get("detail", {}), status)
    except (ValueError, KeyError, TypeError):
        # Not of the service: a proxy's, say.
        return _told("http_error", f"Máy chủ trả lời HTTP {status}. / The server answered HTTP {status}.", {}, status)


def _told(code: str, message: str, detail: Mapping[str, Any], status: int | None = None) -> ChitieuError:
    kind = _kinds().get(code, ChitieuError)
    error = kind(message)
    error.detail = dict(detail)
    error.code = code
    if status is not None:
        error.status = status
    return error


def _unlike() -> ChitieuError:
    return _told("answer_invalid", "Trả lời không đúng dạng. / The answer is not of the expected form.", {})


def _parsed(model: type[Parsed], data: bytes) -> Parsed:
    try:
        return model.model_validate_json(data, extra="ignore")
    except ValidationError as error:
        raise _unlike() from error


def _valid(model: type[Parsed], value: Any) -> Parsed:
    try:
        return model.model_validate(value, extra="ignore")
    except ValidationError as error:
        raise _unlike() from error


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise _unlike() from error
    if not isinstance(value, dict):
        raise _unlike()
    return value


def _part(value: str) -> str:
    """A part of a path, whatever is in it."""
    return quote(value, safe="")


def _list(page: Mapping[str, Any], name: str) -> list[Any]:
    """The rows of a page of an answer."""
    rows = page.get(name)
    if not isinstance(rows, list):
        raise _unlike()
    return rows


def _given(params: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in params.items() if value is not None}


def _hints(
    id: str | None, period: Period | None, place: Place | None, *, with_text: bool = False, store: bool = False
) -> dict[str, Any]:
    """The fields beside a text or file that say something."""
    told: dict[str, Any] = {} if id is None else {"id": id}
    if period is not None:
        told["period"] = period.model_dump()
    if place is not None:
        told["place"] = place.model_dump()
    return told | ({"with_text": True} if with_text else {}) | ({"store": True} if store else {})


def _document(text: str | Text) -> dict[str, Any]:
    if isinstance(text, str):
        return {"text": text}
    return {"text": text.text, **_hints(text.id, text.period, text.place)}


def _groups(texts: Iterable[str | Text]) -> Iterator[list[str | Text]]:
    """Texts in groups that a service takes at once, and that are sent before their answers need be read."""
    group: list[str | Text] = []
    size = 0
    for text in texts:
        length = len(text if isinstance(text, str) else text.text)
        if group and (len(group) == _BATCH_TEXTS or size + length > _BATCH_CHARACTERS):
            yield group
            group, size = [], 0
        group.append(text)
        size += length
    if group:
        yield group


def _batch_results(lines: Iterable[str], first: int) -> Iterator[BatchResult]:
    for line in lines:
        if not line:  # a sign of life
            continue
        told = _object(line.encode())
        if "index" not in told:
            if told.get("error"):
                raise _told(told["error"]["code"], told["error"]["message"], told["error"].get("detail", {}))
            return
        index = first + told["index"]
        if "answer" in told:
            yield BatchResult(index, told["id"], answer=_valid(Extraction, told["answer"]))
        else:
            error = told["error"]
            yield BatchResult(index, told["id"], error=_told(error["code"], error["message"], error.get("detail", {})))
    raise _told("answer_cut", "Trả lời bị cắt giữa chừng. / The answer was cut off.", {})


def _events(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name and data of each of a stream of server-sent events."""
    event, data = "message", list[str]()
    for line in lines:
        if line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line:
            if data:
                yield event, "\n".join(data)
            event, data = "message", []
