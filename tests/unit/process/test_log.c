/* SPDX-License-Identifier: Apache-2.0 */
#include "process/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit.h"

static char path[] = "/tmp/ecs-test-log-XXXXXX";

static int to_file(void **state)
{
    (void)state;
    int file = mkstemp(path);
    if (file < 0 || dup2(file, STDERR_FILENO) < 0)
        return -1;
    close(file);
    return ftruncate(STDERR_FILENO, 0);
}

/* How many lines of the file hold `word`. */
static int lines_with(const char *word)
{
    char line[4096];
    int count = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, word) != NULL;
    fclose(file);
    return count;
}

static void a_cause_has_one_line(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        log_seldom(LOG_WARN, i % 2 == 0 ? "even" : "odd", "number refused",
                   LOG_INTEGER("number", i));
    assert_int_equal(lines_with("number refused"), 2);
    assert_int_equal(lines_with("\"number\":0,\"times\":1"), 1);
    assert_int_equal(lines_with("\"number\":1,\"times\":1"), 1);
}

static void causes_without_end_have_few_lines(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char cause[16];
        snprintf(cause, sizeof cause, "%d", i);
        log_seldom(LOG_WARN, cause, "cause refused", LOG_TEXT("cause", cause));
    }
    assert_in_range(lines_with("cause refused"), 1, LOG_CAUSES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cause_has_one_line),
        cmocka_unit_test(causes_without_end_have_few_lines),
    };
    int failed = cmocka_run_group_tests(tests, to_file, NULL);
    unlink(path);
    return failed;
}
