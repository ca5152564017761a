"""The commands put together. Exit status: 0 done, 1 some inputs failed (named on standard error), 2 wrong usage."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chitieu import __version__
from chitieu.cli.accounts import add_audit, add_tokens, add_users
from chitieu.cli.aliases import add_aliases
from chitieu.cli.annotation import add_annotation
from chitieu.cli.batch import add_batch
from chitieu.cli.extract import add_extract
from chitieu.cli.gate import add_gate
from chitieu.cli.models import add_models
from chitieu.cli.series import add_series
from chitieu.cli.serve import add_serve
from chitieu.cli.store import add_store
from chitieu.cli.surroundings import warn_of_variables
from chitieu.cli.training import add_training
from chitieu.cli.worker import add_worker
from chitieu.errors import ChitieuError, DatabaseDown, DatabaseInvalid

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # it has no public name


_WARNED = frozenset({"serve", "worker", "users"})  # commands that the settings matter most to


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets ``run``, which takes its arguments and returns the exit status."""
    top = argparse.ArgumentParser(
        prog="chitieu",
        description="Đọc số liệu trong báo cáo kinh tế - xã hội. / Read the figures of Vietnamese reports.",
    )
    top.add_argument("--version", action="version", version=f"chitieu {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (
        add_extract,
        add_batch,
        add_series,
        add_serve,
        add_worker,
        add_store,
        add_training,
        add_models,
        add_gate,
        add_annotation,
        add_aliases,
        add_users,
        add_tokens,
        add_audit,
    ):
        add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    args = parser().parse_args(argv)
    if args.command in _WARNED:
        warn_of_variables()
    try:
        status: int = args.run(args)
        return status
    except ChitieuError as error:
        print(f"chitieu: {error.code}: {error.message}{_more(error)}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"chitieu: cần cài thêm / missing package {error.name}: pip install 'chitieu[train]'", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1


def _more(error: ChitieuError) -> str:
    """Of a fault of the database also what the matter is, and where the database lies: ` (unreachable: /path/chitieu.db: …)`."""
    if not isinstance(error, DatabaseDown | DatabaseInvalid):
        return ""
    told = [error.detail.get("cause"), *(getattr(error, "__notes__", None) or [error.detail.get("file")])]
    words = ": ".join(word for word in told if isinstance(word, str))
    return f" ({words})" if words else ""
