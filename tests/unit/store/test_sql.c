/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit.h"

static char texts[SQL_STATEMENT_SLOTS + 1][8];

/* Gives every slot a statement of its own. */
static void slots_fill(const char *slots[SQL_STATEMENT_SLOTS])
{
    for (size_t i = 0; i < SQL_STATEMENT_SLOTS; i++) {
        size_t slot = sql_statement_slot(slots, texts[i]);
        assert_null(slots[slot]);
        slots[slot] = texts[i];
    }
}

static void each_statement_keeps_its_slot(void **state)
{
    (void)state;
    const char *slots[SQL_STATEMENT_SLOTS] = {NULL};
    slots_fill(slots);
    for (size_t i = 0; i < SQL_STATEMENT_SLOTS; i++)
        assert_ptr_equal(slots[sql_statement_slot(slots, texts[i])], texts[i]);
}

static void one_statement_too_many_ends_the_program(void **state)
{
    (void)state;
    const char *slots[SQL_STATEMENT_SLOTS] = {NULL};
    int how;
    slots_fill(slots);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* cmocka would go on */
        close(STDERR_FILENO);
        alarm(10);
        sql_statement_slot(slots, texts[SQL_STATEMENT_SLOTS]);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(WTERMSIG(how), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_statement_keeps_its_slot),
        cmocka_unit_test(one_statement_too_many_ends_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
