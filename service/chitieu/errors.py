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
├── ModelExists      model_exists      409
├── ModelUnknown     model_unknown     404
├── ModelDamaged     model_damaged     409
├── ModelNotPassed   model_not_passed  409
├── ModelHasNoPrevious model_has_no_previous 409
├── AnnotationInvalid annotation_invalid 422
├── FormatUnknown    format_unknown    422
├── ConfigInvalid    config_invalid    422
├── CatalogueInvalid catalogue_invalid 500
├── IndicatorUnknown indicator_unknown 404
├── IndicatorAmbiguous indicator_ambiguous 422
├── SeriesTooLarge   series_too_large  413
├── ProgramMissing   program_missing   503
├── AddressTaken     address_taken     503
├── ServiceBusy      service_busy      429
│   └── ServiceStopping stopping      503
├── TooSlow          too_slow          503
├── BodyTooSlow      body_too_slow     408
├── NotReady         not_ready         503
├── PagesMissing     pages_missing     503
├── ServiceUnreachable service_unreachable 503
├── OutputUnwritable output_unwritable 500
├── OutputInvalid    output_invalid    422
├── OutputLocked     output_locked     409
├── WorkersLost      workers_lost      500
├── WorkersDiffer    workers_differ    409
├── ClusterUnreachable cluster_unreachable 503
├── ClusterLost      cluster_lost      503
├── DatabaseDown     database_down     503
├── DatabaseInvalid  database_invalid  500
├── BackupInvalid    backup_invalid    422
├── StoreNotEmpty    store_not_empty   409
├── DocumentUnknown  document_unknown  404
├── ProjectUnknown   project_unknown   404
├── ProjectExists    project_exists    409
├── TaskUnknown      task_unknown      404
├── TaskClosed       task_closed       409
├── TaskUnfinished   task_unfinished   409
├── CorrectionInvalid correction_invalid 422
├── CorrectionConflict correction_conflict 409
├── DataLeak         data_leak         409
├── CorrectionsMissing corrections_missing 409
├── TrainingFailed   training_failed   500
├── JobUnknown       job_unknown       404
├── JobUnfinished    job_unfinished    409
├── LoginNeeded      login_needed      401
├── LoginFailed      login_failed      401
├── Forbidden        forbidden         403
├── CrossSite        cross_site        403
├── HostRefused      host_refused      421
├── RateLimited      rate_limited      429
├── AccountsMissing  accounts_missing  503
├── AccountExists    account_exists    409
├── AccountUnknown   account_unknown   404
├── LastAdmin        last_admin        409
├── PasswordWeak     password_weak     422
├── PasswordWrong    password_wrong    403
├── TokenUnknown     token_unknown     404
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

    @property
    def retry_after(self) -> int | None:
        """Seconds after which the same request may succeed; None where it will not, or where nobody knows."""
        seconds = self.detail.get("retry_after")
        return seconds if isinstance(seconds, int) else None

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


class ModelUnknown(ChitieuError):
    """The registry holds no such version of a model, or several models have it; ``detail["versions"]`` names those that there are."""

    code, status = "model_unknown", 404


class ModelDamaged(ChitieuError):
    """A version that cannot be registered or served: files that differ from its manifest, or that do not load."""

    code, status = "model_damaged", 409


class ModelNotPassed(ChitieuError):
    """The gate refused a version, or has not seen it; ``detail`` holds ``decision`` (null: not seen) and the codes of ``reasons``."""

    code, status = "model_not_passed", 409


class ModelHasNoPrevious(ChitieuError):
    """There is nothing to roll back to: no other version was served before."""

    code, status = "model_has_no_previous", 409


class AnnotationInvalid(ChitieuError):
    """An annotated file that is not what its format prescribes, or breaks the annotation rules; ``detail["problems"]`` lists how."""

    code, status = "annotation_invalid", 422


