"""`chitieu models`: the registry. Exit status: 0 done, 1 refused or not to be had, 2 wrong usage."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chitieu.cli.listing import moment, table
from chitieu.cli.who import at_the_command_line

if TYPE_CHECKING:
    from chitieu.cli.main import Commands
    from chitieu.registry.describe import ModelScores, ModelVersion
    from chitieu.registry.pointer import ModelChange

_WHICH = "tên/phiên bản, phiên bản, hoặc current / name/version, a version, or `current`"
_SHOWN = (
    "training_data_test",
    "development",
    "seed",
)  # the set of documents whose scores are listed: the first that there is
_MEASURES = {"micro": "F1", "complete": "đủ / complete", "link": "liên kết / link"}
_MIB = 1 << 20


def add_models(commands: Commands) -> None:
    """Describe the command."""
    models = commands.add_parser("models", help="kho mô hình / the registry of models")
    what = models.add_subparsers(dest="what", required=True, metavar="WHAT")
    listed = what.add_parser("list", help="liệt kê / list the versions")
    show = what.add_parser("show", help="xem một phiên bản / show a version")
    show.add_argument("model", metavar="MODEL", nargs="?", default="current", help=_WHICH)
    diff = what.add_parser("diff", help="so hai phiên bản / what differs between two versions")
    diff.add_argument("one", metavar="MODEL", help=_WHICH)
    diff.add_argument("two", metavar="MODEL", help=_WHICH)
    add = what.add_parser("register", help="đưa thư mục mô hình vào kho / bring a model's folder in")
    add.add_argument("folder", metavar="FOLDER", type=Path, help="có manifest.json / with its manifest.json")
    promote = what.add_parser("promote", help="đưa vào dùng / have a version served")
    promote.add_argument("model", metavar="MODEL", help=_WHICH)
    promote.add_argument(
        "--force", action="store_true", help="dù cổng kiểm định không cho qua / whatever the gate says"
    )
    back = what.add_parser("rollback", help="dùng lại mô hình trước / have the version of before served again")
    for command, run in (
        (listed, run_list),
        (show, run_show),
        (diff, run_diff),
        (add, run_register),
        (promote, run_promote),
        (back, run_rollback),
    ):
        command.add_argument("--json", action="store_true", help="in JSON / print JSON")
        command.set_defaults(run=run)


def run_list(args: argparse.Namespace) -> int:
    """List the versions, the newest last."""
    from chitieu.models import models_root
    from chitieu.registry.describe import registry

    held = registry(models_root())
    if args.json:
        _json(held.model_dump(mode="json"))
        return 0
    heads = ("", "Mô hình / model", "Phiên bản / version", "Ngày / made", "MiB", "Tài liệu / on", *_MEASURES.values())
    table((*heads, "Cổng / gate", "Ghi chú / note"), [_row(one) for one in held.models])
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Show a version: what its manifest says, where it came from, what the gate said, and when it was served."""
    from chitieu.models import models_root
    from chitieu.registry.describe import describe, registry
    from chitieu.registry.versions import find

    root = models_root()
    told = describe(find(root, args.model))
    if args.json:
        _json(told.model_dump(mode="json"))
        return 0
    lineage = told.lineage.model_dump(mode="json", exclude_defaults=True) if told.lineage is not None else {}
    served = [one for one in registry(root).history if (one.name, one.version) == (told.name, told.version)]
    _lines(
        {
            "Mô hình / model": f"{told.name}/{told.version}",
            "Đang dùng / served": "có / yes" if told.current else "không / no",
            "Lỗi / problem": told.problem,
            "Ngày tạo / made": told.created,
            "Mô hình gốc / base": told.base,
            "Trọng số / weights": told.precision,
            "Dung lượng / size": f"{told.bytes / _MIB:.1f} MiB",
            "SHA-256": told.sha256,
            "Huấn luyện / training": told.training,
            "Nguồn gốc / lineage": lineage or "không ghi / not told",
            "Cổng kiểm định / gate": "chưa qua / not seen"
            if told.gate is None
            else ": ".join(filter(None, (told.gate.decision, ", ".join(told.gate.reasons)))),
        }
    )
    for name, one in told.evaluation.items():
        documents = "" if one.documents is None else f" ({one.documents} tài liệu / documents)"
        _lines({f"Điểm / scores: {name}{documents}": one.scores})
    for change in served:
        print(f"{change.action}: {_since(change)}")
    return 0


