/* SPDX-License-Identifier: Apache-2.0
 *
 * What handlers answer when they cannot do what is asked, and lists that are answered page by page.
 */
#ifndef ECS_ROLES_ANSWERS_H
#define ECS_ROLES_ANSWERS_H

#include "ports/endpoint.h"
#include "store/store.h"
#include "wire/fields.h"

/* What a decoder refused: 422 with the fields at fault, or another status with the reason. */
void answer_refused(struct response *response, const struct refusal *refusal);
/* 503 with Retry-After. */
void answer_unavailable(struct response *response, const char *detail);
/* A call of the store or a port failed: 503 with Retry-After, or `missing` as a 404 if it was
 * NOT_FOUND. */
void answer_failed(struct response *response, enum status status, const char *missing);
/* 429 with Retry-After. */
void answer_limited(struct response *response, const char *detail, int64_t retry_after_us);
/* 422 if a key was used for another request, 429 if its person has too many; false: neither. */
bool answer_key_refused(struct response *response, enum status status);
/* {"status": what} */
void answer_done(struct response *response, const char *what);

/* True if a text is a whole number, and nothing else. */
bool answer_number_parse(struct slice text, int64_t *number);
/* Notes what is wrong with a parameter of the query. */
void answer_query_fault(const struct fields *query, const char *name, struct slice text,
                        const char *type, const char *message);
/* The page that a request asks for; false, with the 422 written, if it is out of range. */
bool answer_page_read(const struct request *request, struct page *page, struct response *response);
/* Opens {total, page, page_size, items: [ */
void answer_page_open(const struct page *page, int64_t total, struct buf *json);

#endif
