#!/usr/bin/env python3
"""`chitieu evaluate` as a script."""

import sys

from chitieu.cli import main

if __name__ == "__main__":
    sys.exit(main(["evaluate", *sys.argv[1:]]))