class FormatUnknown(ChitieuError):
    """A file in none of the formats of annotated documents, as far as its content tells; ``detail["formats"]`` lists them."""

    code, status = "format_unknown", 422


class ConfigInvalid(ChitieuError):
    """A configuration file that does not fit its schema."""

    code, status = "config_invalid", 422


class CatalogueInvalid(ChitieuError):
    """A data file of the catalogue that breaks its schema; ``detail`` names file, line and column."""

    code, status = "catalogue_invalid", 500


class IndicatorUnknown(ChitieuError):
    """No entry of the catalogue has this id."""

    code, status = "indicator_unknown", 404


class IndicatorAmbiguous(ChitieuError):
    """Several entries of the catalogue may be meant; ``detail`` has them in ``suggestions``, best first."""

    code, status = "indicator_ambiguous", 422


class SeriesTooLarge(ChitieuError):
    """More statements than one answer may hold; ``detail`` names the ``limit``."""

    code, status = "series_too_large", 413


class ProgramMissing(ChitieuError):
    """A program or library that this file needs is not installed; ``detail`` names it and how to install it."""

    code, status = "program_missing", 503


class AddressTaken(ChitieuError):
    """The service cannot listen where it was told to; ``detail`` names host and port."""

    code, status = "address_taken", 503


class ServiceBusy(ChitieuError):
    """More is asked for than can be taken on; ``detail["retry_after"]`` says after how many seconds to try again."""

    code, status = "service_busy", 429


class ServiceStopping(ServiceBusy):
    """The service was told to stop and does not do this any more; another, or the same when it is back, may."""

    code, status = "stopping", 503


class TooSlow(ChitieuError):
    """Reading the text took longer than a request may; as a job it is read to its end."""

    code, status = "too_slow", 503


class BodyTooSlow(ChitieuError):
    """The body of a request did not come within its time."""

    code, status = "body_too_slow", 408


class NotReady(ChitieuError):
    """The service can take no work now; ``detail["parts"]`` says which part of it is not ready."""

    code, status = "not_ready", 503


class PagesMissing(ChitieuError):
    """The pages for browsers were not built; the API works without them."""

    code, status = "pages_missing", 503


class ServiceUnreachable(ChitieuError):
    """A client gets no answer: nothing listens there, or the connection broke; ``detail`` names ``url`` and ``cause``."""

    code, status = "service_unreachable", 503


class OutputUnwritable(ChitieuError):
    """The output cannot be written: no such folder, no permission, no space; ``detail`` holds ``file`` and ``cause``."""

    code, status = "output_unwritable", 500


class OutputInvalid(ChitieuError):
    """The output that is to be added to is none of ours, damaged, or of another version of this software."""

    code, status = "output_invalid", 422


class OutputLocked(ChitieuError):
    """Another run is writing to the same output."""

    code, status = "output_locked", 409


class WorkersLost(ChitieuError):
    """The processes that read die before they are ready; ``detail["cause"]`` says of what."""

    code, status = "workers_lost", 500


class WorkersDiffer(ChitieuError):
    """A process that reads has other software, another model or other programs than the run; ``detail["differences"]`` names them."""

    code, status = "workers_differ", 409


class ClusterUnreachable(ChitieuError):
    """No Ray cluster is at the address, or this machine is none of its nodes; ``detail`` names ``address`` and ``cause``."""

    code, status = "cluster_unreachable", 503


class ClusterLost(ChitieuError):
    """The Ray cluster went away while it was reading; what is done is kept."""

    code, status = "cluster_lost", 503


class DatabaseDown(ChitieuError):
    """The database cannot be reached, is locked by another for too long, or its disk is full; nothing was stored."""

    code, status = "database_down", 503


class DatabaseInvalid(ChitieuError):
    """The database is none of ours, damaged, or of a newer version of this software."""

    code, status = "database_invalid", 500


class BackupInvalid(ChitieuError):
    """A backup that is cut short, altered, or of a newer version of this software."""

    code, status = "backup_invalid", 422


