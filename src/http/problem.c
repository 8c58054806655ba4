/* SPDX-License-Identifier: Apache-2.0
 *
 * Refusals of ours, and those of libmicrohttpd. It refuses some requests by itself, before this
 * program has seen them, with a page of HTML; 0.9.75 sends the head of some of these pages twice.
 * It does it by its own public function, and a program's definition of a function comes before a
 * library's: so the page comes by here, and a problem is sent in its place, as for every other
 * refusal. Answers of our own name a content type, and pass as they are.
 */
#include "http/problem.h"

#include <assert.h>
#include <dlfcn.h>
#include <microhttpd.h>
#include <sys/socket.h>

#include "base/json_put.h"
#include "process/metrics.h"
#include "wire/fields.h"

enum { ANSWER_MAX = 1024 };

static const char problem_content_type[] = "application/problem+json";

/* Ends a problem behind its `detail`. */
static void problem_close(struct buf *json, int http_status, const char *title)
{
    json_put_text(json, "type", "about:blank");
    json_put_text(json, "title", title);
    json_put_integer(json, "status", http_status);
    json_put_close(json, '}');
}

static void response_close(struct response *response, enum status status)
{
    problem_close(&response->body, status_http(status), status_title(status));
    response->http_status = status_http(status);
    response->content_type = problem_content_type;
}

void response_error(struct response *response, enum status status, const char *detail)
{
    buf_clear(&response->body);
    json_put_open(&response->body, NULL, '{');
    json_put_text(&response->body, "detail", detail);
    response_close(response, status);
}

void response_field_errors(struct response *response, const struct field_errors *errors)
{
    buf_clear(&response->body);
    json_put_open(&response->body, NULL, '{');
    json_put_key(&response->body, "detail");
    field_errors_write(errors, &response->body);
    response_close(response, STATUS_INVALID);
}

void problem_add_instance(struct response *response, struct slice path)
{
    struct buf *json = &response->body;
    if (response->content_type != problem_content_type || json->overflowed || json->size == 0)
        return;
    assert(json->data[json->size - 1] == '}');
    json->size--;
    json->comma = true;
    json_put_bytes(json, "instance", path);
    json_put_close(json, '}');
}

static const char *detail_of(unsigned int status_code)
{
    return status_code == MHD_HTTP_CONTENT_TOO_LARGE ? "Request body is too large."
           : status_code == MHD_HTTP_URI_TOO_LONG    ? "Request line is too long."
           : status_code == MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE
               ? "Request headers are too large."
           : status_code == MHD_HTTP_HTTP_VERSION_NOT_SUPPORTED ? "HTTP version is not supported."
                                                                : "Malformed request.";
}

/* Nothing else waits to be sent on a connection whose request is being read, so that the few bytes
 * fit; if they do not, the connection ends without an answer. */
static void send_problem(int fd, unsigned int status_code)
{
    const char *title = MHD_get_reason_phrase_for(status_code);
    struct buf json, answer;
    buf_init(&json, ANSWER_MAX);
    buf_init(&answer, ANSWER_MAX);
    json_put_open(&json, NULL, '{');
    json_put_text(&json, "detail", detail_of(status_code));
    problem_close(&json, (int)status_code, title);
    buf_printf(&answer,
               "HTTP/1.1 %u %s\r\nConnection: close\r\nContent-Type: %s\r\n"
               "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
               "Content-Length: %zu\r\n\r\n%s",
               status_code, title, problem_content_type, json.size, buf_slice(&json).data);
    (void)!send(fd, buf_slice(&answer).data, answer.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    buf_free(&answer);
    buf_free(&json);
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned int status_code,
                                   struct MHD_Response *response)
{
    __typeof__(&MHD_queue_response) queue =
        (__typeof__(queue))dlsym(RTLD_NEXT, "MHD_queue_response");
    if (MHD_get_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE) == NULL) {
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        send_problem(fd, status_code);
        metric_add(METRIC_http_requests, LABEL_client_error, 1);
        metric_add(METRIC_http_rejected, LABEL_refused, 1);
        /* The page has nowhere to go then. It must be queued all the same: refused that, the
         * library frees memory that it goes on to read. */
        shutdown(fd, SHUT_RDWR);
    }
    return queue(connection, status_code, response);
}
