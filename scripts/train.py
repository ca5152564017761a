#!/usr/bin/env python3
"""`chitieu train` as a script."""

import sys

from chitieu.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
