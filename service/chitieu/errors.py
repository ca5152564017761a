"""Errors that a user can cause: a stable code, an HTTP status, a message in Vietnamese and English.

ChitieuError
├── EmptyText        text_empty        422
├── TextTooLong      text_too_long     413
├── NotText          text_binary       422
├── BadEncoding      text_encoding     422
├── BadRequest       request_invalid   422
├── UnsupportedMedia media_type_unsupported 415
├── ModelMissing     model_missing     503
├── ModelInvalid     model_invalid     503
├── AnnotationInvalid annotation_invalid 422
└── ConfigInvalid    config_invalid    422
"""

from __future__ import annotations

from typing import Any


class ChitieuError(Exception):
    """Base: subclasses set ``code`` and ``status``; ``detail`` holds what a program may want to act on."""

    code = "internal"
    status = 500

    def __init__(self, message: str, **detail: Any) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail

    def body(self) -> dict[str, Any]:
        """The one error body of the whole project."""
        return {"error": {"code": self.code, "message": self.message, "detail": self.detail}}


class EmptyText(ChitieuError):
    """Nothing but white space."""

    code, status = "text_empty", 422


class TextTooLong(ChitieuError):
    """Longer than the limit."""

    code, status = "text_too_long", 413


class NotText(ChitieuError):
    """Binary bytes (NUL or mostly control characters)."""

    code, status = "text_binary", 422


class BadEncoding(ChitieuError):
    """Bytes that are not valid UTF-8, or lone surrogates in a JSON string."""

    code, status = "text_encoding", 422


class BadRequest(ChitieuError):
    """A request that does not fit the contract."""

    code, status = "request_invalid", 422


class UnsupportedMedia(ChitieuError):
    """A body of a kind that is not read."""

    code, status = "media_type_unsupported", 415


class ModelMissing(ChitieuError):
    """No model where one was expected."""

    code, status = "model_missing", 503


class ModelInvalid(ChitieuError):
    """A model folder whose files do not fit its manifest."""

    code, status = "model_invalid", 503


class AnnotationInvalid(ChitieuError):
    """Inline XML that breaks the annotation rules."""

    code, status = "annotation_invalid", 422


class ConfigInvalid(ChitieuError):
    """A configuration file that does not fit its schema."""

    code, status = "config_invalid", 422


class CatalogueInvalid(ChitieuError):
    """A data file of the catalogue that breaks its schema; ``detail`` names file, line and column."""

    code, status = "catalogue_invalid", 500
