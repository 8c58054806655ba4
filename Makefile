# SPDX-License-Identifier: Apache-2.0
.PHONY: build run docs model bench bench-scale bench-attack clean help test test-unit test-system \
	analyse fuzz torture format \
	format-check layers names release install deb

C_FILES = $(shell find src tests tools bench -name node_modules -prune -o -name '*.[ch]' -print 2>/dev/null)

## build: build/ecs, and all tests and measurements
build:
	@tools/setup.sh build
	@test -d build || meson setup build
	@ninja -C build

## run: serves 200 simulated people on 127.0.0.1:9999; FRESH=1 begins anew; ENGINES=real
run:
	@tools/setup.sh build $(if $(filter real,$(ENGINES)),engines)
	@test -d build || meson setup build
	@ninja -C build ecs
	@tools/run.sh

## test: everything, on engines that it starts itself; ends with N passed, N failed
test:
	@tools/setup.sh
	@tools/test.py

## test-unit: unit and contract tests alone
test-unit:
	@tools/test.py gcc unit

## test-system: HTTP, SQL and NATS against the built program
test-system:
	@tools/test.py gcc system

## analyse: the static analysers of gcc, clang and clang-tidy over src; ANALYSERS="gcc tidy"
analyse:
	@tools/setup.sh build tests
	@test -d build || meson setup build >/dev/null
	@ninja -C build --quiet ecs
	@tools/analyse.py $(or $(ANALYSERS),gcc clang tidy)

## torture: each allocation and each call of a port fails once, where make test takes every few
torture:
	@tools/setup.sh build tests
	@test -d build-asan || CC=gcc meson setup build-asan -Db_sanitize=address,undefined >/dev/null
	@ninja -C build-asan --quiet
	@TORTURE_ALL=1 meson test -C build-asan --no-rebuild --suite torture --timeout-multiplier 0 \
		--print-errorlogs

## fuzz: every fuzz target, guided by coverage, for FUZZ_SECONDS (15)
fuzz:
	@tools/setup.sh build tests
	@test -d build-fuzz || CC=clang-14 meson setup build-fuzz -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false >/dev/null
	@ninja -C build-fuzz
	@mkdir -p build-fuzz/failing && ls tests/fuzz/corpus | xargs -P "$$(nproc)" -I TARGET sh -c ' \
		mkdir -p build-fuzz/found/TARGET && \
		build-fuzz/tests/fuzz/fuzz_TARGET -max_total_time=$(or $(FUZZ_SECONDS),15) -max_len=4096 \
			-timeout=5 -print_final_stats=1 -artifact_prefix=build-fuzz/failing/TARGET- \
			build-fuzz/found/TARGET tests/fuzz/corpus/TARGET >build-fuzz/TARGET.log 2>&1 || \
			{ tail -40 build-fuzz/TARGET.log; exit 255; }; \
		echo "TARGET: $$(grep -o "executed_units: .*" build-fuzz/TARGET.log), no fault"'

## format: formats all C files
format:
	@clang-format-14 -i $(C_FILES)

## format-check: tells C files that are not formatted
format-check:
	@clang-format-14 --dry-run --Werror $(C_FILES)

## layers: tells includes that break the order of the rooms
layers:
	@tools/layers.py

## names: tells names in comments and pages that nothing has, and names that are given twice
names:
	@tools/names.py

## bench: measures ecs beside its bare limits; QUICK=1: a shorter, rougher one
bench:
	@tools/setup.sh build engines bench
	@test -d build || meson setup build >/dev/null
	@ninja -C build --quiet ecs bench/bare_http bench/bare_jetstream bench/bare_postgres \
		bench/bare_sqlite bench/model bench/scorer
	@bench/bench.py $(if $(QUICK),--quick)

## bench-scale: measures more workers and replicas, on engines of its own; BENCH="--workers 1,8"
bench-scale:
	@tools/setup.sh build engines
	@test -d build || meson setup build >/dev/null
	@ninja -C build --quiet ecs bench/scale
	@dir=$$(mktemp -d) && trap "tools/engines.sh erase $$dir" EXIT && trap : INT TERM && \
		tools/engines.sh start $$dir && . $$dir/env && LOG_LEVEL=error build/bench/scale $(BENCH)

## bench-attack: measures honest callers under all attacks at once; ATTACK="--seconds 60 --pin"
bench-attack:
	@tools/setup.sh build engines
	@test -d build || meson setup build >/dev/null
	@ninja -C build --quiet ecs
	@bench/attack.py $(ATTACK)

## docs: writes the pages that come from tables in the code
docs: build
	@for page in api configuration metrics streams features; do build/docs $$page >docs/$$page.md; done
	@build/docs openapi >deploy/nginx/openapi.json
	@tools/layers.py --write

## model: trains the built-in model anew, models/default/; docs/training.md tells what to do after
model: build
	@build/ecs train --from population --out models/default

PREFIX = /usr/local

## release: build-release/ecs, optimised
release:
	@tools/setup.sh build
	@test -d build-release || \
		meson setup build-release --buildtype=release -Dwerror=false >/dev/null
	@ninja -C build-release --quiet ecs

## install: a release, its policies, manual pages, completions and systemd unit, under $(DESTDIR)$(PREFIX)
install: release
	install -Dsm755 build-release/ecs $(DESTDIR)$(PREFIX)/bin/ecs
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/ecs/policy policy/*.json
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	tools/manual.py build-release/ecs $(DESTDIR)$(PREFIX)/share/man/man1
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	build-release/ecs completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ecs
	install -d $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	build-release/ecs completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/ecs.fish
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/bin/|$(PREFIX)/bin/|' deploy/systemd/ecs@.service \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/ecs@.service

## deb: build-release/ecs_VERSION_ARCHITECTURE.deb
deb: release
	@tools/deb.sh

## clean: removes what was built; data under var/ stay
clean:
	rm -rf build build-*

## help: this list
help:
	@sed -n 's/^## //p' Makefile
