"""Old office formats through LibreOffice: converted to docx or xlsx with a profile of their own, no macro run, no link followed."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from chitieu.errors import ProgramMissing
from chitieu.settings import Settings
from chitieu.text.files.raw import ReadFailure
from chitieu.text.files.sandbox import program_environment, run_group

CONVERTED = {"doc": "docx", "rtf": "docx", "odt": "docx", "xls": "xlsx", "ods": "xlsx"}
PACKAGES = {"docx": "libreoffice-writer-nogui", "xlsx": "libreoffice-calc-nogui"}
_PROFILE = "registrymodifications.xcu"


def convert(data: bytes, kind: str, settings: Settings) -> bytes:
    """The bytes of a doc, rtf, odt, xls or ods file as docx or xlsx.

    Raises:
        ProgramMissing: LibreOffice, or its writer or calc part, is not installed.
        ReadFailure: ``damaged`` where it cannot be converted, ``too_costly`` where that takes too long.
    """
    to = CONVERTED[kind]
    program = shutil.which(settings.soffice)
    if program is None:
        raise missing(kind)
    with tempfile.TemporaryDirectory(prefix="chitieu-") as folder:
        source = Path(folder, f"in.{kind}")
        source.write_bytes(data)
        profile = Path(folder, "profile", "user")
        profile.mkdir(parents=True)
        shutil.copy(Path(__file__).parent / "data" / _PROFILE, profile / _PROFILE)
        out = Path(folder, "out")
        limits = [str(settings.office_memory_mb), str(settings.office_seconds), str(settings.max_unpacked_bytes)]
        command = [
            *(sys.executable, "-P", "-m", "chitieu.text.files.limited", *limits, program),
            *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo"),
            *(
                f"-env:UserInstallation={profile.parent.as_uri()}",
                "--convert-to",
                to,
                "--outdir",
                str(out),
                str(source),
            ),
        ]
        environment = {**program_environment(), "HOME": folder, "TMPDIR": folder, "SAL_USE_VCLPLUGIN": "svp"}
        done = run_group(command, b"", seconds=settings.office_seconds, env=environment, cwd=Path(folder))
        made = out / f"in.{to}"
        if not made.is_file():
            said = (done.stderr + done.stdout).decode("utf-8", "replace")
            if "no export filter" in said or not _has_part(program, to):
                raise missing(kind)
            raise ReadFailure(
                "damaged",
                f"LibreOffice không chuyển được tệp {kind}",
                f"LibreOffice cannot convert this {kind} file",
            )
        if made.stat().st_size > settings.max_file_bytes:
            raise ReadFailure("too_large", "tệp chuyển đổi quá lớn", "the converted file is too large")
        return made.read_bytes()


def _has_part(program: str, to: str) -> bool:
    """Whether the installation has the part (writer, calc) that makes files of this kind."""
    library = "libswlo.so" if to == "docx" else "libsclo.so"
    return (Path(program).resolve().parent / library).exists()


def missing(kind: str) -> ProgramMissing:
    """The error that says which package reads files of a kind."""
    package = PACKAGES[CONVERTED[kind]]
    return ProgramMissing(
        f"Để đọc tệp .{kind} cần LibreOffice: apt-get install {package}. / "
        f"Reading .{kind} files needs LibreOffice: apt-get install {package}.",
        program="soffice",
        packages=[package],
    )
