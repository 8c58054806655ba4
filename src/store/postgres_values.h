/* SPDX-License-Identifier: Apache-2.0
 *
 * Values in PostgreSQL's binary format: parameters out, columns in.
 */
#ifndef ECS_STORE_POSTGRES_VALUES_H
#define ECS_STORE_POSTGRES_VALUES_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "store/sql.h"

/* The parameters of one statement; pointers go into it or to the caller's values. */
struct postgres_parameters {
    int count;
    Oid types[SQL_PARAMETERS_MAX];
    const char *values[SQL_PARAMETERS_MAX];
    int lengths[SQL_PARAMETERS_MAX];
    int formats[SQL_PARAMETERS_MAX];
    char scratch[SQL_PARAMETERS_MAX][8]; /* single integers */
    struct buf bytes;                    /* arrays; kept from call to call */
};

void postgres_parameters_of_values(struct postgres_parameters *parameters,
                                   const struct sql_value values[], size_t count);
/* Each column becomes one array. INVALID if they are too large. */
MUST_CHECK enum status postgres_parameters_of_columns(struct postgres_parameters *parameters,
                                                      const struct sql_bulk *bulk);
/* An integer of one to eight bytes, or a time, as sql.h has it. */
int64_t postgres_values_integer(const char *bytes, int size, enum sql_type type);

#endif
