/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/cache_redis_tls.h"

/* OpenSSL takes it from <limits.h>, where our own stands in front of the system's. */
#define INT_MAX __INT_MAX__
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

struct redis_tls {
    SSL_CTX *settings;
    SSL *connection; /* NULL: none */
};

enum status redis_tls_open(const char *ca_file, struct redis_tls **out)
{
    struct redis_tls *tls = calloc(1, sizeof *tls);
    if (tls == NULL)
        return STATUS_UNAVAILABLE;
    enum status status = STATUS_UNAVAILABLE;
    tls->settings = SSL_CTX_new(TLS_client_method());
    if (tls->settings == NULL || SSL_CTX_set_min_proto_version(tls->settings, TLS1_2_VERSION) != 1)
        goto fail;
    SSL_CTX_set_verify(tls->settings, SSL_VERIFY_PEER, NULL);
    /* What was appended may lie elsewhere when the rest of it is written. */
    SSL_CTX_set_mode(tls->settings,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    status = STATUS_INVALID;
    if ((ca_file[0] != '\0' ? SSL_CTX_load_verify_locations(tls->settings, ca_file, NULL)
                            : SSL_CTX_set_default_verify_paths(tls->settings)) != 1)
        goto fail;
    *out = tls;
    return STATUS_OK;
fail:
    redis_tls_close(tls);
    return status;
}

void redis_tls_close(struct redis_tls *tls)
{
    if (tls == NULL)
        return;
    redis_tls_end(tls);
    SSL_CTX_free(tls->settings);
    free(tls);
}

void redis_tls_end(struct redis_tls *tls)
{
    SSL_free(tls->connection);
    tls->connection = NULL;
}

enum status redis_tls_begin(struct redis_tls *tls, int fd, const char *host)
{
    tls->connection = SSL_new(tls->settings);
    if (tls->connection == NULL || SSL_set_fd(tls->connection, fd) != 1)
        return STATUS_UNAVAILABLE;
    /* An address is looked for among the addresses of a certificate, and is no name to be sent. */
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->connection), host) == 1)
        return STATUS_OK;
    return SSL_set1_host(tls->connection, host) == 1 &&
                   SSL_set_tlsext_host_name(tls->connection, host) == 1
               ? STATUS_OK
               : STATUS_UNAVAILABLE;
}

static enum redis_tls_result result_of(struct redis_tls *tls, int code)
{
    int fault = code == 1 ? SSL_ERROR_NONE : SSL_get_error(tls->connection, code);
    ERR_clear_error(); /* what is left there would be taken for the next call's */
    switch (fault) {
    case SSL_ERROR_NONE:
        return REDIS_TLS_DONE;
    case SSL_ERROR_WANT_READ:
        return REDIS_TLS_READABLE;
    case SSL_ERROR_WANT_WRITE:
        return REDIS_TLS_WRITABLE;
    default:
        return REDIS_TLS_FAILED;
    }
}

enum redis_tls_result redis_tls_handshake(struct redis_tls *tls)
{
    return result_of(tls, SSL_connect(tls->connection));
}

enum redis_tls_result redis_tls_write(struct redis_tls *tls, const void *data, size_t size,
                                      size_t *moved)
{
    return result_of(tls, SSL_write_ex(tls->connection, data, size, moved));
}

enum redis_tls_result redis_tls_read(struct redis_tls *tls, void *data, size_t size, size_t *moved)
{
    return result_of(tls, SSL_read_ex(tls->connection, data, size, moved));
}
