"""Promises of the repository's own files."""

import re
import subprocess

import chitieu
from chitieu.errors import ChitieuError


def subclasses(kind):
    return [c for child in kind.__subclasses__() for c in (child, *subclasses(child))]


def test_changelog_and_package_tell_one_version(root):
    newest = re.search(r"^## \[?([\d.]+)", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[1]
    declared = re.search(r'^version = "(.+)"', (root / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert newest == declared == chitieu.__version__


def test_every_error_stands_in_the_docs_with_its_status(root):
    docs = (root / "docs/api.md").read_text(encoding="utf-8")
    import chitieu.catalogue.load  # noqa: F401  (its errors count too)

    for kind in subclasses(ChitieuError):
        assert f"`{kind.code}`" in docs, kind
        row = re.search(rf"^\| `{kind.code}` \| (\d+) ", docs, re.MULTILINE)
        assert row is None or int(row[1]) == kind.status, kind


def test_documented_targets_exist(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md", "docs/training.md", "docs/api.md"):
        text = (root / name).read_text(encoding="utf-8")
        mentioned = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE))
        assert mentioned <= targets, name
    assert {"install", "run", "test", "test-all", "lint", "extract", "evaluate", "train"} <= targets


def test_no_file_names_a_machine(root):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode:
        return  # an unpacked archive
    words = ("/wo" + "rk/", "/ro" + "ot/", "/opt/py" + "pi")
    for name in filter(None, listed.stdout.split("\0")):
        data = (root / name).read_bytes() if (root / name).is_file() else b""
        for word in words:
            assert word.encode() not in data, (name, word)


def test_the_served_model_fits(root):
    if not (root / "models/current.json").is_file():
        return
    from chitieu.models import current_model

    folder = current_model(root / "models")
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 32_000_000
    assert (folder / "CARD.md").is_file()
    versions = [p for p in folder.parent.iterdir() if p.is_dir()]
    assert versions == [folder], "the tree holds the served model only"
