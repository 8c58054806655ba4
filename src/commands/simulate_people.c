/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/simulate.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "commands/report.h"
#include "process/json_read.h"

enum { BODY_MAX = 256, CLAIMS_MAX = 1024 };

static int credentials_send(const struct account *account, struct client *client, const char *path,
                            json_t **answer)
{
    char body[BODY_MAX];
    snprintf(body, sizeof body,
             "{\"email\":\"person-%llu-%u@example.com\",\"password\":\"simulated %llu %u\"}",
             (unsigned long long)account->seed, account->number, (unsigned long long)account->seed,
             account->number);
    return client_send(client, &(struct client_request){.path = path, .body = slice_of(body)},
                       answer);
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
    json_t *json;
    if (json_read((struct slice){(char *)claims, size}, 0, &json, NULL) != STATUS_OK)
        return false;
    const char *subject = json_string_value(json_object_get(json, "sub"));
    bool good = subject != NULL && strlen(subject) < sizeof account->user_id;
    if (good)
        strcpy(account->user_id, subject);
    json_decref(json);
    return good;
}

static enum status login(struct account *account, struct client *client)
{
    json_t *answer;
    int status = credentials_send(account, client, "/v1/auth/login", &answer);
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
    json_t *answer;
    *account =
        (struct account){.person = population_person(seed, number), .number = number, .seed = seed};
    int status = credentials_send(account, client, "/v1/auth/register", &answer);
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

/* Credit ----------------------------------------------------------------------------------- */

enum { PATH_MAX_SIZE = 160 };

static const char *name_of(const struct account *account)
{
    return persona_name(account->person.persona);
}

static bool desk_sane(const struct credit_desk *desk)
{
    return desk->waiting_count >= 0 && desk->waiting_count <= CREDIT_WAITING_MAX &&
           desk->accepted <= desk->approved && desk->active + desk->waiting_count == desk->accepted;
}

/* The notifications of a person after `after`; `*last` becomes the id of the newest. */
static enum status told(struct credit_desk *desk, struct account *account, int64_t after,
                        int64_t *last, char title[80])
{
    char path[PATH_MAX_SIZE];
    json_t *answer;
    snprintf(path, sizeof path, "/v1/users/%s/notifications?after=%lld", account->user_id,
             (long long)after);
    int status =
        account_send(account, desk->client, (struct client_request){.path = path}, &answer);
    const json_t *items = json_object_get(answer, "items");
    const json_t *newest =
        json_array_size(items) == 0 ? NULL : json_array_get(items, json_array_size(items) - 1);
    *last = newest == NULL ? after : json_integer_value(json_object_get(newest, "id"));
    const char *text = json_string_value(json_object_get(newest, "title"));
    snprintf(title, 80, "%s", text == NULL ? "" : text);
    json_decref(answer);
    return status == 0 ? STATUS_TIMED_OUT : STATUS_OK;
}

static enum status accept_offer(struct credit_desk *desk, struct account *account,
                                const char *offer_id)
{
    char path[PATH_MAX_SIZE], body[BODY_MAX], title[80];
    json_t *answer;
    int64_t last;
    if (desk->waiting_count == CREDIT_WAITING_MAX)
        return STATUS_OK;
    if (told(desk, account, 0, &last, title) != STATUS_OK)
        return STATUS_TIMED_OUT;
    snprintf(path, sizeof path, "/v1/credit-offers/%s/accept", offer_id);
    snprintf(body, sizeof body, "{\"userId\":\"%s\"}", account->user_id);
    int status =
        account_send(account, desk->client,
                     (struct client_request){.path = path, .body = slice_of(body)}, &answer);
    json_decref(answer);
    if (status == 202) {
        desk->accepted++;
        desk->told_before[desk->waiting_count] = last;
        desk->waiting[desk->waiting_count++] = account;
        assert(desk_sane(desk));
    }
    return status == 0 ? STATUS_TIMED_OUT : STATUS_OK;
}

static void show_decision(const struct account *account, const json_t *answer, bool accepts)
{
    const json_t *offer = json_object_get(answer, "offer");
    double risk = json_number_value(json_object_get(answer, "ml_risk_score"));
    if (json_is_object(offer))
        report_line(
            "  person %-4u %-9s risk %.3f  approved: %.2f at %.2f %%, %s%s", account->number,
            name_of(account), risk, json_number_value(json_object_get(offer, "credit_limit")),
            json_number_value(json_object_get(offer, "interest_rate")),
            json_string_value(json_object_get(offer, "credit_type")), accepts ? ", accepts" : "");
    else
        report_line("  person %-4u %-9s risk %.3f  denied: %s", account->number, name_of(account),
                    risk, json_string_value(json_object_get(answer, "reason")));
}

enum status credit_desk_ask(struct credit_desk *desk, struct account *account, bool accepts)
{
    char path[PATH_MAX_SIZE];
    json_t *answer;
    snprintf(path, sizeof path, "/v1/users/%s/credit-analysis", account->user_id);
    int http_status = account_send(account, desk->client,
                                   (struct client_request){.path = path, .post = true}, &answer);
    enum status status = http_status == 0 ? STATUS_TIMED_OUT : STATUS_OK;
    if (http_status == 200) {
        const json_t *offer = json_object_get(answer, "offer");
        bool approved = json_is_object(offer);
        desk->approved += approved;
        desk->denied += !approved;
        show_decision(account, answer, accepts);
        if (approved && accepts)
            status =
                accept_offer(desk, account, json_string_value(json_object_get(offer, "offer_id")));
    }
    json_decref(answer);
    return status;
}

enum status credit_desk_listen(struct credit_desk *desk)
{
    for (int i = 0; i < desk->waiting_count;) {
        struct account *account = desk->waiting[i];
        char title[80];
        int64_t last;
        if (told(desk, account, desk->told_before[i], &last, title) != STATUS_OK)
            return STATUS_TIMED_OUT;
        if (last == desk->told_before[i]) {
            i++;
            continue;
        }
        desk->active++;
        report_line("  person %-4u %-9s is told: %s", account->number, name_of(account), title);
        desk->waiting_count--;
        desk->waiting[i] = desk->waiting[desk->waiting_count];
        desk->told_before[i] = desk->told_before[desk->waiting_count];
        assert(desk_sane(desk));
    }
    return STATUS_OK;
}
