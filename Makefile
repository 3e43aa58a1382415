# Every command sets up what it needs first; `make help` lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PURE := gis grid_partition grid_coverage casework layers
PACKAGES := $(PURE) store services api cli
JOBS ?= 2
SERVE ?= 1
# extra words for pytest, e.g. make test ARGS='-k locate'
ARGS ?=

# Real extracts and rosters for tests and benchmarks lie beside the checkout; without them those tests skip.
test_data := $(shell cd ../shared/data 2>/dev/null && pwd)
ifneq ($(test_data),)
export GRIDWARD_TEST_DATA ?= $(test_data)
endif

.PHONY: help setup setup-tests check lint types contracts locks docs doctests web-check test e2e bench demo web deployment bundle bless clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## Install system packages, .venv and the web page; quick when nothing is to do
	@scripts/setup

setup-tests: # the same, and a browser
	@scripts/setup --browser

demo: setup ## Set up, plan central Helsinki and serve it (SERVE=0: stop after the summary)
	@$(BIN)/gridward demo $(if $(filter 0,$(SERVE)),--no-serve)

test: setup-tests ## Run every test, browser tests too, and the coverage gate
	@scripts/test-with-coverage $(JOBS) $(ARGS)

e2e: setup-tests ## Run the browser tests alone
	@$(BIN)/python -m pytest tests/e2e $(ARGS)

check: setup lint types contracts locks deployment doctests web-check docs ## Run every check that needs no database: format, lint, types, contracts, locks, docs, web

lint: setup
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo 'not formatted; run: $(BIN)/ruff format' >&2; exit 1; }

types: setup
	@$(BIN)/mypy
	@$(BIN)/mypy scripts

contracts: setup
	@$(BIN)/lint-imports --no-cache

locks: setup
	@$(BIN)/python scripts/check_locks.py

deployment: setup
	@$(BIN)/hadolint deploy/container/Containerfile
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/container/compose.yaml

doctests: setup
	@$(BIN)/python -m pytest --doctest-modules --quiet -p no:cacheprovider $(PURE) $(ARGS)

web-check: setup
	@cd web && ../scripts/with-node npm run --silent check
	@cd web && ../scripts/with-node npm run --silent --if-present lint
	@cd web && ../scripts/with-node npm test --silent

docs: setup ## Build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: setup ## Run the benchmarks, rivals beside us (fixed seeds); figures are kept in docs/reference/performance.md
	@$(BIN)/uv pip install --quiet --no-config --require-hashes --python $(BIN)/python -r requirements-bench.lock
	@$(BIN)/python -m pytest $(if $(filter benchmarks/%,$(ARGS)),,benchmarks) -s --benchmark-columns=median,iqr,rounds $(ARGS)

web: setup ## Build the web page into api/static (part of set-up, only when its sources changed)

bundle: setup ## Pack everything for a machine without a network into dist/ (ARGS=--debs: Debian packages too)
	@scripts/bundle $(ARGS)

bless: setup ## Renew generated pages and golden files; look at the difference before committing
	@$(BIN)/python scripts/reference_pages.py
	@GRIDWARD_BLESS=1 $(BIN)/python -m pytest -q tests -k golden $(ARGS)

clean: ## Remove everything made here but the data in .gridward
	@rm -rf .venv web/node_modules api/static layers/assets site dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .benchmarks .coverage .coverage.* htmlcov .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
