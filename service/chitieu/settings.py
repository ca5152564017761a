"""What the surroundings may set: environment variables `CHITIEU_…`. Each is described in docs/settings.md."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from chitieu.errors import ConfigInvalid

MIB = 1024 * 1024
MAX_CHARACTERS = 1_000_000


class Settings(BaseSettings):
    """Limits and switches; a field ``max_pages`` is set by the environment variable ``CHITIEU_MAX_PAGES``."""

    model_config = SettingsConfigDict(env_prefix="CHITIEU_", frozen=True, extra="ignore")

    catalogue: Path | None = Field(default=None, description="An office's own table of indicators.")
    catalogue_mode: Literal["add", "replace"] = Field(
        default="add", description="Whether the own indicators are added to the project's, or are all there are."
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
        default=60, ge=1, description="Seconds that reading one file may take (OCR and LibreOffice aside)."
    )
    read_memory_mb: int = Field(
        default=2048, ge=256, description="MiB of address space of the process that reads one file."
    )
    ocr: Literal["auto", "never", "always"] = Field(
        default="auto",
        description="Whether pages of a PDF are read by OCR: `auto` those without text, `always` all, `never` none.",
    )
    ocr_seconds_per_page: int = Field(default=60, ge=1, description="Seconds that OCR may take for each page it reads.")
    ocr_seconds: int = Field(
        default=900, ge=1, description="Seconds that OCR of one file may take, however many pages."
    )
    ocr_memory_mb: int = Field(
        default=4096,
        ge=512,
        description="MiB of address space of each program of OCR (OCRmyPDF, Ghostscript, Tesseract).",
    )
    max_ocr_pages: int = Field(default=300, ge=1, description="Pages of a file that are read by OCR at most.")
    soffice: str = Field(
        default="soffice", min_length=1, description="The LibreOffice program: a name on the PATH, or a path."
    )
    office_seconds: int = Field(
        default=120,
        ge=1,
        description="Seconds that LibreOffice may take to convert one .doc, .odt, .rtf, .xls or .ods.",
    )
    office_memory_mb: int = Field(default=4096, ge=512, description="MiB of address space of LibreOffice.")


def load_settings() -> Settings:
    """The settings of the environment.

    Raises:
        ConfigInvalid: a variable's value does not fit; ``detail["variable"]`` names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        variable = "CHITIEU_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigInvalid(
            f"Biến môi trường {variable} không hợp lệ. / The environment variable {variable} is not valid: {first['msg']}.",
            variable=variable,
            value=str(first.get("input")),
        ) from error
