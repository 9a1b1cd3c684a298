# SPDX-FileCopyrightText: openccp.federation contributors
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

export ANSIBLE_HOME := $(CURDIR)/.cache
COLLECTIONS := $(ANSIBLE_HOME)/collections
export ANSIBLE_COLLECTIONS_PATH := $(COLLECTIONS)
export PYTHONPATH := $(COLLECTIONS)
# Where it is set, each of some thousand processes would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
BIN := $(CURDIR)/.venv/bin
ACTIVATE := export PATH=$(BIN):$$PATH
AGAIN := $(MAKE) --no-print-directory

.PHONY: help
help: ## Show the targets
	grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# --- environments: the Pythons that may make each, best first, and what it holds ---

.venv/.ready:             HOLDS = --requirement requirements-dev.txt
.venv-floor/.ready:       HOLDS = --requirement requirements-floor.txt --constraint <(sed 's/>=/==/' requirements.txt)
.venv-newest/.ready:      HOLDS = --requirement requirements-test.txt 'ansible>=14'
.venv-latest/.ready:      HOLDS = --requirement requirements-test.txt 'ansible>=14'
.venv-next/.ready:        HOLDS = --requirement requirements-test.txt 'ansible==15.0.0a3'
.venv-conformance/.ready: HOLDS = --requirement requirements-conformance.txt
.venv-importer/.ready:    HOLDS = galaxy-importer
.venv-docs/.ready:        HOLDS = --requirement requirements-docs.txt

# Every release in these is pinned, so that one elsewhere changes nothing here before `make constraints` takes it in and the tests have passed with it.
PINNED := .venv .venv-floor .venv-newest .venv-conformance .venv-importer .venv-docs
NAME = $(or $(patsubst .venv-%,%,$(filter-out .venv,$(@D))),main)
PINS = $(if $(filter $(@D),$(PINNED)),--constraint constraints/$(NAME).txt)
PYTHONS = $(PYTHONS_$(NAME))
PYTHONS_floor := 3.11 3.12
PYTHONS_newest := 3.14 3.13 3.12
PYTHONS_latest := $(PYTHONS_newest)
PYTHONS_next := 3.14 3.13

.venv/.ready: requirements-dev.txt constraints/main.txt
.venv-floor/.ready: requirements-floor.txt constraints/floor.txt
.venv-newest/.ready: constraints/newest.txt
.venv-conformance/.ready: requirements-conformance.txt constraints/conformance.txt
.venv-importer/.ready: constraints/importer.txt
.venv-docs/.ready: requirements-docs.txt constraints/docs.txt
TESTING := .venv .venv-floor .venv-newest .venv-latest .venv-next .venv-conformance
$(TESTING:%=%/.ready): requirements.txt requirements-test.txt sandbox/pyproject.toml
$(TESTING:%=%/.ready) .venv-importer/.ready .venv-docs/.ready:
	python=$$(tools/find-python $(PYTHONS)) || { echo 'This needs Python 3.11 or later, with pip and venv.' >&2; exit 1; }
	echo "Making $(@D) with $$("$$python" --version)"
	"$$python" -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --quiet --no-compile --disable-pip-version-check --retries 5 $(PINS) $(HOLDS)
	touch $@

$(COLLECTIONS)/.ready:
	mkdir -p $(@D)/ansible_collections/openccp
	ln -sfn $(CURDIR) $(@D)/ansible_collections/openccp/federation
	touch $@

.PHONY: setup constraints clean
setup: .venv/.ready $(COLLECTIONS)/.ready ## Make the Python environment; needs Python 3.11 or later and pip

