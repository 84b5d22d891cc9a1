# The verbs a person types. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
OUT ?= cdktf.out
CHECKOV_PINS := scripts/security/requirements.txt
export PYTHONDONTWRITEBYTECODE :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup synth test test-fast test-full test-engines plan security deploy-emulated local lint format bench schema snapshots lock clean mariadb checkov trino

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

setup: $(VENV)/development.stamp ## virtual environment with every pinned dependency

synth: $(VENV)/runtime.stamp ## Terraform JSON of a lake file into cdktf.out: LAKE=lakes/x.yaml make synth
	@CDKTF_OUTDIR=$(OUT) $(RUN) main.py

test-fast: $(VENV)/development.stamp ## what needs no database, provider, emulator or engine: two minutes
	@$(RUN) -m pytest -m fast --numprocesses auto --maxprocesses 8 --dist worksteal

ifdef PYTEST_ARGS
test: $(VENV)/development.stamp mariadb checkov trino
	@$(RUN) -m pytest $(PYTEST_ARGS)
else # the deploy rung mostly waits for the provider, so it runs beside the others, with what makes both take the same time
BESIDE := deploy or slow or (checkov and not plan)
test: test-fast mariadb checkov trino ## every rung that needs no AWS account: test-fast, then the others
	@mkdir -p .build; $(RUN) -m pytest -m "$(BESIDE)" > .build/deploy-rung.log 2>&1 & deploying=$$!; \
	$(RUN) -m pytest -m "not (fast or $(BESIDE))" && others=0 || others=$$?; \
	echo "$(BESIDE):"; wait $$deploying && deployed=0 || deployed=$$?; cat .build/deploy-rung.log; \
	exit $$((others > deployed ? others : deployed))
endif

test-full: export MOULIN_TESTS := full
test-full: test ## the same with the forms of tests that take long: every lake deployed to an emulated AWS (an hour)

test-engines: $(VENV)/development.stamp ## what is deployed for an engine, run by it: Trino, fetched once into the user's cache
	@$(RUN) -m scripts.engines trino
	@$(RUN) -m pytest -m engines

plan: synth $(VENV)/development.stamp ## validate and plan every stack of a lake file with the real AWS provider
	@$(RUN) -m scripts.cli plan --out $(OUT)

security: synth $(VENV)/development.stamp checkov ## check every stack of a lake file with checkov: each finding mended, or accepted with its reason
	@$(RUN) -m scripts.cli security --out $(OUT)

deploy-emulated: $(VENV)/development.stamp ## apply a lake to an emulated AWS, plan again (empty), destroy: LAKE=lakes/x.yaml
	@$(RUN) -m scripts.cli deploy-emulated $(or $(LAKE),lakes/retail.yaml)

local: $(VENV)/development.stamp mariadb ## run a lake on this machine, real parts, no AWS account, and compare every row
	@$(RUN) -m scripts.cli local $(or $(LAKE),lakes/retail.yaml)

lint: $(VENV)/development.stamp ## ruff and mypy
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

format: $(VENV)/development.stamp ## rewrite the code as ruff wants it
	@$(RUN) -m ruff check --fix-only --quiet .
	@$(RUN) -m ruff format --quiet .

bench: $(VENV)/development.stamp mariadb ## every number of the documentation, as ratios taken in one run
	@$(RUN) -m scripts.bench

schema: $(VENV)/runtime.stamp ## rewrite docs/lake.schema.json and docs/lake-file.md from the models
	@$(RUN) -m scripts.cli schema

snapshots: $(VENV)/development.stamp ## accept the synthesised Terraform as the new snapshots and tables; review the diff
	@$(RUN) -m pytest tests/snapshots tests/policies/test_iam.py tests/policies/test_traffic.py tests/docs/test_security_page.py --snapshot-update

lock: $(VENV)/development.stamp ## resolve Pipfile into Pipfile.lock anew, naming no host
	@$(RUN) -m venv $(VENV)/pipenv && $(VENV)/pipenv/bin/pip install --quiet pipenv
	@env -u VIRTUAL_ENV PIPENV_IGNORE_VIRTUALENVS=1 PIPENV_VENV_IN_PROJECT=1 $(VENV)/pipenv/bin/pipenv lock
	@$(RUN) constructs_lib/lock_file.py --forget-sources
	@$(VENV)/pipenv/bin/pip install --quiet uv && echo checkov | $(VENV)/pipenv/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --output-file $(CHECKOV_PINS) -

clean: ## remove what make made, but for state
	rm -rf $(VENV) $(OUT) .pytest_cache .mypy_cache .ruff_cache .hypothesis

mariadb: $(VENV)/development.stamp # tests run against a real database; installed where that needs no question
	@$(RUN) -m scripts.local.install

checkov: # checks the synthesised Terraform; in an environment of its own, because it pins an older boto3
	@cmp -s $(CHECKOV_PINS) $(VENV)/checkov/installed.txt && exit 0; \
	echo "installing checkov into $(VENV)/checkov"; \
	{ $(PYTHON) -m venv --clear $(VENV)/checkov && $(VENV)/checkov/bin/pip install --quiet --no-deps --require-hashes --requirement $(CHECKOV_PINS) \
	  && cp $(CHECKOV_PINS) $(VENV)/checkov/installed.txt; } || { rm -rf $(VENV)/checkov; [ "$${CI:-}" != true ]; } \
	  || { echo "CI must have checkov" >&2; exit 1; }; \
	[ -d $(VENV)/checkov ] || echo "no checkov: what needs it is skipped"

trino: $(VENV)/development.stamp # reads what is deployed for Athena; fetched where what needs it must not be skipped
	@if [ "$${CI:-}" = true ] || [ "$${MOULIN_TESTS:-}" = full ]; then $(RUN) -m scripts.engines trino || [ "$${CI:-}" != true ]; fi

# pip compiles nothing: the AWS bindings hold 2,200 modules, of which a lake uses fifty.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Moulin needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 || true). Install it, or name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv module: install your system's python3-venv package" >&2; exit 2; }
	@[ -x $(RUN) ] || $(PYTHON) -m venv $(VENV)
	@$(PYTHON) constructs_lib/lock_file.py $(1) > $(VENV)/requirements.txt
	@echo "installing the dependencies that Pipfile.lock pins into $(VENV)"
	@$(RUN) -m pip install --quiet --no-deps --no-compile --require-hashes --requirement $(VENV)/requirements.txt
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/$(RUN)" -m scripts.cli "$$@"\n' "$(CURDIR)" "$(CURDIR)" > $(VENV)/bin/moulin && chmod +x $(VENV)/bin/moulin
	@touch $@
endef

$(VENV)/runtime.stamp: Pipfile.lock
	$(call install,)

$(VENV)/development.stamp: Pipfile.lock
	$(call install,--dev)
	@touch $(VENV)/runtime.stamp
