# Everything that is done here has a name here. Nothing but make and Python 3.11 is needed before.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test check fmt lock bench prove teeth fit mutate clean

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
UV_VERSION := 0.13.9
READY := .venv/locks-installed
PEERS := .venv-bench
PEERS_READY := $(PEERS)/locks-installed
COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --custom-compile-command "make lock"

help:  ## Show what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## Create the environment from the lock files

run: $(READY)  ## Run everything on this machine, with sample data (options: ARGS=--fresh)
	@exec $(BIN)/python -m services $(ARGS)

# Two processes, each with a PostgreSQL of its own; a file is not divided, and each begins with the
# next of the list: its end is many small ones, so that both processes end together.
test: $(READY)  ## Run every test (some only, in one process: ARGS="-n0 tests/shared -k postgres")
	$(BIN)/pytest -n2 --dist=loadfile --no-loadscope-reorder $(ARGS)

check: $(READY)  ## Judge style, types, layers, and that migrations agree with the tables
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python -m migrations.run check

fmt: $(READY)  ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(UV)  ## Write the lock files anew from pyproject.toml (newest versions: ARGS=--upgrade)
	$(COMPILE) $(ARGS) --group dev --group embedded --group fit pyproject.toml -o requirements.lock
	$(COMPILE) $(ARGS) pyproject.toml -o requirements-image.lock
	$(COMPILE) $(ARGS) --group bench -c requirements.lock pyproject.toml -o requirements-bench.lock
	$(COMPILE) $(ARGS) --python-version 3.11 -o requirements-bootstrap.lock - <<< "uv==$(UV_VERSION)"

bench: $(READY) $(PEERS_READY)  ## Measure speed, alone and against peers
	$(BIN)/python -m bench $(ARGS)
	$(PEERS)/bin/python -m bench.peers

prove: $(READY)  ## Prove the laws under faults, at full size (short: PROVE=small make prove)
	$(BIN)/python -m bench.prove $(ARGS)

teeth: $(READY)  ## Take each defence away and demand that its test turns red
	@$(BIN)/python -m tests.teeth

fit: $(READY)  ## Fit a scorecard from outcomes: ARGS="fit BOOK --into FOLDER --since DAY" (docs/fitting.md)
	$(BIN)/python -m fitting $(ARGS)

mutate: $(READY)  ## Change the domain's code, one thing at a time, and demand that a test turns red
	$(BIN)/python -m bench.mutation $(ARGS)

clean:  ## Remove the environment and all caches; data, keys and logs in .local stay
	rm -rf .venv $(PEERS) .pytest_cache .ruff_cache .hypothesis .import_linter_cache .schemathesis mutants .coverage
	find . -name __pycache__ -not -path './.local/*' -prune -exec rm -rf {} +

$(READY): requirements.lock $(UV)
	@echo "Installing what requirements.lock names ..."
	@$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	@touch $@

# The peers have an environment of their own: what they need is nobody else's business.
$(PEERS_READY): requirements-bench.lock $(UV)
	@echo "Installing what requirements-bench.lock names ..."
	@$(UV) venv --quiet --clear --python $(BIN)/python $(PEERS)
	@$(UV) pip sync --quiet --require-hashes --python $(PEERS)/bin/python requirements-bench.lock
	@touch $@

# A folder without pip is what a Python without its venv package leaves behind: begin anew.
$(UV): requirements-bootstrap.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed: name one, as in  make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make environments: install Debian's package python3-venv and try again." >&2; exit 1; }
	@test -x $(BIN)/pip || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	@echo "Installing uv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@touch $@
