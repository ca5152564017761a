"""What the surroundings may set: environment variables `CHITIEU_…`. Each is described in docs/settings.md."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from platformdirs import user_data_dir
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from chitieu.errors import ConfigInvalid

MIB = 1024 * 1024
MAX_CHARACTERS = 1_000_000
_PREFIX = "CHITIEU_"
# Read elsewhere: where models are, compose.yaml's folder, the tests' model, the token that examples send.
_ELSEWHERE = frozenset({"CHITIEU_MODELS", "CHITIEU_SECRETS", "CHITIEU_TEST_MODEL", "CHITIEU_TOKEN"})
DAY_SECONDS = 86_400
TIB_MB = 1 << 20
ANSWER_SECONDS, STATEMENT_SECONDS = 5, 30  # of PostgreSQL


class Settings(BaseSettings):
    """Limits and switches; a field ``max_pages`` is set by the environment variable ``CHITIEU_MAX_PAGES``."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore")

    catalogue: Path | None = Field(default=None, description="An office's own table of indicators.")
    catalogue_mode: Literal["add", "replace"] = Field(
        default="add", description="Whether the own indicators are added to the project's, or are all there are."
    )
    aliases: Path | None = Field(default=None, description="A table of more names of the catalogue's indicators.")
    model_seconds: float = Field(
        default=5, gt=0, le=DAY_SECONDS, description="Seconds between two looks at which model is the current one."
    )
    mlflow_uri: SecretStr | None = Field(
        default=None, description="An MLflow that is told of every version that is registered (extra `mlflow`)."
    )
    max_file_bytes: int = Field(default=100 * MIB, ge=1, description="Bytes of a file at most.")
    max_characters: int = Field(
        default=MAX_CHARACTERS, ge=1, description="Characters of the text that is taken from a file at most."
    )
    max_pages: int = Field(default=3000, ge=1, description="Pages of a PDF at most.")
    max_unpacked_bytes: int = Field(
        default=300 * MIB, ge=1, description="Bytes that the members of a Word, Excel or ODF file unpack to at most."
    )
    read_seconds: int = Field(
        default=60,
        ge=1,
        le=DAY_SECONDS,
        description="Seconds that reading one file may take (OCR and LibreOffice aside).",
    )
    read_memory_mb: int = Field(
        default=2048, ge=256, le=TIB_MB, description="MiB of address space of the process that reads one file."
    )
    ocr: Literal["auto", "never", "always"] = Field(
        default="auto",
        description="Whether pages of a PDF are read by OCR: `auto` those without text, `always` all, `never` none.",
    )
    ocr_seconds_per_page: int = Field(
        default=60, ge=1, le=DAY_SECONDS, description="Seconds that OCR may take for each page it reads."
    )
    ocr_seconds: int = Field(
        default=900, ge=1, le=DAY_SECONDS, description="Seconds that OCR of one file may take, however many pages."
    )
    ocr_memory_mb: int = Field(
        default=4096,
        ge=512,
        le=TIB_MB,
        description="MiB of address space of each program of OCR (OCRmyPDF, Ghostscript, Tesseract).",
    )
    max_ocr_pages: int = Field(default=300, ge=1, description="Pages of a file that are read by OCR at most.")
    soffice: str = Field(
        default="soffice", min_length=1, description="The LibreOffice program: a name on the PATH, or a path."
    )
    office_seconds: int = Field(
        default=120,
        ge=1,
        le=DAY_SECONDS,
        description="Seconds that LibreOffice may take to convert one .doc, .odt, .rtf, .xls or .ods.",
    )
    office_memory_mb: int = Field(default=4096, ge=512, le=TIB_MB, description="MiB of address space of LibreOffice.")

    data: Path | None = Field(
        default=None, description="Folder of the embedded database and of the queue; created where missing."
    )
    database_url: SecretStr | None = Field(
        default=None, description="The database: sqlite:///… or postgresql://…; without it a file in the data folder."
    )
    database_password_file: Path | None = Field(
        default=None, description="File with the database's password, where the URL shall not hold it."
    )
    database_answer_seconds: int = Field(
        default=ANSWER_SECONDS,
        ge=2,
        le=DAY_SECONDS,
        description="Seconds after which a PostgreSQL server that gives no answer is taken for gone.",
    )
    database_statement_seconds: int = Field(
        default=STATEMENT_SECONDS,
        ge=0,
        le=DAY_SECONDS,
        description="Seconds that PostgreSQL may take for one statement; 0: any number.",
    )
    login: Literal["auto", "open", "required"] = Field(
        default="auto",
        description="Whether callers must say who they are: `auto` where the service is not bound to loopback alone.",
    )
    admin_password_file: Path | None = Field(
        default=None, description="File with the password of the first account, `admin`, where there is none yet."
    )
    allowed_hosts: str = Field(
        default="", description="Host names that requests may be addressed to, separated by commas."
    )
    proxies: str = Field(
        default="127.0.0.1", description="Addresses of proxies whose word on the client's address is taken."
    )
    session_hours: int = Field(default=12, ge=1, le=24 * 365, description="Hours that a login lasts.")
    token_days: int = Field(
        default=365, ge=1, le=3650, description="Days that an API token is good for, where not said."
    )
    login_attempts: int = Field(
        default=10, ge=1, le=1000, description="Failed logins of one name from one address in fifteen minutes."
    )
    login_attempts_name: int = Field(
        default=50, ge=1, le=10_000, description="Failed logins of one name from all addresses in fifteen minutes."
    )
    login_attempts_address: int = Field(
        default=200, ge=1, le=100_000, description="Failed logins from one address under all names in fifteen minutes."
    )
    rate_per_minute: int = Field(
        default=600, ge=0, description="Requests of an account or address in a minute; 0: any number."
    )
    threads: int | None = Field(
        default=None, ge=1, le=1024, description="Texts that are read at once; without it one a core."
    )
    room: int = Field(default=64, ge=1, description="Texts that may wait while others are read.")
    long_characters: int = Field(
        default=50_000, ge=1, description="From how many characters on a text is long: those leave one thread free."
    )
    request_seconds: int = Field(
        default=120, ge=1, le=DAY_SECONDS, description="Seconds until a text that waits or is read is given up."
    )
    held_bytes: int = Field(
        default=512 * MIB, ge=1, description="Bytes of the bodies of requests that each process holds at once."
    )
    body_seconds: int = Field(
        default=60, ge=1, le=DAY_SECONDS, description="Seconds in which a request's body must have come."
    )
    header_seconds: int = Field(
        default=10, ge=1, le=DAY_SECONDS, description="Seconds in which a request's head must have come."
    )
    max_connections: int = Field(default=2000, ge=1, description="Open connections at most, of each process.")
    shutdown_seconds: int = Field(
        default=60,
        ge=1,
        le=DAY_SECONDS,
        description="Seconds in which a service that is told to stop finishes what it took.",
    )
    max_batch: int = Field(default=1000, ge=1, description="Texts of one batch request at most.")
    jobs: Literal["inside", "apart"] = Field(
        default="inside",
        description="Who runs jobs: the service itself, or `chitieu worker` processes apart from it.",
    )
    max_jobs: int = Field(default=1000, ge=1, description="Jobs that may wait.")
    max_job_bytes: int = Field(
        default=1024 * MIB, ge=1, description="Bytes of what the jobs that wait were sent with, at most."
    )
    job_days: int = Field(default=7, ge=1, le=3650, description="Days that a job's answer is kept.")
    job_attempts: int = Field(default=3, ge=1, le=1000, description="Times that a job is begun whose worker died.")
    job_lease_seconds: int = Field(
        default=60,
        ge=5,
        le=DAY_SECONDS,
        description="Seconds without a sign of life after which a job's worker is taken for dead.",
    )
    batch_seconds: int = Field(
        default=1800, ge=1, le=DAY_SECONDS, description="Seconds that one document of an archive may take in all."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What is logged.")
    log_format: Literal["json", "console"] = Field(default="json", description="One JSON object a line, or for eyes.")
    metrics: Literal["login", "open"] = Field(
        default="login", description="Whether `/metrics` needs a login where the rest does."
    )
    worker_metrics_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port of loopback on which `chitieu worker` serves its measures."
    )
    otel: bool = Field(default=False, description="Send traces by OpenTelemetry (extra `otel`).")

    @property
    def data_folder(self) -> Path:
        """`data`, else the user's folder for data of programs."""
        return self.data or Path(user_data_dir("chitieu", appauthor=False))


def unknown_variables(environment: Mapping[str, str]) -> dict[str, str | None]:
    """The variables `CHITIEU_…` that nothing reads, each with the known name that is nearest; None where none is near."""
    known = sorted({_PREFIX + name.upper() for name in Settings.model_fields} | _ELSEWHERE)
    unknown = sorted(name for name in environment if name.upper().startswith(_PREFIX) and name.upper() not in known)
    return {name: next(iter(get_close_matches(name.upper(), known, n=1, cutoff=0.8)), None) for name in unknown}


def load_settings() -> Settings:
    """The settings of the environment.

    Raises:
        ConfigInvalid: a variable's value does not fit; ``detail["variable"]`` names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        variable = _PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigInvalid(
            f"Biến môi trường {variable} không hợp lệ. / The environment variable {variable} is not valid: {first['msg']}.",
            variable=variable,
            value=str(first.get("input")),
        ) from error
