# Every command a person needs. Bare `make` lists them.

PYTHON ?= python3
PORT ?= 3000
# Not the environment's: there it is the name of this machine, or of what a compiler builds for.
HOST = 127.0.0.1

VENV := .venv
BIN := $(VENV)/bin
SAM_VENV := .venv-sam
POLICY_VENV := .venv-policy
SOURCES := functions layers/shared/crosswalk local deploy tests benchmarks requirements
LAYER := layers/shared/requirements.txt layers/shared/hashes.txt
INSTALL = @$(PYTHON) requirements/install.py $@ $^

export PYTHONPATH := layers/shared:.

# What stands in a variable, as one word for the shell. A name may hold what make or the shell would run.
quote = '$(subst ','\'',$(value $(1)))'
# Else make would expand them once more, for the environment of what it runs.
unexport FILE OUT FROM TO RUN

.DEFAULT_GOAL := help
.PHONY: help start test check format clean

help:  ## list these targets
	@awk -F ':.*  ## ' '/^[a-z0-9-]+:.*  ## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

start: $(VENV)/.local  ## run the service on this machine (PORT=3000, HOST=127.0.0.1, LOG=json)
	@exec env HOST=$(HOST) PORT=$(PORT) $(BIN)/python -m local

# On up to four processors. The tests of a file stay together: they share a browser, a server or a built layer.
test: $(VENV)/.dev $(SAM_VENV)/.installed .npm/.installed  ## run the tests (TESTS=tests/unit for a part of them)
	@$(BIN)/pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder $(TESTS)

check: $(VENV)/.dev $(POLICY_VENV)/.passed  ## lint, format check, types, template, security policies
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(wildcard $(SOURCES))
	@$(BIN)/cfn-lint template.yaml bootstrap.yaml

format: $(VENV)/.dev  ## rewrite the source in the house format
	@$(BIN)/ruff check --fix --select I .
	@$(BIN)/ruff format .

clean:  ## remove everything that make has made, but the database (.postgres)
	rm -rf .venv .venv-* .npm .npm-bench .aws-sam dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each requirements file: it is installed anew when it changes. Serving waits for no tools of ours.
$(VENV)/.local: requirements/local.txt $(LAYER)
	$(INSTALL)

$(VENV)/.dev: requirements/dev.txt $(VENV)/.local
	$(INSTALL)

.PHONY: hashes

hashes:  ## write layers/shared/hashes.txt, after a pin of the layer has changed
	@$(PYTHON) requirements/hashes.py $(LAYER)

# The command line: `python -m crosswalk` with layers/shared on PYTHONPATH. JSON becomes XML, anything else JSON.
FILE_NAME = $(lastword $(shell printf %s $(call quote,FILE) | tr A-Z a-z))
IS_LINES = $(filter %.jsonl %.jsonl.gz %.ndjson %.ndjson.gz,$(FILE_NAME))
IS_JSON = $(or $(IS_LINES),$(filter %.json %.json.gz %.geojson %.geojson.gz,$(FILE_NAME)))

.PHONY: convert

convert: $(VENV)/.local  ## convert a file of any size (FILE=big.json OUT=big.xml ARGS="--mapping natural")
	@test -n $(call quote,FILE) || { echo 'make convert FILE=big.json OUT=big.xml ARGS="--mapping natural"'; exit 1; }
	@$(BIN)/python -m crosswalk $(if $(IS_JSON),to-xml,to-json) $(if $(IS_LINES),--mapping natural --lines) --output=$(if $(value OUT),$(call quote,OUT),-) $(ARGS) -- $(call quote,FILE)

# axe-core, for the tests of the page, and documents to measure. Where npm is missing, what needs them says so.
.npm/.installed: requirements/npm.txt
.npm-bench/.installed: requirements/npm-bench.txt
.npm/.installed .npm-bench/.installed:
	@if command -v npm >/dev/null; then \
		echo "Installing into $(@D) ..." && \
		npm install --loglevel=error --no-audit --no-fund --no-package-lock --ignore-scripts --prefix $(@D) $$(cat $<) && touch $@; \
	else \
		echo "There is no npm: apt-get install npm"; [ "$$CI" != true ]; \
	fi

