# One line a target: each calls a script in tools/, where the story is. `make` alone prints the list.
PYTHON ?=
export PYTHON
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-nightly check unit golden e2e bench preview pictures lock clean

help: ## say what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## set up, build the example site, publish it to out/site, write its mails to out/mail
	@tools/demo.sh
test: ## set up everything, then all checks and tests (under fifteen minutes on two cores)
	@tools/test.sh ordinary
test-nightly: ## the same, and the deeper figures
	@tools/test.sh nightly
setup: ## only install what `make test` installs
	@tools/setup.sh test
check: ## lint, format, types, import contracts
	@tools/setup.sh packages && tools/check.sh
unit: ## the fast tests alone
	@tools/setup.sh packages && $(BIN)/python -m pytest tests/unit -n 2 -q
golden: ## compare all artifacts with the reviewed ones; UPDATE=1 writes them anew
	@tools/setup.sh packages && TIDINGS_UPDATE_GOLDEN=$(UPDATE) $(BIN)/python -m pytest tests/golden -q
e2e: ## one incident through S3, SMTP and a browser
	@tools/setup.sh test && $(BIN)/python -m pytest tests/e2e -q
bench: ## measure beside Hugo, MkDocs, aws and smtplib; SIZE=small, ROUNDS=9, ONLY=mail,live
	@SIZE=$(SIZE) ROUNDS=$(ROUNDS) ONLY=$(ONLY) tools/bench.sh
preview: ## show the example site in a browser while you write
	@tools/setup.sh demo && $(BIN)/tidings preview
pictures: ## take the manual's pictures anew, docs/pictures/*.webp
	@tools/setup.sh test && $(BIN)/python tools/pictures.py
lock: ## resolve the dependencies anew and write the locks
	@tools/setup.sh packages && tools/lock.sh
clean: ## remove everything that was built or installed here
	@rm -rf .venv .tools node_modules out .tidings build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage
