"""The model card: what a model is, what it was trained on, how good the served file is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_HEADLINE = ("micro", "relaxed", "found", "value", "value_unit", "kind", "complete", "link", "ind_in", "direction")


def record(
    folder: Path,
    name: str,
    documents: int,
    *,
    scores: Mapping[str, Any],
    labels: Mapping[str, Any],
    reliability: Mapping[str, Any],
    links: Mapping[str, Any],
) -> None:
    """Put the scores of the served file on one data set into the manifest, and write the card anew.

    Args:
        name: of the data set, for example ``development``.
        scores: measure name to value; ``labels``: label to its counts and F1; ``reliability``, ``links``: see the modules of these names.
    """
    manifest = _manifest(folder)
    entry = {
        "documents": documents,
        "scores": dict(scores),
        "labels": dict(labels),
        "reliability": dict(reliability),
        "links": dict(links),
    }
    manifest.setdefault("evaluation", {})[name] = entry
    _save(folder, manifest)


def write_calibration(folder: Path, curves: Mapping[str, tuple[float, float]], *, documents: int) -> None:
    """Put the curves of scores into the manifest. What was recorded with other scores before is taken out."""
    manifest = _manifest(folder)
    manifest["calibration"] = {"documents": documents, "curves": {k: list(v) for k, v in curves.items()}}
    for entry in manifest.get("evaluation", {}).values():
        entry.pop("reliability", None)
    _save(folder, manifest)


def _manifest(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


def _save(folder: Path, manifest: Mapping[str, Any]) -> None:
    _write(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    _write(folder / "CARD.md", card(manifest))


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _start(model: str | None) -> str:
    return f", going on from the weights of {Path(model).name}" if model else ""


def _links(relations: Mapping[str, Any]) -> list[str]:
    """How many links are right, by the distance of the indicator."""
    if not relations:
        return []
    lines = ["", "| link | indicator stands | links | right |", "| --- | --- | --- | --- |"]
    for relation, distances in relations.items():
        lines += [f"| {relation} | {d} | {n} | {right / n:.3f} |" for d, (n, right) in distances.items()]
    return lines


def _reliability(kinds: Mapping[str, Any]) -> list[str]:
    """How often what has a score in a range is right."""
    lines: list[str] = []
    for kind, table in kinds.items():
        lines += [
            "",
            f"Scores of {kind}, expected calibration error {table['error']}:",
            "",
            "| score from | to | count | mean score | right |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [f"| {b['from']} | {b['to']} | {b['count']} | {b['score']} | {b['right']} |" for b in table["bins"]]
    return lines


def card(manifest: Mapping[str, Any]) -> str:
    """The card of a manifest, Markdown."""
    training, base = manifest["training"], manifest["base"]
    size = sum(f["bytes"] for f in manifest["files"].values()) / 1e6
    lines = [
        f"# {manifest['name']} {manifest['version']}",
        "",
        "Tags figures, their units, indicators, periods and plan phrases in Vietnamese socio-economic reports, and links each to the",
        "indicator it measures. Two BIO layers and a biaffine governor head on one encoder; see `docs/training.md`.",
        "",
        f"- Base: {base['name']}, {base['license']}; {training['config']['layers']} layers.",
        f"- Served file: ONNX, {manifest['precision']}, {size:.1f} MB in all. Created {manifest['created']}.",
        f"- Trained on {training['data']['documents']} annotated documents for {training['epochs_done']} epochs "
        f"(data SHA-256 `{training['data']['sha256'][:16]}…`){_start(training.get('start'))}.",
        "- Use: reports and news of public bodies in Vietnamese. Not for: other languages, tables given as pictures, legal texts.",
    ]
    for name, entry in manifest.get("evaluation", {}).items():
        lines += [
            "",
            f"## Scores of the served file: {name} ({entry['documents']} documents)",
            "",
            "| measure | value |",
            "| --- | --- |",
        ]
        lines += [f"| {key} | {entry['scores'][key]} |" for key in _HEADLINE]
        lines += ["", "| label | strict F1 | relaxed F1 | gold | system |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| {k} | {v['f1']} | {v['relaxed']} | {v['gold']} | {v['system']} |" for k, v in entry["labels"].items()
        ]
        lines += _links(entry.get("links", {}))
        lines += _reliability(entry.get("reliability", {}))
    return "\n".join(lines) + "\n"
