# The commands of this project. `make` alone lists them.

# Set PYTHON to choose one; otherwise the first of these that is new enough is taken.
ifeq ($(origin PYTHON),undefined)
PYTHONS := python3 python3.13 python3.12 python3.11 python3.14
PYTHON := python3
else
PYTHONS := $(PYTHON)
endif

BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --prefer-binary
TRANSLATIONS := servicedesk/translations
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard $(TRANSLATIONS)/*/LC_MESSAGES/*.po))
# Two processes, each with databases and a browser of its own; a test file stays in one of them. Files
# keep their order: by their number of tests, the last would be the few that take minutes each.
IN_PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

MAKEFLAGS += --no-print-directory
ifndef TOGETHER
.NOTPARALLEL:
endif
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

.PHONY: help
help: ## list these commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: install frontend catalogues ## set everything up and start the service desk (PORT, default 5000)
	@echo "==> starting the service desk"
	@exec $(BIN)/python -m flask serve

.PHONY: test
test: install-dev ## run every check and the whole test suite
	@$(MAKE) TOGETHER=yes -j 2 lint ready
	@echo "==> running the test suite"
	@CHROMIUM_PATH="$$($(BIN)/python -m scripts.browser)" $(BIN)/python -m pytest $(IN_PARALLEL)

# What the tests need besides Python: fetched while style and types are checked.
.PHONY: ready
ready: install-dev frontend catalogues
	@echo "==> looking for a browser"
	@browser=$$($(BIN)/python -m scripts.browser) && echo "    $$browser"

.PHONY: test-long
test-long: install-dev frontend catalogues ## run the test suite with its long tests and more cases
	@echo "==> running the test suite with its long tests"
	@browser=$$($(BIN)/python -m scripts.browser) && \
	CHROMIUM_PATH="$$browser" HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -m "" $(IN_PARALLEL)

.PHONY: lint
lint: install-dev ## check style, types and the direction of imports
	@echo "==> checking style"
	@$(BIN)/python -m ruff check --quiet .
	@$(BIN)/python -m ruff format --check --quiet . || \
	{ echo "These files are not formatted: $(BIN)/ruff format ."; exit 1; }
	@echo "==> checking types"
	@$(BIN)/python -m mypy --strict servicedesk config.py wsgi.py
	@echo "==> checking imports"
	@$(BIN)/lint-imports --no-logo

.PHONY: bench
bench: install-dev frontend catalogues ## measure, side by side with others, in ratios
	@$(BIN)/python -m bench

.PHONY: screenshots
screenshots: install-dev frontend catalogues ## every page at 1440 and 390 px, light and dark
	@$(BIN)/python -m scripts.screenshots

.PHONY: translations
translations: install-dev ## collect the texts of the pages and update the catalogues
	@mkdir -p $(TRANSLATIONS)
	@$(BIN)/pybabel -q extract -F pyproject.toml --add-location=file --no-wrap --sort-by-file \
	  -k lazy_gettext -k _l -k lazy_ngettext:1,2 -k lazy_pgettext:1c,2 \
	  --project=servicedesk -o $(TRANSLATIONS)/messages.pot .
	@for language in en; do \
	  $(BIN)/pybabel -q update -i $(TRANSLATIONS)/messages.pot -d $(TRANSLATIONS) -l $$language \
	    --init-missing --no-wrap --no-fuzzy-matching --ignore-obsolete \
	    --ignore-pot-creation-date || exit 1; \
	done
	@$(BIN)/pybabel compile -d $(TRANSLATIONS) --statistics

.PHONY: clean
clean: ## remove everything that make made; data stays
	rm -rf .venv node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache
	rm -rf .import_linter_cache .hypothesis build dist *.egg-info
	rm -f $(TRANSLATIONS)/messages.pot $(TRANSLATIONS)/*/LC_MESSAGES/*.mo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- steps of the above, each quick when nothing has changed --------------------------------

.PHONY: venv
venv:
	@if $(BIN)/python -c 'import pip; $(NEW_ENOUGH)' >/dev/null 2>&1; then exit 0; fi; \
	python=; \
	for candidate in $(PYTHONS); do \
	  if "$$candidate" -c '$(NEW_ENOUGH)' >/dev/null 2>&1; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or newer is needed and none was found: install it, or name it with make PYTHON=/path/to/python3." >&2; \
	  exit 1; \
	fi; \
	echo "==> making .venv with $$("$$python" --version)"; \
	rm -rf .venv; \
	if "$$python" -m venv .venv >/dev/null 2>&1; then exit 0; fi; \
	package=$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "    installing $$package with apt-get"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get -qq update >/dev/null 2>&1; \
	  apt-get -qq install -y -o DPkg::Lock::Timeout=300 $$package >/dev/null 2>&1; \
	  rm -rf .venv; \
	  if "$$python" -m venv .venv >/dev/null 2>&1; then exit 0; fi; \
	fi; \
	rm -rf .venv; \
	echo "$$python cannot make a virtual environment: install its venv module (on Debian and Ubuntu: sudo apt-get install $$package)." >&2; \
	exit 1

.PHONY: install
install: venv
	@cmp -s requirements.txt .venv/requirements.installed || { \
	  echo "==> installing requirements.txt (about half a minute, once)" && \
	  $(PIP) -r requirements.txt && \
	  cp requirements.txt .venv/requirements.installed; }

.PHONY: install-dev
install-dev: venv
	@cat requirements.txt requirements-dev.txt | cmp -s - .venv/requirements-dev.installed || { \
	  echo "==> installing requirements-dev.txt (about a minute, once)" && \
	  $(PIP) -r requirements-dev.txt && \
	  cp requirements.txt .venv/requirements.installed && \
	  cat requirements.txt requirements-dev.txt > .venv/requirements-dev.installed; }

.PHONY: frontend
frontend: venv
	@$(BIN)/python -m scripts.frontend

.PHONY: catalogues
catalogues: $(CATALOGUES)

%.mo: %.po
	@echo "==> compiling $<"
	@$(BIN)/pybabel -q compile -i $< -o $@ -l $(notdir $(patsubst %/LC_MESSAGES/,%,$(dir $<)))
