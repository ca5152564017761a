"""The SDMX structures of the SDMX-CSV: concepts, code lists, data structure and dataflow, as one SDMX-JSON 2.0 message.

``data/sdmx_structure.json`` is that message, built from the catalogue, the place list and the two ``sdmx_*.tsv`` files:
``python -m chitieu.output.sdmx_structure`` writes it again after one of them changed.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from chitieu.catalogue.load import load_catalogue
from chitieu.catalogue.tables import read_table
from chitieu.output.columns import DATA

AGENCY, FLOW, STRUCTURE, CONCEPTS, VERSION = "CHITIEU", "REPORTS", "REPORTS", "CS_REPORTS", "1.0"
FILE = DATA / "sdmx_structure.json"
_COMPONENTS = (
    "id", "role", "codelist", "type", "required", "concept", "name_vi", "name_en", "description",
)  # fmt: skip
_URN = "urn:sdmx:org.sdmx.infomodel."
# A two-part version is one whose content may still grow.
_PREPARED = "2026-01-01T00:00:00Z"


@cache
def components() -> tuple[dict[str, str], ...]:
    """The components in the order of the columns: dimensions, time, measure, attributes."""
    return tuple(read_table("sdmx_components.tsv", _COMPONENTS, DATA))


@cache
def indicator_codes() -> dict[str, tuple[str, str]]:
    """From an entry's id to its names in Vietnamese and English."""
    return {one.id: (one.name_vi, one.name_en) for one in load_catalogue().indicators}


@cache
def area_codes() -> dict[str, tuple[str, str]]:
    """From REF_AREA (`VN` and the administrative unit code, so that no reader takes `01` for 1) to names.

    A province that kept its code through the merger of 2025 has both names.
    """
    names: dict[str, list[str]] = {}
    for row in read_table("places.tsv", ("level", "valid", "code", "name", "in")):
        within = f" ({row['in']})" if row["in"] else ""
        known = names.setdefault(f"VN{row['code']}", [])
        if row["name"] + within not in known:
            known.append(row["name"] + within)
    return {code: (" / ".join(found), " / ".join(found)) for code, found in sorted(names.items())}


@cache
def code_list(name: str) -> dict[str, tuple[str, str]]:
    """From the codes of a list to their names in Vietnamese and English."""
    if name == "CL_AREA":
        return area_codes()
    if name == "CL_INDICATOR":
        return indicator_codes()
    rows = read_table("sdmx_codes.tsv", ("list", "code", "vi", "en"), DATA)
    return {row["code"]: (row["vi"], row["en"]) for row in rows if row["list"] == name}


def _named(vi: str, en: str) -> dict[str, Any]:
    return {"name": vi, "names": {"vi": vi, "en": en}}


def _kept(kind: str, id_: str, vi: str, en: str) -> dict[str, Any]:
    urn = f"{_URN}{kind}={AGENCY}:{id_}({VERSION})"
    return {"id": id_, "agencyID": AGENCY, "version": VERSION, **_named(vi, en), "links": [{"rel": "self", "urn": urn}]}


def _codelist(name: str) -> dict[str, Any]:
    codes = [{"id": code, **_named(vi, en)} for code, (vi, en) in code_list(name).items()]
    return {**_kept("codelist.Codelist", name, name, name), "codes": codes}


def _component(row: dict[str, str]) -> dict[str, Any]:
    concept = f"{_URN}conceptscheme.Concept={AGENCY}:{CONCEPTS}({VERSION}).{row['concept']}"
    if row["codelist"]:
        urn = f"{_URN}codelist.Codelist={AGENCY}:{row['codelist']}({VERSION})"
        representation: dict[str, Any] = {"enumeration": urn, "enumerationFormat": {"dataType": row["type"]}}
    else:
        representation = {"format": {"dataType": row["type"]}}
    return {"id": row["id"], "conceptIdentity": concept, "localRepresentation": representation}


def _attribute(row: dict[str, str]) -> dict[str, Any]:
    usage = "mandatory" if row["required"] == "yes" else "optional"
    return {
        **_component(row),
        "usage": usage,
        "attributeRelationship": {"observation": {}},
        "measureRelationship": ["OBS_VALUE"],
    }


def structure_message() -> dict[str, Any]:
    """The SDMX-JSON 2.0 structure message."""
    rows = components()
    dimensions = [{**_component(row), "position": at} for at, row in enumerate(rows) if row["role"] == "dimension"]
    time = next(row for row in rows if row["role"] == "time")
    measure = next(row for row in rows if row["role"] == "measure")
    concepts = [
        {"id": row["concept"], **_named(row["name_vi"], row["name_en"]), "description": row["description"],
         "descriptions": {"en": row["description"]}}
        for row in rows
    ]  # fmt: skip
    structure = {
        **_kept("datastructure.DataStructure", STRUCTURE, "Số liệu trong báo cáo", "Figures of reports"),
        "dataStructureComponents": {
            "dimensionList": {
                "id": "DimensionDescriptor",
                "dimensions": dimensions,
                "timeDimension": _component(time),
            },
            "measureList": {
                "id": "MeasureDescriptor",
                "measures": [{**_component(measure), "usage": "mandatory"}],
            },
            "attributeList": {
                "id": "AttributeDescriptor",
                "attributes": [_attribute(row) for row in rows if row["role"] == "attribute"],
            },
        },
    }
    flow = {
        **_kept("datastructure.Dataflow", FLOW, "Số liệu trong báo cáo", "Figures of reports"),
        "structure": f"{_URN}datastructure.DataStructure={AGENCY}:{STRUCTURE}({VERSION})",
    }
    lists = list(dict.fromkeys(row["codelist"] for row in rows if row["codelist"]))
    return {
        "meta": {
            "schema": "https://raw.githubusercontent.com/sdmx-twg/sdmx-json/master/structure-message/tools/schemas/2.0.0/sdmx-json-structure-schema.json",
            "id": "CHITIEU_REPORTS",
            "test": False,
            "prepared": _PREPARED,
            "contentLanguages": ["vi", "en"],
            "sender": {"id": AGENCY},
        },
        "data": {
            "conceptSchemes": [
                {**_kept("conceptscheme.ConceptScheme", CONCEPTS, "Khái niệm", "Concepts"), "concepts": concepts}
            ],
            "codelists": [_codelist(name) for name in lists],
            "dataStructures": [structure],
            "dataflows": [flow],
        },
    }


def structure_text() -> str:
    """The message as the text of the shipped file."""
    return json.dumps(structure_message(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(structure_text(), encoding="utf-8")
