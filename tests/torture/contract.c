/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a suite of the store's contract one in which the n-th thing fails. The environment says
 * which, as FAILING=KIND:N, the kind being the number of an enum failing. Linked to a suite as it
 * is, by the linker's --wrap; what is counted begins with the first database that has its schema.
 * Only SQLite is used: it fails as we say, and PostgreSQL's own failures have suites of their own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "failing.h"
#include "store_fixture.h"

void __wrap_postgres_server_start(struct postgres_server *server);
void __wrap_postgres_server_end(struct postgres_server *server);
enum status __wrap_store_migrate(struct store *store, int *applied);
enum status __real_store_migrate(struct store *store, int *applied);
void __wrap_store_fixture_at_once(struct store_fixture *fixture, int count, store_worker *work,
                                  void *context);
void __real_store_fixture_at_once(struct store_fixture *fixture, int count, store_worker *work,
                                  void *context);

void __wrap_postgres_server_start(struct postgres_server *server)
{
    (void)server;
}

void __wrap_postgres_server_end(struct postgres_server *server)
{
    (void)server;
}

enum status __wrap_store_migrate(struct store *store, int *applied)
{
    failing_inside(false);
    enum status status = __real_store_migrate(store, applied);
    failing_store(store);
    failing_inside(true);
    return status;
}

/* A test fails by a jump, which a thread of its own must not do: nothing fails meanwhile. */
void __wrap_store_fixture_at_once(struct store_fixture *fixture, int count, store_worker *work,
                                  void *context)
{
    failing_inside(false);
    __real_store_fixture_at_once(fixture, count, work, context);
    failing_inside(true);
}

static void __attribute__((destructor)) tell(void)
{
    puts(failing_happened() ? "it happened" : "it did not happen");
}

static void __attribute__((constructor)) prepare(void)
{
    int kind, n;
    const char *text = getenv("FAILING");
    if (text == NULL || sscanf(text, "%d:%d", &kind, &n) != 2) {
        fputs("FAILING must be KIND:N\n", stderr);
        exit(2);
    }
    cmocka_set_test_filter("sqlite: *");
    failing_arm((enum failing)kind, n);
}
