"""Who is at the command line."""

from __future__ import annotations

import getpass


def at_the_command_line() -> str:
    """The name by which the audit trail knows who runs a command."""
    try:
        return f"(command line: {getpass.getuser()})"
    except (KeyError, OSError):  # a container's user need have no name
        return "(command line: ?)"
