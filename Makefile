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
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: install install-dev install-train run test test-all rehearse lint extract evaluate train fuzz audit programs clean

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.serving: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.serving
	$(BIN)/python -m pip install --quiet --editable '.[dev,ocr]'
	touch $@

$(VENV)/.train: pyproject.toml $(VENV)/.dev
	$(BIN)/python -m pip install --quiet 'torch==2.13.0'
	$(BIN)/python -m pip install --quiet --editable '.[dev,ocr,train]'
	touch $@

install: $(VENV)/.serving

install-dev: $(VENV)/.dev

install-train: $(VENV)/.train

run: install
	CHITIEU_DATA=$${CHITIEU_DATA:-var} CHITIEU_LOG_FORMAT=$${CHITIEU_LOG_FORMAT:-console} $(BIN)/chitieu serve --host $(HOST) --port $(PORT)

test: install-dev
	$(BIN)/python -m pytest

# Debian programs that some tests drive; what is installed already is left alone.
programs:
	scripts/install_programs.sh

test-all: programs install-train
	$(BIN)/python -m pytest

# Kills a run over an archive twenty times; minutes.
rehearse: install-dev
	$(BIN)/python -m pytest -m rehearse

lint: install-train
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
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
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
