# One target for each habit; `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# A sixteenth smaller: Debian 12's C library and later ones know relative relocations in their packed form.
PACKED := -Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs
# Nobody loads the program as a library: a twelfth is names that it would export.
UNEXPORTED := -Xlinker --no-export-dynamic
# Each function is a section, so that those of packages that nothing calls stay out: a thirtieth.
SECTIONED := -Xswiftc -Xfrontend -Xswiftc -function-sections
# Exclusivity is checked at run time in debug builds, which is what the tests run.
RELEASE_FLAGS := -c release -Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked \
  --static-swift-stdlib --product vesigate $(PACKED) $(UNEXPORTED) $(SECTIONED)
RELEASE := .build/release/vesigate
# All tests at once would starve each other on two cores, and each has a minute.
SWIFT_TEST := swift test --skip-build --disable-xctest
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH := 8
# Suites whose names end so: `Slow` take minutes (deadlines, floods, hundreds of signals), `Alone` measure memory
# or time, which says something only while nothing else runs. Neither runs beside other tests.
SLOW := "Slow/"
ALONE := "Alone/"
LINTED := Sources Tests Package.swift

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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
	@$(SWIFT_TEST) --skip $(SLOW) --skip $(ALONE)

.PHONY: build-tests
build-tests:
	@scripts/install-needs build
	@swift build --build-tests --explicit-target-dependency-import-check error

.PHONY: test-unit
test-unit: build-tests ## the tests that start no program
	@$(SWIFT_TEST) --skip $(ALONE) \
	  --skip "^(AppServer|EndToEnd|RotationEndToEnd|Durable|Command|Diagnosis|Reload|Hostile|Readme|Operators|Tidy)Tests\."

.PHONY: test-end-to-end
test-end-to-end: build-tests ## the tests that start the built vesigate
	@$(SWIFT_TEST) --filter "^(EndToEnd|Durable|Command|Reload)Tests\." --skip $(ALONE)

.PHONY: test-rotation
test-rotation: build-tests ## rotations under load and under kill -9, the long form, with their counts
	@TEST_ROTATION_ROTATIONS=$(or $(ROTATIONS),100) TEST_ROTATION_KILLS=$(or $(KILLS),200) \
	  $(SWIFT_TEST) --no-parallel --filter RotationEndToEndTests

.PHONY: test-durable
test-durable: build-tests ## durable delivery: the store, kills, a full disk, power cuts, apps that come and go
	@scripts/install-needs test
	@$(SWIFT_TEST) --filter "^(Queue|Durable)Tests\." --skip $(ALONE)

# What each of the cases is made of; `make test` has a short form of every one.
DURABLE_LONG = TEST_DURABLE_KILLS=$(or $(KILLS),200) TEST_DURABLE_DELIVERIES=$(or $(DELIVERIES),20000) \
  TEST_DURABLE_TRACED=$(or $(TRACED),1000) TEST_DURABLE_FAULTS=$(or $(FAULTS),50) \
  TEST_DURABLE_STALL_SECONDS=$(or $(STALL),20) TEST_DURABLE_QUEUED=$(or $(QUEUED),10000) \
  TEST_DURABLE_QUARANTINED=$(or $(QUARANTINED),500)

.PHONY: test-durable-long
test-durable-long: build-tests ## the same for half an hour, with its counts (KILLS=, DELIVERIES=, FAULTS=, QUEUED=)
	@scripts/install-needs test
	@$(DURABLE_LONG) $(SWIFT_TEST) --no-parallel --filter "^DurableTests\.(Load|PowerCut|Outage|QuarantineEndToEnd)Tests/"

.PHONY: test-operators
test-operators: build-tests ## logs, metrics, status, findings about refusals: with Debian's Prometheus, and what a scrape costs
	@scripts/install-needs test
	@TEST_OPERATORS=1 $(SWIFT_TEST) --filter "^(Operators|Diagnosis)Tests\." --skip $(ALONE)
	@$(SWIFT_TEST) --no-parallel --filter "^OperatorsTests\..*"$(ALONE)

