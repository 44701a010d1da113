# Every target makes what it needs: a virtual environment in .venv with the packages pinned in constraints.txt.

VENV := .venv
BIN := $(VENV)/bin
PYTHONS ?= python3.13 python3.12 python3.11 python3
LISTS := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt cyclonedx-bom
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: demo test check bench soak kills fuzz sbom wheelhouse venv clean
.NOTPARALLEL:

demo: $(VENV)/.runs  ## The whole bot on the built-in sandbox Jira; DEMO='--flavor dc' and the like go through.
	$(BIN)/piletibot demo $(DEMO)

test: $(VENV)/.develops
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(VENV)/.develops
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict

bench: $(VENV)/.benches  ## How fast the bot is beside a floor and its peers; BENCH='--all --write' for all, into the pages.
	$(BIN)/python tests/bench $(BENCH)

soak: $(VENV)/.develops
	$(LISTS)
	PILETIBOT_SOAK=1 $(BIN)/python -m pytest -m '' --timeout 3600

fuzz: $(VENV)/.fuzzes  ## A million inputs over all that reads what others wrote; FUZZ='--reader issue' and the like.
	$(BIN)/python tests/fuzz $(FUZZ)

sbom: | $(BIN)/python  ## What the bot runs with, as CycloneDX, in out/sbom.json.
	$(BIN)/python -m venv out/sbom
	out/sbom/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt '.[postgres]'
	$(LISTS)
	$(BIN)/python .ci/sbom out/sbom/bin/python out/sbom.json

wheelhouse: | $(BIN)/python  ## All that an installation without internet needs; WHEELS='--python 3.12 --platform ...'.
	$(BIN)/python .ci/wheelhouse out $(WHEELS)

kills: $(VENV)/.develops  ## Kills the bot at every point, on each database and Jira, and writes the table of docs/safety.md.
	PILETIBOT_UPDATE_GOLDEN=1 $(BIN)/python -m pytest -m soak --timeout 7200 tests/engine/test_kill.py

venv: $(VENV)/.develops

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis out

$(BIN)/python:
	@for each in $(PYTHONS); do \
	  if $$each -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$each"; exec $$each -m venv $(VENV); \
	  fi; \
	done; \
	echo "Piletibot needs Python 3.11 or newer with its venv module; looked for: $(PYTHONS)." >&2; \
	echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or say make PYTHONS=/path/to/python." >&2; \
	exit 1

# Installed from the checkout, so that a changed file needs no second installation.
$(VENV)/.runs: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) .
	@touch $@

# The packages to measure beside are big, and only this needs them.
$(VENV)/.benches: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) '.[bench,cluster]'
	@touch $@ $(VENV)/.runs

$(VENV)/.fuzzes: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) '.[dev,fuzz]'
	@touch $@ $(VENV)/.runs

$(VENV)/.develops: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) '.[dev]'
	@touch $@ $(VENV)/.runs
