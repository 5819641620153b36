# A thin front for CMake and CTest: `make` builds, `make check` tests everything, `make help` lists.
.DEFAULT_GOAL := build
SHELL := /bin/bash

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
SECONDS_EACH ?= 60
CHECK_DIR := build/check
CTEST := ctest --output-on-failure --no-tests=error -j $(JOBS)

.PHONY: FORCE help build demo check soak bench fuzz install clean deps deps-tests check-dir

help:
	@echo "make             build the library, the command, the examples: build/"
	@echo "make demo        install what is missing, build, show cssl at work"
	@echo "make check       install, build, run every test; ends with ctest's summary"
	@echo "make install     PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)"
	@echo "make bench       measure"
	@echo "make fuzz        each fuzz target for SECONDS_EACH=$(SECONDS_EACH) seconds"
	@echo "make soak        all tests in all builds, with every case and long fuzzing: hours"
	@echo "make clean       remove all builds"

build: build-release

deps:
	@tools/install-deps.sh

deps-tests:
	@tools/install-deps.sh --tests

# One configuration of CMakePresets.json each. CMake's words are shown only when it fails. TARGET
# is what to build of it: all, or check_programs, which is what `make check` runs there.
build-%: FORCE
	@log=$$(mktemp); trap 'rm -f $$log' EXIT; \
	cmake --preset $* -DCSSL_TIMEOUT_FACTOR=$(or $(TIMEOUT_FACTOR),1) > $$log 2>&1 || \
	    { cat $$log; exit 1; }
	@cmake --build --preset $* -j $(JOBS) --target $(or $(TARGET),all) -- --quiet

demo: deps
	@$(MAKE) --no-print-directory build
	@tools/demo.sh

# One ctest run over the four builds, so that there is one summary and one exit code.
check-dir:
	@mkdir -p $(CHECK_DIR)
	@printf 'subdirs("%s")\n' $(addprefix $(CURDIR)/,build build-asan build-tsan build-fuzz) \
	    > $(CHECK_DIR)/CTestTestfile.cmake

check: deps-tests
	@echo "== building: release"; $(MAKE) --no-print-directory build-release
	@for kind in asan tsan fuzz; do \
	    echo "== building: $$kind"; \
	    $(MAKE) --no-print-directory build-$$kind TARGET=check_programs || exit 1; \
	done
	@$(MAKE) --no-print-directory check-dir
	@echo "== testing"
	@$(CTEST) --test-dir $(CHECK_DIR) -L '^check$$'

soak: deps-tests
	@for kind in release asan tsan fuzz; do \
	    $(MAKE) --no-print-directory build-$$kind TIMEOUT_FACTOR=100 || exit 1; \
	done
	@$(MAKE) --no-print-directory check-dir
	@CSSL_SOAK=1 CSSL_FUZZ_SECONDS=$(or $(FUZZ_SECONDS),600) \
	    $(CTEST) --test-dir $(CHECK_DIR)

fuzz: deps-tests
	@$(MAKE) --no-print-directory build-fuzz TIMEOUT_FACTOR=100
	@CSSL_FUZZ_SECONDS=$(SECONDS_EACH) $(CTEST) --test-dir build-fuzz -L '^fuzz$$'

bench: deps build
	@if [ -x tools/bench.sh ]; then exec tools/bench.sh; fi; \
	for program in build/bench/bench_*; do \
	    [ -x "$$program" ] || { echo "there are no benchmarks"; exit 1; }; \
	    "$$program" || exit 1; \
	done

install: build
	@DESTDIR="$(DESTDIR)" cmake --install build --prefix "$(abspath $(PREFIX))"

clean:
	rm -rf build build-debug build-asan build-tsan build-fuzz
