import csv
import io
import re
from html.parser import HTMLParser

import pytest

from chitieu.contract import Check
from chitieu.output.columns import columns
from chitieu.output.page import PageWriter, to_html
from chitieu.output.table import rows, to_csv, to_screen
from fakes import fake_pipeline

TEXT = (
    "- Thu <ngân sách> & chi.\n- Đàn bò có 8.320 con, tăng 3,1% so với cùng kỳ.\n"
    "- Giải ngân đạt 1.250 tỷ đồng, đạt 61% kế hoạch.\n"
)


@pytest.fixture(scope="module")
def answer():
    return fake_pipeline().extract(TEXT, id="a.txt")


def test_a_row_for_each_observation(answer):
    table = rows(answer)
    assert len(table) == len(answer.observations)
    assert all(list(row) == [c.name for c in columns("observations")] for row in table)
    cattle = next(row for row in table if row["level"] == "8.320")
    assert (
        cattle["indicator"] == "Đàn bò" and cattle["unit"] == "con" and cattle["changes"] == "tăng 3,1% so với cùng kỳ"
    )
    paid = next(row for row in table if row["level"] == "1.250")
    assert paid["value"] == "1250000000000" and paid["attainments"] == "đạt 61% kế hoạch"


def test_csv_reads_back(answer):
    table = list(csv.DictReader(io.StringIO(to_csv([answer]), newline="")))
    assert [row["level"] for row in table] == [row["level"] for row in rows(answer)]


def test_csv_is_no_formula(answer):
    harmful = answer.model_copy(update={"document": answer.document.model_copy(update={"id": "=1+1"})})
    assert next(csv.DictReader(io.StringIO(to_csv([harmful]), newline="")))["document"] == "'=1+1"


@pytest.mark.parametrize("text", ["=1+1", "+1", "@SUM(A1)", "-1+1", "-cmd|' /C calc'!A0"])
def test_no_text_column_is_a_formula(made, text):
    harmful = made({"text": text, "path": [text]}, id=text)
    row = next(csv.DictReader(io.StringIO(to_csv([harmful]), newline="")))
    assert row["document"] == row["level"] == row["indicator"] == f"'{text}"


def test_negative_numbers_stay_numbers(made):
    row = next(
        csv.DictReader(io.StringIO(to_csv([made({"text": "-3,92", "number": "-3.92", "value": "-3920"})]), newline=""))
    )
    assert (row["level"], row["number"], row["value"]) == ("-3,92", "-3.92", "-3920")


def test_csv_of_nothing_is_its_header(made):
    assert to_csv([made()]) == ",".join(c.name for c in columns("observations")) + "\r\n"


def test_the_screen_table_is_aligned(answer):
    lines = to_screen(answer).splitlines()
    assert lines[1].startswith("─")
    assert "figures" in lines[-1]


def test_the_screen_table_says_what_is_no_result(answer):
    assert "Loại" not in to_screen(answer)
    planned = fake_pipeline().extract("- Thu ngân sách phấn đấu đạt 7.500 tỷ đồng.\n- Đàn bò có 8.320 con.\n")
    lines = to_screen(planned).splitlines()
    assert lines[0].rstrip().endswith("Loại")
    assert [line.rstrip().endswith("mục tiêu") for line in lines[2:4]] == [True, False]


class Reader(HTMLParser):
    """Collects the text of ``<div id=text>`` and how deep spans nest."""

    def __init__(self):
        super().__init__()
        self.text, self.inside, self.depth, self.deepest = "", False, 0, 0

    def handle_starttag(self, tag, attrs):
        if tag == "div":
            self.inside = dict(attrs).get("id") == "text"
        if tag == "span" and self.inside:
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def handle_endtag(self, tag):
        if tag == "div":
            self.inside = False
        if tag == "span" and self.inside:
            self.depth -= 1

    def handle_data(self, data):
        if self.inside:
            self.text += data


def test_the_page_holds_the_text_unchanged(answer):
    reader = Reader()
    page = to_html(TEXT, answer)
    reader.feed(page)
    assert reader.text == TEXT
    assert reader.depth == 0 and reader.deepest == 2
    assert "http" not in page.replace("http-equiv", "")


def test_the_page_has_checks_and_what_was_read(made, read_answer):
    page = to_html(read_answer.document.text, read_answer)
    assert "giá trị: 7215000000000 VND" in page and "chỉ tiêu: Thu ngân sách" in page
    answer = made({}, {"value": "99"}, text="x" * 50)
    answer.checks = [Check(kind="conflict", figures=["f1", "f2"], stated="12500", computed="99", ok=False)]
    page = to_html("x" * 50, answer)
    assert 'class="no"' in page and "không khớp" in page and "hai giá trị khác nhau" in page


def test_several_documents_are_one_page_with_ids_of_their_own(read_answer):
    out = io.BytesIO()
    writer = PageWriter(out)
    for _ in range(3):
        writer.add(read_answer, read_answer.document.text)
    writer.finish()
    page = out.getvalue().decode()
    ids = re.findall(r' id="([^"]+)"', page)
    assert page.count("<!doctype html>") == 1 and page.count("</html>") == 1 and page.count("<article>") == 3
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
