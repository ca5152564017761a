from __future__ import annotations

import pytest

from chitieu.annotation.inline_xml import parse
from chitieu.evaluation.links import distance, links_by_distance
from fakes import fake_pipeline


@pytest.mark.parametrize(
    ("xml", "label", "wanted"),
    [
        ('<ind id="1">Đàn bò</ind> có <qty of="1">9</qty>', "QUANTITY", "before"),
        ('có <qty of="1">9</qty> <ind id="1">đàn bò</ind>', "QUANTITY", "behind"),
        ('<ind id="1">Đàn bò</ind> (cả bê) có <qty of="1">9</qty>', "QUANTITY", "clause"),
        ('<ind id="1">Đàn bò</ind> tăng. Nay có <qty of="1">9</qty>', "QUANTITY", "sentence"),
        ('<ind id="1">Đàn bò</ind>\n\nNay có <qty of="1">9</qty>', "QUANTITY", "paragraph"),
        ('<ind id="1">Đàn bò</ind>\n\nTăng.\n\nNay có <qty of="1">9</qty>', "QUANTITY", "further"),
        ("Nay có <qty>9</qty>", "QUANTITY", "none"),
        ('<chg of="1">giảm <qty>9</qty> <ind id="1">con bò</ind></chg>', "CHANGE", "inside"),
        ('<ind id="1">Chăn nuôi</ind>: <ind id="2" in="1">bò</ind> có <qty of="2">1.000</qty>', "INDICATOR", "none"),
    ],
)
def test_distance(xml, label, wanted):
    document = parse(xml)
    span = next(s for s in document.spans if s.label == label)
    head = document.spans[span.head] if span.head is not None else None
    assert distance(document.text, span, head) == wanted


def test_right_and_wrong_are_counted():
    document = parse('<ind id="1">Đàn bò</ind> có <qty of="1">8.320</qty> <unit>con</unit>.')
    answer = fake_pipeline().extract(document.text)
    assert links_by_distance([(document, answer)]) == {"of": {"before": [1, 1]}, "in": {"none": [1, 1]}}
    for span in answer.spans:
        span.of = None
    assert links_by_distance([(document, answer)])["of"] == {"before": [1, 0]}
