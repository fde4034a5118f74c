/*
 * engine_rocksdb.c - RocksDB by its C interface; gets are pinned, so no copy is paid for.
 */
#include <rocksdb/c.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bench.h"

struct rocks {
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_block_based_table_options_t *table;
    rocksdb_cache_t *cache;
    rocksdb_writeoptions_t *write;
};

struct rocks_session {
    struct rocks *rocks;
    rocksdb_readoptions_t *read;
    rocksdb_writebatch_t *batch;
    const rocksdb_snapshot_t *snapshot;
};

static void check(char *error, const char *what) {
    if (error) bench_die("rocksdb: %s: %s", what, error);
}

static void *rocks_open(const char *dir, bool durable) {
    struct rocks *rocks = calloc(1, sizeof *rocks);
    char *error = NULL;
    mkdir(dir, 0777);
    rocks->options = rocksdb_options_create();
    rocks->table = rocksdb_block_based_options_create();
    rocks->cache = rocksdb_cache_create_lru(1ull << 30);
    rocks->write = rocksdb_writeoptions_create();
    rocksdb_block_based_options_set_block_cache(rocks->table, rocks->cache);
    rocksdb_block_based_options_set_filter_policy(rocks->table,
                                                  rocksdb_filterpolicy_create_bloom_full(10));
    rocksdb_options_set_block_based_table_factory(rocks->options, rocks->table);
    rocksdb_options_set_create_if_missing(rocks->options, 1);
    rocksdb_writeoptions_set_sync(rocks->write, durable);
    rocks->db = rocksdb_open(rocks->options, dir, &error);
    check(error, "open");
    return rocks;
}

static void rocks_close(void *handle) {
    struct rocks *rocks = handle;
    rocksdb_close(rocks->db);
    rocksdb_writeoptions_destroy(rocks->write);
    rocksdb_block_based_options_destroy(rocks->table);
    rocksdb_cache_destroy(rocks->cache);
    rocksdb_options_destroy(rocks->options);
    free(rocks);
}

static void *rocks_session_open(void *rocks) {
    struct rocks_session *session = calloc(1, sizeof *session);
    session->rocks = rocks;
    session->read = rocksdb_readoptions_create();
    session->batch = rocksdb_writebatch_create();
    return session;
}

static void rocks_session_close(void *handle) {
    struct rocks_session *session = handle;
    rocksdb_writebatch_destroy(session->batch);
    rocksdb_readoptions_destroy(session->read);
    free(session);
}

static void rocks_put(void *handle, const char *key, const char *value) {
    struct rocks_session *session = handle;
    char *error = NULL;
    rocksdb_put(session->rocks->db, session->rocks->write, key, KEY_LEN, value, VALUE_LEN, &error);
    check(error, "put");
}

static void rocks_begin(void *handle) {
    struct rocks_session *session = handle;
    rocksdb_writebatch_clear(session->batch);
}

static void rocks_put_in(void *handle, const char *key, const char *value) {
    struct rocks_session *session = handle;
    rocksdb_writebatch_put(session->batch, key, KEY_LEN, value, VALUE_LEN);
}

static void rocks_commit(void *handle) {
    struct rocks_session *session = handle;
    char *error = NULL;
    rocksdb_write(session->rocks->db, session->rocks->write, session->batch, &error);
    check(error, "write");
}

static int rocks_get(void *handle, const char *key) {
    struct rocks_session *session = handle;
    char *error = NULL;
    size_t len;
    rocksdb_pinnableslice_t *slice =
        rocksdb_get_pinned(session->rocks->db, session->read, key, KEY_LEN, &error);
    check(error, "get");
    if (!slice) return -1;
    int byte = *(const unsigned char *)rocksdb_pinnableslice_value(slice, &len);
    rocksdb_pinnableslice_destroy(slice);
    return byte;
}

static void rocks_pin(void *handle) {
    struct rocks_session *session = handle;
    session->snapshot = rocksdb_create_snapshot(session->rocks->db);
    rocksdb_readoptions_set_snapshot(session->read, session->snapshot);
}

static void rocks_unpin(void *handle) {
    struct rocks_session *session = handle;
    rocksdb_readoptions_set_snapshot(session->read, NULL);
    rocksdb_release_snapshot(session->rocks->db, session->snapshot);
}

static uint64_t rocks_scan(void *handle) {
    struct rocks_session *session = handle;
    rocksdb_iterator_t *it = rocksdb_create_iterator(session->rocks->db, session->read);
    uint64_t count = 0;
    volatile unsigned sum = 0;
    size_t len;
    for (rocksdb_iter_seek_to_first(it); rocksdb_iter_valid(it); rocksdb_iter_next(it), count++)
        sum += *(const unsigned char *)rocksdb_iter_value(it, &len);
    rocksdb_iter_destroy(it);
    (void)sum;
    return count;
}

const struct bench_engine engine_rocksdb = {
    .name = "rocksdb",
    .settings = "WAL on, sync=false, 1 GiB LRU block cache, bloom 10 bits, else defaults "
                "(snappy, 64 MB memtable), pinned gets",
    .settings_durable = "the same with sync=true",
    .open = rocks_open,
    .close = rocks_close,
    .session_open = rocks_session_open,
    .session_close = rocks_session_close,
    .put = rocks_put,
    .begin = rocks_begin,
    .put_in = rocks_put_in,
    .commit = rocks_commit,
    .get = rocks_get,
    .pin = rocks_pin,
    .get_pinned = rocks_get,
    .unpin = rocks_unpin,
    .scan = rocks_scan,
};
