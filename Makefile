# What a checkout needs: `make run` judges the sandbox, `make test` tests the harness itself.

.DEFAULT_GOAL := help
.PHONY: help run test tests tests-outside lint docs matrix proof mutants bench clean

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
WORKERS ?= 3
COVERED := contract ledger engine
LEAST := 90
# Begun first, since a file stays whole: what several of its tests share is made once.
SLOW := tests/suites tests/reports tests/plugin tests/cli

help:
	@echo 'make run    install into .venv, then judge the embedded sandbox'
	@echo 'make test   lint beside all tests that Python alone can run, with the coverage of contract, ledger and engine'
	@echo 'make lint   ruff and mypy'
	@echo 'make tests-outside  the tests that need Chromium, Node, Java or PHP'
	@echo 'make docs   write docs/suites.md and docs/suites-dub.md anew'
	@echo 'make matrix  play every planted fault, and see that each is caught, by what it breaks and by nothing else'
	@echo 'make proof  play every planted fault and every lawful variation, the generated suites too; write docs/kill-matrix.md'
	@echo 'make mutants  change the ledger and the matchers in every small way, and see that a test fails each time'
	@echo 'make bench  measure beside other tools, and write benchmarks/RESULTS.md'
	@echo 'make clean  remove .venv and what tools left behind'

run: .venv/.installed
	@$(BIN)/trackproof run sandbox

# Lint keeps one processor busy while many tests wait.
test: .venv/.installed-for-tests
	@$(MAKE) --no-print-directory --jobs=2 lint tests

tests: .venv/.installed-for-tests
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m 'not outside' $(SLOW) tests
	@$(BIN)/coverage combine --quiet
	@for part in $(COVERED); do \
	  $(BIN)/coverage report --include="conformance/$$part/*" --format=total --precision=1 >.venv/coverage.total \
	    && echo "coverage of conformance/$$part: $$(cat .venv/coverage.total) %" \
	    && $(BIN)/coverage report --include="conformance/$$part/*" --fail-under=$(LEAST) >.venv/coverage.total 2>&1 \
	    || { cat .venv/coverage.total; echo "conformance/$$part is covered by less than $(LEAST) %"; exit 1; }; \
	done

tests-outside: .venv/.installed-for-tests
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile -m outside tests

lint: .venv/.installed-for-tests
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/mypy --no-error-summary conftest.py

docs: .venv/.installed-for-tests
	@$(BIN)/python tests/packaging/suites_page.py

matrix: .venv/.installed-for-tests
	@$(BIN)/python tests/proof/matrix.py --check

proof: .venv/.installed-for-tests
	@$(BIN)/python tests/proof/matrix.py
	@$(BIN)/python tests/proof/lawful.py
	@$(BIN)/python tests/proof/unscripted.py

mutants: .venv/.installed-for-mutants
	@rm -rf mutants
	@$(BIN)/mutmut run --max-children $(WORKERS)
	@$(BIN)/mutmut export-cicd-stats >/dev/null
	@$(BIN)/mutmut results
	@cat mutants/mutmut-cicd-stats.json

bench: .venv/.installed-for-tests .bench/.installed
	@$(BIN)/python benchmarks/bench.py

# The tools to measure beside, in a place of their own; those of Node are left out where it is missing.
.bench/.installed: | .venv/bin/pip
	@echo 'installing the tools to measure beside into .bench'
	@$(BIN)/python -m venv .bench/venv
	@.bench/venv/bin/python -m pip --quiet --disable-pip-version-check install httpx 'pytest<9' tavern duckdb
	@$(PIP) install -e '.[bulk]'
	@if command -v npm >/dev/null; then \
	  npm install --silent --no-audit --no-fund --prefix .bench newman stepci @stoplight/prism-cli; \
	else echo 'npm is not installed: measuring without Step CI, Newman and Prism'; fi
	@touch $@

clean:
	rm -rf .venv .bench .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .schemathesis build dist mutants

# The extra holds what the package needs too, so that either stamp is enough for `trackproof run`.
.venv/.installed-for-tests: pyproject.toml | .venv/bin/pip
	@echo 'installing what the tests need into .venv'
	@$(PIP) install -e '.[dev]'
	@touch .venv/.installed $@

.venv/.installed-for-mutants: .venv/.installed-for-tests
	@echo 'installing mutmut into .venv'
	@$(PIP) install 'mutmut>=3.8'
	@touch $@

.venv/.installed: pyproject.toml | .venv/bin/pip
	@echo 'installing trackproof into .venv'
	@$(PIP) install -e .
	@touch $@

.venv/bin/pip:
	@for python in "$$PYTHON" python3.11 python3 python; do \
	  if [ -n "$$python" ] && "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    "$$python" -m venv .venv && exit 0; \
	    rm -rf .venv; \
	    echo "$$python cannot make a virtual environment; on Debian install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo 'trackproof needs Python 3.11 or later as python3.11 or python3; or say: make PYTHON=/path/to/python' >&2; \
	exit 1
