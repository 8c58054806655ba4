/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/simulate_people.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { BODY_MAX = 256, CLAIMS_MAX = 1024 };

static void credentials_write(const struct account *account, char body[BODY_MAX])
{
    snprintf(body, BODY_MAX,
             "{\"email\":\"person-%llu-%u@example.com\",\"password\":\"simulated %llu %u\"}",
             (unsigned long long)account->seed, account->number, (unsigned long long)account->seed,
             account->number);
}

static enum status fail(const char *what, int http_status, json_t *answer)
{
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    if (http_status != 0)
        fprintf(stderr, "ecs simulate: %s: %d %s\n", what, http_status,
                detail == NULL ? "" : detail);
    json_decref(answer);
    return http_status == 0 ? STATUS_TIMED_OUT : STATUS_UNAVAILABLE;
}

/* The person's id is the subject of their token. */
static bool subject_read(struct account *account)
{
    unsigned char claims[CLAIMS_MAX];
    size_t size;
    const char *start = strchr(account->token, '.');
    const char *end = start == NULL ? NULL : strchr(start + 1, '.');
    if (end == NULL ||
        sodium_base642bin(claims, sizeof claims, start + 1, (size_t)(end - start - 1), NULL, &size,
                          NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return false;
    json_t *json = json_loadb((char *)claims, size, 0, NULL);
    const char *subject = json_string_value(json_object_get(json, "sub"));
    bool good = subject != NULL && strlen(subject) < sizeof account->user_id;
    if (good)
        strcpy(account->user_id, subject);
    json_decref(json);
    return good;
}

static enum status login(struct account *account, struct client *client)
{
    char body[BODY_MAX];
    json_t *answer;
    credentials_write(account, body);
    int status = client_send(
        client, &(struct client_request){.path = "/v1/auth/login", .body = slice_of(body)},
        &answer);
    const char *token = json_string_value(json_object_get(answer, "access_token"));
    if (status != 200 || token == NULL || strlen(token) > ACCESS_TOKEN_MAX)
        return fail("a login is refused", status, answer);
    strcpy(account->token, token);
    json_decref(answer);
    return subject_read(account) ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum status account_open(struct account *account, struct client *client, uint64_t seed,
                         uint32_t number)
{
    char body[BODY_MAX];
    json_t *answer;
    *account =
        (struct account){.person = population_person(seed, number), .number = number, .seed = seed};
    credentials_write(account, body);
    int status = client_send(
        client, &(struct client_request){.path = "/v1/auth/register", .body = slice_of(body)},
        &answer);
    if (status != 200 && status != 409)
        return fail("a registration is refused", status, answer);
    json_decref(answer);
    return login(account, client);
}

int account_send(struct account *account, struct client *client, struct client_request request,
                 json_t **answer)
{
    request.token = account->token;
    int status = client_send(client, &request, answer);
    if (status != 401)
        return status;
    json_decref(*answer);
    *answer = NULL;
    return login(account, client) == STATUS_OK ? client_send(client, &request, answer) : 0;
}