# The users' database: the one of `make start`, or the server that POSTGRES_DB_* name.
COUNT ?= 500000

.PHONY: seed-users psql walk-users

seed-users: $(VENV)/.local  ## fill the users table (COUNT=500000)
	@$(BIN)/python -m local.seed_users $(COUNT)

psql: $(VENV)/.local  ## open psql on the users' database
	@exec $(BIN)/python -m local.psql

walk-users: $(VENV)/.dev  ## walk through COUNT users while others are inserted; what pages cost
	@$(BIN)/python -m tests.load.walk_users $(COUNT)

# The clients and the plain service have an environment of their own. WRITE=1 puts the figures and pictures into docs/.
.PHONY: load-test

load-test: $(VENV)/.dev .venv-load/.installed  ## 50 clients at random offsets, here and from a plain service; rising load
	@USERS_COUNT=$(COUNT) $(BIN)/python -m tests.load.load_test dist/load-test.json
	@$(BIN)/python -m benchmarks.load dist/load-test.json

.venv-load/.installed: requirements/load.txt $(LAYER)
	$(INSTALL)

# AWS. The SAM CLI pins its dependencies tightly, so it lives in an environment of its own.
# The AWS CLI reads AWS_REGION, but boto3 and SAM read AWS_DEFAULT_REGION alone.
ifdef AWS_REGION
export AWS_DEFAULT_REGION := $(AWS_REGION)
endif

SAM := env SAM_CLI_TELEMETRY=0 $(SAM_VENV)/bin/sam
ARCHITECTURE ?= x86_64
ENVIRONMENT ?= dev

.PHONY: build sam-check sam-local sam-invoke bootstrap deploy prepare release convert-bucket destroy sbom

build: sam-check  ## build the functions and the layer for Lambda (ARCHITECTURE=arm64, PYTHON313=...)
	@find functions -name __pycache__ -type d -prune -exec rm -rf {} +
	@ARCHITECTURE=$(ARCHITECTURE) PYTHON=$(call quote,CURDIR)/$(SAM_VENV)/bin/python $(SAM) build --parameter-overrides Architecture=$(ARCHITECTURE)

sam-check: $(SAM_VENV)/.installed  ## validate the template as SAM sees it
	@AWS_DEFAULT_REGION=eu-central-1 $(SAM) validate --lint

# Without --warm-containers it starts a container for each request.
sam-local: build $(VENV)/.local  ## run the service in Lambda's own containers; needs Docker (SAM_ARGS=--skip-pull-image)
	@$(BIN)/python -m local.containers $(SAM) local start-api --warm-containers LAZY \
		--host $(HOST) --port $(PORT) --parameter-overrides Architecture=$(ARCHITECTURE) $(SAM_ARGS)

