/* SPDX-License-Identifier: Apache-2.0
 *
 * The bare limits of the bus: COUNT messages of BYTES published asynchronously, each with a message
 * id, to a stream of its own (file storage, as ours); then fetched 1,000 at a time and acknowledged
 * one by one. The fetch is a plain request, for libnats 3.4.1 has a faulty one. The stream is
 * removed at the end.
 *
 * usage: bare_jetstream URL COUNT BYTES     prints: publish RATE, then consume RATE (messages/s)
 */
#include <nats/nats.h>
#include <stdio.h>

#include "bare.h"

#define STREAM "bare"
#define CONSUMER "bare-worker"
#define SUBJECT "bare.events"

enum { BATCH = 1000, PAYLOAD_MAX = 4096, WAIT_MS = 10000, PENDING_MAX = 4096 };

static void must(natsStatus status, const char *what)
{
    if (status == NATS_OK)
        return;
    fprintf(stderr, "bare_jetstream: %s: %s\n", what, natsStatus_GetText(status));
    exit(1);
}

static void stream_make(jsCtx *js)
{
    const char *subjects[] = {SUBJECT};
    jsStreamConfig stream;
    must(jsStreamConfig_Init(&stream), "stream");
    stream.Name = STREAM;
    stream.Subjects = subjects;
    stream.SubjectsLen = 1;
    stream.Storage = js_FileStorage;
    js_DeleteStream(js, STREAM, NULL, NULL);
    must(js_AddStream(NULL, js, &stream, NULL, NULL), "stream");
    jsConsumerConfig consumer;
    must(jsConsumerConfig_Init(&consumer), "consumer");
    consumer.Durable = CONSUMER;
    consumer.AckPolicy = js_AckExplicit;
    consumer.MaxAckPending = 2 * BATCH;
    must(js_AddConsumer(NULL, js, STREAM, &consumer, NULL, NULL), "consumer");
}

static void publish(jsCtx *js, long count, int bytes)
{
    char payload[PAYLOAD_MAX], id[32];
    jsPubOptions options;
    memset(payload, 'x', sizeof payload);
    must(jsPubOptions_Init(&options), "publish");
    for (long i = 0; i < count; i++) {
        snprintf(id, sizeof id, "%ld", i);
        options.MsgId = id;
        must(js_PublishAsync(js, SUBJECT, payload, bytes, &options), "publish");
    }
    options.MaxWait = WAIT_MS;
    must(js_PublishAsyncComplete(js, &options), "publish");
}

static void consume(natsConnection *connection, long count)
{
    natsInbox *inbox;
    natsSubscription *subscription;
    must(natsInbox_Create(&inbox), "inbox");
    must(natsConnection_SubscribeSync(&subscription, connection, inbox), "subscribe");
    for (long left = count; left > 0;) {
        char request[64];
        long batch = left < BATCH ? left : BATCH;
        snprintf(request, sizeof request, "{\"batch\":%ld,\"expires\":5000000000}", batch);
        must(natsConnection_PublishRequestString(
                 connection, "$JS.API.CONSUMER.MSG.NEXT." STREAM "." CONSUMER, inbox, request),
             "pull");
        for (; batch > 0; batch--, left--) {
            natsMsg *message;
            must(natsSubscription_NextMsg(&message, subscription, WAIT_MS), "next");
            must(natsConnection_Publish(connection, natsMsg_GetReply(message), "+ACK", 4), "ack");
            natsMsg_Destroy(message);
        }
    }
    must(natsConnection_FlushTimeout(connection, WAIT_MS), "flush");
    natsSubscription_Destroy(subscription);
    natsInbox_Destroy(inbox);
}

int main(int argc, char **argv)
{
    if (argc != 4 || atoi(argv[3]) > PAYLOAD_MAX) {
        fprintf(stderr, "usage: bare_jetstream URL COUNT BYTES\n");
        return 64;
    }
    long count = atol(argv[2]);
    natsConnection *connection;
    jsCtx *js;
    jsOptions options;
    must(natsConnection_ConnectTo(&connection, argv[1]), "connect");
    must(jsOptions_Init(&options), "options");
    options.PublishAsync.MaxPending = PENDING_MAX;
    must(natsConnection_JetStream(&js, connection, &options), "context");
    stream_make(js);
    double start_s = bare_now_s();
    publish(js, count, atoi(argv[3]));
    double published_s = bare_now_s();
    consume(connection, count);
    double consumed_s = bare_now_s();
    printf("publish %.0f\nconsume %.0f\n", (double)count / (published_s - start_s),
           (double)count / (consumed_s - published_s));
    must(js_DeleteStream(js, STREAM, NULL, NULL), "remove");
    jsCtx_Destroy(js);
    natsConnection_Destroy(connection);
    nats_Close();
    return 0;
}
