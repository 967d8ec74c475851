# The only commands a person types. `make` prints what each does.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# uv installs the same files in less time. --seed: pip is there too, which messages.py downloads with. --no-compile, as uv does it: what is
# imported is compiled then, and of the rest nothing.
UV := $(shell command -v uv)
MAKE_VENV := $(if $(UV),uv venv --quiet --seed --python $(PYTHON),$(PYTHON) -m venv)
install_into = $(if $(UV),uv pip install --python $(1)/bin/python,$(1)/bin/python -m pip install --no-compile --disable-pip-version-check) --require-hashes
INSTALL := $(call install_into,$(VENV))

BUILD := build
# Beside .venv: checkov pins a hundred packages, many of which others here want in another version.
CHECKOV := $(BUILD)/checkov
CLIENTS := $(BUILD)/clients
# Beside .venv: the tools that make a wheel have 20 MB, and all of requirements/dev.txt gigabytes.
PACKAGE := $(BUILD)/package
PAINTINGS ?= $(BUILD)/paintings
WEIGHTS ?= imagenet
RUN ?= $(BUILD)/run
RUNS ?= 100000
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help serve dev test test-unit test-contract test-manifests test-e2e test-monitoring test-faces test-deploy test-faults test-releases soak settings certificates tracing train bench bench-growth check format lock audit fuzz dist up rules test-clients clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

serve: $(VENV)/.model_server $(VENV)/.messages ## set up, then run the model server and the gateway until Ctrl-C
	@exec $(BIN)/python serve.py

up: ## the service in containers, with the model server that can run here: it looks for a GPU and a registry, and says why
	@test -n "$(PYTHON)" || { echo "Python 3 is needed, and no python3 was found. Without it: docker compose up, see docs/operations.md." >&2; exit 1; }
	@$(PYTHON) up.py

dev: $(VENV)/.dev ## set up for development, then run both servers, each restarted when one of its files changes
	@exec $(BIN)/python serve.py --reload

# Two files at a time, for most of them wait for processes of their own most of the time.
test: $(VENV)/.dev ## set up, then run the tests that need no browser and no Docker engine
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder

test-unit: $(VENV)/.dev ## the tests that need no TensorFlow and no network: seconds
	$(BIN)/python -m pytest tests/unit

test-contract: $(VENV)/.dev ## the model server against TensorFlow Serving's behaviour; TFS_ADDRESS=host:port asks a real one
	$(BIN)/python -m pytest tests/contract

test-manifests: $(VENV)/.dev $(CHECKOV)/.installed ## the cluster's files, without a cluster: with the rules of checkov, which make test does without
	@test -x $(BIN)/kubectl || { echo "make test-manifests needs .venv/bin/kubectl: make clean, and then again" >&2; exit 1; }
	$(BIN)/python -m pytest tests/manifests

test-e2e: $(VENV)/.dev ## the real processes, as make serve runs them
	$(BIN)/python -m pytest tests/e2e

test-monitoring: $(VENV)/.dev ## the alerts by promtool, and a real Prometheus over a real gateway: needs Prometheus
	@command -v promtool >/dev/null && command -v prometheus >/dev/null || \
		{ echo "make test-monitoring needs prometheus and promtool. On Debian: apt-get install prometheus" >&2; exit 1; }
	$(BIN)/python -m pytest tests/monitoring

test-faces: $(VENV)/.dev ## the web page in a real browser, the collection and the description against the service: needs Chromium and Node, and takes Firefox
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
		{ echo "make test-faces needs Chromium. On Debian: apt-get install chromium" >&2; exit 1; }
	@PATH=$$PATH:/usr/sbin; command -v caddy >/dev/null && command -v nginx >/dev/null || \
		{ echo "make test-faces needs Caddy and nginx. On Debian: apt-get install caddy nginx-light" >&2; exit 1; }
	@command -v npm >/dev/null || { echo "make test-faces needs Node with npm. On Debian: apt-get install nodejs npm" >&2; exit 1; }
	npm ci --prefix tests/faces --no-audit --no-fund --loglevel=error
	$(BIN)/python -m pytest tests/faces --numprocesses=2 --dist=loadfile

