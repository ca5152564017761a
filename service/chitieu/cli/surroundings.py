"""What a command tells of the surroundings that it works in: the database, and variables that nothing reads."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from chitieu.settings import unknown_variables

if TYPE_CHECKING:
    from chitieu.store.database import Database

DATABASE = "Cơ sở dữ liệu / database"


def tell_database(database: Database) -> None:
    """Name the database on standard error."""
    print(f"{DATABASE}: {database.place}", file=sys.stderr)


def warn_of_variables() -> None:
    """Name on standard error, a line each, the variables `CHITIEU_…` that are no settings."""
    for name, nearest in unknown_variables(os.environ).items():
        vi, en = (f" (có phải {nearest}?)", f" (is it {nearest}?)") if nearest else ("", "")
        print(
            f"chitieu: biến môi trường {name} không phải là thiết lập, được bỏ qua{vi}. / "
            f"the environment variable {name} is no setting and is ignored{en}.",
            file=sys.stderr,
        )
