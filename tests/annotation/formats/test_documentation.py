"""`docs/annotation-formats.md` says what the formats hold and what the commands take."""

import re

from chitieu.annotation.formats.registry import FORMATS
from chitieu.cli.main import parser


def test_what_a_format_holds_is_documented(root):
    docs = (root / "docs/annotation-formats.md").read_text(encoding="utf-8")
    rows = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in docs.splitlines()]
    head = next(at for at, row in enumerate(rows) if row[0] == "part")
    assert rows[head][1:] == list(FORMATS)
    told = {row[0]: row[1:] for row in rows[head + 2 : head + 11]}
    for number, one in enumerate(FORMATS.values()):
        assert {part for part, cells in told.items() if cells[number] == "yes"} == one.holds, one.name
        assert f"| `{one.name}` | `{one.suffix}` |" in docs


def test_every_option_is_documented(root):
    docs = (root / "docs/annotation-formats.md").read_text(encoding="utf-8")
    commands = next(action for action in parser()._actions if action.dest == "command").choices
    for name in ("export", "import", "agreement"):
        for action in commands[name]._actions:
            for option in action.option_strings:
                if option.startswith("--") and option != "--help":
                    assert re.search(rf"^\| `{option}` \| (both|`{name}`) ", docs, re.MULTILINE), (name, option)
