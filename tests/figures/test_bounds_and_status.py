"""Bounds and statuses, cases in ``cases/bounds.tsv`` and ``cases/status.tsv`` (headings parted by `>`, widest first)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.figures.bounds import find_bound
from chitieu.figures.status import clause_status, column_status, plan_title, section_status
from figures.figure_cases import load


@pytest.mark.parametrize("case", load("bounds.tsv"), ids=lambda c: f"{c['before']}…{c['after']}")
def test_bound(case: dict[str, str]) -> None:
    assert find_bound(case["before"], case["after"]) == case["bound"]


@pytest.mark.parametrize("case", load("status.tsv"), ids=lambda c: f"{c['before']}…{c['sections']}")
def test_status(case: dict[str, str]) -> None:
    sections = case["sections"].split(">") if case["sections"] else []
    year = int(case["year"]) if case["year"] else None
    said = clause_status(case["before"])
    assert (said or section_status(sections, year=year) or "actual") == case["status"]


def test_a_plan_named_in_a_phrase_is_its_reference() -> None:
    assert clause_status("đạt 95% kế hoạch vốn và ", in_phrase=False) == "target"
    assert clause_status("đạt 95% kế hoạch vốn và ", in_phrase=True) is None


@given(st.text(max_size=300), st.text(max_size=100))
def test_never_raise(before: str, after: str) -> None:
    assert find_bound(before, after) in ("exact", "about", "more_than", "at_least", "less_than", "at_most")
    assert clause_status(before) in ("actual", "estimate", "target", None)
    assert section_status([after]) in ("actual", "estimate", "target", None)


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("HỘI ĐỒNG NHÂN DÂN TỈNH A\nNGHỊ QUYẾT\nVề nhiệm vụ phát triển kinh tế - xã hội năm 2022\nCăn cứ Luật", True),
        ("Nghị quyết về dự toán ngân sách năm 2006\nCăn cứ Luật Ngân sách nhà nước;", True),
        ("QUYẾT ĐỊNH\nVề việc giao chỉ tiêu kế hoạch năm 2022\n", True),
        ("UBND TỈNH B\nKẾ HOẠCH\nPhát triển cây ăn quả giai đoạn 2021 - 2025\n", True),
        ("BÁO CÁO\nTình hình thực hiện kế hoạch năm 2021\n", False),
        ("NGHỊ QUYẾT\nVề kết quả thực hiện nhiệm vụ năm 2021\n", False),
        ("NGHỊ QUYẾT\nPhê chuẩn quyết toán ngân sách năm 2020\n", False),
        ("SỞ KẾ HOẠCH VÀ ĐẦU TƯ\nBÁO CÁO\nTình hình giải ngân năm 2021\n", False),
        ("Kế hoạch năm 2012 xác định nhiệm vụ: giảm dần đầu tư công; đẩy mạnh xã hội hóa.\n", False),
        ("", False),
    ],
)
def test_documents_that_set_targets(text: str, plan: bool) -> None:
    assert (plan_title(text) is not None) == plan


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Kế hoạch năm 2024 (tỷ đồng)", "target"),
        ("KH 2024", "target"),
        ("Ước thực hiện 2024", "estimate"),
        ("Thực hiện năm 2023", "actual"),
        ("Tỷ lệ so với kế hoạch (%)", None),
        ("Đơn vị", None),
        ("", None),
    ],
)
def test_heads_of_columns(head: str, status: str | None) -> None:
    assert column_status(head) == status
