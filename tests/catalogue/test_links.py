"""The linker on mentions of real reports and of the project's own documents, read by hand."""

from __future__ import annotations

from chitieu.catalogue.load import load_catalogue
from linking import judged, mentions


def test_the_table_names_entries_that_are_there():
    known = {entry.id for entry in load_catalogue().indicators}
    unknown = {id_ for mention in mentions() for id_ in mention.ids} - known
    assert not unknown
    places = [(m.document, m.start, m.end) for m in mentions()]
    assert len(places) == len(set(places)) > 590
    hard = sum(not m.ids or len(m.ids) > 1 or not m.sure for m in mentions())
    assert hard > len(places) / 5


def scores(folders):
    """Of the sure mentions of documents in the folders: the share that is right, and that of the links that are."""
    right = links = right_links = total = 0
    for mention, got in judged(folders, load_catalogue()):
        if not mention.sure or not any((f / f"{mention.document}.xml").is_file() for f in folders):
            continue
        total += 1
        right += got is not None and bool(got & mention.ids if mention.ids else not got)
        links += bool(got)
        right_links += bool(got and got & mention.ids)
    return total, right / total, right_links / links


def test_the_projects_own_documents(root):
    total, right, precision = scores([root / "training_data" / "documents"])
    assert total > 100 and right >= 0.87 and precision >= 0.92


def test_all_documents(shared, root):
    total, right, precision = scores([shared / "gold", shared / "gold" / "real", root / "training_data" / "documents"])
    assert total > 530 and right >= 0.905 and precision >= 0.93


def test_nothing_was_fitted_on_these_documents(root):
    lines = (root / "training_data" / "links.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert not {line.split("\t")[0] for line in lines} & {m.document for m in mentions()}
