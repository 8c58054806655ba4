/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of a process: given by a variable or its file; in embedded mode, made once and kept in
 * DATA_DIR. Each fault is a line in `faults`, which never shows a key.
 */
#ifndef ECS_SECRETS_H
#define ECS_SECRETS_H

#include "auth/token.h"
#include "settings.h"

struct secrets {
    struct token_keys tokens;
    struct internal_key keys[INTERNAL_KEYS_MAX + 1]; /* of producers; one without secret ends it */
    char key_text[SETTING_TEXT_MAX + 1];             /* what these lie in */
};

/* INVALID: what is given is at fault. UNAVAILABLE: waiting may mend it. */
MUST_CHECK enum status secrets_load_tokens(struct secrets *secrets, const struct settings *settings,
                                           struct buf *faults);
MUST_CHECK enum status secrets_load_keys(struct secrets *secrets, const struct settings *settings,
                                         struct buf *faults);

#endif
