/* SPDX-License-Identifier: Apache-2.0
 *
 * The bare limit of HTTP: libmicrohttpd as src/http starts it (epoll, a pool of threads), which
 * reads every request and answers it at once with the same status and body. No routes, no keys,
 * no JSON, no bus.
 *
 * usage: bare_http PORT THREADS STATUS BYTES     until SIGTERM
 */
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 4096 };

struct bare {
    unsigned status;
    struct MHD_Response *answer;
};

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *data, size_t *size, void **state)
{
    static int seen;
    struct bare *bare = context;
    (void)path, (void)method, (void)version, (void)data;
    if (*state == NULL || *size > 0) {
        *state = &seen;
        *size = 0;
        return MHD_YES;
    }
    return MHD_queue_response(connection, bare->status, bare->answer);
}

int main(int argc, char **argv)
{
    static char body[ANSWER_MAX];
    if (argc != 5 || atoi(argv[4]) > ANSWER_MAX) {
        fprintf(stderr, "usage: bare_http PORT THREADS STATUS BYTES\n");
        return 64;
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    size_t size = strtoul(argv[4], NULL, 10);
    memset(body, 'x', size);
    struct bare bare = {(unsigned)atoi(argv[3]),
                        MHD_create_response_from_buffer(size, body, MHD_RESPMEM_PERSISTENT)};
    struct MHD_Daemon *server =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_TURBO,
                         (uint16_t)atoi(argv[1]), NULL, NULL, on_request, &bare,
                         MHD_OPTION_THREAD_POOL_SIZE, (unsigned)atoi(argv[2]), MHD_OPTION_END);
    if (server == NULL)
        return 1;
    int number;
    sigwait(&set, &number);
    MHD_stop_daemon(server);
    MHD_destroy_response(bare.answer);
    return 0;
}
