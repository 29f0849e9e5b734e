# Fanji's front doors. A machine with git, make and Python >= 3.11 with venv needs nothing else.
PYTHON ?= python3
BIN := .venv/bin

# Modules are compiled once, as they are where Fanji is installed, whatever this shell says of it: every start is sooner.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test bench soak setup-run setup-dev setup-bench lock pages shots clean

demo: setup-run
	@$(BIN)/python -m fixtures.demo $(if $(ONCE),--once)

test: setup-dev
	@$(BIN)/python .ci/checks.py

bench: setup-bench
	@$(BIN)/python -m benchmarks $(AREA)

soak: setup-dev
	@$(BIN)/python -m tests.soak $(AREA)

pages: setup-dev
	@$(BIN)/python -m tests.house.drivers_page > docs/drivers.md
	@$(BIN)/python -m tests.house.ics_page > docs/ics.md
	@$(BIN)/python -m tests.house.cases_page > docs/return-case.md

shots: setup-dev
	@$(BIN)/python -m fixtures.demo.shots docs/pictures

setup-run:
	@$(PYTHON) .ci/setup.py run

setup-dev:
	@$(PYTHON) .ci/setup.py dev

setup-bench:
	@$(PYTHON) .ci/setup.py bench

# Renews the pins: uv.lock is the source, the hashed files serve pip.
lock: | $(BIN)/uv
	$(BIN)/uv lock --upgrade
	$(BIN)/uv export --quiet --locked --no-dev --no-emit-project --output-file requirements.txt
	$(BIN)/uv export --quiet --locked --no-emit-project --output-file requirements-dev.txt
	$(BIN)/uv export --quiet --locked --no-emit-project --group bench --output-file requirements-bench.txt

$(BIN)/uv:
	@$(PYTHON) .ci/setup.py run

clean:
	rm -rf .venv .demo dist build
