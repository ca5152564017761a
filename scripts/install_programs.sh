#!/usr/bin/env bash
# Install the Debian programs that `make test-all` drives: Chromium for the page's tests, LibreOffice for old office formats,
# Tesseract with its Vietnamese and what OCRmyPDF runs for scans, nginx for the tests of what stands before the service, PostgreSQL's
# server for those of the store. The reader of files uses LibreOffice and Tesseract where they are.
set -euo pipefail
missing=()
command -v chromium >/dev/null || missing+=(chromium fonts-noto-core)
command -v soffice >/dev/null || missing+=(libreoffice-writer-nogui libreoffice-calc-nogui)
command -v gs >/dev/null || missing+=(ghostscript)
command -v tesseract >/dev/null || missing+=(tesseract-ocr)
tesseract --list-langs 2>/dev/null | grep -qx vie || missing+=(tesseract-ocr-vie)
tesseract --list-langs 2>/dev/null | grep -qx osd || missing+=(tesseract-ocr-osd)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx)
command -v openssl >/dev/null || missing+=(openssl)
command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
if [ ${#missing[@]} = 0 ]; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "missing, and this is no Debian: install by hand: ${missing[*]}" >&2
  exit 1
fi
as_root=(); [ "$(id -u)" = 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
# Runlevel 1: a server that comes with a package is not begun.
add_packages() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
if [[ " ${missing[*]} " == *" postgresql "* ]]; then
  # The tests make a server of their own, so Debian's package need not.
  add_packages postgresql-common
  conf=/etc/postgresql-common/createcluster.conf
  "${as_root[@]}" cp -p "$conf" "$conf.before"
  trap '"${as_root[@]}" mv "$conf.before" "$conf"' EXIT
  "${as_root[@]}" sed -i -E 's/^#?(create_main_cluster) *=.*/\1 = false/' "$conf"
fi
add_packages "${missing[@]}"