# All but request_migration, which would answer CloudFormation.
sam-invoke: build $(VENV)/.local  ## call each function with its sample event in Lambda's own containers
	@for name in $(filter-out request_migration,$(basename $(notdir $(wildcard events/*.json)))); do \
		id=$$(echo $$name | awk -F_ '{ for (i = 1; i <= NF; i++) printf "%s%s", toupper(substr($$i, 1, 1)), substr($$i, 2) }')Function; \
		echo "== $$id" && $(BIN)/python -m local.containers $(SAM) local invoke $$id --event events/$$name.json \
			--parameter-overrides Architecture=$(ARCHITECTURE) $(SAM_ARGS) && echo || exit 1; \
	done

# What is not given stays as it was.
given = $(if $(filter command,$(origin $(2))),$(1)=$(call quote,$(2)))

bootstrap: $(VENV)/.dev  ## prepare an AWS account, once (REPOSITORY=owner/name, EMAIL=..., BUDGET=100, FLEET_BUCKETS=arn,arn/*)
	@$(BIN)/python -m deploy.bootstrap $(call given,Repository,REPOSITORY) $(call given,Email,EMAIL) \
		$(call given,Budget,BUDGET) $(call given,FleetBuckets,FLEET_BUCKETS)

# In two halves: the first needs no credentials, and after it nothing is installed any more. GitHub runs them apart.
# Not as two prerequisites: under -j or -k the second would not wait for the first, or not mind that it failed.
deploy: prepare  ## deploy to AWS, publish the page, see that it answers (ENVIRONMENT=dev, ALLOW_NO_BYTECODE=1)
	@$(MAKE) --no-print-directory release

# An unknown environment is told at once.
prepare: $(VENV)/.dev $(SAM_VENV)/.installed  ## the first half of a deploy: check the source, build
	@$(BIN)/python -m deploy architecture $(ENVIRONMENT) >/dev/null
	@echo "== Check the source" && $(MAKE) --no-print-directory check
	@echo "== Build" && PYTHON313=$$($(BIN)/python -m deploy python $(ENVIRONMENT)) && export PYTHON313 && \
		$(MAKE) --no-print-directory build ARCHITECTURE=$$($(BIN)/python -m deploy architecture $(ENVIRONMENT))

# By way of variables: the shell would not notice that a command within another one has failed.
SAM_DEPLOY = bucket=$$($(BIN)/python -m deploy bucket $(ENVIRONMENT)) && \
	parameters=$$($(BIN)/python -m deploy parameters $(ENVIRONMENT)) && \
	$(SAM) deploy --config-env $(ENVIRONMENT) --s3-bucket "$$bucket" --parameter-overrides "$$parameters" $(SAM_ARGS)

release:  ## the second half: everything that touches the account (ENVIRONMENT=dev)
	@echo "== Check the account" && $(BIN)/python -m deploy check $(ENVIRONMENT)
	@echo "== Deploy" && $(SAM_DEPLOY)
	@$(BIN)/python -m deploy protected $(ENVIRONMENT) || { test $$? = 3 && echo "== Protect the database" && $(SAM_DEPLOY); }
	@echo "== Settle" && $(BIN)/python -m deploy settle $(ENVIRONMENT)
	@echo "== Publish the page" && $(BIN)/python -m deploy publish $(ENVIRONMENT)
	@echo "== Smoke test" && $(BIN)/python -m deploy smoke $(ENVIRONMENT)

# A fleet: the parameters in capitals are options of the route that converts the same way.
OPTIONS = $(foreach name,MAPPING LINES RECORD ROOT ITEM INDENT ATTRIBUTE_PREFIX TEXT_KEY FORCE_LIST STRIP_WHITESPACE NAMESPACES TYPES ESCAPE DUPLICATES AT_ONCE TOLERATED,$(if $(filter command,$(origin $(name))),$(shell echo $(name) | tr A-Z a-z)=$(call quote,$(name))))

# Else make's own, which is the assembler.
AS =

convert-bucket: $(VENV)/.dev  ## convert a bucket: FROM=s3://... TO=s3://... AS=json MAPPING=natural LINES=true AT_ONCE=10, or RUN=arn
	@test -n $(call quote,RUN) -o -n $(call quote,FROM) -a -n $(call quote,TO) -a -n $(call quote,AS) || { echo "make convert-bucket FROM=s3://bucket/folder/ TO=s3://bucket/folder/ AS=json"; exit 1; }
	@$(BIN)/python -m deploy.convert_bucket $(ENVIRONMENT) $(if $(value RUN),$(call quote,RUN),$(call quote,FROM) $(call quote,TO) $(call quote,AS) $(OPTIONS))

destroy: $(VENV)/.dev  ## take it down again, after asking (ENVIRONMENT=dev)
	@$(BIN)/python -m deploy destroy $(ENVIRONMENT)

sbom: .venv-sbom/.installed  ## write dist/layer.cdx.json: what the layer is made of (CycloneDX)
	@mkdir -p dist
	@.venv-sbom/bin/cyclonedx-py requirements layers/shared/requirements.txt --output-reproducible -o dist/layer.cdx.json

.venv-sbom/.installed: requirements/sbom.txt
	$(INSTALL)

$(SAM_VENV)/.installed: requirements/sam.txt
	$(INSTALL)

# checkov takes its time, so only a changed template is looked at again.
$(POLICY_VENV)/.passed: requirements/policy.txt template.yaml bootstrap.yaml .checkov.yaml | $(POLICY_VENV)/.installed
	@$(POLICY_VENV)/bin/checkov --config-file .checkov.yaml
	@touch $@

$(POLICY_VENV)/.installed: requirements/policy.txt
	$(INSTALL)

# The contract, as the functions' routers describe it.
.PHONY: openapi

openapi: $(VENV)/.dev  ## write site/openapi.json and site/api.html; a test fails when they are stale
	@$(BIN)/python -m deploy.openapi

# The page in docs/ and in the README.
.PHONY: screenshots

screenshots: $(VENV)/.dev  ## take the pictures of the page in docs/ anew; needs Chromium
	@$(BIN)/python -m tests.browser.screenshots

# What is measured. WRITE=1 puts the figures and pictures into docs/. The peers have an environment of their own.
BENCH := .venv-bench/bin/python -m benchmarks

.PHONY: bench-converters bench-corpora bench-growth bench-memory bench-streams bench-warm bench-cold

bench-converters: .venv-bench/.installed  ## speed beside the plain way and the peers (SIZES="1000 100000", OLD=../old/layers/shared)
	@$(BENCH).converters $(SIZES) $(if $(OLD),--old $(OLD)) $(if $(ONLY),--only $(ONLY))

bench-corpora: .venv-bench/.installed .npm-bench/.installed  ## the same on JSON that parsers are measured with; needs npm
	@$(BENCH).corpora

bench-streams: .venv-bench/.installed  ## speed and memory of documents of any size (SIZES="1 10 100 1000", in MB)
	@$(BENCH).streams $(SIZES)

bench-memory: .venv-bench/.installed  ## memory of hostile documents of 4 MiB, in every mapping
	@$(BENCH).memory

bench-growth: .venv-bench/.installed  ## how time grows with hostile documents, in every mapping
	@$(BENCH).growth

bench-warm: $(VENV)/.dev  ## a warm request in its handler, beside the work alone and bare FastAPI
	@$(BIN)/python -m benchmarks.warm

bench-cold: $(VENV)/.dev  ## a cold start of each function, from the built layer in the runtime's Python (PYTHON313=...)
	@$(BIN)/python -m benchmarks.cold

.venv-bench/.installed: requirements/bench.txt
	$(INSTALL)

# What attacks the service and the converter has an environment of its own, since it brings much.
SECONDS ?= 60
MINUTES ?= 60

.PHONY: attack soak audit

attack: $(VENV)/.dev .venv-attack/.installed  ## attack service and converter, report in a table (SECONDS=60 for each endless part)
	@$(BIN)/python -m tests.attack $(SECONDS) $(PARTS)

soak: $(VENV)/.dev  ## mixed traffic, a fault every few seconds, then an audit, in a table (MINUTES=60)
	@$(BIN)/python -m tests.soak $(MINUTES)

# Needs the internet, which knows what has been found in these versions since.
audit: .venv-audit/.installed .npm/.installed  ## ask for known vulnerabilities of everything that is pinned and runs
	@.venv-audit/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes -r layers/shared/hashes.txt
	@.venv-audit/bin/pip-audit --strict --progress-spinner off --disable-pip --no-deps \
		$(foreach file,$(wildcard requirements/*.txt),$(if $(filter %/npm.txt %/npm-bench.txt,$(file)),,-r $(file)))
	@npm audit --prefix .npm --no-package-lock

.venv-audit/.installed: requirements/audit.txt
	$(INSTALL)

.venv-attack/.installed: requirements/attack.txt $(LAYER)
	$(INSTALL)
