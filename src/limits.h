/* SPDX-License-Identifier: Apache-2.0
 *
 * The bounds that several files keep to, or that a user meets; one that concerns a single file
 * stands at the head of that file. Sizes in bytes unless the name ends in another unit.
 */
#ifndef ECS_LIMITS_H
#define ECS_LIMITS_H

/* Time, in microseconds. */
#define SECOND_US 1000000LL
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US (60 * MINUTE_US)
#define DAY_US (24 * HOUR_US)

/* Between this machine's clock and an engine's, before it is warned of: what HTTP, TLS and a well
 * kept clock differ by is less. */
#define CLOCK_AHEAD_US_MAX (2 * SECOND_US)

/* HTTP */
#define HTTP_BODY_MAX (64 * 1024)         /* one JSON document */
#define HTTP_BATCH_BODY_MAX (1024 * 1024) /* an NDJSON batch */
#define HTTP_BATCH_LINES_MAX 1000
#define HTTP_HEADERS_MAX (8 * 1024)
#define HTTP_CONNECTIONS_MAX 10000
#define HTTP_CONNECTIONS_SHARE 4     /* one address has at most this part of them: a quarter */
#define HTTP_DESCRIPTORS_KEPT 256    /* of the process, for files and engines */
#define HTTP_BODY_SMALL (4 * 1024)   /* bodies up to here are never refused for want of memory */
#define HTTP_BODIES_MAX (128L << 20) /* of the larger ones, all together */
#define HTTP_BODIES_SHARE 2          /* one address has at most this part of that: a half */
#define HTTP_THREADS_MAX 64
#define HTTP_HEADER_DEADLINE_US (5 * SECOND_US)
#define HTTP_BODY_DEADLINE_US (10 * SECOND_US)
#define HTTP_ANSWER_DEADLINE_US (30 * SECOND_US) /* to read an answer that is no event stream */
#define HTTP_IDLE_DEADLINE_US (60 * SECOND_US)   /* between two requests of one connection */
#define HTTP_DISCARD_MAX (16 * 1024 * 1024)      /* of a refused chunked body, before it is cut */
#define HTTP_RESPONSE_MAX (1024 * 1024)
#define HTTP_ENDPOINTS_MAX 64
#define HTTP_RATE_ADDRESSES_MAX 4096 /* counted at once */
#define HTTP_RATE_SHARED_MAX 32      /* addresses shared in one round */
#define ADDRESS_NETWORKS_MAX 32      /* of trusted proxies */

#define CACHE_BUDGET_US 20000 /* of one call to Redis */
#define PROXY_HOPS_MAX 8      /* entries of X-Forwarded-For that are looked at */
#define HTTP_EVENT_STREAMS_MAX 1000
#define HTTP_EVENT_STREAMS_PER_PERSON_MAX 5
#define HTTP_EVENT_BUFFER_MAX (64 * 1024) /* frames of one stream waiting to be sent */
#define HTTP_EVENT_KEEP_ALIVE_US (15 * SECOND_US)
#define HTTP_POOL_QUEUE_MAX 1024 /* requests waiting for a pool thread; more get 503 */
#define REQUESTS_AT_ONCE_MAX 32  /* of one endpoint, that a thread takes together */
#define HTTP_HASHING_QUEUE_MAX                                                                     \
    128 /* of those, requests that hash a password; they have their own */
#define HTTP_POOL_AGE_US (2 * SECOND_US)    /* a request that waits longer for a thread gets 503, */
#define HTTP_HASHING_AGE_US (5 * SECOND_US) /* and one that hashes a password after so long */
#define HTTP_HASHING_NICE 10 /* hashing takes the processor's time that others leave */
#define HEAP_STEP (1 << 20)
#define HEAP_FREE_MAX (16 << 20) /* bytes that are kept at the end of a heap */
#define HTTP_PATH_PARAMETERS_MAX 2
#define JSON_DEPTH_MAX 32

/* Fields */
#define EMAIL_MAX 254 /* RFC 5321 path limit less the angle brackets */
#define PASSWORD_MIN 8
#define PASSWORD_MAX 128
#define PASSWORD_HASH_MAX 128
#define EVENT_TYPE_MAX 64
#define EVENT_ID_MAX 128
#define CATEGORY_MAX 64
#define CURRENCY_LENGTH 3
#define CURRENCY_DEFAULT "EUR" /* where neither CURRENCY nor the policy names one */
#define TRACE_ID_MAX 64        /* X-Request-ID */
#define TRACEPARENT_LENGTH 55
#define TOKEN_MAX 4096
#define IDEMPOTENCY_KEY_MAX 128
#define IDEMPOTENCY_KEY_LIFE_US (1 * DAY_US)
#define IDEMPOTENCY_KEYS_MAX 1000 /* of one person at once, and kind of request */
#define CREDIT_TYPE_MAX 48
#define MODEL_NAME_MAX 64
#define REASONS_MAX 4
#define PAGE_SIZE_MAX 100
#define PAGE_MAX 1000000

/* Events */
#define MILLIONTHS 1000000
#define CENTS 100                          /* in a unit of currency */
#define WHOLE_BP 10000                     /* basis points of a whole */
#define RATE_BP_MAX 100000                 /* 1,000 percent */
#define AMOUNT_CENTS_MAX 9999999999LL      /* numeric(10,2) of the seed schema */
#define EVENT_AHEAD_US_MAX (5 * MINUTE_US) /* clocks differ; more than this ahead is refused */
#define STRESS_THRESHOLD_MILLIONTHS 700000 /* stress_level from here on is a stress event */
#define EVENT_KEY_LIFE_US (14 * DAY_US)    /* since its event was last seen */

/* Bus */
#define BUS_PAYLOAD_MAX (64 * 1024)
#define BUS_BATCH_MAX 4096
#define BUS_ACK_WAIT_US (10 * SECOND_US)
#define BATCH_FIRST 256               /* messages that a worker takes at once, at first */
#define BATCH_LONG_US (2 * SECOND_US) /* a batch of so long halves the next, */
#define BATCH_SHORT_US (500 * 1000)   /* one of so short doubles it: see batch_size.h */
#define PROGRESS_PAUSE_US_MAX                                                                      \
    (15 * SECOND_US) /* a worker that ends no message for so long, while                           \
                        some wait, is not ready */
#define BUS_RETRY_DELAY_US (1 * SECOND_US)
#define BUS_STREAM_AGE_US (3 * DAY_US)
/* Time to look at them and put them back. A letter that is put back at the last moment then lies in
 * its stream, and is younger there than the key of its event, with a day for clocks that differ. */
#define BUS_DEAD_LETTER_AGE_US (EVENT_KEY_LIFE_US - BUS_STREAM_AGE_US - DAY_US)
#define BUS_REWIND_US_MAX (EVENT_KEY_LIFE_US - DAY_US) /* what is older might count twice */
#define BUS_DEAD_LETTER_BYTES_MAX (64LL << 20)         /* in the embedded log; then the oldest go */
#define LETTER_OVERHEAD 512 /* what a letter takes up beside its payload, about */
/* Of one producer, from one worker: a 16th of the embedded log at once, and as much again while
 * the first ones live. One producer thus has at most an eighth of it, with both workers a quarter.
 */
#define PRODUCER_LETTER_BYTES (BUS_DEAD_LETTER_BYTES_MAX / 16)
#define PRODUCER_RATES_MAX 64 /* places for producers */
#define PRODUCER_MAX 32       /* bytes of a producer's name */
#define LETTERS_AT_ONCE 2000  /* dead letters of one person in one process */
#define LETTERS_PER_SECOND 2
#define LETTER_RATES_MAX 256 /* places for persons */
#define BUS_DUPLICATE_WINDOW_US (2 * MINUTE_US)
#define BUS_STREAM_BYTES_MAX (4LL << 30)
#define BUS_WINDOW_MAX 65536 /* messages published and not yet confirmed, in one process */
#define BUS_QUEUE_BYTES_MAX (64LL << 20) /* of those, not yet written to file or socket */
#define BUS_PUBLISH_TIMEOUT_US (5 * SECOND_US)
#define REASON_MAX 200 /* why a message was refused */

/* An engine that owes the answer to a trivial question for so long is down. */
#define ENGINE_SILENCE_US (2 * SECOND_US)

/* Store: a wait for PostgreSQL ends before the bus delivers the batch again. */
#define STORE_CONNECT_S 3
#define STORE_REST_US (SECOND_US / 2) /* after a connection that could not be made */
#define STORE_STATEMENT_MS 5000
#define STORE_LOCK_MS 3000
#define STORE_IDLE_MS 10000
#define STORE_TCP_MS 5000
#define STORE_DEADLINE_US (8 * SECOND_US)

/* Migrations: they may take long, and end some time all the same. */
#define MIGRATION_DEADLINE_US (6 * HOUR_US) /* of one */
#define MIGRATION_TELL_US (10 * SECOND_US)  /* between two lines of the log about one */
#define MIGRATION_WAIT_US (5 * SECOND_US)   /* for another process that migrates, at once */

/* A registration or refresh whose COMMIT was not confirmed can be repeated for so long. */
#define LOST_COMMIT_LIFE_US (10 * MINUTE_US)

/* Outbox: a row that a relay has claimed is kept from others for so long. Short, for a killed relay
 * leaves its claims behind; what is published twice for that has the same message id. */
#define OUTBOX_CLAIM_US 1500000LL

/* Retention: what a sweep believes, and how much it takes */
#define SWEEP_PERIOD_US HOUR_US           /* of all processes together */
#define SWEEP_SKEW_US_MAX (5 * MINUTE_US) /* between a process's clock and the database's */
#define SWEEP_JUMP_US_MAX DAY_US /* by which the present may have moved on since the last */
#define SWEEP_SHARE_PERCENT 10   /* of a table's rows that one sweep removes */
#define SWEEP_PART_ROWS 4096     /* in one transaction, at most */

/* Embedded engines: with less than both free, /readyz says that the disk is nearly full. */
#define DISK_FREE_MIN (64LL << 20)
#define DISK_FREE_SHARE 20                       /* a twentieth of the disk */
#define DISK_LOOK_US (5 * SECOND_US)             /* between two looks at PostgreSQL's */
#define DISK_FULL_REMEMBERED_US (10 * SECOND_US) /* what it said of it */

/* Features: the longest windows that tiles are read for. */
#define EMOTION_TILES_MAX (30 * 24 + 1)
#define TRANSACTION_TILES_MAX 92

/* Policy */
#define POLICY_BYTES_MAX (64 * 1024)      /* of its file */
#define POLICY_COOLING_OFF_HOURS_MAX 8760 /* a year */
#define POLICY_REPORT_MAX (64 * 1024)     /* all that is wrong with one policy, in words */

/* Trained models, and what they are trained on */
#define MODEL_COLUMNS_MAX 512
#define MODEL_COLUMN_NAME_MAX 128
#define MODEL_GROUP_MAX 32
#define MODEL_LEVELS_MAX 64     /* of one category; the rarer ones beyond count as missing */
#define MODEL_FEATURES_MAX 4096 /* columns, with one for each level of a category */
#define MODEL_FILE_MAX (64 * 1024 * 1024)
#define MODEL_FILES_MAX 8
/* Trees that are deeper, or whose answers worked out ahead take more, are asked by XGBoost. */
#define MODEL_TREE_DEPTH_MAX 8
#define MODEL_TABLES_MAX (16 * 1024 * 1024) /* of one part of a model */
#define CALIBRATION_KNOTS_MAX 64
#define CSV_FILE_MAX (1LL << 30)
#define TRAINING_ROWS_MAX 10000000
#define TRAINING_FOLDS_MAX 20
#define TRAINING_REPEATS_MAX 100

/* Traces: spans waiting to be exported, and those of one request to the collector. */
#define TRACE_SPANS_MAX 4096
#define TRACE_BATCH_MAX 512
#define TRACE_PERIOD_US (1 * SECOND_US)
#define TRACE_EXPORT_MS 1000           /* longest wait for the collector */
#define TRACE_FLUSH_US (1 * SECOND_US) /* for what is left when the process ends */

/* Secrets */
#define SECRET_MIN 32
#define INTERNAL_KEYS_MAX 4
#define TOKEN_KEYS_MAX 4

/* Logins */
#define FAILED_LOGIN_WAIT_US (30 * SECOND_US) /* after the last failure that costs nothing */
#define FAILED_LOGIN_WAIT_US_MAX (15 * MINUTE_US)
#define FAILED_LOGIN_LIFE_US (1 * HOUR_US) /* after the last one all are forgotten */
#define NOBODY_ACCOUNTS 65536              /* for addresses that nobody has */

#endif
