/*
 * engine_ferrite.c - Ferrite by its public interface. A get is ferrite_get (a copy, freed); pinned gets
 * are ferrite_view in a snapshot (no copy); many puts a commit are a transaction.
 */
#include "../libferrite/ferrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bench.h"

#define BOUND_BYTES 120u /* of a bound for each key: somewhat less than a key takes */

struct session {
    ferrite_db *db, *tx, *snapshot;
};

static void fail(ferrite_error *err, const char *what) {
    bench_die("ferrite: %s: %s", what, ferrite_error_message(err));
}

/* dir NULL: in memory. */
static void *open_with(const char *dir, ferrite_options *options, bool durable) {
    char path[1024];
    ferrite_error *err = NULL;
    if (dir) {
        mkdir(dir, 0777);
        snprintf(path, sizeof path, "%s/bench.ferrite", dir);
    }
    options->sync_mode = durable ? FERRITE_SYNC_NORMAL : FERRITE_SYNC_NONE;
    ferrite_db *db = ferrite_open_with(dir ? path : NULL, options, &err);
    if (!db) fail(err, "open");
    return db;
}

static void *open_in(const char *dir, bool durable) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    return open_with(dir, &options, durable);
}

static void *open_lz4(const char *dir, bool durable) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.compression = 1;
    return open_with(dir, &options, durable);
}

static void *open_uncached(const char *dir, bool durable) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.cache_size = FERRITE_CACHE_OFF;
    return open_with(dir, &options, durable);
}

static void *open_bound_by(const char *dir, bool durable, uint64_t slack) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.max_size = bench_keys / 2 * BOUND_BYTES;
    options.file_slack = options.max_size / 100 * slack;
    options.eviction = FERRITE_EVICT_ALL_LRU;
    return open_with(dir, &options, durable);
}

static void *open_bound(const char *dir, bool durable) { return open_bound_by(dir, durable, 0); }
static void *open_bound_roomy(const char *dir, bool durable) { return open_bound_by(dir, durable, 150); }

static void *open_memory(const char *dir, bool durable) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    (void)dir;
    return open_with(NULL, &options, durable);
}

static void *open_memory_bound(const char *dir, bool durable) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    (void)dir;
    options.max_memory = bench_keys / 2 * BOUND_BYTES;
    options.eviction = FERRITE_EVICT_ALL_LRU;
    return open_with(NULL, &options, durable);
}

static void close_db(void *db) { ferrite_close(db); }

static void *session_open(void *db) {
    struct session *session = calloc(1, sizeof *session);
    session->db = db;
    return session;
}

static void session_close(void *session) { free(session); }

static void put(void *handle, const char *key, const char *value) {
    struct session *session = handle;
    ferrite_error *err = NULL;
    if (ferrite_set(session->db, key, KEY_LEN, value, VALUE_LEN, &err) < 0) fail(err, "set");
}

static void begin(void *handle) {
    struct session *session = handle;
    ferrite_error *err = NULL;
    session->tx = ferrite_begin(session->db, &err);
    if (!session->tx) fail(err, "begin");
}

static void put_in(void *handle, const char *key, const char *value) {
    struct session *session = handle;
    ferrite_error *err = NULL;
    if (ferrite_set(session->tx, key, KEY_LEN, value, VALUE_LEN, &err) < 0) fail(err, "set");
}

static void commit(void *handle) {
    struct session *session = handle;
    ferrite_error *err = NULL;
    if (ferrite_commit(session->tx, &err) < 0) fail(err, "commit");
    ferrite_close(session->tx);
}

static int get(void *handle, const char *key) {
    struct session *session = handle;
    ferrite_error *err = NULL;
    size_t len;
    char *value = ferrite_get(session->db, key, KEY_LEN, &len, &err);
    if (!value && err) fail(err, "get");
    if (!value) return -1;
    int byte = *(unsigned char *)value;
    ferrite_free(value);
    return byte;
}

static void pin(void *handle) {
    struct session *session = handle;
    ferrite_error *err = NULL;
    session->snapshot = ferrite_snapshot(session->db, &err);
    if (!session->snapshot) fail(err, "snapshot");
}

static int get_pinned(void *handle, const char *key) {
    struct session *session = handle;
    ferrite_error *err = NULL;
    ferrite_slice value;
    int found = ferrite_view(session->snapshot, key, KEY_LEN, &value, &err);
    if (found < 0) fail(err, "view");
    return found ? *(const unsigned char *)value.data : -1;
}

static void unpin(void *handle) {
    struct session *session = handle;
    ferrite_close(session->snapshot);
}

static uint64_t scan(void *handle) {
    struct session *session = handle;
    ferrite_error *err = NULL;
    ferrite_slice key, value;
    uint64_t count = 0;
    volatile unsigned sum = 0;
    ferrite_iterator *it = ferrite_iterate(session->db, NULL, &err);
    int more = it ? 0 : -1;
    while (it && (more = ferrite_iterator_next(it, &key, &value, &err)) > 0) {
        sum += *(const unsigned char *)value.data;
        count++;
    }
    if (more < 0) fail(err, "iterate");
    ferrite_iterator_close(it);
    (void)sum;
    return count;
}

static uint64_t log_bytes(void *db) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    ferrite_error *err = NULL;
    if (ferrite_info(db, &stats, &err) < 0) fail(err, "info");
    return stats.log_bytes;
}

#define FERRITE_CALLS                                                                              \
    .close = close_db, .session_open = session_open, .session_close = session_close, .put = put,   \
    .begin = begin, .put_in = put_in, .commit = commit, .get = get, .pin = pin,                    \
    .get_pinned = get_pinned, .unpin = unpin, .scan = scan, .log_bytes = log_bytes

const struct bench_engine engine_ferrite = {
    .name = "ferrite",
    .settings = "FERRITE_SYNC_NONE, else defaults",
    .settings_durable = "FERRITE_SYNC_NORMAL, else defaults",
    .open = open_in,
    FERRITE_CALLS,
};

const struct bench_engine engine_ferrite_lz4 = {
    .name = "ferrite-lz4",
    .settings = "compression 1",
    .special = true,
    .open = open_lz4,
    FERRITE_CALLS,
};

const struct bench_engine engine_ferrite_uncached = {
    .name = "uncached",
    .settings = "ferrite without the hot cache",
    .special = true,
    .open = open_uncached,
    FERRITE_CALLS,
};

const struct bench_engine engine_ferrite_bound = {
    .name = "bound",
    .settings = "ferrite, max_size for less than half of the keys, allkeys-lru",
    .special = true,
    .open = open_bound,
    FERRITE_CALLS,
};

const struct bench_engine engine_ferrite_bound_roomy = {
    .name = "bound-roomy",
    .settings = "bound, file_slack one and a half times max_size",
    .special = true,
    .open = open_bound_roomy,
    FERRITE_CALLS,
};

const struct bench_engine engine_ferrite_memory = {
    .name = "memory",
    .settings = "ferrite in memory",
    .special = true,
    .transient = true,
    .open = open_memory,
    FERRITE_CALLS,
};

const struct bench_engine engine_ferrite_memory_bound = {
    .name = "memory-bound",
    .settings = "ferrite in memory, max_memory for less than half of the keys, allkeys-lru",
    .special = true,
    .transient = true,
    .open = open_memory_bound,
    FERRITE_CALLS,
};
