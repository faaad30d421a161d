.PHONY: demo test check bench bench-triage messages drill install browser lock vendor clean
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/sh

# Two commands: `make demo` starts everything, `make test` checks everything.

demo: .venv/installed
	@exec $(BIN)/ki-dialog demo

test: .venv/tested browser
	@$(BIN)/python tools/check.py

check: .venv/tested
	@$(BIN)/python tools/check.py --no-tests

bench: .venv/tested
	@$(BIN)/python -m tests.benchmarks.bench
	@$(BIN)/python -m tests.benchmarks.search
	@$(BIN)/python -m tests.benchmarks.result

bench-triage: .venv/tested
	@OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.triage

messages: .venv/tested
	@PYTHONPATH=. $(BIN)/python tools/messages.py

drill: .venv/tested
	@$(BIN)/python -m tests.drills.spreadsheet

install: .venv/tested browser

browser: .venv/tested
	@$(BIN)/python tools/browser.py

.venv/installed: requirements.txt pyproject.toml
	@$(PYTHON) tools/install.py requirements.txt
	@touch $@

.venv/tested: requirements-dev.txt .venv/installed
	@$(PYTHON) tools/install.py requirements-dev.txt
	@touch $@

lock: .venv/tested
	@$(BIN)/python tools/lock.py

vendor: .venv/tested
	@$(BIN)/python tools/vendor.py

clean:
	rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache *.egg-info
