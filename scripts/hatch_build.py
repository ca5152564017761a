"""Puts the built pages into a wheel; says so where they were not built: the API works without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Pages(BuildHookInterface[Any]):
    """What hatchling calls before it builds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the folder, but to an editable installation, which finds it where it lies."""
        if version == "editable":
            return
        pages = Path(self.root, "service", "web", "dist")
        if not (pages / ".vite" / "manifest.json").is_file():
            self.app.display_warning(f"{pages}: the pages have not been built (`make web`): the wheel lacks them.")
            return
        build_data["force_include"][str(pages)] = "chitieu/web"
