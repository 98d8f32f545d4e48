# Every target makes .venv first (from the hash-pinned lock) and is instant once it stands.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/installed-from-lock

# One arithmetic thread per test worker: the suite is parallel over tests, not inside them.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
WORKERS ?= 2
PARALLEL = $(shell $(BIN)/python -c 'import xdist' 2>/dev/null && echo "-n $(WORKERS) --dist worksteal")

.PHONY: help demo test check bench soak fuzz sbc pages fhir-server image-steps lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

$(READY): requirements.lock pyproject.toml deploy/bootstrap.lock deploy/create_environment.sh
	deploy/create_environment.sh $(VENV) requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@touch $@

demo: $(READY) ## the service and a demo EHR with synthetic patients, on this machine
	$(BIN)/icu-twin demo $(ARGS)

test: $(READY) ## every test; no network needed
	$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

check: $(READY) ## style, types, import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache
	$(BIN)/basedpyright

fhir-server: $(READY) ## install the FHIR server of others that some tests run against (needs Node and npm)
	$(BIN)/python -m tests.independent.running

bench: $(READY) ## speed of the hooks on this machine
	$(BIN)/python -m bench $(ARGS)

soak: $(READY) ## ten minutes of overload: what is admitted, refused, kept
	$(BIN)/python -m bench.soak $(ARGS)

fuzz: $(READY) ## 100,000 hostile bodies
	$(BIN)/python -m tests.faults.fuzz $(ARGS)

sbc: $(READY) ## simulation-based calibration of every model (long)
	$(BIN)/python -m validation.sbc $(ARGS)

pages: $(READY) ## write the documents that are made from the code
	$(BIN)/python -m validation.limits_page
	$(BIN)/python -m validation.model_cards
	$(BIN)/python -m tests.contract.conformance
	$(BIN)/python -m tests.faults.rows

image-steps: ## the steps of the Dockerfile in a plain environment
	deploy/check_image_steps.sh

lock: ## resolve the dependencies again (needs uv and a package index)
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate -q -c requirements.lock -o deploy/runtime.lock

clean: ## remove the environment and what tools leave behind
	rm -rf $(VENV) build dist *.egg-info .ruff_cache .hypothesis .import_linter_cache
