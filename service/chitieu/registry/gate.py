"""What the gate said of a version: `gate.json` in its folder, of which the decision and its reasons are read here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from chitieu.errors import ModelNotPassed

FILE = "gate.json"


class Reason(BaseModel):
    """Why a version was refused."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    message_vi: str = ""
    message_en: str = ""


class Gate(BaseModel):
    """The decision, and why where it is ``refuse``; ``unreadable``: the file is none of a gate."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    decision: Literal["pass", "refuse", "unreadable"]
    reasons: tuple[Reason, ...] = ()


def read_gate(folder: Path) -> Gate | None:
    """Of the version in a folder; None where no gate has seen it."""
    try:
        return Gate.model_validate_json((folder / FILE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        return Gate(decision="unreadable")


def check_passed(folder: Path) -> None:
    """
    Raises:
        ModelNotPassed: the gate refused the version, or has not seen it; ``detail`` holds the ``decision`` and codes of its ``reasons``.
    """
    gate = read_gate(folder)
    if gate is not None and gate.decision == "pass":
        return
    label = f"{folder.parent.name}/{folder.name}"
    detail: dict[str, Any] = {"model": label, "decision": None if gate is None else gate.decision, "reasons": []}
    if gate is None:
        vi, en = f"{label} chưa qua cổng kiểm định", f"No gate has seen {label}"
    elif gate.decision == "unreadable":
        vi, en = f"{label}: không đọc được {FILE}", f"{label}: {FILE} cannot be read"
    else:
        detail["reasons"] = [reason.code for reason in gate.reasons]
        vi, en = f"Cổng kiểm định từ chối {label}", f"The gate refused {label}"
        if gate.reasons:
            vi += f": {'; '.join(reason.message_vi or reason.code for reason in gate.reasons)}"
            en += f": {'; '.join(reason.message_en or reason.code for reason in gate.reasons)}"
    raise ModelNotPassed(f"{vi}. / {en}.", **detail)
