# Two commands for people: `make demo` and `make test`. `make check` adds what contributors need.
# Needs only Python 3.11-3.13 with venv, git and make; everything else goes into .venv from the lock file.

VENV := .venv
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
STAMP := $(VENV)/.synced
BIN := $(VENV)/bin
DEMO ?= hyai-demo
# Where the surroundings tell Python to keep no bytecode, each of hundreds of short commands would compile anew all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test check docs pictures bench clean

demo: $(STAMP)
	@$(BIN)/hyai demo $(DEMO)

# Three at once also on two cores: tests of the app and of terminals wait more than they work.
# What failed is run once more, alone: a fault of the program fails again, and a test that does not is named, to be mended.
test: $(STAMP)
	@$(BIN)/python -m pytest -n 3 --dist loadgroup $(TESTS) || { test $$? -eq 1 || exit 1; \
	echo "make: once more, alone; what passes now hangs on the moment, which is a fault of its own"; \
	$(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

check: $(STAMP)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory docs

# The pages as a site, and `hyai(1)` as a manual page; a link that leads nowhere fails.
docs: $(STAMP)
	@$(BIN)/sphinx-build -W --keep-going -q -c docs -b html . docs/_build/html
	@$(BIN)/sphinx-build -W --keep-going -q -c docs -b man . docs/_build/man

# The pictures of README and docs, and the film of the tutorial, from today's program; docs/gallery/make.py says what that needs.
pictures: $(STAMP)
	@$(BIN)/python docs/gallery/make.py docs/images
	@$(BIN)/python -m benchmarks hands_on --film docs/film.cast

bench: $(STAMP)
	@$(BIN)/python -m benchmarks

$(STAMP): uv.lock pyproject.toml
	@command -v git >/dev/null 2>&1 || { echo "make: git is missing: install it first (Debian: apt-get install git)"; exit 1; }
	@test -n "$(PYTHON)" || { echo "make: Python 3.11, 3.12 or 3.13 is missing (Debian: apt-get install python3)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "make: Python's venv module is missing (Debian: apt-get install python3-venv)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || { echo "make: installing uv into $(VENV)"; $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; }
	@echo "make: installing what the lock file names into $(VENV) (about 2 GB the first time)"
	@UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv sync --frozen --quiet --inexact --python $(BIN)/python
	@touch $(STAMP)

clean:
	rm -rf $(VENV) dist docs/_build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
