"""Answers put together by hand: what a model would have to be lucky to read."""

from __future__ import annotations

import pytest

from chitieu.contract import (
    CatalogueLink,
    Document,
    Extraction,
    Figure,
    ModelInfo,
    Observation,
    ObservedIndicator,
    Period,
    Place,
    Unit,
)

YEAR = Period(text="năm 2021", start="2021-01-01", end="2021-12-31")
TONNE = Unit(text="nghìn tấn", id="t", factor="1000", dimension="mass")


def one_row(at: int, **of_figure) -> tuple[Figure, Observation]:
    """A level and its row; ``of_figure`` also takes the row's ``catalogue``, ``breakdown`` and ``path``."""
    of_row = {name: of_figure.pop(name) for name in ("catalogue", "breakdown", "path") if name in of_figure}
    given = {
        "id": f"f{at}",
        "start": 10 * at,
        "end": 10 * at + 5,
        "text": "12,5",
        "kind": "level",
        "number": "12.5",
        "unit": TONNE,
        "value": "12500",
        "period": YEAR,
        "score": 0.9,
    }
    figure = Figure(**(given | of_figure))
    row = Observation(
        id=f"o{at}",
        indicator=ObservedIndicator(
            text="sản lượng",
            path=of_row.get("path", ["sản lượng"]),
            spans=[],
            catalogue=of_row.get(
                "catalogue", CatalogueLink(id="san-luong-thuy-san", name="Sản lượng thủy sản", score=0.9)
            ),
            breakdown=of_row.get("breakdown", []),
        ),
        period=figure.period,
        status=figure.status,
        level=figure.id,
    )
    return figure, row


def answer_of(
    *rows: dict, id: str = "a.txt", place: Place | None = None, checks=(), text: str | None = None
) -> Extraction:
    """An answer with a row for each mapping of what is special about it."""
    made = [one_row(at, **row) for at, row in enumerate(rows, 1)]
    return Extraction(
        document=Document(
            id=id,
            sha256="0" * 64,
            length=1000,
            place=place or Place(text="Trà Vinh", code="84", name="Tỉnh Trà Vinh"),
            period=YEAR,
            text=text,
        ),
        model=ModelInfo(name="hand", version="1.0", catalogue="0"),
        spans=[],
        figures=[figure for figure, _ in made],
        observations=[row for _, row in made],
        checks=list(checks),
        warnings=[],
    )


@pytest.fixture
def made():
    """The function that puts an answer together."""
    return answer_of


@pytest.fixture(scope="session")
def read_answer():
    """An answer that the rules gave, with changes, attainments and shares."""
    from fakes import fake_pipeline

    text = (
        "UBND TỈNH TRÀ VINH\nBÁO CÁO NĂM 2021\n\n"
        "- Thu ngân sách đạt 7.215 tỷ đồng, đạt 81,4% dự toán, tăng 6,2% so với cùng kỳ.\n"
        "- Đàn bò có 8.320 con, giảm 3,1%, tăng 250 con so với cùng kỳ.\n- Lao động có việc làm đạt 1.050 người, chiếm 35% dân số.\n"
    )
    return fake_pipeline().extract(text, id="Báo cáo.txt", with_text=True)
