# make run    open the window on a sample project (with no display: the same job, headless)
# make test   everything that must hold, in under 20 minutes
# make check  lint, types, import layers, size limits
# make bench  speed, as ratios within one run
PYTHON ?= python3.11
PYTHON := $(shell command -v $(PYTHON) || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest

.PHONY: run test check bench format models clean

$(READY): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,heif,train,export]'
	touch $@

models: $(READY)
	@$(BIN)/lapa-annotator models fetch --missing || echo "Going on with what is here."

run: $(READY) models
	$(BIN)/lapa-annotator gui --sample --or-demo

test: $(READY)
	@$(BIN)/lapa-annotator models fetch --missing || echo "No model files: the tests that need them skip."
	$(PYTEST) -n 2

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) tests/test_house.py

bench: $(READY) models
	$(BIN)/python -m tests.benchmarks

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out
