# Everything runs in .venv, which the targets make and fill themselves.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
PINS = .ci/pins.txt

.PHONY: help demo test check docs bench fuzz soak mutate clean

help:  ## Say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

demo: $(VENV)/demo  ## A local user pool signs real tokens, the guarded example apps answer them
	@$(VENV)/bin/python -m example_apps.demo

test: $(VENV)/test  ## Run the tests, with branch coverage
	$(VENV)/bin/python -m coverage erase
	$(VENV)/bin/python -m coverage run -m pytest -n auto --maxprocesses=4 --dist loadfile $(ARGS)
	$(VENV)/bin/python -m coverage combine --quiet
	$(VENV)/bin/python -m coverage report

check: $(VENV)/check  ## Lint, format, types, import rules
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -m mypy
	$(VENV)/bin/python -m pyright --pythonpath $(VENV)/bin/python
	$(VENV)/bin/lint-imports

docs: $(VENV)/docs  ## Build the documentation; a warning is an error
	$(VENV)/bin/python -m sphinx -W --keep-going -q -b html docs docs/_build

bench: $(VENV)/test  ## Measure beside other libraries, in one run (docs/performance.md)
	$(VENV)/bin/python -m tests.benchmarks $(ARGS)

fuzz: $(VENV)/test  ## Look for inputs that break the engine; ARGS="--seconds 600" for longer
	$(VENV)/bin/python -m tests.fuzz $(ARGS)

soak: $(VENV)/test  ## Load two servers while keys rotate and fail; ARGS="--minutes 60" for longer
	$(VENV)/bin/python -m tests.soak $(ARGS)

mutate: $(VENV)/mutate  ## Break the engine in small ways, to see that a test notices; ARGS="policy token"
	$(VENV)/bin/python -m tests.mutation $(ARGS)

clean:  ## Remove what the targets made
	rm -rf $(VENV) .bench docs/_build build dist .coverage .coverage.*

# A stamp a group: installed anew when the pins or the project's dependencies change.
$(VENV)/demo $(VENV)/test $(VENV)/check $(VENV)/docs $(VENV)/mutate: $(VENV)/%: pyproject.toml $(PINS) | $(VENV)/pip
	$(VENV)/bin/python -m pip install --quiet --constraint $(PINS) --group $* --editable .
	@touch $@

$(VENV)/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; none was found." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@