.PHONY: test-hostile
test-hostile: build-tests ## hostile input and faults, all of it, printed as a table
	@scripts/test-hostile $(SWIFT_TEST)

.PHONY: test-apps
test-apps: build-tests ## apps on gunicorn, uvicorn, Node, nginx and php-fpm, php -S, Puma, Go and Apache, and those of docs/apps.md, as tables
	@scripts/install-needs apps
	@scripts/test-apps $(SWIFT_TEST)

.PHONY: test-slow
test-slow: build-tests ## the tests that take minutes: deadlines, floods, hundreds of signals
	@scripts/install-needs apps
	@$(SWIFT_TEST) --no-parallel --filter $(SLOW)

.PHONY: test-alone
test-alone: build-tests ## what measures memory or time, one test after the other: for a machine that does little else
	@$(SWIFT_TEST) --no-parallel --filter $(ALONE)

.PHONY: test-readme
test-readme: build-tests ## what README.md and etc/ promise, with real nginx and haproxy
	@$(SWIFT_TEST) --filter "^ReadmeTests\."

.PHONY: test-tidy
test-tidy: build-tests ## who may import whom, and the other rules no compiler knows
	@$(SWIFT_TEST) --filter "^TidyTests\."

.PHONY: mutants
mutants: ## plant known bugs one at a time: do the tests notice? [PATCHES=DIR]
	@scripts/install-needs test
	@scripts/mutants $(or $(PATCHES),Tests/Mutants)

.PHONY: fuzz
fuzz: ## each fuzz target for SECONDS=60, two at a time; `make fuzz-merge` then keeps what they found
	@scripts/install-needs build
	@scripts/fuzz run $(or $(SECONDS),60) $(TARGETS)

.PHONY: test-fuzz
test-fuzz: ## one minute of each fuzz target (SECONDS=20: shorter)
	@$(MAKE) --no-print-directory fuzz SECONDS=$(or $(SECONDS),60)

.PHONY: fuzz-merge
fuzz-merge: ## what earlier runs found into the committed corpus, the smallest set that covers it
	@scripts/fuzz merge $(TARGETS)

.PHONY: test-asan
test-asan: ## the whole suite under AddressSanitizer, and the programs that it starts
	@scripts/install-needs test
	@scripts/test-sanitized address '$(FILTER)'

.PHONY: test-tsan
test-tsan: ## the whole suite under ThreadSanitizer, and the programs that it starts
	@scripts/install-needs test
	@scripts/test-sanitized thread '$(FILTER)'

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

.PHONY: deb
deb: ## the Debian package, below dist/ (VERSION=9.9.9: numbered so, of the same program)
	@scripts/install-needs deb
	@$(MAKE) --no-print-directory release
	@packaging/make-deb $(RELEASE) $(VERSION)

.PHONY: test-deb
test-deb: deb ## lintian, size, dependencies, exposure, manual pages, completions of the package
	@scripts/install-needs test-deb
	@packaging/test-deb "$$(ls -t dist/*.deb | sed -n 1p)"

.PHONY: test-systemd
test-systemd: ## the package on a Debian 12 that boots systemd, in a container (root; SCENARIOS="reload socket")
	@scripts/test-systemd $(SCENARIOS)

.PHONY: test-first-day
test-first-day: ## README.md followed word by word on a Debian 12 that boots systemd, in a container (root)
	@scripts/test-first-day

.PHONY: image
image: ## an OCI image of Debian packages and vesigate, without a registry: dist/vesigate-image.tar (root)
	@scripts/make-image

.PHONY: test-image
test-image: image ## the image under crun: unprivileged, read-only, without a shell (root)
	@scripts/test-image

.PHONY: test-debian13
test-debian13: release build-tests ## the program as it was built here under its tests on a Debian 13 (root; FILTER=PATTERN)
	@scripts/test-debian13 $(RELEASE) '$(FILTER)'

# BINARY=FILE measures a vesigate that was built elsewhere.
MEASURED = $(or $(BINARY),$(RELEASE))
NEEDS_RELEASE = $(if $(BINARY),,release)

