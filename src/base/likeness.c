/* SPDX-License-Identifier: Apache-2.0 */
#include "base/likeness.h"

#include <string.h>

enum { WORD_MAX = 63 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Row i holds how many changes lead from the first i bytes of `word` to each beginning of `known`;
 * the two rows above are enough to fill the next. */
static int changes(const char *word, int word_size, const char *known, int known_size)
{
    int rows[3][WORD_MAX + 1];
    for (int k = 0; k <= known_size; k++)
        rows[0][k] = k;
    for (int i = 1; i <= word_size; i++) {
        int *row = rows[i % 3], *above = rows[(i - 1) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (int k = 1; k <= known_size; k++) {
            int replaced = above[k - 1] + (word[i - 1] != known[k - 1]);
            row[k] = least(replaced, 1 + least(above[k], row[k - 1]));
            if (i > 1 && k > 1 && word[i - 1] == known[k - 2] && word[i - 2] == known[k - 1])
                row[k] = least(row[k], 1 + second[k - 2]);
        }
    }
    return rows[word_size % 3][known_size];
}

bool likeness_is_close(const char *word, const char *known)
{
    size_t word_size = strlen(word), known_size = strlen(known);
    if (word_size > WORD_MAX || known_size > WORD_MAX)
        return false;
    int allowed = word_size < 6 ? 1 : (int)word_size / 3;
    return changes(word, (int)word_size, known, (int)known_size) <= allowed;
}
