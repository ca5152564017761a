"""`chitieu aliases export`: the names that reviewers accepted, as a table that the catalogue reads."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chitieu.cli.main import Commands


def add_aliases(commands: Commands) -> None:
    """Describe the command."""
    aliases = commands.add_parser("aliases", help="tên mới của chỉ tiêu / new names of indicators")
    actions = aliases.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser("export", help="ghi các tên đã nhận / write the names that were accepted")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="bảng cho CHITIEU_ALIASES / the table")
    export.set_defaults(run=run_export)


def run_export(args: argparse.Namespace) -> int:
    """Write the table whole or not at all; a name of an entry that the catalogue does not have is told and left out."""
    from chitieu.catalogue.aliases import written
    from chitieu.catalogue.load import Alias
    from chitieu.catalogue.own import catalogue_of
    from chitieu.cli.accounts import opened_store
    from chitieu.output.destination import whole_file
    from chitieu.store.aliases import accepted

    with opened_store() as (database, settings, _):
        names = [Alias(*one) for one in accepted(database)]
        # Without CHITIEU_ALIASES, which may well be the file that is written here.
        entries = {entry.id for entry in catalogue_of(settings.catalogue, settings.catalogue_mode).indicators}
    for one in names:
        if one.id not in entries:
            told = f"{one.alias}: không có chỉ tiêu “{one.id}” / no indicator “{one.id}”"
            print(f"chitieu: {told}", file=sys.stderr)
    kept = [one for one in names if one.id in entries]
    with whole_file(args.out) as stream:
        stream.write(written(kept, "annotators"))
    print(f"{args.out}: {len(kept)} tên / names", file=sys.stderr)
    return 0
