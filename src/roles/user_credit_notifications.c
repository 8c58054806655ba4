/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person is told: as a list, and as Server-Sent Events whose ids are those of the list.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/json_put.h"
#include "roles/user_credit.h"
#include "store/messages.h"
#include "wire/credit_json.h"
#include "wire/fields.h"

enum { LIST_MAX = 100, FRAMES_MAX = 32, DATA_MAX = 1024 };

/* `after` of the query, 0 if it did not come; false, with the 422 written, if it is no id. */
static bool after_read(const struct request *request, int64_t *after, struct response *response)
{
    char digits[24] = "0";
    char *end;
    struct slice text = request->query_after;
    if (text.data != NULL)
        slice_text(text, digits, sizeof digits);
    errno = 0;
    *after = strtoll(digits, &end, 10);
    if (end != digits && *end == '\0' && text.size < sizeof digits && errno == 0 && *after >= 0)
        return true;
    struct field_errors errors = {0};
    json_t *input = json_stringn(text.data, text.size);
    field_error_add(&(struct fields){NULL, "query", &errors}, "after", "int_parsing",
                    "Input should be the id of a notification", input);
    json_decref(input);
    response_field_errors(response, &errors);
    return false;
}

void user_credit_notifications(struct role_context *context, struct exchange *exchange)
{
    struct buf *json = &exchange->response.body;
    struct notification notifications[LIST_MAX];
    int64_t after;
    size_t count;
    if (!after_read(&exchange->request, &after, &exchange->response))
        return;
    enum status status =
        store_notifications_after(context->store, &exchange->request.principal.user_id, after,
                                  notifications, LIST_MAX, &count);
    if (status != STATUS_OK) {
        answer_failed(&exchange->response, status, "");
        return;
    }
    json_put_open(json, NULL, '{');
    json_put_open(json, "items", '[');
    for (size_t i = 0; i < count; i++)
        credit_notification_encode(&notifications[i], json);
    json_put_close(json, ']');
    json_put_close(json, '}');
}

static void frame_write(const struct notification *notification, struct buf *frames)
{
    struct buf data;
    buf_init(&data, DATA_MAX);
    credit_notification_encode(notification, &data);
    buf_printf(frames, "id: %lld\nevent: %s\ndata: %s\n\n", (long long)notification->id,
               notification->type, buf_slice(&data).data);
    buf_free(&data);
}

void user_credit_notification_stream(struct role_context *context, struct exchange *exchange)
{
    struct request *request = &exchange->request;
    struct notification notifications[FRAMES_MAX];
    size_t count;
    exchange->response.content_type = "text/event-stream";
    enum status status =
        store_notifications_after(context->store, &request->principal.user_id,
                                  request->last_event_id, notifications, FRAMES_MAX, &count);
    if (status != STATUS_OK) {
        answer_failed(&exchange->response, status, "");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        frame_write(&notifications[i], &exchange->response.body);
        request->last_event_id = notifications[i].id;
    }
}
