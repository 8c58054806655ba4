# SPDX-License-Identifier: Apache-2.0
.PHONY: test test-unit test-system format format-check layers

C_FILES = $(shell find src tests tools bench -name node_modules -prune -o -name '*.[ch]' -print 2>/dev/null)

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

## format: formats all C files
format:
	@clang-format-14 -i $(C_FILES)

## format-check: tells C files that are not formatted
format-check:
	@clang-format-14 --dry-run --Werror $(C_FILES)

## layers: tells includes that break the order of the rooms
layers:
	@tools/layers.py
