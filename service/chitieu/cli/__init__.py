"""The command line: one module a group of commands, each of which loads what it needs when it runs."""

from chitieu.cli.main import main, parser

__all__ = ["main", "parser"]
