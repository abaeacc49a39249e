# Works with GNU make 3.81 (macOS) and newer. Settings such as PORT, HOST, WORKERS and
# ARTIFACTS reach the service through the environment: `PORT=9000 make serve`.

VENV ?= .venv
CACHE := .cache
PY := $(VENV)/bin/python

# The newest Python that the pins have wheels for; `make PYTHON=/path/to/python` overrides.
PYTHON ?= python3.14 python3.13 python3.12 python3.11 python3 python
SUITABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 15))

PIP := -m pip --disable-pip-version-check --no-input install --quiet --require-hashes
PEERS := benchmarks/serving/peers
TUTORIAL := benchmarks/image/tutorial/requirements
# Extras stay: older pips do not hold `coverage[toml]`, which a package asks for, to a pin of
# `coverage`, and refuse the newer one that they then find.
UV := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-emit-index-url --custom-compile-command "make lock"

.PHONY: help serve test test-languages test-replays test-clients replay lint slim image bench-check bench-quick bench export verdicts lock clean
.DELETE_ON_ERROR:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

serve: $(VENV)/build.stamp ## Serve on port 8000; export the Iris model first if there is none
	@exec $(PY) -m runtime serve

export: $(VENV)/build.stamp ## Export the Iris model, or the recipe given as RECIPE=path/to/recipe.py
	@$(PY) -m export $(RECIPE)

test: $(VENV)/test.stamp $(VENV)/openmp ## Lint, check types and run every test, here and in the slim environment
	$(MAKE) lint
	$(PY) -m pytest --cov --numprocesses=auto --maxprocesses=4 --dist=loadscope
	$(MAKE) slim

lint: $(VENV)/test.stamp ## Lint, check the format and check types
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy

# LightGBM looks for OpenMP in the system, where it may be missing; scikit-learn brings it.
test: export LD_LIBRARY_PATH := $(CURDIR)/$(VENV)/openmp$(if $(LD_LIBRARY_PATH),:$(LD_LIBRARY_PATH))

# The runtime's tests where nothing but requirements-runtime.txt is installed. The test tools
# stay out of that environment, in a folder of their own on PYTHONPATH.
slim: $(VENV)/build.stamp $(CACHE)/slim/stamp ## Run the runtime's tests without scikit-learn
	rm -rf $(CACHE)/artifacts
	$(PY) -m tests.runtime.models $(CACHE)/artifacts
	SKIFF_TEST_ARTIFACTS=$(CACHE)/artifacts PYTHONPATH=$(CACHE)/slim/tools \
		$(CACHE)/slim/bin/python -m pytest -p no:cacheprovider tests/slim/absent.py tests/runtime

image: $(VENV)/test.stamp ## Build the container image, test it, and measure it beside the usual one
	$(PY) -m image --twice
	$(PY) -m pytest tests/image
	$(PY) -m benchmarks.image

bench-check: $(VENV)/test.stamp ## See that no request costs more than it did, beside limits measured at once
	$(PY) -m benchmarks.hotpath --check

bench-quick: $(VENV)/test.stamp ## Measure one row of Iris beside the usual tutorial: a minute (needs wrk)
	$(PY) -m benchmarks.serving --quick

bench: $(VENV)/test.stamp ## Measure Skiff beside its peers, and write docs/performance.md (needs wrk)
	$(PY) -m benchmarks.serving

replay: $(VENV)/build.stamp ## Replay the golden rows in every language, and print one table
	$(PY) -m examples.replay

test-languages: $(VENV)/test.stamp ## Replay, and run the tests of every language and generated client
	$(PY) -m examples.replay --test
	$(MAKE) --jobs=2 test-replays test-clients

test-replays: $(VENV)/test.stamp ## Replay artifacts of every kind, where `make replay` has built the languages
	$(PY) -m pytest examples --ignore examples/test_clients.py

test-clients: $(VENV)/test.stamp ## Ask the service and the models through generated clients, there too
	$(PY) -m pytest examples/test_clients.py

verdicts: $(VENV)/test.stamp ## Measure every estimator of scikit-learn, and write docs/estimators.md
	$(PY) -m tests.verdicts

lock: $(VENV)/test.stamp ## Compile requirements-*.in to exact, hashed pins for every platform
	$(UV) --upgrade --output-file requirements-runtime.txt requirements-runtime.in
	$(UV) --upgrade --output-file requirements-build.txt requirements-build.in
	$(UV) --upgrade --output-file requirements-boosters.txt requirements-boosters.in
	$(UV) --upgrade --output-file requirements-test.txt requirements-test.in
	$(UV) --upgrade --output-file requirements-slim.txt requirements-slim.in
	$(UV) --upgrade --output-file examples/requirements.txt examples/requirements.in
	$(UV) --upgrade --output-file $(TUTORIAL).txt $(TUTORIAL).in
	for peer in $(PEERS)/*/; do $(UV) --upgrade --no-generate-hashes --no-annotate --no-header \
		--output-file $$peer/requirements.txt $$peer/requirements.in; done

clean: ## Remove the environments and caches; keep the artifacts
	rm -rf $(VENV) $(CACHE) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each name is tried by running it: a shim on the PATH may stand for a version that is absent.
$(PY):
	@for python in $(PYTHON); do \
		if "$$python" -c '$(SUITABLE)' 2>/dev/null; then \
			echo "Making $(VENV) with $$("$$python" --version)"; \
			exec "$$python" -m venv --clear $(VENV); \
		fi; \
	done; \
	echo "No usable Python among: $(PYTHON)." >&2; \
	echo "Expected Python 3.11 to 3.14 with the modules venv and ensurepip (Debian and Ubuntu:" >&2; \
	echo "package python3-venv). Install one, or name it: make PYTHON=/path/to/python" >&2; \
	exit 1

$(VENV)/%.stamp: requirements-%.txt $(PY)
	@echo "Installing $< into $(VENV); the first time this downloads, for a minute or two"
	@$(PY) $(PIP) -r $<
	@touch $@

$(VENV)/openmp: $(VENV)/test.stamp
	mkdir -p $@
	for library in $(CURDIR)/$(VENV)/lib/python3*/site-packages/scikit_learn.libs/libgomp-*; do \
		if [ -e "$$library" ]; then ln -sf "$$library" $@/libgomp.so.1; fi; done
	@touch $@

$(CACHE)/slim/stamp: requirements-runtime.txt requirements-slim.txt $(PY)
	$(PY) -m venv --clear $(CACHE)/slim
	$(CACHE)/slim/bin/python $(PIP) -r requirements-runtime.txt
	$(CACHE)/slim/bin/python $(PIP) --target $(CACHE)/slim/tools -r requirements-slim.txt
	@touch $@