constraints: ## Take the newest release of everything into the constraints files; then run linters and tests
	for environment in $(PINNED); do
		name=$${environment#.venv}; name=$${name#-}
		rm -f $$environment/.ready
		$(AGAIN) $$environment/.ready PINS= PYTHONS_main='3.11 3.12 3.13'
		{
			sed -n 1,2p Makefile
			echo '#'
			echo '# What `make constraints` found; every other release is pinned to it.'
			$$environment/bin/python -m pip freeze --exclude-editable
		} >constraints/$${name:-main}.txt
		touch $$environment/.ready
	done

clean: ## Remove every environment and whatever else was made here
	rm -rf .venv .venv-* .cache .ansible .sandbox .mypy_cache .pytest_cache .ruff_cache sandbox/*.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what the tests in a browser take from npm, as published ---

NPM := $(CURDIR)/.cache/npm
PACKAGES := amazon-connect-streams@2.28.2 axe-core@4.14.1

.PHONY: page-libraries
page-libraries: ## Fetch the libraries for the tests of the embedded panel; needs npm
	if ! command -v npm >/dev/null; then echo 'npm is not there: the tests of the embedded panel will say that they are left out.'; exit 0; fi
	for package in $(PACKAGES); do
		name=$${package%@*}
		[ -e $(NPM)/node_modules/$$name/.$${package#*@} ] && continue
		mkdir -p $(NPM)/node_modules/$$name
		cd $(NPM)
		tar --extract --gzip --strip-components=1 --directory=node_modules/$$name --file="$$(npm pack --silent $$package)"
		touch node_modules/$$name/.$${package#*@}
	done

# --- see it work ---

.PHONY: demo demo-cognito sandbox
# The ansible package holds a hundred collections: of its wheel only amazon.aws is unpacked.
.venv-demo/.ready: PINS = --constraint constraints/main.txt
.venv-demo/.ready: HOLDS = --requirement requirements-demo.txt
.venv-demo/.ready: requirements-demo.txt requirements.txt constraints/main.txt sandbox/pyproject.toml tools/take_amazon_aws.py
	python=$$(tools/find-python) || { echo 'This needs Python 3.11 or later, with pip and venv.' >&2; exit 1; }
	echo "Making $(@D) with $$("$$python" --version): some 300 MB, once"
	"$$python" -m venv --clear $(@D)
	pip=($(@D)/bin/python -m pip --quiet --quiet --disable-pip-version-check --retries 5)
	"$${pip[@]}" install --no-compile $(PINS) $(HOLDS)
	"$${pip[@]}" download --no-deps $(PINS) --dest $(@D)/wheels ansible
	$(@D)/bin/python tools/take_amazon_aws.py $(@D)/wheels
	rm -r $(@D)/wheels
	touch $@

DEMO := $(CURDIR)/.venv-demo/bin
demo: .venv-demo/.ready $(COLLECTIONS)/.ready ## Federate the sandbox's two clouds with the real playbooks, twice, and sign an agent in
	! command -v npm >/dev/null || $(AGAIN) page-libraries PACKAGES='$(filter amazon-connect-streams@%,$(PACKAGES))' || echo 'npm fetched nothing.'
	$(DEMO)/python tools/demo.py $(if $(VERBOSE),--verbose)

demo-cognito: .venv-demo/.ready $(COLLECTIONS)/.ready ## Sign one person in to the panel and to a page behind a user pool, with one session of Entra ID
	$(DEMO)/python tools/demo_cognito.py $(if $(VERBOSE),--verbose)

sandbox: .venv-demo/.ready $(COLLECTIONS)/.ready ## Keep a seeded sandbox open
	$(DEMO)/python -m federation_sandbox serve --seed sandbox/demo.json --export ANSIBLE_COLLECTIONS_PATH

# --- tests ---

.PHONY: test setup-floor setup-newest setup-latest setup-next test-main test-floor test-newest test-latest test-next test-molecule soak conformance permissions
# What starts modules and playbooks takes half an hour of two cores. `make test` runs a quarter of it, each commit the next one; with SAMPLE_main=0/1 all, as continuous integration does.
# More workers than cores: the tests wait for the lags and limits of the sandbox. They take the next test when they are done with one: what takes long first (pyproject.toml).
SHARED := --numprocesses 4 --dist load --maxschedchunk 1

# With ANSWERS=report.json the sandbox behaves as a report of the live probe says: what fails then is what breaks in the live clouds.
export FEDERATION_SANDBOX_ANSWERS := $(abspath $(ANSWERS))

# What was left out is gathered here, and told in the last lines.
export LEFT_OUT := $(ANSIBLE_HOME)/left-out

test: ## Run the tests: on the main environment, on both ends of the supported range, and the scenarios default and fleet (ANSWERS=report.json: on a sandbox as a report says)
	mkdir -p $(ANSIBLE_HOME)
	rm -f $(LEFT_OUT)
	$(AGAIN) --jobs=3 --output-sync=target setup setup-floor setup-newest
	$(AGAIN) test-main test-floor test-newest test-molecule
	[ ! -e $(LEFT_OUT) ] || { printf '\nEvery test passed that ran. Left out:\n'; sort -u $(LEFT_OUT); exit 0; }
	printf '\nEvery test passed that ran%s; `make soak` runs what takes long.\n' '$(if $(SAMPLE),,. This was a sample: make test SAMPLE=0/1 runs all)'

setup-floor setup-newest setup-latest setup-next: setup-%: $(COLLECTIONS)/.ready
	+tools/find-python $(PYTHONS_$*) >/dev/null || { echo '- the tests on the $* releases, because no Python $(PYTHONS_$*) runs here' | tee -a $(LEFT_OUT); exit 0; }
	$(AGAIN) .venv-$*/.ready

test-main: setup page-libraries
	sample=$(or $(SAMPLE),$(SAMPLE_main),$$(( $$(git rev-list --count HEAD 2>/dev/null || echo 0) % 4 ))/4)
	echo "Tests: on the main environment; of those that run modules and playbooks the part $$sample"
	$(BIN)/python -m pytest --quiet $(SHARED) -m 'not soak' --sample $$sample --sample-of tests/integration --sample-of tests/workflow

# Beside units and modules, the playbooks whose results depend on how a core templates what is empty, and on its facts.
EVERY_CORE := tests/workflow/test_handover.py tests/workflow/test_check.py tests/workflow/test_hosts.py tests/workflow/test_report.py tests/integration tests/unit

# Both ends of the range run what the main environment runs as well, so in `make test` each runs an eighth of it.
SAMPLE_floor := 0/8
SAMPLE_newest := 1/8

# The newest releases of all libraries, pinned by nobody, and the pre-release of Ansible: what they break is to be mended before `make constraints`.
test-latest: ## Run the tests of units and modules on the newest releases of everything, which may break any day
test-next: ## Run them on the pre-release of ansible-core
test-floor test-newest test-latest test-next: test-%: setup-%
	[ -e .venv-$*/.ready ] || exit 0
	echo "Tests: of units and modules, on the $* releases: $$(.venv-$*/bin/ansible --version | sed -n 1p)"
	.venv-$*/bin/python -m pytest --quiet $(SHARED) --sample $(or $(SAMPLE),$(SAMPLE_$*),0/1) $(EVERY_CORE)

test-molecule: setup
	$(ACTIVATE)
	$(BIN)/python tools/demo.py --run molecule test
	$(BIN)/python tools/demo.py --run molecule test --scenario-name fleet

soak: setup ## Run what takes minutes each: rotations under continuous sign-ins, sixty federations in slices, every inventory, all tests on both ends of the supported range, the scenario agents
	$(ACTIVATE)
	$(BIN)/python -m pytest --quiet --timeout 7200 -m soak
	$(AGAIN) test-floor test-newest SAMPLE=0/1
	$(BIN)/python tools/demo.py --run molecule test --scenario-name agents
	$(BIN)/python tools/demo.py --run molecule test --scenario-name cognito

conformance: .venv-conformance/.ready $(COLLECTIONS)/.ready ## Hold the sandbox against clients that this project did not write
	export PATH=$(CURDIR)/.venv-conformance/bin:$$PATH
	python -m pytest --quiet --numprocesses 2 conformance

permissions: setup ## Play every job in the sandbox, and write the least permissions of each into docs/permissions
	PYTHONPATH=$(COLLECTIONS):conformance:tests:tests/workflow $(BIN)/python conformance/permission_scenarios.py

# --- measurements ---

.PHONY: bench
bench: setup ## Measure, in one run, as ratios; takes an hour (BENCH=--quick: half of it)
	status=0
	for benchmark in agents agents_peers applications_peers fleet sign_ins; do $(BIN)/python benchmarks $$benchmark $(BENCH) || status=1; done
	exit $$status

.PHONY: matrix
matrix: setup ## Disturb every job at every call, run it again and compare both clouds with a clean run; takes hours (MATRIX='--slice 0/8')
	PYTHONPATH=$(COLLECTIONS):tests/matrix:tests/workflow:tests $(BIN)/python tests/matrix/run.py $(MATRIX)

# --- linters ---

SANITY := sanity-2.18 sanity-2.19 sanity-2.20 sanity-2.21
LINTS := lint-code lint-types lint-ansible lint-docs lint-changelog lint-licences lint-importer
.PHONY: lint $(LINTS) $(SANITY)

lint: setup .venv-importer/.ready ## Run every linter, and sanity under every ansible-core for which there is a Python
	$(AGAIN) --keep-going --jobs=2 --output-sync=target $(SANITY) $(LINTS)
	echo 'Every linter passed.'

sanity-2.18 sanity-2.19: sanity-%: setup
	tools/sanity $* 3.11 3.12 3.13

sanity-2.20 sanity-2.21: sanity-%: setup
	tools/sanity $* 3.13 3.12 3.14

lint-code: setup
	$(BIN)/ruff check --quiet --output-format concise
	$(BIN)/ruff format --check

lint-types: setup
	$(BIN)/mypy -p ansible_collections.openccp.federation.plugins -p federation_sandbox
	$(BIN)/mypy tools tests/*.py

lint-ansible: setup
	$(ACTIVATE)
	ansible-lint --offline --nocolor -q

lint-docs: setup
	$(ACTIVATE)
	export GIT_CEILING_DIRECTORIES=$(CURDIR) # else git is asked what belongs to amazon.aws, and knows of nothing
	antsibull-docs lint-collection-docs --plugin-docs --check-extra-docs-refs --validate-collection-refs dependent --skip-rstcheck .

lint-changelog: setup
	$(BIN)/antsibull-changelog lint

lint-licences: setup
	$(BIN)/reuse lint --lines

lint-importer: setup .venv-importer/.ready
	$(BIN)/ansible-galaxy collection build --force --output-path .cache/build >/dev/null
	ln -sfn $(CURDIR)/.venv/lib/python3*/site-packages/ansible_collections .cache/build/ansible_collections # the importer takes the others from Python's path alone
	export PATH=$(CURDIR)/.venv-importer/bin:$$PATH PYTHONPATH=$(CURDIR)/.cache/build
	cd .cache/build # where it leaves its result
	python -m galaxy_importer.main openccp-federation-*.tar.gz >importer.log 2>&1 || { tail -n 20 importer.log; exit 1; }
	grep -E '^(WARNING|ERROR)' importer.log || true
	! grep -q '^ERROR' importer.log

# --- the documentation site ---

SITE := $(CURDIR)/.cache/docs
.PHONY: docs
docs: setup .venv-docs/.ready ## Build the documentation site, .cache/docs/site/html; warnings are errors
	export PATH=$(CURDIR)/.venv-docs/bin:$$PATH PYTHONPATH=
	export ANSIBLE_COLLECTIONS_PATH=$(COLLECTIONS):$$(echo $(CURDIR)/.venv/lib/python3*/site-packages)
	rm -rf $(SITE)
	mkdir -p $(SITE)/source/pages
	chmod 700 $(SITE)/source # antsibull-docs writes to nothing that others may change
	cp docs/site/* $(SITE)/source
	cp -r docs/*.md docs/examples docs/facts docs/images docs/permissions docs/schemas $(SITE)/source/pages
	antsibull-docs collection --use-current --cleanup everything --dest-dir $(SITE)/source openccp.federation
	sphinx-build -M html $(SITE)/source $(SITE)/site -q -W --keep-going
	echo "The site is in $(SITE)/site/html."

# --- the execution image ---

IMAGE := federation-ee
.PHONY: image sbom
image: setup ## Build the execution image with the collection of this checkout; needs podman or docker (IMAGE=name:tag)
	$(ACTIVATE)
	rm -rf .cache/image
	ansible-galaxy collection build --force --output-path .cache/image >/dev/null
	python tools/checkout_image.py .cache/image/openccp-federation-*.tar.gz .cache/image/execution-environment.yml
	ansible-builder build --file .cache/image/execution-environment.yml --context .cache/image/context --tag $(IMAGE)

# The Python packages that the image gets, as pip chooses them today.
.venv-image/.ready: HOLDS = $$(sed -n 's/^ *package_pip: //p' execution-environment.yml) --requirement requirements.txt
.venv-image/.ready: execution-environment.yml requirements.txt
.venv-sbom/.ready: HOLDS = cyclonedx-bom
.venv-image/.ready .venv-sbom/.ready:
	python=$$(tools/find-python) || { echo 'This needs Python 3.11 or later, with pip and venv.' >&2; exit 1; }
	"$$python" -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --quiet --no-compile --disable-pip-version-check --retries 5 $(HOLDS)
	touch $@

sbom: .venv-image/.ready .venv-sbom/.ready ## Write the bill of materials of the image's Python packages, .cache/build/federation-ee.cdx.json (CycloneDX)
	mkdir -p .cache/build
	.venv-sbom/bin/cyclonedx-py environment --output-reproducible --output-format JSON --output-file .cache/build/federation-ee.cdx.json .venv-image

# --- releases ---

ARCHIVE := .cache/build/openccp-federation-$(RELEASE).tar.gz
.PHONY: release-check publish

release-check: setup ## Check that RELEASE=1.2.3 is what galaxy.yml, the changelog and the built archive say
	grep -qx 'version: $(RELEASE)' galaxy.yml || { echo 'galaxy.yml has another version than $(RELEASE).' >&2; exit 1; }
	grep -sq '^  $(RELEASE):$$' changelogs/changelog.yaml || { echo 'The changelog does not know $(RELEASE): run antsibull-changelog release.' >&2; exit 1; }
	[ -e $(ARCHIVE) ] || { echo '$(ARCHIVE) is not there: run make lint-importer.' >&2; exit 1; }

publish: setup ## Bring the signed archive of RELEASE=1.2.3 from GitHub to Galaxy; needs gh and ANSIBLE_GALAXY_TOKEN
	mkdir -p $(dir $(ARCHIVE))
	gh release download $(RELEASE) --clobber --pattern '$(notdir $(ARCHIVE))' --dir $(dir $(ARCHIVE))
	gh attestation verify $(ARCHIVE) --repo openccp/federation
	$(BIN)/ansible-galaxy collection publish $(ARCHIVE) --token "$$ANSIBLE_GALAXY_TOKEN"
