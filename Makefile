# Two commands do everything: `make demo` and `make test`. Both set up what is missing and are quick when warm.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# A venv has no relocatable shebangs: always call its Python, never an activated shell.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet --no-input
# `make demo DATA=table.csv LABEL=column [UNIT=column] [SERVE=0] [FRESH=1] [PORT=8000]`
DATA ?=
LABEL ?=
UNIT ?=
SERVE ?= 1
FRESH ?= 0
PORT ?= 8000

.PHONY: help demo serve test coverage lint types system system-test messages screenshots clean

help: ## What there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/made:
	@deploy/system-packages.sh python
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: requirements.txt $(VENV)/made
	@echo "Installing the requirements (once; a minute or a few) ..." >&2
	$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@echo "Installing what the tests need (once) ..." >&2
	$(PIP) install -r requirements-dev.txt
	@touch $@

system:
	@deploy/system-packages.sh sandbox

system-test: system
	@deploy/system-packages.sh browser

demo: $(VENV)/installed system ## A seeded competition on real data, then the site (SERVE=0 stops after the replay)
	@$(PY) manage.py demo --port $(PORT) $(if $(filter 0,$(SERVE)),--no-serve) $(if $(filter 1,$(FRESH)),--fresh) \
	  $(if $(DATA),--data "$(DATA)") $(if $(LABEL),--label "$(LABEL)") $(if $(UNIT),--unit "$(UNIT)")

serve: $(VENV)/installed system ## The site with its workers on this machine, nothing seeded
	@$(PY) manage.py serve --port $(PORT)

lint: $(VENV)/installed-dev ## ruff, the layers (import-linter) and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) $(VENV)/bin/lint-imports
	@$(PY) -m mypy

test: $(VENV)/installed-dev system-test ## ruff, the layers, mypy and every test that this machine can run
	@$(PY) -m tests.run

coverage: $(VENV)/installed-dev system-test ## Lines and branches that the tests reach, by package (fails under pyproject's fail_under)
	@$(PY) -m tests.coverage

screenshots: $(VENV)/installed-dev system-test ## Every page of a running site (PORT), light and dark, wide and narrow
	@$(PY) -m tests.screenshots http://127.0.0.1:$(PORT) screenshots

# Needs Debian's gettext; what it writes is committed, so running the site needs none.
messages: $(VENV)/installed ## Find new sentences, then compile what was translated in locale/
	$(PY) manage.py makemessages --all --no-location --no-obsolete --no-wrap -i ".venv/*" -i "var/*" -i "tests/*" \
	  -i "evaluator/*" -i "benchmarks/*" -i "templates/admin/*"
	$(PY) manage.py compilemessages -i .venv

clean: ## Remove the virtual environment and everything the site wrote
	rm -rf $(VENV) var staticfiles screenshots
