"""The commands put together. Exit status: 0 done, 1 some inputs failed (named on standard error), 2 wrong usage."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chitieu import __version__
from chitieu.cli.extract import add_extract
from chitieu.cli.serve import add_serve
from chitieu.cli.training import add_training
from chitieu.errors import ChitieuError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # it has no public name


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; each sets ``run``, which takes its arguments and returns the exit status."""
    top = argparse.ArgumentParser(
        prog="chitieu",
        description="Đọc số liệu trong báo cáo kinh tế - xã hội. / Read the figures of Vietnamese reports.",
    )
    top.add_argument("--version", action="version", version=f"chitieu {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (add_extract, add_serve, add_training):
        add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    args = parser().parse_args(argv)
    try:
        status: int = args.run(args)
        return status
    except ChitieuError as error:
        print(f"chitieu: {error.code}: {error.message}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"chitieu: cần cài thêm / missing package {error.name}: pip install 'chitieu[train]'", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1
