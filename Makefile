# Everything runs in .venv, which the targets make and fill themselves.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
PINS = .ci/pins.txt
# Errors only: warnings about the package index and the user's account tell newcomers nothing.
PIP = $(VENV)/bin/python -m pip install -qq

.PHONY: help demo playground tour test fastmcp check docs bench fuzz soak mutate clean

help:  ## Say what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/demo  ## A local pool signs tokens, the example apps answer them; KEEP=1 leaves them running
	@$(VENV)/bin/python -m example_apps.demo $(if $(KEEP),--keep)

playground: $(VENV)/playground  ## A page that builds or takes a token, and shows why it is refused; PORT=8100
	@$(VENV)/bin/python -m example_apps.playground $(PORT)

tour: $(VENV)/tour  ## From a new user pool to S3 and a sign-out, with moto as AWS
	@$(VENV)/bin/python -m example_apps.tour

# A part of the tests runs a part of the code: coverage is asked of all of them.
TESTS = pytest -n auto --maxprocesses=4 --dist loadfile
test: $(VENV)/test  ## Run the tests, with branch coverage; ARGS=tests/keys for a part, without coverage
ifneq ($(strip $(ARGS)),)
	$(VENV)/bin/python -m $(TESTS) $(ARGS)
else
	$(VENV)/bin/python -m coverage erase
	$(VENV)/bin/python -m coverage run -m $(TESTS)
	$(VENV)/bin/python -m coverage combine --quiet
	$(VENV)/bin/python -m coverage report --include='cognito_guard/*'
	$(VENV)/bin/python -m coverage report --include='integrations/*' --fail-under=95
endif

fastmcp:  ## Run the tests of FastMCP, which wants other versions than the rest
	@echo "Installing FastMCP into $(VENV)-fastmcp (the first time takes a minute or more) ..."
	@$(PYTHON) -m venv $(VENV)-fastmcp
	@$(VENV)-fastmcp/bin/python -m pip install -qq --upgrade 'pip>=25.1'
	@$(VENV)-fastmcp/bin/python -m pip install -qq --constraint .ci/pins-fastmcp.txt --group fastmcp --editable .
	$(VENV)-fastmcp/bin/python -m pytest -q -p no:cacheprovider tests/mcp/test_fastmcp.py

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
	rm -rf $(VENV) $(VENV)-fastmcp .bench docs/_build build dist .coverage .coverage.*

# A stamp a group: installed anew when the pins or the project's dependencies change.
$(VENV)/demo $(VENV)/playground $(VENV)/tour $(VENV)/test $(VENV)/check $(VENV)/docs $(VENV)/mutate: $(VENV)/%: pyproject.toml $(PINS) | $(VENV)/pip
	@echo "Installing into $(VENV) what 'make $*' needs (the first time takes a minute or more) ..."
	@$(PIP) --constraint $(PINS) --group $* --editable .
	@touch $@

$(VENV)/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; none was found." >&2; exit 1; }
	@echo "Making $(VENV) with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade 'pip>=25.1'
	@touch $@
