/* SPDX-License-Identifier: Apache-2.0 */
#include "secrets.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static enum status secret_load(const struct settings *settings, const char *variable,
                               const char *given, const char *file, char *secret,
                               struct buf *faults)
{
    if (given[0] != '\0') {
        snprintf(secret, SETTING_TEXT_MAX + 1, "%s", given);
        return STATUS_OK;
    }
    if (settings_are_embedded(settings))
        return settings_own_secret(settings->data_dir, file, secret, faults);
    buf_printf(faults, "%s: must be set (or %s_FILE) when an engine is configured\n", variable,
               variable);
    return STATUS_INVALID;
}

/* Parts `text` at its commas. */
static enum status token_keys_part(struct token_keys *tokens, char *text, struct buf *faults)
{
    for (char *key; (key = strsep(&text, ",")) != NULL;) {
        if (tokens->count == TOKEN_KEYS_MAX || strlen(key) < SECRET_MIN ||
            strlen(key) >= TOKEN_KEY_SIZE) {
            buf_printf(
                faults,
                "SECRET_KEY: must be 1 to %d keys parted by commas, each of %d to %d bytes\n",
                TOKEN_KEYS_MAX, SECRET_MIN, TOKEN_KEY_SIZE - 1);
            return STATUS_INVALID;
        }
        snprintf(tokens->secrets[tokens->count++], TOKEN_KEY_SIZE, "%s", key);
    }
    return STATUS_OK;
}

enum status secrets_load_tokens(struct secrets *secrets, const struct settings *settings,
                                struct buf *faults)
{
    char text[SETTING_TEXT_MAX + 1];
    enum status status =
        secret_load(settings, "SECRET_KEY", settings->secret_key, "secret_key", text, faults);
    if (status == STATUS_OK)
        status = token_keys_part(&secrets->tokens, text, faults);
    explicit_bzero(text, sizeof text);
    return status;
}

/* "SECRET" or "producer=SECRET". A secret may itself end in "=", as base64 does. */
static struct internal_key internal_key_of(char *entry)
{
    char *equals = strchr(entry, '=');
    if (equals == NULL || equals[strspn(equals, "=")] == '\0' ||
        !text_is_producer((struct slice){entry, (size_t)(equals - entry)}))
        return (struct internal_key){.secret = entry, .producer = ""};
    *equals = '\0';
    return (struct internal_key){.secret = equals + 1, .producer = entry};
}

enum status secrets_load_keys(struct secrets *secrets, const struct settings *settings,
                              struct buf *faults)
{
    static const char variable[] = "INTERNAL_SERVICE_API_KEY";
    size_t count = 0;
    enum status status = secret_load(settings, variable, settings->internal_service_api_key,
                                     "internal_key", secrets->key_text, faults);
    if (status != STATUS_OK)
        return status;
    char *text = secrets->key_text;
    for (char *entry; (entry = strsep(&text, ",")) != NULL;) {
        if (count == INTERNAL_KEYS_MAX) {
            buf_printf(faults, "%s: must be 1 to %d keys parted by commas\n", variable,
                       INTERNAL_KEYS_MAX);
            return STATUS_INVALID;
        }
        assert(count < INTERNAL_KEYS_MAX);
        struct internal_key key = internal_key_of(entry);
        secrets->keys[count++] = key;
        if (strlen(key.secret) >= SECRET_MIN)
            continue;
        buf_printf(faults, "%s: key %zu%s%s: must be of %d bytes or more%s\n", variable, count,
                   key.producer[0] != '\0' ? " of " : "", key.producer, SECRET_MIN,
                   key.producer[0] != '\0' ? " behind its producer's name" : "");
        status = STATUS_INVALID;
    }
    return status;
}
