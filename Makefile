# Everything that is done with this checkout. Needs Python 3.11 or later; see CONTRIBUTING.md.
.DEFAULT_GOAL := help
.PHONY: help install demo test test-lowest test-latest sbom audit gate check types bench bench-scale faults fuzz docs lock clean

PY := .venv/bin/python
JOBS ?= 2
# More for pytest, the benchmark or the lock: make test ARGS="tests/spec -k scope"
ARGS ?=
# What test-lowest and test-latest run unless ARGS says otherwise: every package is used in one of them.
CORE := tests/spec/test_study.py tests/spec/test_acquire_formats.py tests/spec/test_publish_files.py \
	tests/spec/test_protect_suppress.py tests/spec/test_sdmx.py tests/spec/test_estimate_premia.py \
	tests/spec/test_support_register.py tests/spec/test_catalog.py

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

install: ## put the locked environment into .venv (at once when it is there)
	@sh tools/install.sh

demo: install ## run the Belgian study and its models on the synthetic panel and say where the reports are
	@.venv/bin/firmtrade run belgium-2002 --out demo/belgium-2002
	@.venv/bin/firmtrade run belgium-models --out demo/belgium-models
	@echo "To look at them in your browser: .venv/bin/firmtrade serve demo/belgium-2002 (or demo/belgium-models); Ctrl-C stops it."

# Two workers and many short processes read the same modules: they are compiled once.
test: export PYTHONDONTWRITEBYTECODE =
test: install ## run all tests
	@sh tools/browser.sh
	@$(PY) -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

gate: install ## the checks that take seconds: style, size, imports, hygiene
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) tools/caps.py
	@$(PY) tools/hygiene.py
	@.venv/bin/lint-imports --no-logo

types: install ## check the type hints
	@$(PY) -m mypy

check: gate types ## all checks: gate, types, licences, generated documents
	@$(PY) tools/licences.py
	@$(PY) tools/docs_current.py

bench: install ## measure the Belgian study against a bare scan and a pandas script
	@$(PY) -m benchmarks $(ARGS)

bench-scale: install ## measure how it grows with rows and tables, beside other tools (ARGS="--rows 1e6 1e7")
	@$(PY) -m benchmarks.scale $(ARGS)

sbom: install ## write build/sbom.json, the bill of materials of the lock (CycloneDX)
	@$(PY) tools/sbom.py build/sbom.json

audit: install ## report known weaknesses of the locked packages; needs the internet, never fails
	@$(PY) tools/audit.py

test-lowest: install ## run tests with the oldest versions that pyproject.toml allows (ARGS: which tests)
	@JOBS=$(JOBS) sh tools/other_versions.sh lowest-direct $(if $(ARGS),$(ARGS),$(CORE))

test-latest: install ## run tests with the newest versions that pyproject.toml allows
	@JOBS=$(JOBS) sh tools/other_versions.sh highest $(if $(ARGS),$(ARGS),$(CORE))

faults: install ## do to runs what goes wrong (kills, full disks, damaged files) and write docs/faults.md
	@PYTHONPATH=tests $(PY) -m faults --write docs/faults.md $(ARGS)

fuzz: install ## try thousands of wrong panels, studies and definitions and write docs/fuzz.md
	@PYTHONPATH=tests $(PY) -m fuzz --write docs/fuzz.md $(ARGS)

docs: install ## write docs/reference anew from the definitions and docs/manual from the spec tests
	@$(PY) -m firmtrade.reference docs/reference
	@$(PY) tools/manual.py docs/manual

lock: install ## resolve requirements.lock anew (ARGS=--upgrade: to the newest versions)
	@.venv/bin/uv pip compile pyproject.toml --universal --fork-strategy fewest --all-extras --group dev \
		--generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet $(ARGS) \
		--output-file requirements.lock

clean: ## remove the environment, caches and demo output
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist demo
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
