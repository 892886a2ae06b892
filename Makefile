# The thin front for people. Each recipe sets up the virtual environment first, if there is none.
# `make` alone lists the recipes.

SHELL := /bin/bash
BIN := .venv/bin
INSTALLED := .venv/.installed
CONFORMANCE ?= ../shared/conformance
RECORDED := aliases basics branching core-tasks errors expressions flow-outputs for-each-item inputs loops plugin-defaults retry scripts sequencing subflow timeout tolerance

.PHONY: help hello test bench check format fuzz golden picture conformance recordings schema clean

help: ## List the recipes
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

hello: $(INSTALLED) ## Run the hello world flow
	@$(BIN)/flowrun run 01_hello_world.yaml --no-input

test: $(INSTALLED) ## Run the tests (ARGS="-k hello" for some of them)
	@$(BIN)/python -m pytest $(ARGS)

bench: $(INSTALLED) ## Measure tasks that do real work (ARGS="tasks output" for some cases)
	@$(BIN)/python -m tests.bench.real_work $(ARGS)

fuzz: $(INSTALLED) ## Try templates, files and flows by chance (FLOWRUN_FUZZ_SECONDS=60 for each)
	@FLOWRUN_FUZZ_SECONDS=$${FLOWRUN_FUZZ_SECONDS:-60} $(BIN)/python -m pytest -q -s tests/property/test_template_fuzz.py tests/property/test_validate_fuzz.py tests/property/test_rules.py

check: $(INSTALLED) ## Lint, formatting, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED) ## Format the code and repair what ruff can repair
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

golden: $(INSTALLED) ## Write the golden transcripts anew; read the difference before you commit it
	@FLOWRUN_UPDATE_GOLDEN=1 $(BIN)/python -m pytest -q tests/cli/test_transcripts.py tests/unit/sinks

picture: $(INSTALLED) ## Draw the pictures of docs/images from real runs
	@$(BIN)/python -m tools.picture

conformance: $(INSTALLED) ## Compare with the recorded answers of a Kestra server
	@$(BIN)/python -m tools.conformance $(CONFORMANCE)

schema: $(INSTALLED) ## Write docs/schemas/flow-file.json anew
	@$(BIN)/flowrun schema > docs/schemas/flow-file.json

clean: ## Remove the virtual environment and everything generated
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage

$(INSTALLED): pyproject.toml
	@tools/make_venv.sh

recordings: ## Copy the recorded answers that the tests need from CONFORMANCE
	@cp $(CONFORMANCE)/compare.py tests/conformance/compare.py
	@cp $(CONFORMANCE)/expressions.yaml $(CONFORMANCE)/expressions-typed.yaml tests/conformance/data/
	@for area in $(RECORDED); do cp -r $(CONFORMANCE)/flows/$$area tests/conformance/data/flows/; done
	@cp -r $(CONFORMANCE)/validation tests/conformance/data/
	@cp $(CONFORMANCE)/positions.yaml tests/conformance/data/validation/
