"""What a labelling configuration of Label Studio says: which field of a task is the text, and which of its tags takes which label."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from lxml import etree

from chitieu.annotation.document import LABELS, invalid

_FIELD = re.compile(r"\$([\w.]+)")
_WHERE = "label_config"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a project of Label Studio keeps what is annotated.

    Attributes:
        text: name of the tag that shows the text.
        field: the field of a task's data that holds it.
        controls: by label, the name of the tag that takes it; labels that are not there cannot be shown.
    """

    text: str
    field: str
    controls: Mapping[str, str]

    def text_of(self, data: Mapping[str, Any]) -> str | None:
        """The text of a task's data; None where there is none."""
        found: Any = data.get(self.field)
        if found is None:
            found = data
            for name in self.field.split("."):
                found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) else None


def configuration() -> bytes:
    """The labelling configuration for a project of Label Studio."""
    return (files("chitieu.annotation") / "labelstudio_config.xml").read_bytes()


@cache
def own_layout() -> Layout:
    """That of `configuration`."""
    return read_layout(configuration().decode())


def read_layout(config: str) -> Layout:
    """What a configuration says of the first text that any of our labels can be put on.

    Raises:
        AnnotationInvalid: not XML, no text that is in the task itself, or none of our labels on it.
    """
    # Neither DTDs nor entities: nothing is fetched, and nothing grows.
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(config.strip().encode(), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError, ValueError) as error:
        raise invalid(_WHERE, [f"không phải XML / not XML: {error}"]) from error
    wrong = []
    for text in root.iter("Text"):
        name, field = text.get("name"), _FIELD.fullmatch(text.get("value", ""))
        if name is None or field is None:
            continue
        if text.get("valueType", "text") != "text" or text.get("encoding", "none") != "none":
            wrong.append(
                f"<Text name={name!r}>: văn bản phải nằm trong chính việc, không mã hóa / the text must be in the task itself, as it is"
            )
            continue
        controls = _controls(root, name)
        if controls:
            return Layout(name, field[1], controls)
        wrong.append(f"<Labels toName={name!r}>: không có nhãn nào của dự án / none of the labels: {', '.join(LABELS)}")
    raise invalid(_WHERE, wrong or ['không có / no <Text name="…" value="$…">'])


def _controls(root: etree._Element, text: str) -> dict[str, str]:
    """By label, the tag that puts it on a text."""
    found: dict[str, str] = {}
    for labels in root.iter("Labels"):
        name = labels.get("name")
        if name is None or text not in labels.get("toName", "").split(","):
            continue
        found |= {value: name for label in labels.iter("Label") if (value := label.get("value", "")) in LABELS}
    return found
