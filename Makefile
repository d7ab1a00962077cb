# What there is to do here: `make help`.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev engine languages policies up test test-versions soak bench lint generate pictures house kubernetes docs release-check lock clean

export PYTHON ?= python3

BIN := .venv/bin
# Extras stay in the locks: pip before 23.3 pins `name[extra]` by a line that names the extra only.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --no-strip-extras --no-header --no-annotate

# The tests start some thousand processes, each of which would compile the package anew.
COMPILE_PACKAGE = python3 -m compileall -q resources

help: ## say what there is to do
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
	    printf '  make %-13s %s\n' "$$name" "$$text"; done

setup: stacks/Pulumi.dev.yaml ## install what a run needs: the virtual environment and a Pulumi engine
	@sh engine/venv.sh run
	@$(MAKE) --no-print-directory engine

setup-dev: stacks/Pulumi.dev.yaml ## the same, and what the tests and linters need
	@sh engine/venv.sh dev
	@$(MAKE) --no-print-directory policies engine

# Each clone has its own: it holds what belongs to the passphrase of whoever made the stack.
stacks/Pulumi.dev.yaml:
	@[ ! -f stacks/dev.yaml ] || cp stacks/dev.yaml $@

policies: ## install what the policy pack needs, in policies/.venv: docs/policies.md
	@sh engine/venv.sh policies

# By way of a second file: activate trusts what it reads.
engine:
	@$(BIN)/python -m engine >.venv/engine.new && mv .venv/engine.new .venv/engine

LANGUAGES ?= yaml nodejs

languages: setup ## have programs in YAML and TypeScript run too: for a Pulumi engine that was built here
	@$(BIN)/python -m engine languages $(LANGUAGES) >/dev/null

up: setup ## set everything up and deploy the stack dev, in the embedded sandbox
	@. ./activate && pulumi stack select --create dev >/dev/null && pulumi up --yes --stack dev || { \
	    echo 'make up: with another passphrase than the one that the stack dev was made with, set that one, or begin' \
	        'anew: rm -rf .state .sandbox.db stacks/Pulumi.dev.yaml' >&2; exit 1; }
	@printf '%s\n' '' 'Next:' \
	    '  . ./activate                        # pulumi, python3 and bitbucket-hooks on your PATH' \
	    '  pulumi preview                      # nothing to do: the hooks are as declared' \
	    '  bitbucket-hooks sandbox change-hook acme/api --inactive    # drift, as made by hand' \
	    '  pulumi preview --refresh --diff     # see the drift, property by property' \
	    '  pulumi up --refresh                 # repair it'

test: setup-dev lint ## set everything up, lint, and run every test
	@. ./activate && rm -f .coverage .coverage.* && unset PYTHONDONTWRITEBYTECODE && $(COMPILE_PACKAGE) && \
	    pytest -n auto --dist worksteal --cov --cov-report=term --cov-fail-under=95

test-versions: setup-dev ## run a part of them under each Python, and the oldest of all: VERSIONS="3.10 oldest"
	@. ./activate && PYTHONPATH=tests python3 -m tools.versions $(VERSIONS)

soak: setup-dev ## the long forms: faults, limits, kills, thousands of random histories
	@. ./activate && SOAK=1 SOAK_EXAMPLES=2000 pytest -n auto --dist worksteal tests/e2e/test_endurance.py tests/e2e/test_kills.py tests/unit/test_converges.py

bench: setup ## measure runs in time, memory and requests; options in BENCH: docs/performance.md
	@. ./activate && unset PYTHONDONTWRITEBYTECODE && $(COMPILE_PACKAGE) && python3 -m benchmarks $(BENCH)

lint: setup-dev ## check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 resources
	@$(BIN)/mypy --python-executable policies/.venv/bin/python policies

generate: setup-dev ## write what derives from the tables in model/: constructors, schemas, docs
	@$(BIN)/python -m tools.generate

pictures: setup-dev ## make the pictures of the docs from the real program (needs Chromium)
	@PYTHONPATH=tests $(BIN)/python -m tools.pictures

house: setup-dev ## measure the code's structure: rooms, imports against their order, sizes
	@PYTHONPATH=tests $(BIN)/python -m support.house

kubernetes: setup-dev ## try deploy/kubernetes on a real kube-apiserver, built in minutes (needs Go, etcd-server)
	@PYTHONPATH=tests $(BIN)/python -m tools.kubernetes

docs: ## make the handbook as a site: site/index.html
	@sh engine/venv.sh dev
	@rm -rf site
	@$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs . site
	@echo 'Open site/index.html'

release-check: ## build and check a release, and publish nothing: RELEASING.md
	@sh engine/venv.sh dev
	@$(BIN)/python -m tools.release $(TAG)

lock: setup-dev ## renew requirements/ from pyproject.toml, and the policy pack's
	$(COMPILE) --all-extras pyproject.toml --group dev -o requirements/dev.txt
	$(COMPILE) --all-extras pyproject.toml --group build -c requirements/dev.txt -o requirements/run.txt
	$(COMPILE) --group release -o requirements/release.txt
	$(COMPILE) policies/requirements.in -o policies/requirements.txt

clean: ## remove the virtual environments and the tools' caches; .state and the cached engine stay
	rm -rf .venv policies/.venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.* dist site
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
