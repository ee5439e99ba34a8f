# One implementation for all systems: the recipes call Python, and Python does the work.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
RUN := .venv/Scripts/python.exe
else
RUN := .venv/bin/python
endif

.PHONY: help lab test check notebooks timings dev

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

lab:  ## environment, package, JupyterLab on the next lesson
	@$(PYTHON) -m dlroadmap lab

test: dev  ## everything that CI runs
	@$(RUN) tests/run.py

check: dev  ## the part of the tests without notebooks (under a minute)
	@$(RUN) tests/run.py --fast

notebooks: dev  ## build the notebooks that are out of date
	@$(RUN) -m press build

timings: dev  ## measure every notebook and write the table in README
	@$(RUN) -m press timings

dev:  ## the environment with the contributors' tools
	@$(PYTHON) -m dlroadmap env dev
