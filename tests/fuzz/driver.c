/* SPDX-License-Identifier: Apache-2.0
 *
 * files → each as it is, then MUTATIONS variants of it, always the same ones.
 */
#include <stdio.h>

#include "../unit/unit.h"
#include "fuzz.h"

enum { SIZE_MAX_READ = 64 * 1024, MUTATIONS = 5000, ROOM = 8 };

static char original[SIZE_MAX_READ];

int main(int count, char **paths)
{
    for (int i = 1; i < count; i++) {
        FILE *file = fopen(paths[i], "rb");
        if (file == NULL) {
            fprintf(stderr, "%s cannot be opened\n", paths[i]);
            return 1;
        }
        size_t size = fread(original, 1, sizeof original, file);
        fclose(file);
        LLVMFuzzerTestOneInput((const uint8_t *)original, size);
        for (int k = 0; k < MUTATIONS; k++) {
            /* On the heap and of its own size, so that a sanitizer sees a read beyond it. */
            char *mutated = malloc(size + ROOM);
            FUZZ_CHECK(mutated != NULL);
            size_t mutated_size = unit_mutate(original, size, mutated, size + ROOM);
            mutated = realloc(mutated, mutated_size + 1);
            FUZZ_CHECK(mutated != NULL);
            LLVMFuzzerTestOneInput((const uint8_t *)mutated, mutated_size);
            free(mutated);
        }
    }
    printf("%d files, %d mutations of each\n", count - 1, MUTATIONS);
    return count > 1 ? 0 : 1;
}