test-clients: $(VENV)/.dev $(CLIENTS)/.installed ## clients that are generated from the description, against the service; redocly and spectral: needs Node, and takes a JDK
	@command -v npm >/dev/null || { echo "make test-clients needs Node with npm. On Debian: apt-get install nodejs npm" >&2; exit 1; }
	npm ci --prefix tests/clients --no-audit --no-fund --loglevel=error
	$(BIN)/python -m pytest tests/clients

test-deploy: $(VENV)/.dev ## build the images and run the containers; finds a Docker engine, or as root sets one up (Debian)
	$(BIN)/python -m pytest tests/deploy --capture=no

test-faults: $(VENV)/.dev ## the service with faults, as root: model server, workers, versions, disk, network; the table goes to build/faults.md
	@for command in ip iptables unshare; do command -v $$command >/dev/null || \
		{ echo "make test-faults needs $$command. On Debian: apt-get install iproute2 iptables util-linux" >&2; exit 1; }; done
	$(BIN)/python -m pytest tests/faults

test-releases: $(VENV)/.dev ## the front's tests with the newest two minor releases of gunicorn and of uvicorn; the table goes to build/releases.md
	$(BIN)/python requirements/releases.py

soak: $(VENV)/.dev ## mixed load with faults for SECONDS (3600), by SEED (1), RATE (4) requests a second; the report goes to build/soak.json
	$(BIN)/python tests/soak/soak.py --seconds $(or $(SECONDS),3600) --seed $(or $(SEED),1) --rate $(or $(RATE),4)

settings: $(VENV)/.dev ## write docs/settings.md from gateway/settings.py
	$(BIN)/python -m gateway.settings > docs/settings.md

