/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/currency.h"

#include <string.h>

bool currency_is_good(const char *currency)
{
    return strlen(currency) == CURRENCY_LENGTH &&
           strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == CURRENCY_LENGTH;
}