def run_diff(args: argparse.Namespace) -> int:
    """Show what differs between two versions."""
    from chitieu.models import models_root
    from chitieu.registry.differences import diff
    from chitieu.registry.versions import find

    one, two = (find(models_root(), asked) for asked in (args.one, args.two))
    found = diff(one, two)
    if args.json:
        _json([difference.model_dump(mode="json") for difference in found])
        return 0
    rows = [
        (each.field, _word(each.one), _word(each.two), "" if each.change is None else f"{each.change:+g}")
        for each in found
    ]
    table(("Chỗ khác / field", one.label, two.label, "Tăng giảm / change"), rows)
    return 0


def run_register(args: argparse.Namespace) -> int:
    """Bring a model's folder into the registry; it is not served by that."""
    from chitieu.models import models_root
    from chitieu.registry.mirror import mirror_of
    from chitieu.registry.register import register
    from chitieu.settings import load_settings

    mirror = mirror_of(load_settings())
    made = register(args.folder, models_root(), by=at_the_command_line(), mirror=mirror)
    if args.json:
        _json({"name": made.parent.name, "version": made.name, "folder": str(made)})
    else:
        print(f"Đã đưa vào kho / registered: {made.parent.name}/{made.name}")
    return 0


def run_promote(args: argparse.Namespace) -> int:
    """Have a version served."""
    from chitieu.models import models_root
    from chitieu.registry.promote import promote
    from chitieu.registry.versions import find

    root = models_root()
    found = find(root, args.model)
    change = promote(root, found.name, found.version, at_the_command_line(), force=args.force)
    return _changed(args, change)


def run_rollback(args: argparse.Namespace) -> int:
    """Have the version of before served again."""
    from chitieu.models import models_root
    from chitieu.registry.promote import rollback

    return _changed(args, rollback(models_root(), at_the_command_line()))


def _changed(args: argparse.Namespace, change: ModelChange) -> int:
    if args.json:
        _json(change.model_dump(mode="json"))
    else:
        print(f"Đang dùng / served: {change.name}/{change.version} ({_since(change)})")
    if change.forced:
        print("Cổng kiểm định không cho qua. / The gate has not let it pass.", file=sys.stderr)
    return 0


def _row(one: ModelVersion) -> Sequence[str]:
    name, told = _listed(one.evaluation)
    scores = [f"{told.scores[measure]:.4f}" if told and measure in told.scores else "" for measure in _MEASURES]
    gate = "" if one.gate is None else one.gate.decision
    mark = "*" if one.current else ""
    return (
        mark,
        one.name,
        one.version,
        one.created or "",
        f"{one.bytes / _MIB:.1f}",
        name,
        *scores,
        gate,
        one.problem or "",
    )


def _listed(evaluation: Mapping[str, ModelScores]) -> tuple[str, ModelScores | None]:
    name = next((one for one in (*_SHOWN, *evaluation) if one in evaluation), "")
    return name, evaluation.get(name)


def _since(change: ModelChange) -> str:
    if change.at is None:
        return "không rõ từ bao giờ / nobody knows since when"
    forced = ", --force" if change.forced else ""
    return f"{moment(change.at)}, {change.by}{forced}"


def _lines(told: Mapping[str, Any], indent: str = "") -> None:
    for key, value in told.items():
        if isinstance(value, Mapping):
            print(f"{indent}{key}:")
            _lines(value, indent + "  ")
        elif value is not None:
            print(f"{indent}{key}: {_word(value)}")


def _word(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(told: Any) -> None:
    print(json.dumps(told, ensure_ascii=False, indent=2))