rules: ## write k8s/components/monitoring/rules.yaml, for the Prometheus Operator, from monitoring/rules
	@{ printf '%s\n' '# yamllint disable rule:line-length' '# Made by `make rules`, not by hand.'; for file in monitoring/rules/*.yml; do \
		printf -- '---\napiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: ragam-%s\n  namespace: ragam\nspec:\n' \
			"$$(basename $$file .yml)"; sed -e '/^ *#/d' -e 's/^./  &/' $$file; done; } > k8s/components/monitoring/rules.yaml

certificates: ## for mutual TLS between gateway and model server, in secrets/; again to renew them
	@./certificates.sh secrets

tracing: $(VENV)/.tracing ## set up what OTEL_TRACES_EXPORTER=otlp makes traces with

# Kaggle's pictures are collected where no folder was named. `prepare` keeps a dataset that is the same, and refuses to replace another.
train: $(VENV)/.training ## a new version as canary, where it is not worse; PAINTINGS=folder has the pictures, else Kaggle's; CORRECTIONS, RECIPE, RUN, BUILD
	$(if $(filter file,$(origin PAINTINGS)),@test -e '$(PAINTINGS)/manifest.csv' || $(BIN)/python -m training collect --out '$(PAINTINGS)')
	$(BIN)/python -m training prepare --data '$(PAINTINGS)$(if $(filter file,$(origin PAINTINGS)),/manifest.csv)' --out $(BUILD)/dataset $(if $(CORRECTIONS),--corrections '$(CORRECTIONS)')
	$(BIN)/python -m training train --data $(BUILD)/dataset --out '$(RUN)' --weights '$(WEIGHTS)' $(if $(RECIPE),--config '$(RECIPE)')
	$(BIN)/python -m training typicality --data $(BUILD)/dataset --run '$(RUN)' $(if $(PHOTOGRAPHS),--photographs $(PHOTOGRAPHS))
	$(BIN)/python -m training evaluate --data $(BUILD)/dataset --run '$(RUN)'
	$(BIN)/python -m training export --data $(BUILD)/dataset --run '$(RUN)' --pictures '$(PAINTINGS)' --repository $(BUILD)/candidate
	$(BIN)/python -m release compare $(BUILD)/candidate/painting_genre --data $(BUILD)/dataset --canary $(if $(FORCE),--force)

bench: $(VENV)/.dev ## the service beside what one would use instead, 20 minutes on an idle machine: needs wrk; ROUNDS=1 SECONDS=2 for a short look
	$(BIN)/python -m benchmarks.bench compare $(if $(ROUNDS),--rounds=$(ROUNDS)) $(if $(SECONDS),--seconds=$(SECONDS)) $(if $(OUT),--out=$(OUT))

bench-growth: $(VENV)/.dev ## ... and alone under 1 to 512 clients, with more workers and model servers
	$(BIN)/python -m benchmarks.bench growth $(if $(SECONDS),--seconds=$(SECONDS)) $(if $(OUT),--out=$(OUT))

check: $(VENV)/.dev ## lint, format, types and the rules on who imports whom; YAML, Dockerfiles and docker-compose.yml
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/yamllint --strict .
	$(BIN)/hadolint */Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	$(BIN)/zizmor --offline --quiet .github .pre-commit-config.yaml

format: $(VENV)/.dev ## format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: $(VENV)/.dev ## pin requirements/*.in again, with hashes
	cd requirements && ../$(BIN)/uv pip compile --quiet --upgrade --universal --no-deps --generate-hashes --python-version=3.11 \
		--output-file=messages.txt messages.in && for name in client pictures parquet package gateway model_server training teacher tracing mlflow dev fuzz checkov clients; do \
		../$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
			--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file=$$name.txt $$name.in || exit 1; done
	for folder in benchmarks/peers/*/; do [ ! -e $$folder/requirements.in ] || (cd $$folder && \
		../../../$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe \
			--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file=requirements.txt requirements.in) || exit 1; done

audit: $(VENV)/.dev ## known vulnerabilities of what is pinned; exit code 3 where no source of advisories can be asked
	$(BIN)/python requirements/audit.py

fuzz: $(VENV)/.dev ## RUNS=100000 SEED=1: files that a fuzzer makes, against the upload path
	$(INSTALL) -r requirements/fuzz.txt
	$(BIN)/python tests/bad_input/fuzz_uploads.py $(RUNS) $(SEED)

dist: $(PACKAGE)/.installed ## the client as a wheel, and its source, in build/dist
	$(PACKAGE)/bin/python -m build --no-isolation --outdir $(BUILD)/dist

clean: ## remove the virtual environment and everything that was built
	rm -rf $(VENV) build ragam.egg-info tests/faces/node_modules tests/clients/node_modules .schemathesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed, and no python3 was found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11 to 3.13 is needed, not " + sys.version.split()[0] + ". Name one with make PYTHON=...")'
	@echo "Making .venv, of $$($(PYTHON) --version)."
	@$(MAKE_VENV) $(VENV) || { rm -rf $(VENV); exit 1; }

# A stamp for each set of requirements; dev.txt holds all the others, so where it was installed since they changed nothing is missing.
$(VENV)/.%: requirements/%.txt | $(VENV)/bin/python
	@if [ $* = dev ] || [ ! $(VENV)/.dev -nt $< ]; then echo "Installing requirements/$*.txt."; $(INSTALL) -r $<; fi
	@touch $@

$(CHECKOV)/.installed $(CLIENTS)/.installed $(PACKAGE)/.installed: $(BUILD)/%/.installed: requirements/%.txt | $(VENV)/bin/python
	@echo "Installing $< into $(@D)."
	@rm -rf $(@D) && $(MAKE_VENV) $(@D) && $(call install_into,$(@D)) -r $<
	@touch $@

# After the others: where TensorFlow is installed its modules are there.
$(VENV)/.messages: requirements/messages.txt requirements/messages.py | $(VENV)/bin/python
	@$(BIN)/python requirements/messages.py
	@touch $@
