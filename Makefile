# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

COLLECTIONS := $(CURDIR)/.cache/collections
export ANSIBLE_COLLECTIONS_PATH := $(COLLECTIONS)
export PYTHONPATH := $(COLLECTIONS)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := $(CURDIR)/.venv/bin
PIP := -m pip install --quiet --retries 5

.PHONY: help
help: ## Show the targets
	grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# --- environments -----------------------------------------------------------------------------------------------

.PHONY: setup
setup: .venv/.ready $(COLLECTIONS)/.ready ## Make the Python environment; needs Python 3.11 or later and pip

$(COLLECTIONS)/.ready: Makefile
	mkdir -p $(@D)/ansible_collections/openccp
	ln -sfn $(CURDIR) $(@D)/ansible_collections/openccp/federation
	touch $@

.venv/.ready: requirements.txt requirements-test.txt requirements-dev.txt sandbox/pyproject.toml
	python=$$(tools/find-python) || { echo 'Python 3.11 or later with pip and venv is needed.' >&2; exit 1; }
	echo "Making $(@D) with $$("$$python" --version)"
	"$$python" -m venv --clear $(@D)
	$(@D)/bin/python $(PIP) --requirement requirements-dev.txt 'ansible>=11.13'
	touch $@
