# The only commands a person types. `make` prints what each does.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

BUILD := build
PAINTINGS ?= $(BUILD)/paintings
WEIGHTS ?= imagenet

.DEFAULT_GOAL := help
.PHONY: help serve test test-unit test-contract test-manifests test-e2e test-faces test-deploy certificates client tracing train check format lock clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

serve: $(VENV)/.model_server ## set up, then run the model server and the gateway until Ctrl-C
	@exec $(BIN)/python serve.py

test: $(VENV)/.dev ## set up, then run the tests that need no browser and no Docker engine
	$(BIN)/python -m pytest

test-unit: $(VENV)/.dev ## the tests that need no TensorFlow and no network: seconds
	$(BIN)/python -m pytest tests/unit

test-contract: $(VENV)/.dev ## the model server against TensorFlow Serving's behaviour; TFS_ADDRESS=host:port asks a real one
	$(BIN)/python -m pytest tests/contract

test-manifests: $(VENV)/.dev ## the cluster's files, without a cluster
	$(BIN)/python -m pytest tests/manifests

test-e2e: $(VENV)/.dev ## the real processes, as make serve runs them
	$(BIN)/python -m pytest tests/e2e

test-faces: $(VENV)/.dev ## the web page in a real browser, the collection and the description against the service: needs Chromium and Node
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
		{ echo "make test-faces needs Chromium. On Debian: apt-get install chromium" >&2; exit 1; }
	@command -v npm >/dev/null || { echo "make test-faces needs Node with npm. On Debian: apt-get install nodejs npm" >&2; exit 1; }
	npm ci --prefix tests/faces --no-audit --no-fund --loglevel=error
	$(BIN)/python -m pytest tests/faces

test-deploy: $(VENV)/.dev ## build the images and run the containers; finds a Docker engine, or as root sets one up (Debian)
	$(BIN)/python -m pytest tests/deploy --capture=no

certificates: ## for mutual TLS between gateway and model server, in secrets/; again to renew them
	@./certificates.sh secrets

tracing: $(VENV)/.tracing ## set up what OTEL_TRACES_EXPORTER=otlp makes traces with

client: $(VENV)/.client ## set up python -m gateway classify, which sends a folder of pictures

train: $(VENV)/.training ## a new version of the model; PAINTINGS=folder has the pictures, by default the Kaggle sets are downloaded
	@test -e $(PAINTINGS) || $(BIN)/python -m training collect --out $(PAINTINGS)
	@test -e $(BUILD)/dataset || $(BIN)/python -m training prepare --data $(PAINTINGS) --out $(BUILD)/dataset
	$(BIN)/python -m training train --data $(BUILD)/dataset --out $(BUILD)/run --weights $(WEIGHTS)
	$(BIN)/python -m training evaluate --data $(BUILD)/dataset --run $(BUILD)/run
	$(BIN)/python -m training export --data $(BUILD)/dataset --run $(BUILD)/run
	$(BIN)/python -m training reference

check: $(VENV)/.dev ## lint, format, types and the rules on who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: $(VENV)/.dev ## pin requirements/*.in again, with hashes
	cd requirements && for name in client gateway model_server training tracing dev; do \
		../$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
			--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file=$$name.txt $$name.in || exit 1; done

clean: ## remove the virtual environment and everything that was built
	rm -rf $(VENV) build tests/faces/node_modules .schemathesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed, and no python3 was found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed, not " + sys.version.split()[0] + ". Name one with make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

# A stamp for each set of requirements; dev.txt holds all the others, so where it is installed nothing is missing.
$(VENV)/.%: requirements/%.txt | $(VENV)/bin/python
	@if [ $* = dev ] || [ ! -e $(VENV)/.dev ]; then \
		echo "Installing requirements/$*.txt. The first time this takes some minutes."; $(PIP_INSTALL) -r $<; fi
	@touch $@
