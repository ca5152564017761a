import io
import json
import sys

import pytest

from chitieu.annotation.formats.file_names import file_names
from chitieu.annotation.formats.registry import FORMATS
from chitieu.annotation.inline_xml import parse
from chitieu.cli import annotation, main

XML = '<ind id="1">Thu ngân sách</ind> đạt <qty of="1">5</qty> <unit>tỷ đồng</unit> 😀, <chg of="1">tăng <pct>6%</pct></chg>.\n'


@pytest.fixture
def folder(tmp_path):
    for name in ("một.xml", "hai.xml"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_text(XML, encoding="utf-8")
    return tmp_path / "in"


@pytest.fixture
def one(folder):
    return folder / "một.xml"


def code(arguments):
    """The exit status of a run that is wrong usage."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    return caught.value.code


def test_the_names_of_the_formats_are_those_of_the_table():
    assert list(FORMATS) == list(annotation.NAMES)


@pytest.mark.parametrize("name", annotation.NAMES)
def test_out_and_in_again(one, tmp_path, name, capsys):
    out, back = tmp_path / "out", tmp_path / "back.xml"
    assert main(["export", str(one), "--format", name, "--output", str(out)]) == 0
    for more in ([], ["--format", name]):
        assert main(["import", str(out), *more, "--to", "xml", "--output", str(back)]) == 0
        assert back.read_text(encoding="utf-8") == XML
    assert capsys.readouterr() == ("", "")


def test_import_gives_json_lines_on_standard_output(one, capsys):
    assert main(["import", str(one)]) == 0
    line = json.loads(capsys.readouterr().out)
    assert line["schema"] == "chitieu-annotation/1" and line["name"] == "một.xml" and len(line["spans"]) == 5


@pytest.mark.parametrize("name", annotation.NAMES)
def test_a_folder_has_a_file_for_each_document(folder, tmp_path, name):
    out = tmp_path / "new"
    assert main(["export", str(folder), "--format", name, "--output", f"{out}/"]) == 0
    suffix = FORMATS[name].suffix
    assert sorted(path.name for path in out.iterdir()) == [f"hai{suffix}", f"một{suffix}"]
    assert main(["agreement", str(out), str(folder)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "new"]


def test_documents_of_one_name_get_files_of_their_own(one, tmp_path):
    names = file_names(
        [parse("x", name) for name in ("a.xml", "A.txt", "../b/a", "/", "", "x" * 300, "đ?.xml")], ".xml"
    )
    assert names == ["a.xml", "A-2.xml", "a-3.xml", "document.xml", "document-2.xml", "x" * 60 + ".xml", "đ_.xml"]
    out = tmp_path / "out"
    assert main(["export", str(one), str(one), "--format", "xml", "--output", f"{out}/"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["một-2.xml", "một.xml"]


def test_several_documents_of_inline_xml_need_a_folder(folder, tmp_path, capsys):
    assert code(["export", str(folder), "--format", "xml", "--output", str(tmp_path / "a.xml")]) == 2
    assert "FOLDER" in capsys.readouterr().err and not (tmp_path / "a.xml").exists()


def test_what_is_lost_is_told(tmp_path, capsys):
    line = {"text": "Thu 5", "place": "Huế", "spans": [
        {"id": "a", "label": "INDICATOR", "start": 0, "end": 3, "entry": "thu", "score": 0.5},
        {"label": "QUANTITY", "start": 4, "end": 5, "of": "a", "score": 0.5}]}  # fmt: skip
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(line), encoding="utf-8")
    assert main(["export", str(path), "--format", "xml"]) == 0
    out, err = capsys.readouterr()
    assert out == '<ind id="1">Thu</ind> <qty of="1">5</qty>'
    assert err == "chitieu: xml không giữ được / cannot hold: entry 1, place 1, score 2\n"
    assert main(["import", str(path)]) == 0
    assert capsys.readouterr().err == ""


def test_a_faulty_file_does_not_stop_the_others(one, tmp_path, capsys):
    bad = tmp_path / "hỏng.xml"
    bad.write_text("<qty>5", encoding="utf-8")
    out = tmp_path / "out.jsonl"
    assert main(["export", str(bad), str(one), "--format", "jsonl", "--output", str(out)]) == 1
    err = capsys.readouterr().err
    assert "hỏng.xml: annotation_invalid: " in err and "line 1, column 1" in err
    assert len(out.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize("name", ["missing.xml", "empty/", "plain.txt"])
def test_where_nothing_can_be_read_nothing_is_written(tmp_path, name, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "plain.txt").write_text("Không có nhãn.", encoding="utf-8")
    out = tmp_path / "out.jsonl"
    out.write_text("old", encoding="utf-8")
    assert main(["import", str(tmp_path / name), "--output", str(out)]) == 1
    assert out.read_text(encoding="utf-8") == "old"
    told = {"missing.xml": "file_unreadable", "empty/": "file_unreadable", "plain.txt": "format_unknown"}[name]
    assert told in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_whole_is_not_there(folder, tmp_path, monkeypatch, capsys):
    from chitieu.output import destination

    written = []
    real = destination.whole_file

    def full(path):
        written.append(path)
        if len(written) == 2:
            raise destination.unwritable(str(path), OSError(28, "No space left on device"))
        return real(path)

    monkeypatch.setattr(destination, "whole_file", full)
    assert main(["export", str(folder), "--format", "jsonl", "--output", f"{tmp_path / 'new'}/"]) == 1
    assert "output_unwritable" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_plain_conll_needs_its_text(tmp_path, capsys):
    conll, text = tmp_path / "a.conll", tmp_path / "a.txt"
    conll.write_text("Thu B-INDICATOR\n5 B-QUANTITY\n", encoding="utf-8")
    text.write_text("Thu 5", encoding="utf-8")
    assert main(["import", str(conll)]) == 1
    assert "--text" in capsys.readouterr().err
    assert main(["import", str(conll), "--text", str(text), "--to", "xml"]) == 0
    assert capsys.readouterr().out == '<ind id="1">Thu</ind> <qty>5</qty>'
    assert code(["import", str(conll), str(conll), "--text", str(text)]) == 2


def test_offsets_of_doccano_can_be_chosen(one, capsys):
    starts = []
    for unit in ("utf-16", "code-points", "graphemes"):
        assert main(["export", str(one), "--format", "doccano", "--offsets", unit]) == 0
        starts.append(json.loads(capsys.readouterr().out)["entities"][-1]["start_offset"])
    assert starts == [37, 36, 36]


def test_documents_without_a_span_are_told_of(tmp_path, capsys):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"data": {"text": "Thu 5"}, "annotations": []}]), encoding="utf-8")
    assert main(["import", str(path)]) == 0
    assert "1 tài liệu không có nhãn nào" in capsys.readouterr().err


def test_the_configuration_of_label_studio(tmp_path, capsys):
    assert main(["export", "--format", "label-studio-config"]) == 0
    assert '<Label value="INDICATOR"' in capsys.readouterr().out
    assert main(["export", "--format", "label-studio-config", "--output", str(tmp_path / "c.xml")]) == 0
    assert (tmp_path / "c.xml").read_text(encoding="utf-8").startswith("<View>")


def test_wrong_usage(one, tmp_path, monkeypatch):
    assert code(["export", "--format", "xml"]) == 2
    assert code(["export", str(one), "--format", "label-studio-config"]) == 2
    assert code(["export", str(one), "--format", "pdf"]) == 2
    assert code(["export", str(one), "--format", "xml", "--offsets", "utf-16"]) == 2
    assert code(["import", str(one), "--format", "conll", "--offsets", "utf-16"]) == 2
    assert code(["export", str(one), "--format", "xml", "--output", str(one)]) == 2
    assert code(["export", str(one), "--format", "xml", "--output", str(one.parent)]) == 2
    terminal = io.TextIOWrapper(io.BytesIO())
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdout", terminal)
    assert code(["export", str(one), "--format", "docbin"]) == 2


def test_agreement(one, tmp_path, capsys):
    other = tmp_path / "b.xml"
    other.write_text(XML.replace('<qty of="1">', "<qty>"), encoding="utf-8")
    assert main(["agreement", str(one), str(other)]) == 0
    *table, last = capsys.readouterr().out.splitlines()
    assert table[0].split()[1:4] == ["A", "B", "strict"] and table[-3].split() == ["all", "5", "5", "1.0000", "1.0000"]
    assert json.loads(last)["of"] == {"shared": 2, "same": 1, "accuracy": 0.5}
    assert main(["agreement", str(one), str(other), "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_agreement_of_what_cannot_be_compared(folder, tmp_path, capsys):
    other = tmp_path / "b.xml"
    other.write_text("x<qty>5</qty>", encoding="utf-8")
    assert main(["agreement", str(folder / "hai.xml"), str(other)]) == 1
    assert "different texts" in capsys.readouterr().err
    assert main(["agreement", str(folder), str(other)]) == 1
    assert "on one side only" in capsys.readouterr().err
