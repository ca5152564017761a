"""Errors that a user can cause: a stable code, an HTTP status, a message in Vietnamese and English.

ChitieuError
├── EmptyText        text_empty        422
├── TextTooLong      text_too_long     413
├── NotText          text_binary       422
├── BadEncoding      text_encoding     422
├── BadRequest       request_invalid   422
├── UnsupportedMedia media_type_unsupported 415
├── NotAcceptable    not_acceptable    406
├── ModelMissing     model_missing     503
├── ModelInvalid     model_invalid     503
├── AnnotationInvalid annotation_invalid 422
├── ConfigInvalid    config_invalid    422
├── CatalogueInvalid catalogue_invalid 500
├── IndicatorUnknown indicator_unknown 404
├── ProgramMissing   program_missing   503
├── AddressTaken     address_taken     503
├── ServiceBusy      service_busy      503
├── OutputUnwritable output_unwritable 500
└── FileError        file_error        422
    ├── FileUnreadable   file_unreadable   422
    ├── FileTooLarge     file_too_large    413
    ├── FileUnsupported  file_unsupported  415
    ├── FileDamaged      file_damaged      422
    ├── FileEncrypted    file_encrypted    422
    ├── FileWithoutText  file_without_text 422
    └── FileTooCostly    file_too_costly   413
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
    """Bytes that no encoding explains, or not the one asked for, or lone surrogates in a JSON string."""

    code, status = "text_encoding", 422


class BadRequest(ChitieuError):
    """A request that does not fit the contract."""

    code, status = "request_invalid", 422


class UnsupportedMedia(ChitieuError):
    """A body of a kind that is not read."""

    code, status = "media_type_unsupported", 415


class NotAcceptable(ChitieuError):
    """The client accepts no form that the answer is to be had in; ``detail`` names those that there are."""

    code, status = "not_acceptable", 406


class ModelMissing(ChitieuError):
    """No model where one was expected."""

    code, status = "model_missing", 503


class ModelInvalid(ChitieuError):
    """A model folder whose files do not fit its manifest."""

    code, status = "model_invalid", 503


class ModelExists(ChitieuError):
    """A version of a model that is there already and would be written over."""

    code, status = "model_exists", 409


class AnnotationInvalid(ChitieuError):
    """Inline XML that breaks the annotation rules."""

    code, status = "annotation_invalid", 422


class ConfigInvalid(ChitieuError):
    """A configuration file that does not fit its schema."""

    code, status = "config_invalid", 422


class CatalogueInvalid(ChitieuError):
    """A data file of the catalogue that breaks its schema; ``detail`` names file, line and column."""

    code, status = "catalogue_invalid", 500


class IndicatorUnknown(ChitieuError):
    """No entry of the catalogue has this id."""

    code, status = "indicator_unknown", 404


class ProgramMissing(ChitieuError):
    """A program or library that this file needs is not installed; ``detail`` names it and how to install it."""

    code, status = "program_missing", 503


class AddressTaken(ChitieuError):
    """The service cannot listen where it was told to; ``detail`` names host and port."""

    code, status = "address_taken", 503


class ServiceBusy(ChitieuError):
    """More is asked for than can be taken on; the same request may succeed later."""

    code, status = "service_busy", 503


class OutputUnwritable(ChitieuError):
    """The output cannot be written: no such folder, no permission, no space; ``detail`` holds ``file`` and ``cause``."""

    code, status = "output_unwritable", 500


class FileError(ChitieuError):
    """A file that cannot be read; ``detail`` holds ``file``, ``cause`` and, where one is to blame, ``page``."""

    code, status = "file_error", 422


class FileUnreadable(FileError):
    """It vanished, is no regular file, or may not be read."""

    code, status = "file_unreadable", 422


class FileTooLarge(FileError):
    """More bytes, pages or unpacked bytes than the settings allow."""

    code, status = "file_too_large", 413


class FileUnsupported(FileError):
    """Of a kind that is not read (pictures, slides, archives, programs)."""

    code, status = "file_unsupported", 415


class FileDamaged(FileError):
    """Truncated, or not what its kind prescribes."""

    code, status = "file_damaged", 422


class FileEncrypted(FileError):
    """Needs a password."""

    code, status = "file_encrypted", 422


class FileWithoutText(FileError):
    """Its pages are pictures, and nothing reads them."""

    code, status = "file_without_text", 422


class FileTooCostly(FileError):
    """Reading it took more time or memory than the settings allow, or crashed the reader."""

    code, status = "file_too_costly", 413
