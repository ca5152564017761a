"""A row of the table of observations as the API describes it: its columns are those of every other form of the table."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from chitieu.output.columns import Column, columns

Decimals = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]
STORED = "stored"  # the one field that is no column of the table
_TYPES: dict[str, Any] = {"text": str, "decimal": Decimals, "integer": int, "date": date}


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")


@cache
def row_model() -> type[BaseModel]:
    """A model with the document's id and a field for each column of the table, in its order; null where nothing is known.

    Raises:
        CatalogueInvalid: the file of the columns breaks its schema.
    """
    fields: dict[str, Any] = {
        STORED: (
            str,
            Field(description="Mã của tài liệu đã lưu / id of the stored document, as `/v1/documents` has it"),
        )
    }
    fields |= {column.name: _field(column) for column in columns("observations")}
    return create_model(
        "ObservationRow",
        __base__=_Row,
        __doc__="Một dòng của bảng số liệu. / A row of the table: one indicator, one breakdown, one period.",
        **fields,
    )


@cache
def page_model() -> type[BaseModel]:
    """A page of rows. Raises what `row_model` raises."""
    fields: dict[str, Any] = {
        "observations": (list[row_model()], Field(description="Các dòng / the rows")),  # type: ignore[misc]
        "next": (
            str | None,
            Field(description="`cursor` của trang sau; null: hết / of the next page; null: there is none"),
        ),
    }
    return create_model("ObservationPage", __doc__="Một trang của bảng số liệu. / A page of the table.", **fields)


def _field(column: Column) -> tuple[Any, Any]:
    words = f"{column.description_vi} / {column.description_en}"
    return _TYPES[column.type] | None, Field(title=f"{column.title_vi} / {column.title_en}", description=words)
