# Every target works from any folder (make -C …) and, once the environment is there, offline.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
export KPIMART_CONFIG ?= $(CURDIR)/kpimart.yml
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export GX_ANALYTICS_ENABLED := false

.PHONY: help
help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "kpimart needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 2; }
	@echo "Making the environment in .venv (once; a minute or two) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch $@

.PHONY: install
install: .venv/installed  ## make the environment from requirements.lock

.PHONY: demo
demo: .venv/installed  ## sample export, nightly run, scorecard
	@$(BIN)/kpimart sample --out demo/landing
	@$(BIN)/kpimart run
	@$(BIN)/kpimart scorecard --grain quarter

.PHONY: run
run: .venv/installed  ## the nightly job once, for the company of KPIMART_CONFIG
	@$(BIN)/kpimart run

.PHONY: check
check: .venv/installed  ## formatting, lint, types
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/basedpyright --level error

.PHONY: test
test: check  ## everything CI runs
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: drill
drill: .venv/installed  ## real nights killed, sequences of nights by chance, damaged exports
	@KPIMART_KILLS=20 $(BIN)/python -m pytest tests/end_to_end/test_sigkills.py
	@KPIMART_SEQUENCES=100 $(BIN)/python -m pytest tests/end_to_end/test_incremental_equals_full.py
	@KPIMART_FUZZ=20000 $(BIN)/python -m pytest -n 2 tests/end_to_end/test_fuzz_reader.py

.PHONY: dev
dev: .venv/installed  ## Dagster's UI, with the nightly schedule
	@DAGSTER_HOME="$$($(BIN)/python -m pipelines.commands.dagster_home)" $(BIN)/dg dev

# Five rounds and one night of 1 % new data at each scale: more than an hour. A month of such nights
# is asked for: `python -m benchmarks.nightly --rounds 1 --nights 30`; at scale 5 it takes hours, and
# needs `--memory-limit 2GB` like here.
.PHONY: bench
bench: .venv/installed  ## seconds and memory per step at 100,000 and 500,000 deals, beside floors
	@$(BIN)/python -m benchmarks.nightly --scale 1 --rounds 5
	@$(BIN)/python -m benchmarks.nightly --scale 5 --rounds 5 --memory-limit 2GB
	@$(BIN)/python -m benchmarks.cost_per_row
	@$(BIN)/python -m benchmarks.peers.compare

.PHONY: docs
docs: .venv/installed  ## draw the pictures of the pages, from the demo
	@$(BIN)/python -m docs.make_pictures

.PHONY: lock
lock:  ## compile requirements.lock anew (needs uv)
	@uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links --no-config \
	  --quiet --output-file requirements.lock --custom-compile-command "make lock"