class StoreNotEmpty(ChitieuError):
    """A backup is to be restored into a database that holds something."""

    code, status = "store_not_empty", 409


class DocumentUnknown(ChitieuError):
    """No stored document has this id."""

    code, status = "document_unknown", 404


class ProjectUnknown(ChitieuError):
    """No project of annotation has this id or name."""

    code, status = "project_unknown", 404


class ProjectExists(ChitieuError):
    """A project of this name is there already."""

    code, status = "project_exists", 409


class TaskUnknown(ChitieuError):
    """No task has this id, or it is one that whoever asks may not see before their own is done."""

    code, status = "task_unknown", 404


class TaskClosed(ChitieuError):
    """The task is done, so it takes no corrections until it is opened again; or it may not be opened again."""

    code, status = "task_closed", 409


class TaskUnfinished(ChitieuError):
    """There are no two annotations of the document that are done."""

    code, status = "task_unfinished", 409


class CorrectionInvalid(ChitieuError):
    """A correction that breaks the rules of annotation; ``detail`` holds ``event``, ``index``, ``reason`` and ``spans``."""

    code, status = "correction_invalid", 422


class CorrectionConflict(ChitieuError):
    """Others changed the same spans meanwhile; ``detail`` holds ``revision``, ``events``, ``spans`` and what came ``between``."""

    code, status = "correction_conflict", 409


class AliasUnknown(ChitieuError):
    """Nobody proposes a name with this id, nor was one decided on."""

    code, status = "alias_unknown", 404


class DataLeak(ChitieuError):
    """Near-duplicate documents are in different splits; ``detail["pairs"]`` names up to twenty, ``number`` says how many there are."""

    code, status = "data_leak", 409


class CorrectionsMissing(ChitieuError):
    """No corrected document that is done may be trained on; ``detail["documents"]`` counts what there is."""

    code, status = "corrections_missing", 409


class TrainingFailed(ChitieuError):
    """The process that trains ended without saying why; ``detail["cause"]``: ``memory``, ``crash``."""

    code, status = "training_failed", 500


class JobUnknown(ChitieuError):
    """No job has this id; its time may be over."""

    code, status = "job_unknown", 404


class JobUnfinished(ChitieuError):
    """The job has no answer yet."""

    code, status = "job_unfinished", 409


class LoginNeeded(ChitieuError):
    """Whoever asks has not said who they are, or their token or session is over."""

    code, status = "login_needed", 401


class LoginFailed(ChitieuError):
    """No such account with this password."""

    code, status = "login_failed", 401


class Forbidden(ChitieuError):
    """The account's role does not allow this."""

    code, status = "forbidden", 403


class CrossSite(ChitieuError):
    """A request that another site's page may have sent: without the session's token, or with a foreign origin."""

    code, status = "cross_site", 403


class HostRefused(ChitieuError):
    """A request addressed to a host name that this service does not answer for."""

    code, status = "host_refused", 421


class RateLimited(ChitieuError):
    """Too many requests or failed logins; the detail says when to try again."""

    code, status = "rate_limited", 429


class AccountsMissing(ChitieuError):
    """The service would be open to others than this machine, and has no accounts."""

    code, status = "accounts_missing", 503


class AccountExists(ChitieuError):
    """An account of this name is there already."""

    code, status = "account_exists", 409


class AccountUnknown(ChitieuError):
    """No account has this name."""

    code, status = "account_unknown", 404


class LastAdmin(ChitieuError):
    """The only account that may administer would be disabled or demoted."""

    code, status = "last_admin", 409


class PasswordWeak(ChitieuError):
    """A password that is too short, or the account's name."""

    code, status = "password_weak", 422


class PasswordWrong(ChitieuError):
    """Who is logged in gives a password in use that is not theirs; the login goes on."""

    code, status = "password_wrong", 403


class TokenUnknown(ChitieuError):
    """No token has this id."""

    code, status = "token_unknown", 404


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
