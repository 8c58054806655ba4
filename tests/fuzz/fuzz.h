/* SPDX-License-Identifier: Apache-2.0
 *
 * Every target is one function: bytes in, a crash or a failed check out. It is linked with
 * libFuzzer (make fuzz), or with driver.c, which changes the files of the corpus a little and runs
 * with the unit tests.
 */
#ifndef ECS_TESTS_FUZZ_FUZZ_H
#define ECS_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A check that no build leaves out. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : abort())

#endif
