# crawlblock: who may still crawl the web.  `make` lists the targets.

PYTHON ?= python3
VENV ?= .venv
CRAWLBLOCK = $(VENV)/bin/crawlblock

# What `make analyze` looks at.  With MIRROR it is the real archive, in a database of its own.
MIRROR ?=
PANEL ?=
CRAWLS ?= 6
CONTACT ?=
DB ?= $(if $(MIRROR),data/archive.duckdb,data/crawlblock.duckdb)
CENSUS ?=
RESULTS ?= $(basename $(DB))-results$(if $(CENSUS),/census)
CORPUS ?= ../shared/corpus
# On two cores: some tests wait for servers and processes.  A process that is done takes tests from
# another.
AT_ONCE = -n 3 --dist worksteal
# Python compiles what is imported and keeps it, also where the machine says that it should not:
# otherwise each command takes up to a second longer.  To compile all that is installed takes
# longer than to install it.
unexport PYTHONDONTWRITEBYTECODE
# uv installs the same packages as pip in a fifth of the time.  `make UV=` uses pip.
UV ?= $(shell command -v uv)
install = $(if $(UV),$(UV) pip install --quiet --python $(1)/bin/python,\
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile)
PINNED = --require-hashes -r
ITSELF = --no-deps --no-build-isolation -e .

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev analyze report cron dist docs notebooks setup-uv setup-site site screenshots test verify test-faults test-fuzz \
	setup-lowest setup-newest test-lowest test-newest check \
	benchmark constraints clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 18

setup: $(VENV)/.run  ## Install what running needs, pinned by version and hash
setup-dev: $(VENV)/.dev  ## Install what testing needs as well

$(VENV)/.run: constraints/run.txt pyproject.toml
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(call install,$(VENV)) $(PINNED) constraints/run.txt
	$(call install,$(VENV)) $(ITSELF)
	@touch $@

$(VENV)/.dev: constraints/dev.txt $(VENV)/.run
	$(call install,$(VENV)) $(PINNED) constraints/dev.txt
	@touch $@

