/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens: what ECS signs it accepts; everything else, however it is signed, it refuses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jwt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/token.h"

#define NOW_US (1760000000LL * SECOND_US)
#define SUB "\"sub\":\"11111111-2222-4333-8444-555555555555\""
#define REST                                                                                       \
    "\"email\":\"a@b.example\",\"iss\":\"ecs\",\"aud\":\"ecs\","                                   \
    "\"jti\":\"99999999-2222-4333-8444-555555555555\""
#define TIMES "\"iat\":1759999990,\"exp\":1760003600"
#define GOOD "{" SUB "," REST "," TIMES "}"
#define HEAD "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

static const struct token_keys keys = {1, {"a-secret-of-more-than-thirty-two-bytes"}};
static const struct token_keys other = {1, {"another-secret-of-more-than-32-bytes!"}};
/* The other has come to sign, and the first one is still good. */
static const struct token_keys rotated = {
    2, {"another-secret-of-more-than-32-bytes!", "a-secret-of-more-than-thirty-two-bytes"}};

static void base64url(const void *data, size_t size, char *out, size_t max)
{
    sodium_bin2base64(out, max, data, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* Any header and claims, signed with HMAC-SHA-256 as the client likes. */
static const char *forge(const char *header, const char *claims, const char *secret)
{
    static char text[16384];
    crypto_auth_hmacsha256_state state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    base64url(header, strlen(header), text, sizeof text);
    strcat(text, ".");
    base64url(claims, strlen(claims), text + strlen(text), sizeof text - strlen(text));
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret, strlen(secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&state, mac);
    strcat(text, ".");
    base64url(mac, sizeof mac, text + strlen(text), sizeof text - strlen(text));
    return text;
}

static enum status verify(const char *text)
{
    struct principal principal;
    return token_verify(&keys, slice_of(text), NOW_US, &principal);
}

static struct principal sample(void)
{
    struct principal principal = {.token_expires_at_us = NOW_US + HOUR_US, .token_generation = 7};
    memset(principal.user_id.bytes, 0x42, sizeof principal.user_id.bytes);
    memset(principal.token_id.bytes, 0x17, sizeof principal.token_id.bytes);
    strcpy(principal.email, "somebody@example.org");
    return principal;
}

static void test_signed_is_accepted(void **state)
{
    (void)state;
    struct principal in = sample(), out;
    char text[TOKEN_MAX + 1];
    assert_int_equal(token_sign(&keys, &in, NOW_US, text), STATUS_OK);
    assert_int_equal(token_verify(&keys, slice_of(text), NOW_US, &out), STATUS_OK);
    assert_true(uuid_equal(&in.user_id, &out.user_id));
    assert_true(uuid_equal(&in.token_id, &out.token_id));
    assert_string_equal(in.email, out.email);
    assert_int_equal(out.token_expires_at_us, in.token_expires_at_us);
    assert_int_equal(out.token_generation, 7);
    assert_int_equal(token_verify(&other, slice_of(text), NOW_US, &out), STATUS_UNAUTHENTICATED);
}

static void test_keys_rotate(void **state)
{
    (void)state;
    struct principal in = sample(), out;
    char text[TOKEN_MAX + 1];
    assert_int_equal(token_sign(&keys, &in, NOW_US, text), STATUS_OK);
    assert_int_equal(token_verify(&rotated, slice_of(text), NOW_US, &out), STATUS_OK);
    assert_int_equal(token_sign(&rotated, &in, NOW_US, text), STATUS_OK);
    assert_int_equal(token_verify(&rotated, slice_of(text), NOW_US, &out), STATUS_OK);
    assert_int_equal(token_verify(&other, slice_of(text), NOW_US, &out), STATUS_OK);
    assert_int_equal(token_verify(&keys, slice_of(text), NOW_US, &out), STATUS_UNAUTHENTICATED);
}

static void test_forge_is_right(void **state)
{
    (void)state;
    assert_int_equal(verify(forge(HEAD, GOOD, keys.secrets[0])), STATUS_OK);
    assert_int_equal(verify(forge("{\"alg\":\"HS256\"}", GOOD, keys.secrets[0])), STATUS_OK);
    assert_int_equal(verify(forge(HEAD, GOOD, other.secrets[0])), STATUS_UNAUTHENTICATED);
    assert_int_equal(verify(forge(HEAD, GOOD, "")), STATUS_UNAUTHENTICATED);
}

static void test_headers_are_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"typ\":\"JWT\"}",
        "{\"alg\":\"None\"}",
        "{\"alg\":\"nOnE\"}",
        "{\"alg\":\"\"}",
        "{\"alg\":null}",
        "{\"alg\":256}",
        "{\"alg\":[\"HS256\"]}",
        "{\"alg\":\"hs256\"}",
        "{\"alg\":\"HS384\"}",
        "{\"alg\":\"HS512\"}",
        "{\"alg\":\"RS256\"}",
        "{\"alg\":\"ES256\"}",
        "{\"alg\":\"PS256\"}",
        "{\"typ\":\"JWT\"}",
        "{\"alg\":\"none\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"alg\":\"none\"}",
        "{\"alg\":\"HS256\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"HS256\",\"typ\":\"JWE\"}",
        "{\"alg\":\"HS256\",\"typ\":7}",
        "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
        "{\"alg\":\"HS256\",\"kid\":\"../../../../dev/null\"}",
        "{\"alg\":\"HS256\",\"kid\":\"x' UNION SELECT 'secret\"}",
        "{\"alg\":\"HS256\",\"kid\":\"http://127.0.0.1/key\"}",
        "{\"alg\":\"HS256\",\"jku\":\"http://127.0.0.1/keys.json\"}",
        "{\"alg\":\"HS256\",\"x5u\":\"http://127.0.0.1/cert\"}",
        "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}",
        "[]",
        "\"HS256\"",
        "{",
        "",
        "{\"alg\":\"HS256\"} ",
        "null",
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        bool blank = strcmp(headers[i], "{\"alg\":\"HS256\"} ") == 0;
        enum status status = verify(forge(headers[i], GOOD, keys.secrets[0]));
        if (status != (blank ? STATUS_OK : STATUS_UNAUTHENTICATED))
            fail_msg("header %s: %s", headers[i], status_name(status));
    }
}

