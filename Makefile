# What one can ask of the house. Everything lives in .venv; delete it and the next call makes it anew.

PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# Unset where a machine sets it: workers and the commands that tests start would compile every module again.
unexport PYTHONDONTWRITEBYTECODE
MAKEFLAGS += --no-print-directory

.PHONY: help run demo install test lint bench soak bench-pages screenshots lock dev system

help:  ## list these targets
	@sed -n 's/^\([a-z-]*\):.*  ## /\1|/p' $(MAKEFILE_LIST) | awk -F '|' '{ printf "make %-11s %s\n", $$1, $$2 }'

run: install  ## the whole service on this machine; HOST=... and PORT=... say where it listens
	@$(BIN)/newsletter run $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

demo: install  ## the same in time-lapse, with a development inbox to watch; PORT=... says where
	@$(BIN)/newsletter demo $(if $(PORT),--port $(PORT))

install: .venv/.installed  ## the set-up of `make run` alone: .venv and the hashed requirements
	@:

test: system lint  ## everything that must hold: lint, types, import contract, and all tests; ARGS=... goes to pytest
	@$(BIN)/python -m pytest $(ARGS)

lint: dev  ## what needs no running: ruff, mypy, the import contract, unused and undeclared dependencies
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry .

bench: dev  ## our sender beside smtp-source, nodemailer and smtplib, into docs/benchmarks.md; ARGS="--rounds 3" for less
	@.ci/system-packages postgresql postfix nodejs npm
	@$(BIN)/python -m tests.bench.field $(ARGS)

soak: dev  ## what takes minutes: senders killed fifty times, a campaign to a million; into docs/soak.md
	@.ci/system-packages postgresql postfix
	@$(BIN)/python -m tests.soak.soak $(ARGS)

bench-pages: dev  ## how long each page of the studio takes with 50,000 people; ARGS="--rounds 10" for less
	@$(BIN)/python -m tests.web.bench_pages $(ARGS)

screenshots: system dev  ## renew the pictures of README.md and docs/look.md
	@$(BIN)/python -m tests.pictures.take

# uv is needed here alone and leaves no trace; what it writes is installed by plain pip (docs/decisions/0001).
# The tools are locked on top of the service's own lock, so that both agree on every version they share.
lock: COMPILE = $$tools/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-header --no-annotate pyproject.toml requirements/build.in
lock: $(BIN)/pip  ## renew the hashed requirements
	@echo 'Looking for the newest versions ...'
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT \
	&& $(BIN)/python -m venv "$$tools" && "$$tools/bin/pip" install -q uv \
	&& $(COMPILE) -o requirements.txt \
	&& $(COMPILE) --extra dev -c requirements.txt -o requirements-dev.txt
	@echo 'requirements.txt and requirements-dev.txt are renewed; `make test` tells whether the house still stands.'

dev: .venv/.installed-dev

system:
	@.ci/system-packages postgresql chromium-headless-shell spamassassin opendkim postfix

# The stamps are touched last: a set-up that fails or is interrupted is done again.
# --require-hashes refuses `-e .`, so the requirements come first; they hold what the later steps build with
# (requirements/build.in). That way nothing is ever fetched without a hash.
.venv/.installed: requirements.txt pyproject.toml | $(BIN)/pip
	@echo 'Installing what the service needs into .venv (a minute or less, only when it has changed) ...'
	@$(BIN)/python -m pip install -q --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@echo 'Installing what the tests need into .venv (a minute or less, only when it has changed) ...'
	@$(BIN)/python -m pip install -q --require-hashes --no-build-isolation --use-pep517 -r requirements-dev.txt
	@touch $@

# pip is what venv puts there last. Debian ships venv without ensurepip, which it keeps in python3-venv.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo 'This needs Python 3.11 or newer: apt install python3 python3-venv, or name one: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	|| { echo 'Python cannot make a virtual environment here: apt install python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv
