/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/user_json.h"

#include <stdio.h>

#include "base/json_put.h"
#include "wire/credit_json.h"

static void read_email(const struct fields *fields, char email[EMAIL_MAX + 1])
{
    if (!field_text(fields, "email", FIELD_REQUIRED, 0, EMAIL_MAX, email))
        return;
    if (user_email_normalise(email, email) != STATUS_OK)
        field_refuse(fields, "email", "value_error", json_object_get(fields->object, "email"),
                     "value is not a valid email address: name@example.com, in ASCII");
}

/* A password is measured in characters, whatever they are written in. */
static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static void check_password(const struct fields *fields, const char *password)
{
    size_t count = count_characters(password);
    if (count >= PASSWORD_MIN && count <= PASSWORD_MAX)
        return;
    bool is_short = count < PASSWORD_MIN;
    field_refuse(fields, "password", is_short ? "string_too_short" : "string_too_long", NULL,
                 "String should have at %s %d characters", is_short ? "least" : "most",
                 is_short ? PASSWORD_MIN : PASSWORD_MAX);
}

enum status user_credentials_decode(struct slice body, bool is_new, struct credentials *credentials,
                                    struct refusal *refusal)
{
    struct fields fields;
    if (fields_open(body, &fields, refusal) != STATUS_OK)
        return refusal->status;
    char *password = credentials->password;
    read_email(&fields, credentials->email);
    if (field_text(&fields, "password", FIELD_REQUIRED, 0, PASSWORD_BYTES_MAX, password) && is_new)
        check_password(&fields, password);
    return fields_close(&fields, refusal);
}

enum status user_refresh_decode(struct slice body, char token[REFRESH_TOKEN_MAX + 1],
                                struct refusal *refusal)
{
    struct fields fields;
    if (fields_open(body, &fields, refusal) != STATUS_OK)
        return refusal->status;
    field_text(&fields, "refresh_token", FIELD_REQUIRED, 1, REFRESH_TOKEN_MAX, token);
    return fields_close(&fields, refusal);
}

static void put_user(const struct user *user, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_uuid(json, "id", &user->id);
    json_put_text(json, "email", user->email);
    json_put_time(json, "created_at", user->created_at_us);
    json_put_time(json, "updated_at", user->updated_at_us);
}

void user_encode(const struct user *user, struct buf *json)
{
    put_user(user, json);
    json_put_close(json, '}');
}

void user_profile_encode(const struct user *user, const struct offer *line, struct buf *json)
{
    put_user(user, json);
    json_put_key(json, "credit_line");
    if (line == NULL)
        json_put_null(json, NULL);
    else
        credit_line_encode(line, json);
    json_put_close(json, '}');
}

void user_session_encode(const char *access_token, int64_t life_us, const char *refresh_token,
                         struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_text(json, "access_token", access_token);
    json_put_text(json, "token_type", "bearer");
    json_put_integer(json, "expires_in", life_us / SECOND_US);
    json_put_text(json, "refresh_token", refresh_token);
    json_put_close(json, '}');
}