static void test_claims_are_refused(void **state)
{
    (void)state;
    static const char *const claims[] = {
        "{}",
        "[]",
        "",
        "{" SUB "," REST ",\"iat\":1759999990}",                        /* no end */
        "{" SUB "," REST ",\"exp\":1760003600}",                        /* no start */
        "{" SUB "," REST ",\"iat\":1759999990,\"exp\":1760000000}",     /* ends now */
        "{" SUB "," REST ",\"iat\":1759999990,\"exp\":1759999999}",     /* ended */
        "{" SUB "," REST ",\"iat\":1759999990,\"exp\":-1}",             /* before 1970 */
        "{" SUB "," REST ",\"iat\":1759999990,\"exp\":1e99}",           /* not an integer */
        "{" SUB "," REST ",\"iat\":1759999990,\"exp\":1760003600.5}",   /* nor this */
        "{" SUB "," REST ",\"iat\":1759999990,\"exp\":\"1760003600\"}", /* text */
        "{" SUB "," REST ",\"iat\":1759999990,\"exp\":null}",           /* nothing */
        "{" SUB "," REST ",\"iat\":1759999990,\"exp\":9223372036854775807}",
        "{" SUB "," REST ",\"iat\":1759999990,\"exp\":99999999999999999999}",
        "{" SUB "," REST ",\"iat\":1760000061,\"exp\":1760003600}", /* from the future */
        "{" SUB "," REST "," TIMES ",\"nbf\":1760000061}",          /* not yet */
        "{" SUB "," REST "," TIMES ",\"nbf\":\"now\"}",
        "{" SUB "," REST "," TIMES ",\"exp\":1860003600}", /* twice */
        "{" SUB "," SUB "," REST "," TIMES "}",
        "{" SUB "," REST "," TIMES ",\"gen\":-1}",
        "{" SUB "," REST "," TIMES ",\"gen\":\"9\"}",
        "{" SUB "," REST "," TIMES ",\"gen\":9.5}",
        "{" REST "," TIMES "}", /* nobody */
        "{\"sub\":\"\"," REST "," TIMES "}",
        "{\"sub\":\"admin\"," REST "," TIMES "}",
        "{\"sub\":42," REST "," TIMES "}",
        "{\"sub\":\"11111111-2222-4333-8444-55555555555g\"," REST "," TIMES "}",
        "{" SUB ",\"email\":\"a@b\",\"iss\":\"ecs\",\"aud\":\"ecs\"," TIMES "}", /* no jti */
        "{" SUB ",\"email\":\"a@b\",\"aud\":\"ecs\",\"jti\":"
        "\"99999999-2222-4333-8444-555555555555\"," TIMES "}", /* no iss */
        "{" SUB ",\"email\":\"a@b\",\"iss\":\"evil\",\"aud\":\"ecs\",\"jti\":"
        "\"99999999-2222-4333-8444-555555555555\"," TIMES "}",
        "{" SUB ",\"email\":\"a@b\",\"iss\":\"ecs\",\"aud\":\"other\",\"jti\":"
        "\"99999999-2222-4333-8444-555555555555\"," TIMES "}",
        "{" SUB ",\"email\":\"a@b\",\"iss\":\"ecs\",\"aud\":[\"ecs\"],\"jti\":"
        "\"99999999-2222-4333-8444-555555555555\"," TIMES "}",
        "{" SUB ",\"email\":\"a@b\",\"iss\":\"ecs\",\"jti\":"
        "\"99999999-2222-4333-8444-555555555555\"," TIMES "}", /* no aud */
        "{" SUB ",\"iss\":\"ecs\",\"aud\":\"ecs\",\"jti\":"
        "\"99999999-2222-4333-8444-555555555555\"," TIMES "}", /* no email */
        "{" SUB ",\"email\":\"a\\u0000b\",\"iss\":\"ecs\",\"aud\":\"ecs\",\"jti\":"
        "\"99999999-2222-4333-8444-555555555555\"," TIMES "}",
    };
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        if (verify(forge(HEAD, claims[i], keys.secrets[0])) != STATUS_UNAUTHENTICATED)
            fail_msg("claims %s: accepted", claims[i]);
}

