"""Items of JSON files: found one after another, and checked against a pydantic model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from chitieu.annotation.document import AnnotatedDocument, invalid
from chitieu.annotation.inline_xml import decoded
from chitieu.errors import AnnotationInvalid

_SPACE = re.compile(r"[ \t\r\n]*")


class Item(BaseModel):
    """Base of what is read from other programs: types are not bent, fields that are not ours are passed over."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, populate_by_name=True)


class Metadata(Item):
    """What a document tells beside text and spans."""

    name: str | None = None
    sha256: str | None = None
    place: str | None = None
    period: str | None = None
    notes: list[str] = []

    def document(self, text: str, name: str) -> AnnotatedDocument:
        """The document, no span in it yet; ``name`` is for one that tells none."""
        return AnnotatedDocument(
            self.name or name, text, (), place=self.place, period=self.period, notes=tuple(self.notes)
        )


def metadata(document: AnnotatedDocument) -> dict[str, Any]:
    """What `Metadata` reads."""
    notes = list(document.notes) or None
    return {
        "name": document.name,
        "sha256": document.sha256,
        **known(place=document.place, period=document.period, notes=notes),
    }


def known(**values: Any) -> dict[str, Any]:
    """The values that are not None."""
    return {key: value for key, value in values.items() if value is not None}


Checked = TypeVar("Checked", bound=Item)


def items(data: bytes, name: str) -> Iterator[tuple[str, Any]]:
    """The JSON values of a file, lists at its top opened, each with what an error names: file, item and line.

    One value a line, one after another over several lines, or one list.

    Raises:
        AnnotationInvalid: not UTF-8, or no JSON; the message names line and column.
    """
    text = decoded(data, name).removeprefix("\ufeff")
    decoder = json.JSONDecoder()
    number = 0
    at = _after_space(text, 0)
    while at < len(text):
        line = text.count("\n", 0, at) + 1
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            place = f"dòng {error.lineno}, cột {error.colno}", f"line {error.lineno}, column {error.colno}"
            raise invalid(name, [f"không phải JSON ({place[0]}) / not JSON ({place[1]}: {error.msg})"]) from error
        except (RecursionError, ValueError) as error:
            raise invalid(name, [f"không đọc được JSON (dòng {line}) / JSON cannot be read (line {line})"]) from error
        halves = "\\ud" in text[at:end].lower()
        for one in value if isinstance(value, list) else [value]:
            number += 1
            where = f"{name}, mục / item {number} (dòng / line {line})"
            if halves:
                _check_signs(one, where)
            yield where, one
        at = _after_space(text, end)


def _check_signs(value: Any, where: str) -> None:
    r"""Refuse a half of a surrogate pair (``\ud83d``) that is no sign and that no file can hold."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise invalid(where, ["có nửa cặp thay thế UTF-16 / half of a surrogate pair"]) from error


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def checked(model: type[Checked], value: Any, where: str) -> Checked:
    """A JSON value as the model has it.

    Raises:
        AnnotationInvalid: it does not fit; the message names the field.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _refused(where, error) from error


def checked_json(model: type[Checked], value: str, where: str) -> Checked:
    """The same of a value that is still JSON."""
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        raise _refused(where, error) from error


def _refused(where: str, error: ValidationError) -> AnnotationInvalid:
    told = [(".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors(include_url=False)]
    return invalid(where, [f"{field}: {message}" if field else message for field, message in told])


def lines(values: Iterator[dict[str, Any]]) -> bytes:
    """Values as JSON lines."""
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()
