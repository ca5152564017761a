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
    assert sum(not m.ids for m in mentions()) > 90


def test_accuracy_and_precision(shared, root):
    folders = [shared / "gold", shared / "gold" / "real", root / "training_data" / "documents"]
    right = links = right_links = total = 0
    for mention, got in judged(folders, load_catalogue()):
        if not mention.sure:
            continue
        total += 1
        right += got is not None and bool(got & mention.ids if mention.ids else not got)
        links += bool(got)
        right_links += bool(got and got & mention.ids)
    assert right / total >= 0.56
    assert right_links / links >= 0.93
