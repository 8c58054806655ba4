/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/user.h"

#include <assert.h>
#include <string.h>

enum { NAME_MAX_SIZE = 64, LABEL_MAX_SIZE = 63, HOST_MAX_SIZE = 253 };

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Words of letters, digits and the marks of RFC 5322, parted by single dots. */
static bool name_is_valid(const char *name, size_t size)
{
    if (size == 0 || size > NAME_MAX_SIZE)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool inner = i > 0 && i + 1 < size;
        if (name[i] == '.'
                ? !inner || name[i - 1] == '.'
                : !is_letter_or_digit(name[i]) &&
                      (name[i] == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", name[i]) == NULL))
            return false;
    }
    return true;
}

static bool label_is_valid(const char *label, size_t size)
{
    if (size == 0 || size > LABEL_MAX_SIZE || label[0] == '-' || label[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_letter_or_digit(label[i]) && label[i] != '-')
            return false;
    return true;
}

/* At least two labels; the last one is not a number. */
static bool host_is_valid(const char *host)
{
    size_t labels = 0;
    if (strlen(host) > HOST_MAX_SIZE)
        return false;
    for (;; labels++) {
        size_t size = strcspn(host, ".");
        if (!label_is_valid(host, size))
            return false;
        if (host[size] == '\0')
            return labels > 0 && strspn(host, "0123456789") < size;
        host += size + 1;
    }
}

enum status user_email_normalise(const char *text, char email[EMAIL_MAX + 1])
{
    const char *at = strchr(text, '@');
    size_t size = strlen(text);
    if (at == NULL || size > EMAIL_MAX || !name_is_valid(text, (size_t)(at - text)) ||
        !host_is_valid(at + 1))
        return STATUS_INVALID;
    for (size_t i = 0; i <= size; i++)
        email[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
    return STATUS_OK;
}

int64_t attempts_wait_us(const struct attempts *attempts, int64_t free_max)
{
    if (attempts->failures < free_max || attempts->age_us < 0)
        return 0;
    int64_t wait_us = FAILED_LOGIN_WAIT_US;
    for (int64_t i = free_max; i < attempts->failures && wait_us < FAILED_LOGIN_WAIT_US_MAX; i++)
        wait_us *= 2;
    if (wait_us > FAILED_LOGIN_WAIT_US_MAX)
        wait_us = FAILED_LOGIN_WAIT_US_MAX;
    assert(wait_us >= FAILED_LOGIN_WAIT_US && wait_us <= FAILED_LOGIN_WAIT_US_MAX);
    return wait_us > attempts->age_us ? wait_us - attempts->age_us : 0;
}
