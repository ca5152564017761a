# `make run` serves, `make test` tests; both set up what they need in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
# Documents that the served model has not seen.
GOLD ?= $(addprefix training_data/documents/,$(shell cat training_data/splits/test.txt))
MODEL ?= current
OUT ?= runs/chitieu-vi
FUZZ ?= runs/fuzz
PAGES := service/web/dist
NODE_MODULES := service/web/node_modules
WEB_SOURCES := docs/guidelines-vi.md $(shell find service/web -type f -not -path '*/node_modules/*' -not -path '*/dist*/*' -not -name '*.md')
NPM = cd service/web && PATH="$(CURDIR)/$(BIN):$$PATH" npm
define NPM_FAILED
The packages of the pages could not be installed. `npm ci` needs a registry of npm packages: see its message above, and `npm config get registry`.
Without the pages the API works all the same: make install && .venv/bin/chitieu serve
endef
export NPM_FAILED
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: install web web-if-possible install-dev install-train run test test-all rehearse lint extract evaluate train fuzz audit programs clean

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serving: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.serving
	$(BIN)/python -m pip install --quiet --editable '.[dev,ocr]'
	touch $@

# Node.js comes as a Python package, so that nothing but Python need be installed; its programs are found by PATH.
$(VENV)/.web: pyproject.toml $(VENV)/.serving
	$(BIN)/python -m pip install --quiet --editable '.[web]'
	touch $@

$(NODE_MODULES)/.package-lock.json: service/web/package.json service/web/package-lock.json $(VENV)/.web
	$(NPM) ci --no-audit --no-fund --loglevel=error --fetch-retries=1 || { echo "$$NPM_FAILED" >&2; exit 1; }
	touch $@

# Under another name until it is whole: a service that runs goes on with the pages that it has.
$(PAGES)/.vite/manifest.json: $(WEB_SOURCES) $(NODE_MODULES)/.package-lock.json
	$(NPM) run --silent build -- --outDir dist.partial --emptyOutDir --logLevel warn
	rm -rf $(PAGES) && mv $(PAGES).partial $(PAGES)
	touch $@

$(VENV)/.train: pyproject.toml $(VENV)/.dev
	$(BIN)/python -m pip install --quiet 'torch==2.13.0'
	$(BIN)/python -m pip install --quiet --editable '.[dev,ocr,train]'
	touch $@

install: $(VENV)/.serving

web: $(PAGES)/.vite/manifest.json

# Where no registry of npm packages can be reached the API is served all the same, and tests of pages are skipped.
web-if-possible:
	@$(MAKE) --no-print-directory web || echo "The pages are left out." >&2

install-dev: $(VENV)/.dev

install-train: $(VENV)/.train

run: install web-if-possible
	CHITIEU_DATA=$${CHITIEU_DATA:-var} CHITIEU_LOG_FORMAT=$${CHITIEU_LOG_FORMAT:-console} $(BIN)/chitieu serve --host $(HOST) --port $(PORT)

test: install-dev web-if-possible
	$(BIN)/python -m pytest

# Debian programs that some tests drive; what is installed already is left alone.
programs:
	scripts/install_programs.sh

test-all: programs install-train web
	$(BIN)/python -m pytest

# Kills a run over an archive twenty times, and makes a model from corrections; minutes.
rehearse: install-dev
	$(BIN)/python -m pytest -m "rehearse or rehearsal"

lint: install-train web
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) run --silent check
	$(BIN)/bandit --quiet --recursive service scripts --configfile pyproject.toml

# Ten minutes of inputs that look for a fault of the extraction; what reached something new is kept in FUZZ.
fuzz: install-dev
	$(BIN)/python -m pip install --quiet --editable '.[fuzz]'
	mkdir -p $(FUZZ)
	PYTHONPATH=tests $(BIN)/python tests/fuzz_extraction.py -max_total_time=600 -artifact_prefix=$(FUZZ)/ $(FUZZ)

# Asks a public service for known faults of what is installed. Strict: what could not be asked for is no "none found".
audit: install-dev
	$(BIN)/python -m pip freeze --exclude-editable >$(VENV)/installed.txt
	$(BIN)/pip-audit --strict --disable-pip --no-deps --requirement $(VENV)/installed.txt

extract: install
	@test -n "$(FILE)" || { echo "make extract FILE=…" >&2; exit 2; }
	$(BIN)/chitieu extract "$(FILE)"

evaluate: install
	$(BIN)/python scripts/evaluate.py $(MODEL) $(GOLD)

train: install-train
	$(BIN)/python scripts/train.py models/chitieu-vi/train.toml --out $(OUT)

clean:
	rm -rf $(VENV) $(PAGES) $(NODE_MODULES) build dist .pytest_cache .mypy_cache .ruff_cache
