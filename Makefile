# LoadLab. `make help` lists the targets; CLUSTER=embedded|kind|current says where they run.
SHELL := /bin/bash
LAB := PYTHONPATH=cluster python3 -m loadlab_cluster
# Says of a Python that is too old that it is; the tests' own program it could not even read.
TESTS := $(LAB) --help > /dev/null && python3 tests/run.py
.DEFAULT_GOAL := help
.PHONY: help demo catalogue published mutations mutants simulations reliability truth samples test measured check coverage install up down images image e2e test-cluster test-kind venv requirements crds reference manifests release kubectl status clean distclean

help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

demo: ## from nothing to the table of a first experiment
	@$(LAB) demo

catalogue: install ## every built-in variant for 10 s each, a table for each workload
	@$(LAB) run manifests/samples/catalogue/*.yaml

published: install ## every published table as an experiment, claim by claim, and again at one rate
	@$(LAB) run manifests/samples/published/*.yaml manifests/samples/published/compare/*.yaml

test: ## check, unit, integration, Go, end to end, and the cluster itself
	@$(TESTS) all

measured: ## end to end what judges figures, in half an hour on a machine with no other work
	@$(TESTS) measured

check: venv ## format, lint, types, import contracts, unit tests (4 min on two slow cores)
	@$(TESTS) check

mutations: venv ## break each contract between the packages in a copy of the tree, and see it caught
	@.venv/bin/python tests/contract/mutations.py

mutants: venv ## change the pure functions one by one, and see a test notice: make mutants [ONLY='--help']
	@.venv/bin/python -m tests.mutants $(ONLY)

simulations: venv ## what the statistics are held against: coverage, false claims, power
	@.venv/bin/python -m tests.simulations

reliability: venv ## the twenty reliability tests, at most 20 minutes a part: make reliability PART=2
	@.venv/bin/python tests/reliability/run.py $(PART)

truth: venv up images ## figures held against what is known beforehand, on a calm machine: make truth PART=1
	@.venv/bin/python tests/truth/run.py $(PART)

samples: venv up images ## every sample as it is written, on the cluster: make samples PART=own
	@.venv/bin/python tests/samples/run.py $(PART)

# They bound CPU time, which tracing multiplies.
NOT_WHILE_TRACED := --deselect tests/services/instruments/test_middleware.py::test_counting_stays_within_its_budget \
	--deselect tests/unit/plan/test_sweep.py \
	--deselect tests/services/workloads/test_reference.py::test_the_burner_burns_what_it_is_told \
	--deselect tests/services/workloads/test_reference.py::test_a_request_costs_by_so_much_more_as_it_burns
coverage: venv ## branch coverage of the unit tests by package, held against its floor
	@.venv/bin/pytest -q -n 2 --dist loadscope --cov=loadlab --cov=loadlab_services --cov=loadlab_cluster \
		--cov-branch --cov-report= --cov-report=json:build/coverage.json $(NOT_WHILE_TRACED) tests
	@python3 tests/coverage_floors.py build/coverage.json

install: ## the cluster up, with LoadLab in it and no experiment
	@$(LAB) install

up: ## bring the cluster up (safe to repeat)
	@$(LAB) up

down: ## take the cluster down; nothing of it stays but cache and images
	@$(LAB) down

images: ## build what changed and load it into the cluster
	@$(LAB) images

image: ## build a folder of yours and load it: make image DIR=path NAME=shop
	@$(LAB) image "$(DIR)" "$(NAME)"

e2e: venv up images ## the end-to-end tests alone, on the running cluster
	@.venv/bin/pytest -rP -m e2e tests/e2e

test-cluster: venv ## take the cluster down and up again and look for what stays behind
	@LOADLAB_CLUSTER_TEST=1 .venv/bin/pytest -m e2e tests/cluster

test-kind: ## end to end on kind, and kind itself: with the machine's Docker, or one of our own
	@export CLUSTER=kind; $(TESTS) cluster

venv: ## the virtual environment for development
	@$(LAB) venv

requirements: ## pin requirements/*.txt from pyproject.toml (ARGS=--upgrade: the newest)
	@$(LAB) requirements $(ARGS)

crds: venv ## the CRDs from the models
	@.venv/bin/python -m loadlab.crd crds

reference: venv ## docs/reference/ from the CRDs, the chart's values and the command
	@PYTHONPATH=operator .venv/bin/python docs/reference/generate.py

manifests: crds reference ## the chart's CRDs, manifests/install.yaml and docs/reference/
	@python3 charts/generate.py crds
	@HELM=$$($(LAB) path helm4) python3 charts/generate.py install

release: ## steps of a release: make release TAG=v0.1.0 REGISTRY=HOST/PATH STEPS='check python'
	@$(LAB) release $(STEPS)

kubectl: ## kubectl for the cluster: make kubectl ARGS='get pods -A'
	@$(LAB) kubectl $(ARGS)

status: ## what of the cluster runs
	@$(LAB) status

clean: down ## also the environment, the caches of the tools and .state
	@rm -rf .venv .state .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## also the built Kubernetes, the images (in Docker, too) and the logs
	@$(LAB) forget
	@rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/loadlab"
