# Sugar over start.py: every target is one command that can be typed by hand.

PYTHON ?= python3
UV ?= $(or $(shell command -v uv),.venv/bin/uv)
PIN = $(UV) pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-config --no-header --no-annotate --quiet

.DEFAULT_GOAL := help
.PHONY: help up demo sure long bench lock openapi audit translations

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## serve the filled sample
	$(PYTHON) start.py

demo: ## the main job from registration to scan, files in ./out/
	$(PYTHON) start.py demo

sure: ## format, lint, types, floors, tests
	$(PYTHON) start.py test

long: ## the same with every test at its full size
	$(PYTHON) start.py test --long

bench: ## ratios against the references, measured side by side
	.venv/bin/python -m bench

lock: ## pin what pyproject.toml asks (ARGS=--upgrade for newer ones) and list the licences
	$(PIN) $(ARGS) --output-file requirements/run.txt
	$(PIN) $(ARGS) --group dev --constraints requirements/run.txt --output-file requirements/dev.txt
	.venv/bin/python -m tests.house.licences

openapi: ## write docs/openapi.json, which the tests compare with the app
	BIAOYUAN_MODE=sample BIAOYUAN_DATA=$$(mktemp -d) .venv/bin/python -m flask --app wsgi \
		openapi write --format json docs/openapi.json

audit: ## ask the public database whether a pinned package has a known hole
	.venv/bin/python -m pip_audit --requirement requirements/run.txt --disable-pip

translations: ## look for every _() again and compile the English of the pages
	.venv/bin/python -m tests.house.translations