ifeq ($(MIRROR),)
analyze: setup  ## Answer from the bundled facts, offline; or MIRROR=https://data.commoncrawl.org PANEL=domains.csv CONTACT=you@example.org CRAWLS=6
	$(if $(PANEL),$(error PANEL goes with MIRROR=https://data.commoncrawl.org; the demo has its own list))
	$(CRAWLBLOCK) demo --db $(DB) --results $(RESULTS)
else
analyze: setup
	$(if $(PANEL),,$(error say PANEL=a file of domains))
	$(CRAWLBLOCK) sample --db $(DB) --list $(PANEL)
	$(CRAWLBLOCK) history --db $(DB) --mirror $(MIRROR) --crawls $(CRAWLS) $(if $(CONTACT),--contact $(CONTACT))
	$(CRAWLBLOCK) analyze -o table --db $(DB) --results $(RESULTS)
endif

report: setup  ## Make the page and its figures again, without computing results
	$(CRAWLBLOCK) report --db $(DB) --results $(RESULTS)

cron: MIRROR = https://data.commoncrawl.org
cron: setup  ## Print the lines for cron or systemd: CONTACT=you@example.org [MIRROR= DB=]
	$(if $(CONTACT),,$(error say CONTACT=your e-mail address or web page))
	@$(CRAWLBLOCK) schedule --db $(DB) --results $(RESULTS) --contact $(CONTACT) --mirror $(MIRROR)

dist: setup-dev  ## Build the sdist and the wheel: dist/*
	$(VENV)/bin/python -m build --no-isolation --outdir dist .

docs: setup  ## Derive docs/reference.md from the code
	$(VENV)/bin/python scripts/derive_docs.py

notebooks: setup-dev  ## Execute the notebooks on what `make analyze` made: notebooks/*.ipynb, build/notebooks/*.html
	$(VENV)/bin/python scripts/run_notebooks.py --keep --db $(DB) --results $(RESULTS) --out build/notebooks notebooks/*.py

setup-site: $(VENV)-site/.done
$(VENV)-site/.done: constraints/site.txt
	test -x $(VENV)-site/bin/python || $(PYTHON) -m venv $(VENV)-site
	$(call install,$(VENV)-site) $(PINNED) constraints/site.txt
	@touch $@

setup-uv: $(VENV)-uv/.done
$(VENV)-uv/.done: constraints/uv.txt
	test -x $(VENV)-uv/bin/python || $(PYTHON) -m venv $(VENV)-uv
	$(call install,$(VENV)-uv) $(PINNED) constraints/uv.txt
	@touch $@

site: setup-dev setup-site  ## Build the documentation site, with the page of `make analyze` in it: build/site/index.html
	$(VENV)/bin/python scripts/build_site.py $(RESULTS) build/site-source
	$(VENV)-site/bin/zensical build --strict

screenshots: setup-dev  ## Take the pictures of the page that the documents show
	$(VENV)/bin/python scripts/take_screenshots.py $(RESULTS) docs

test: setup-dev  ## Run the tests
	$(VENV)/bin/python -m pytest $(AT_ONCE)

verify: setup-dev  ## Recompute the main results of DB from its facts, by other code, and compare them with RESULTS; CENSUS=1 of a census
	PYTHONPATH=tests $(VENV)/bin/python -m verify $(if $(CENSUS),--census) --db $(DB) --results $(RESULTS)

test-faults: setup-dev  ## Run and list what is done when something goes wrong
	CRAWLBLOCK_CROWD=200 CRAWLBLOCK_KILLS=50 $(VENV)/bin/python -m pytest -m fault

test-fuzz: setup-dev  ## Feed each reader 20,000 mutated inputs; more paths of each file to Google's parser
	POLARS_MAX_THREADS=1 CRAWLBLOCK_MUTATIONS=20000 CRAWLBLOCK_PATHS=20 \
		$(VENV)/bin/python -m pytest $(AT_ONCE) tests/fuzz tests/robots/test_google.py

# Each use of a library is run: commands (click, rich), questions and frames (duckdb, polars), the
# page (vl-convert), requests (aiohttp, aiohappyeyeballs), names (tldextract, idna), WARC files
# (warcio), intervals (numpy), other parsers (protego); every metric; the indexes of an archive by
# both ways; files that DuckDB writes, also by one thread, on a full disk, and stopped.  Left out is
# what uses them in the same ways: whole runs, the demo, imports, censuses, faults, what an export
# does with folders; and all with the marker own_code.
LOWEST_TESTS ?= tests/test_cli.py tests/test_completion.py tests/test_output.py tests/test_sql.py \
	tests/test_store.py tests/test_metrics.py tests/test_computed_results.py \
	tests/test_columns.py::test_columns_are_those_declared \
	tests/test_lists.py tests/test_files.py tests/test_history.py \
	$(addprefix tests/test_export.py::test_,csv_is_parquet reading empty_database stopped \
		full_disk same_bytes_by_any_threads) \
	tests/scan/test_shard.py tests/test_page.py tests/test_api.py \
	tests/test_transport.py tests/test_mirror.py tests/live/test_visit.py tests/live/test_tls.py \
	tests/live/test_source.py tests/live/test_addresses.py tests/live/test_locations.py \
	tests/test_hosts.py tests/test_host_list.py tests/warc/test_writer.py tests/warc/test_reader.py \
	tests/test_cluster_interval.py tests/test_intervals.py \
	tests/test_sampling.py tests/robots/test_second_opinion.py tests/robots/test_rulesets.py

# The Python of the system is often an older 3.11, with faults that later ones do not have.
LOWEST ?= $(shell /usr/bin/python3.11 -c "import ensurepip" 2> /dev/null && echo /usr/bin/python3.11 || echo $(PYTHON))

setup-lowest: $(VENV)-lowest/.done
$(VENV)-lowest/.done: constraints/lowest.txt pyproject.toml
	test -x $(VENV)-lowest/bin/python || $(LOWEST) -m venv $(VENV)-lowest
	$(call install,$(VENV)-lowest) $(PINNED) constraints/lowest.txt
	$(call install,$(VENV)-lowest) $(ITSELF)
	@touch $@

test-lowest: setup-lowest  ## Run what depends on the libraries with their lowest versions allowed: LOWEST=python3.11
	$(VENV)-lowest/bin/python -m pytest $(AT_ONCE) -m "not own_code" $(LOWEST_TESTS)

# What depends on Python itself: processes, signals, event loop (also that of a notebook), files,
# parsers, and the main job from the demo to an export.  Where there is no such Python, the targets
# say so and end well.
NEWEST ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3.13) python3.13)
HAS_NEWEST = $(shell $(NEWEST) -c "" 2> /dev/null && echo yes)
NEWEST_TESTS = tests/test_loops.py tests/test_other_systems.py tests/test_signals.py \
	tests/test_spreadsheets.py tests/test_shared_pace.py \
	$(addprefix tests/test_database_api.py::test_,in_a_notebook_cell an_interrupted_cell \
		while_another_process_writes live) \
	tests/robots/test_evaluate.py tests/warc/test_reader.py tests/scan/test_shard.py \
	tests/live/test_visit.py

ifeq ($(HAS_NEWEST),yes)
setup-newest: $(VENV)-newest/.done
$(VENV)-newest/.done: constraints/newest.txt pyproject.toml
	test -x $(VENV)-newest/bin/python || $(NEWEST) -m venv $(VENV)-newest
	$(call install,$(VENV)-newest) $(PINNED) constraints/newest.txt
	$(call install,$(VENV)-newest) $(ITSELF)
	@touch $@

test-newest: setup-newest  ## Run what depends on Python itself with the newest one: NEWEST=python3.13
	$(VENV)-newest/bin/python -m pytest $(AT_ONCE) $(NEWEST_TESTS)
else
setup-newest test-newest:
	@echo "$(NEWEST) is not here: nothing is tested with it"
endif

check: setup-dev  ## Style, types and the direction of imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

ONLY ?=
SMOKE ?=
SET ?=
benchmark: setup-dev  ## Measure speed, in one table; ONLY="judge start" chooses, SMOKE=1 is a small run
	$(VENV)/bin/python benchmarks/run.py $(ONLY) $(if $(SMOKE),--smoke) \
		$(patsubst %,--set %,corpus=$(CORPUS) $(SET))

PIN = uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	--no-annotate --python-version 3.11 pyproject.toml constraints/build.in
constraints:  ## Pin again: versions and hashes, no addresses (needs uv)
	$(PIN) -o constraints/run.txt
	$(PIN) -c constraints/run.txt --group dev -o constraints/dev.txt
	$(PIN) -c constraints/dev.txt --group newest -o constraints/newest.txt
	$(PIN) --resolution lowest-direct --group test -o constraints/lowest.txt
	$(subst pyproject.toml constraints/build.in,constraints/site.in,$(PIN)) -o constraints/site.txt
	echo uv | $(subst pyproject.toml constraints/build.in,-,$(PIN)) -o constraints/uv.txt

clean:  ## Remove what was built; data stays
	rm -rf build dist .venv .venv-uv .venv-lowest .venv-newest .venv-site .mypy_cache .ruff_cache .pytest_cache
