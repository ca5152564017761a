"""Run a program within limits: `python -m chitieu.text.files.limited MIB SECONDS FILE_BYTES PROGRAM ARGUMENT…`."""

from __future__ import annotations

import os
import resource
import sys


def main() -> None:
    """Set the limits of this process, then become the program."""
    mib, seconds, file_bytes = (int(text) for text in sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_AS, (mib * 1024 * 1024,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(sys.argv[4], sys.argv[4:])


if __name__ == "__main__":
    main()
