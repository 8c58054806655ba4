/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/user_json.h"

#include <stdio.h>

#include "../unit.h"

static struct credentials credentials;
static struct refusal refusal;

static enum status decode(const char *email, const char *password)
{
    char body[2048];
    snprintf(body, sizeof body, "{\"email\":%s,\"password\":%s}", email, password);
    return user_credentials_decode(slice_of(body), true, &credentials, &refusal);
}

static void credentials_are_read(void **state)
{
    (void)state;
    assert_int_equal(decode("\"Ada@Example.com\"", "\"12345678\""), STATUS_OK);
    assert_string_equal(credentials.email, "ada@example.com");
    assert_string_equal(credentials.password, "12345678");
}

/* A password is counted in characters, not in bytes. */
static void passwords_have_8_to_128_characters(void **state)
{
    (void)state;
    char password[2048] = "\"", *end = password + 1;
    assert_int_equal(decode("\"a@b.de\"", "\"1234567\""), STATUS_INVALID);
    assert_string_equal(refusal.errors.items[0].type, "string_too_short");
    assert_int_equal(decode("\"a@b.de\"", "\"\\u00e4\\u00f6\\u00fc4567\""), STATUS_INVALID);
    for (int i = 0; i < PASSWORD_MAX; i++)
        end += sprintf(end, "\xf0\x9f\x98\x80");
    strcpy(end, "\"");
    assert_int_equal(decode("\"a@b.de\"", password), STATUS_OK);
    strcpy(end, "x\"");
    assert_int_equal(decode("\"a@b.de\"", password), STATUS_INVALID);
    assert_string_equal(refusal.errors.items[0].loc, "body.password");
}

/* Whoever logs in may try any password: a short one is wrong, not malformed. */
static void a_login_takes_any_password(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"email\":\"a@b.de\",\"password\":\"\"}",
        "{\"email\":\"a@b.de\",\"password\":\"1234567\"}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        assert_int_equal(
            user_credentials_decode(slice_of(bodies[i]), false, &credentials, &refusal), STATUS_OK);
    assert_string_equal(credentials.password, "1234567");
    assert_int_equal(user_credentials_decode(slice_of("{\"email\":\"a@b.de\",\"password\":7}"),
                                             false, &credentials, &refusal),
                     STATUS_INVALID);
}

/* What came as a password is in no error: errors end in logs. */
static void errors_do_not_repeat_passwords(void **state)
{
    (void)state;
    assert_int_equal(decode("\"x\"", "\"hunter2\""), STATUS_INVALID);
    assert_int_equal(refusal.errors.count, 2);
    struct buf json;
    buf_init(&json, 4096);
    field_errors_write(&refusal.errors, &json);
    assert_null(strstr(json.data, "hunter2"));
    buf_free(&json);
    assert_int_equal(decode("\"a@b.de\"", "[\"hunter2\"]"), STATUS_INVALID);
    assert_null(strstr(refusal.errors.items[0].input, "hunter2"));
}

static void a_refresh_token_is_read(void **state)
{
    (void)state;
    char token[REFRESH_TOKEN_MAX + 1];
    assert_int_equal(user_refresh_decode(slice_of("{\"refresh_token\":\"abc\"}"), token, &refusal),
                     STATUS_OK);
    assert_string_equal(token, "abc");
    assert_int_equal(user_refresh_decode(slice_of("{\"refresh_token\":\"\"}"), token, &refusal),
                     STATUS_INVALID);
    assert_int_equal(user_refresh_decode(slice_of("{}"), token, &refusal), STATUS_INVALID);
    assert_int_equal(user_refresh_decode(slice_of("no"), token, &refusal), STATUS_MALFORMED);
}

static void answers(void **state)
{
    (void)state;
    struct user user = {.id = {{1}}, .email = "a@b.de", .password_hash = "secret hash"};
    struct buf json;
    buf_init(&json, 4096);
    user_profile_encode(&user, NULL, &json);
    assert_string_equal(json.data,
                        "{\"id\":\"01000000-0000-0000-0000-000000000000\",\"email\":\"a@b.de\","
                        "\"created_at\":\"1970-01-01T00:00:00.000000Z\","
                        "\"updated_at\":\"1970-01-01T00:00:00.000000Z\",\"credit_line\":null}");
    buf_clear(&json);
    user_session_encode("access", HOUR_US, "refresh", &json);
    assert_string_equal(json.data, "{\"access_token\":\"access\",\"token_type\":\"bearer\","
                                   "\"expires_in\":3600,\"refresh_token\":\"refresh\"}");
    buf_free(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_are_read),
        cmocka_unit_test(passwords_have_8_to_128_characters),
        cmocka_unit_test(a_login_takes_any_password),
        cmocka_unit_test(errors_do_not_repeat_passwords),
        cmocka_unit_test(a_refresh_token_is_read),
        cmocka_unit_test(answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
