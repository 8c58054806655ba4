/* SPDX-License-Identifier: Apache-2.0 */
#include "process/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit.h"

static char path[] = "/tmp/ecs-test-file-XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int file = mkstemp(path);
    if (file < 0)
        return -1;
    bool written = write(file, "ten\0bytes\n", 10) == 10;
    close(file);
    return written ? 0 : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static enum status read_up_to(size_t max, const char *name, struct buf *bytes)
{
    buf_init(bytes, max);
    return file_read(name, bytes);
}

static void every_byte_is_read(void **state)
{
    (void)state;
    struct buf bytes;
    assert_int_equal(read_up_to(64, path, &bytes), STATUS_OK);
    assert_int_equal(bytes.size, 10);
    assert_memory_equal(bytes.data, "ten\0bytes\n", 10);
    buf_free(&bytes);
}

static void the_maximum_is_kept(void **state)
{
    (void)state;
    struct buf bytes;
    assert_int_equal(read_up_to(9, path, &bytes), STATUS_TOO_LARGE);
    buf_free(&bytes);
    assert_int_equal(read_up_to(10, path, &bytes), STATUS_OK);
    buf_free(&bytes);
}

static void the_reason_is_told(void **state)
{
    (void)state;
    struct buf bytes;
    assert_int_equal(read_up_to(64, "/tmp/ecs-test-file-missing/x", &bytes), STATUS_UNAVAILABLE);
    assert_int_equal(errno, ENOENT);
    buf_free(&bytes);
    assert_int_equal(read_up_to(64, "/tmp", &bytes), STATUS_UNAVAILABLE);
    assert_int_equal(errno, EISDIR);
    buf_free(&bytes);
}

static void every_embedded_file_is_found_by_its_name(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++, count++)
        assert_ptr_equal(embedded_file_find(file->name), file);
    assert_true(count > 30);
}

static void another_name_finds_no_embedded_file(void **state)
{
    (void)state;
    assert_null(embedded_file_find(""));
    assert_null(embedded_file_find("policy"));
    assert_null(embedded_file_find("policy/"));
    assert_null(embedded_file_find("policy/seed.jsonn"));
    assert_null(embedded_file_find("policy/none.json"));
}

static void put_commands(const void *context, struct buf *out)
{
    buf_printf(out, "  %s\n", (const char *)context);
}

/* A mark on a line of its own takes its line end with it. */
static void an_embedded_page_is_filled_in(void **state)
{
    (void)state;
    static const struct embedded_part parts[] = {{"commands", .write = put_commands}, {0}};
    static const char head[] = "usage: ecs COMMAND [OPTIONS]\n";
    struct buf page;
    buf_init(&page, 4096);
    embedded_file_fill("text/help/ecs.txt", parts, "dance", &page);
    assert_int_equal(strncmp(page.data, head, sizeof head - 1), 0);
    assert_non_null(strstr(page.data, "\n\n  dance\n\n"));
    assert_null(strstr(page.data, "{{"));
    buf_free(&page);
}

static void a_part_may_be_a_text(void **state)
{
    (void)state;
    static const struct embedded_part parts[] = {
        {"title", .text = "A & B"}, {"subject", .text = ""}, {"rows", .text = "<tr></tr>\n"}, {0}};
    struct buf page;
    buf_init(&page, 4096);
    embedded_file_fill("text/backtest/segments.html", parts, NULL, &page);
    assert_non_null(strstr(page.data, "<h2>A & B</h2>\n"));
    assert_non_null(strstr(page.data, "<th></th>"));
    assert_non_null(strstr(page.data, "<tbody>\n<tr></tr>\n</tbody>\n"));
    buf_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_read),
        cmocka_unit_test(the_maximum_is_kept),
        cmocka_unit_test(the_reason_is_told),
        cmocka_unit_test(every_embedded_file_is_found_by_its_name),
        cmocka_unit_test(another_name_finds_no_embedded_file),
        cmocka_unit_test(an_embedded_page_is_filled_in),
        cmocka_unit_test(a_part_may_be_a_text),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
