/* SPDX-License-Identifier: Apache-2.0
 *
 * What people send about themselves, from bytes: a registration, a login and a refresh token. What
 * is accepted is within its limits, and whoever may register may log in.
 */
#include "fuzz.h"

#include <string.h>

#include "wire/user_json.h"

static void refusal_check(enum status status, const struct refusal *refusal)
{
    FUZZ_CHECK(refusal->errors.count <= FIELD_ERRORS_MAX);
    FUZZ_CHECK((status == STATUS_INVALID) == (refusal->errors.count > 0));
    FUZZ_CHECK(status == STATUS_OK || refusal->reason[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = {(const char *)data, size};
    struct credentials registered, login;
    struct refusal refusal;
    char token[REFRESH_TOKEN_MAX + 1], email[EMAIL_MAX + 1];
    enum status registers = user_credentials_decode(body, true, &registered, &refusal);
    refusal_check(registers, &refusal);
    enum status logs_in = user_credentials_decode(body, false, &login, &refusal);
    refusal_check(logs_in, &refusal);
    if (registers == STATUS_OK) {
        FUZZ_CHECK(logs_in == STATUS_OK && strcmp(registered.email, login.email) == 0);
        FUZZ_CHECK(strcmp(registered.password, login.password) == 0);
        FUZZ_CHECK(strlen(registered.password) >= PASSWORD_MIN);
        FUZZ_CHECK(user_email_normalise(registered.email, email) == STATUS_OK);
        FUZZ_CHECK(strcmp(registered.email, email) == 0);
    }
    enum status refreshes = user_refresh_decode(body, token, &refusal);
    refusal_check(refreshes, &refusal);
    FUZZ_CHECK(refreshes != STATUS_OK || strlen(token) <= REFRESH_TOKEN_MAX);
    return 0;
}
