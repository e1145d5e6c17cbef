# Everything a newcomer needs, from a bare Python 3.11+ with venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DATA ?= ../shared/data
COUNTIES ?= 3000
WORKBOOKS ?= 1000
FUZZ_SECONDS ?= 600

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-browser bench-reports bench-plan bench-explain bench-forms bench-integrity real check audit fuzz dev serve docs messages clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

$(READY): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned dependencies (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(READY) ## make .venv with the pinned dependencies

demo: $(READY) ## make a synthetic province and run everything
	@$(BIN)/junheng demo

test: $(READY) ## run the tests
	@$(BIN)/python -m pytest -n 2 --dist worksteal

test-browser: $(READY) ## look at the site with a real browser (wants chromium and a Chinese font)
	@$(BIN)/python -m pytest -m browser tests/browser

bench-reports: $(READY) ## time 3,000 county pages against plain templates (wants make demo; COUNTIES=300 for fewer)
	@POLARS_MAX_THREADS=1 $(BIN)/python -m benchmarks.county_pages --counties $(COUNTIES)

bench-explain: $(READY) ## what lineage costs a refresh, and how long junheng explain takes on a nation (wants make demo)
	@$(BIN)/python -m benchmarks.lineage

bench-forms: $(READY) ## workbooks of forms per second, against openpyxl (WORKBOOKS=5000 for more)
	@$(BIN)/python -m benchmarks.forms --workbooks $(WORKBOOKS)

bench-integrity: $(READY) ## false alarms and hits of the integrity signals on the invented province
	@$(BIN)/python -m benchmarks.integrity

bench-plan: $(READY) ## plan 3,000 counties on two processes (wants make demo; COUNTIES=300 for fewer)
	@POLARS_MAX_THREADS=1 $(BIN)/python -m benchmarks.plans --counties $(COUNTIES)

real: $(READY) ## run the real sources under DATA (default ../shared/data)
	@test -d "$(DATA)/tw-moe" || { echo "No folder $(DATA)/tw-moe. Name the folder of real data: make real DATA=…"; exit 2; }
	@$(BIN)/junheng refresh --source tw-moe --inbox "$(DATA)/tw-moe" || test $$? -eq 1

check: $(READY) ## lint, types, layers, catalogues
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m reports.messages --check

fuzz: $(READY) ## throw changed files at the intake for FUZZ_SECONDS (default 600)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest tests/test_fuzzing.py

audit: ## look up known vulnerabilities of the pinned packages (asks PyPI)
	@test -x $(VENV)-audit/bin/pip-audit || { $(PYTHON) -m venv $(VENV)-audit && $(VENV)-audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	@$(VENV)-audit/bin/pip-audit --strict --disable-pip --no-deps -r requirements.lock

dev: $(READY) ## Dagster's own pages on http://127.0.0.1:3000
	@home="$${JUNHENG_HOME:-$(CURDIR)/.junheng}"; mkdir -p "$$home/dagster" "$$home/inbox"; \
	DAGSTER_HOME="$$home/dagster" DAGSTER_DISABLE_TELEMETRY=1 $(BIN)/dagster dev -w workspace.yaml

serve: $(READY) ## the site of the last run, on this machine only
	@$(BIN)/junheng serve

docs: $(READY) ## write the generated pages under docs/ again
	@$(BIN)/python -m reports.reference docs

messages: $(READY) ## write the catalogues of sentences again (new ones stand empty)
	@$(BIN)/python -m reports.messages

clean: ## remove .venv and the default home
	rm -rf $(VENV) .junheng
