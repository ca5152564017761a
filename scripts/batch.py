#!/usr/bin/env python3
"""`chitieu batch` as a script."""

import sys

from chitieu.cli import main

if __name__ == "__main__":
    sys.exit(main(["batch", *sys.argv[1:]]))