.PHONY: test-inspector
test-inspector: $(NEEDS_RELEASE) ## the inspector's pages in Debian's Chromium: clicks, keys, screen readers, attacks (DOCS=1: new pictures)
	@scripts/test-inspector --self-test
	@scripts/test-inspector $(if $(DOCS),--docs) $(MEASURED)

.PHONY: bench
bench: $(NEEDS_RELEASE) ## vesigate beside its peers, doing the same work (QUICK=1, PARTS="cells memory")
	@scripts/install-needs peers
	@QUICK='$(QUICK)' PARTS='$(PARTS)' bench/compare $(MEASURED)

.PHONY: profile
profile: $(NEEDS_RELEASE) ## where a delivery's time goes, by perf and callgrind (BYTES=, CONNECTIONS=, ONLY=perf)
	@scripts/install-needs bench
	@BYTES='$(BYTES)' CONNECTIONS='$(CONNECTIONS)' ONLY='$(ONLY)' bench/profile $(MEASURED)

.PHONY: bench-growth
bench-growth: $(NEEDS_RELEASE) ## how the cost grows with connections, bodies, routes, live secrets, cores (QUICK=1)
	@scripts/install-needs bench
	@QUICK='$(QUICK)' bench/growth $(MEASURED)

.PHONY: bench-fields
bench-fields: $(NEEDS_RELEASE) build-tests ## what a byte of each field that is read costs, beside one that is not
	@TEST_BINARY=$(abspath $(MEASURED)) FIELD_COSTS=1 $(SWIFT_TEST) --no-parallel --filter FieldCostHostileTests \
	  | awk -F '\t' '/^field-cost/ { printf "| %s | %d | %.1f | %.1f |\n", $$2, $$3, $$4, $$5 }'

.PHONY: bench-reload
bench-reload: $(NEEDS_RELEASE) ## latency at a fixed rate during SIGHUPs and during a rotation (QUICK=1)
	@scripts/install-needs bench
	@QUICK='$(QUICK)' bench/reload $(MEASURED)

.PHONY: bench-load
bench-load: $(NEEDS_RELEASE) ## wrk and h2load with signed bodies: nothing lost, nothing twice
	@scripts/install-needs bench
	@bench/load $(MEASURED)

.PHONY: bench-memory
bench-memory: $(NEEDS_RELEASE) ## resident memory after 20,000 and after 200,000 deliveries
	@scripts/install-needs bench
	@bench/memory $(MEASURED)

.PHONY: bench-durable
bench-durable: $(NEEDS_RELEASE) ## durable routes beside floors, with their bars (QUICK=1, SECONDS=3, ROUNDS=3, PARTS=, CHECK=1)
	@scripts/install-needs bench
	@QUICK='$(QUICK)' SECONDS='$(SECONDS)' ROUNDS='$(ROUNDS)' ROWS='$(ROWS)' QUEUED='$(QUEUED)' PARTS='$(PARTS)' \
	  CHECK='$(CHECK)' bench/durable $(MEASURED)

.PHONY: bench-inspector
bench-inspector: $(NEEDS_RELEASE) ## the inspector's pages with a million stored deliveries, and beside load (QUICK=1, ROWS=, CHECK=1, KEEP=FOLDER)
	@scripts/install-needs bench
	@QUICK='$(QUICK)' ROWS='$(ROWS)' ROUNDS='$(ROUNDS)' SECONDS='$(SECONDS)' CHECK='$(CHECK)' KEEP='$(KEEP)' \
	  bench/inspector $(MEASURED)

.PHONY: bench-instructions
bench-instructions: $(NEEDS_RELEASE) ## user instructions for one delivery beside the last recorded (CHECK=1, RECORD="why")
	@scripts/install-needs bench
	@CHECK='$(CHECK)' RECORD='$(RECORD)' bench/instructions $(MEASURED)

.PHONY: soak
soak: release ## mixed traffic and faults for MINUTES=10, then the books are balanced
	@scripts/install-needs bench
	@bench/soak $(RELEASE) $(or $(MINUTES),10)

.PHONY: clean
clean: ## remove what was built
	@rm -rf .build dist
