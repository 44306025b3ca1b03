# `make run` opens the page, `make test` tests everything; each sets up what it needs. Wants Python 3.11 or 3.12.

BIN := .venv/bin
INSTALLED := .venv/.installed
INSTALLED_DEV := .venv/.installed-dev
CPU_INDEX := $(shell sed -n 's/^--extra-index-url //p' requirements-cpu.txt)
TORCH := $(shell grep '^torch==' requirements.txt)

.PHONY: help setup setup-dev chromium run test check bench

help:
	@echo "make run | test | check | bench | setup"

setup: $(INSTALLED)

setup-dev: $(INSTALLED_DEV)

.venv/bin/python:
	@for python in python3.11 python3.12 python3; do \
	    if $$python -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null; then \
	        echo "making .venv with $$python" && exec $$python -m venv .venv; \
	    fi; \
	done; echo "Python 3.11 or 3.12 is needed, with its venv module (Debian: python3-venv)." >&2; exit 1

# torch comes first, so that nothing else chooses its build: PyTorch's CPU build on a machine without an NVIDIA driver
# if its index answers, otherwise the one that the configured package index offers.
$(INSTALLED): requirements.txt requirements-cpu.txt pyproject.toml | .venv/bin/python
	@if ! command -v nvidia-smi >/dev/null && $(BIN)/python -c \
	    'import sys, urllib.request; urllib.request.urlopen(sys.argv[1] + "/torch/", timeout=10)' $(CPU_INDEX) 2>/dev/null \
	    && $(BIN)/python -m pip install --quiet -r requirements-cpu.txt; \
	then :; else $(BIN)/python -m pip install --quiet $(TORCH); fi
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable . # the command icgan-demo
	@touch $@

$(INSTALLED_DEV): requirements-dev.txt $(INSTALLED)
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@

# The browser tests drive Debian's Chromium; where it cannot be installed they are skipped with a reason.
chromium:
	@command -v chromium >/dev/null || ! command -v apt-get >/dev/null || { \
	    if [ "$$(id -u)" = 0 ]; then root=; else root="sudo -n"; fi; \
	    $$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends chromium; \
	} || echo "chromium could not be installed; the browser tests will be skipped"

run: $(INSTALLED)
	@exec $(BIN)/python app.py

# Files of tests run beside each other, one thread each; the longest, those that drive a browser, come first.
test: $(INSTALLED_DEV) chromium
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

check: $(INSTALLED_DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(INSTALLED)
	$(BIN)/python -m benchmarks.drawing
