/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the source tree that the binary carries: sql/, policy/ and models/. Written by
 * tools/embed.py when the program is built.
 */
#ifndef ECS_BASE_EMBEDDED_H
#define ECS_BASE_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name; /* path in the source tree: "sql/postgres/0001_people.sql" */
    const char *data; /* terminated by a zero that size does not count */
    size_t size;
};

/* Sorted by name; ended by a row without a name. */
extern const struct embedded_file embedded_files[];

/* The file of that name; NULL if there is none. */
const struct embedded_file *embedded_find(const char *name);

#endif
