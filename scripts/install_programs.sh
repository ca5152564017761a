#!/usr/bin/env bash
# Install the Debian programs that `make test-all` drives: Chromium for the page's tests, LibreOffice for old office formats,
# Tesseract with its Vietnamese and what OCRmyPDF runs for scans. The reader of files uses the latter two where they are.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium fonts-noto-core)
command -v soffice >/dev/null || missing+=(libreoffice-writer-nogui libreoffice-calc-nogui)
command -v gs >/dev/null || missing+=(ghostscript)
command -v tesseract >/dev/null || missing+=(tesseract-ocr)
tesseract --list-langs 2>/dev/null | grep -qx vie || missing+=(tesseract-ocr-vie)
tesseract --list-langs 2>/dev/null | grep -qx osd || missing+=(tesseract-ocr-osd)
if [ ${#missing[@]} = 0 ]; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "missing, and this is no Debian: install by hand: ${missing[*]}" >&2
  exit 1
fi
as_root=(); [ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
