"""What differs between two versions, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from chitieu.registry.describe import describe, part_of
from chitieu.registry.versions import Version

_OF_THE_VERSION = ("version", "name", "current", "problem")


class Difference(BaseModel):
    """One place where two versions are not the same; a value that one of them does not have is null."""

    model_config = ConfigDict(frozen=True)

    field: str = Field(description="Chỗ khác nhau / the place, with dots between its parts")
    one: Any = Field(description="Ở phiên bản đầu / of the first")
    two: Any = Field(description="Ở phiên bản sau / of the second")
    change: float | None = Field(description="Tăng giảm của số / by how much a number changes")


def diff(one: Version, two: Version) -> list[Difference]:
    """From the first to the second: settings, data, scores by label, files, where they came from; in the order of the places."""
    before, after = dict(_flat(_told(one))), dict(_flat(_told(two)))
    fields = [*before, *(field for field in after if field not in before)]
    return [
        Difference(
            field=field,
            one=before.get(field),
            two=after.get(field),
            change=_change(before.get(field), after.get(field)),
        )
        for field in fields
        if before.get(field) != after.get(field)
    ]


def _told(version: Version) -> dict[str, Any]:
    """What is compared: what is told of a version, with the F1 of each label, its labels and its windows."""
    told = describe(version).model_dump(mode="json", exclude=set(_OF_THE_VERSION))
    for name, entry in told["evaluation"].items():
        labels = part_of(part_of(part_of(version.manifest, "evaluation"), name), "labels")
        entry["labels"] = {label: part_of(labels, label).get("f1") for label in labels}
    for key in ("labels", "windows", "calibration", "files"):
        told[key] = version.manifest.get(key)
    return told


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(part, f"{place}.{key}" if place else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield place, list(value)
    else:
        yield place, value


def _change(one: Any, two: Any) -> float | None:
    if not (_is_number(one) and _is_number(two)):
        return None
    return round(float(two) - float(one), 6)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