static void test_clock_skew(void **state)
{
    (void)state;
    assert_int_equal(verify(forge(HEAD,
                                  "{" SUB "," REST ",\"iat\":1760000030,\"exp\":1760003600,"
                                  "\"nbf\":1760000030}",
                                  keys.secrets[0])),
                     STATUS_OK);
}

static void test_long_email_is_refused(void **state)
{
    (void)state;
    char claims[1024];
    for (int size = EMAIL_MAX; size <= EMAIL_MAX + 1; size++) {
        snprintf(claims, sizeof claims,
                 "{" SUB ",\"email\":\"%0*d\",\"iss\":\"ecs\",\"aud\":\"ecs\",\"jti\":"
                 "\"99999999-2222-4333-8444-555555555555\"," TIMES "}",
                 size, 0);
        assert_int_equal(verify(forge(HEAD, claims, keys.secrets[0])),
                         size == EMAIL_MAX ? STATUS_OK : STATUS_UNAUTHENTICATED);
    }
}

static void test_shapes_are_refused(void **state)
{
    (void)state;
    char good[1024], text[TOKEN_MAX * 2];
    strcpy(good, forge(HEAD, GOOD, keys.secrets[0]));
    static const char *const shapes[] = {"",   ".",   "..",   "...", "a",    "a.",
                                         ".a", "a.b", "a..c", "..c", "a.b.", ".b.c"};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        assert_int_equal(verify(shapes[i]), STATUS_UNAUTHENTICATED);
    /* Cut at every place, and with every byte changed. */
    for (size_t i = 0; i < strlen(good); i++) {
        memcpy(text, good, i);
        text[i] = '\0';
        assert_int_equal(verify(text), STATUS_UNAUTHENTICATED);
        strcpy(text, good);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        assert_int_equal(verify(text), STATUS_UNAUTHENTICATED);
    }
    static const char *const tails[] = {"=", " ", ".", "A", "\n", "+", "/"};
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        snprintf(text, sizeof text, "%s%s", good, tails[i]);
        assert_int_equal(verify(text), STATUS_UNAUTHENTICATED);
    }
    memset(text, 'A', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    text[10] = text[20] = '.';
    assert_int_equal(verify(text), STATUS_UNAUTHENTICATED);
    struct principal principal;
    assert_int_equal(token_verify(&keys, (struct slice){"a.b\0c.d", 7}, NOW_US, &principal),
                     STATUS_UNAUTHENTICATED);
}

static void test_verify_is_fast(void **state)
{
    (void)state;
    struct principal principal = sample();
    char text[TOKEN_MAX + 1];
    assert_int_equal(token_sign(&keys, &principal, NOW_US, text), STATUS_OK);
    enum { ROUNDS = 20000 };
    struct timespec start, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    for (int i = 0; i < ROUNDS; i++)
        assert_int_equal(token_verify(&keys, slice_of(text), NOW_US, &principal), STATUS_OK);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    double us =
        ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / 1e3 /
        ROUNDS;
    print_message("token_verify: %.1f us of processor time\n", us);
    assert_true(us < 1000); /* a figure for the reader; a limit only against a blunder */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signed_is_accepted),    cmocka_unit_test(test_keys_rotate),
        cmocka_unit_test(test_forge_is_right),        cmocka_unit_test(test_headers_are_refused),
        cmocka_unit_test(test_claims_are_refused),    cmocka_unit_test(test_clock_skew),
        cmocka_unit_test(test_long_email_is_refused), cmocka_unit_test(test_shapes_are_refused),
        cmocka_unit_test(test_verify_is_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
