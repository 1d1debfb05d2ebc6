# One target for each habit; `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Exclusivity is checked at run time in debug builds, which is what the tests run.
RELEASE_FLAGS := -c release -Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked \
  --static-swift-stdlib --product vesigate
RELEASE := .build/release/vesigate
SWIFT_TEST := swift test --skip-build --disable-xctest
LINTED := Sources Tests Package.swift

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## the demo: an app, vesigate before it, a signed and a forged delivery (ONCE=1: then end)
	@scripts/install-needs run
	@$(MAKE) --no-print-directory release
	@scripts/demo $(if $(ONCE),--once) $(RELEASE)

.PHONY: test
test: ## everything that needs no root: unit, property, end to end, tidy, lint
	@scripts/install-needs test
	@$(MAKE) --no-print-directory lint test-built

.PHONY: test-built
test-built: build-tests
	@$(SWIFT_TEST)

.PHONY: build-tests
build-tests:
	@scripts/install-needs build
	@swift build --build-tests

.PHONY: test-unit
test-unit: build-tests ## the tests that start no program
	@$(SWIFT_TEST) --skip "^(EndToEnd|RotationEndToEnd|Command|Diagnosis|Reload|Readme|Tidy)Tests\."

.PHONY: test-end-to-end
test-end-to-end: build-tests ## the tests that start the built vesigate
	@$(SWIFT_TEST) --filter "^(EndToEnd|Command|Reload)Tests\."

.PHONY: test-rotation
test-rotation: build-tests ## rotations under load and under kill -9, the long form, with their counts
	@TEST_ROTATION_ROTATIONS=$(or $(ROTATIONS),100) TEST_ROTATION_KILLS=$(or $(KILLS),200) \
	  $(SWIFT_TEST) --no-parallel --filter RotationEndToEndTests

.PHONY: test-operators
test-operators: build-tests ## what operators see: findings about refused deliveries, captures
	@$(SWIFT_TEST) --filter "^DiagnosisTests\."

.PHONY: test-readme
test-readme: build-tests ## what README.md and etc/ promise, with real nginx and haproxy
	@$(SWIFT_TEST) --filter "^ReadmeTests\."

.PHONY: test-tidy
test-tidy: build-tests ## who may import whom, and the other rules no compiler knows
	@$(SWIFT_TEST) --filter "^TidyTests\."

.PHONY: lint
lint: ## the format of the sources
	@swift format lint --strict --recursive $(LINTED)

.PHONY: format
format: ## put the sources into that format
	@swift format --in-place --recursive $(LINTED)

.PHONY: build
build: ## a debug build
	@scripts/install-needs build
	@swift build

.PHONY: release
release: ## the release build: .build/release/vesigate
	@scripts/install-needs build
	@swift build $(RELEASE_FLAGS)

.PHONY: bench-load
bench-load: release ## wrk and h2load with signed bodies: nothing lost, nothing twice
	@scripts/install-needs bench
	@bench/load $(RELEASE)

.PHONY: bench-memory
bench-memory: release ## resident memory after 20,000 and after 200,000 deliveries
	@scripts/install-needs bench
	@bench/memory $(RELEASE)

.PHONY: bench-instructions
bench-instructions: release ## user instructions for one delivery of 1 KiB, by callgrind
	@scripts/install-needs bench
	@bench/instructions $(RELEASE)

.PHONY: clean
clean: ## remove what was built
	@rm -rf .build
