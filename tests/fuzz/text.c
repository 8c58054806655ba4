/* SPDX-License-Identifier: Apache-2.0
 *
 * The same bytes as a time, as a UUID, as a decimal number, as addresses, as the URL of a cache, as
 * a trace and as text to be written as JSON.
 */
#include "fuzz.h"

#include <jansson.h>
#include <math.h>

#include "adapters/cache_redis_url.h"
#include "base/decimal.h"
#include "base/json_put.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/traceparent.h"
#include "base/uuid.h"
#include "http/head.h"

static void check_time(struct slice text)
{
    int64_t time_us, again_us;
    char formatted[TIME_TEXT_SIZE];
    if (time_parse(text.data, text.size, &time_us) != STATUS_OK)
        return;
    time_format(time_us, formatted);
    FUZZ_CHECK(time_parse(formatted, TIME_TEXT_SIZE - 1, &again_us) == STATUS_OK);
    FUZZ_CHECK(time_us == again_us);
}

static void check_uuid(struct slice text)
{
    struct uuid uuid, again;
    char formatted[UUID_TEXT_SIZE];
    if (uuid_parse(text.data, text.size, &uuid) != STATUS_OK)
        return;
    uuid_format(&uuid, formatted);
    FUZZ_CHECK(uuid_parse(formatted, UUID_TEXT_SIZE - 1, &again) == STATUS_OK);
    FUZZ_CHECK(uuid_equal(&uuid, &again));
}

static void check_decimal(const char *text)
{
    double value;
    int64_t scaled;
    if (decimal_parse(text, 100, &value, &scaled) != STATUS_OK)
        return;
    if (fabs(value) < 1e12)
        FUZZ_CHECK(fabs((double)scaled / 100 - value) <= 0.005 + fabs(value) * 1e-12);
}

/* Whatever a proxy writes, the client has an address, and that is written as it is read. */
static void check_forwarded(struct slice text)
{
    struct address_list everybody = {.count = 0};
    struct in6_addr again;
    char formatted[INET6_ADDRSTRLEN];
    FUZZ_CHECK(address_list_add(&everybody, slice_of("::/0")) == STATUS_OK);
    struct in6_addr client = headers_client(&everybody, in6addr_loopback, text);
    address_format(&client, formatted);
    FUZZ_CHECK(address_parse(slice_of(formatted), &again) == STATUS_OK);
    FUZZ_CHECK(memcmp(&client, &again, sizeof client) == 0);
}

static void check_redis(const char *text)
{
    static struct redis_url url;
    if (redis_url_parse(text, &url) != STATUS_OK)
        return;
    FUZZ_CHECK(url.host_count >= 1 && url.host_count <= REDIS_HOSTS_MAX && url.database >= 0);
    FUZZ_CHECK(url.host_count == 1 || url.master[0] != '\0');
    for (size_t i = 0; i < url.host_count; i++)
        FUZZ_CHECK(url.hosts[i].name[0] != '\0' && url.hosts[i].port > 0 &&
                   url.hosts[i].port <= UINT16_MAX);
}

/* The child of a trace is a trace, and the same one. */
static void check_trace(struct slice text)
{
    static const uint8_t random[SPAN_BYTES] = {1};
    char child[TRACEPARENT_LENGTH + 1];
    if (!traceparent_valid(text))
        return;
    traceparent_child(child, text.data, random);
    FUZZ_CHECK(traceparent_valid(slice_of(child)));
    FUZZ_CHECK(memcmp(child + TRACEPARENT_TRACE_AT, text.data + TRACEPARENT_TRACE_AT,
                      2 * (size_t)TRACE_BYTES) == 0);
}

static void check_json(struct slice text)
{
    struct buf json;
    buf_init(&json, text.size * 6 + 2);
    json_put_bytes(&json, NULL, text);
    FUZZ_CHECK(!json.overflowed);
    json_t *value = json_loadb(json.data, json.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    FUZZ_CHECK(json_is_string(value));
    if (text_is_utf8(text.data, text.size))
        FUZZ_CHECK(json_string_length(value) == text.size &&
                   memcmp(json_string_value(value), text.data, text.size) == 0);
    json_decref(value);
    buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    char *copy = calloc(1, size + 1);
    FUZZ_CHECK(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    check_time(text);
    check_uuid(text);
    check_decimal(copy);
    check_forwarded(text);
    check_redis(copy);
    check_trace(text);
    check_json(text);
    free(copy);
    return 0;
}
