/*
 * format_test.c - docs/FORMAT.md describes the files as they are.
 *
 * A reader written from that document alone (support/plain_reader.c) reads what the library wrote. When a
 * test here fails after a change of the engine, the file format has changed.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../libferrite/ferrite.h"
#include "support/plain_reader.h"

#define KEYS      3000u
#define VALUE_MAX 300000u

static char folder[] = "/tmp/ferrite-format-XXXXXX", path[72], log_path[80];
static char value[VALUE_MAX];

static void setup(void) {
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/db.ferrite", folder);
    snprintf(log_path, sizeof log_path, "%s-wal", path);
    for (size_t i = 0; i < VALUE_MAX; i++) value[i] = (char)(i * 7 + i / 256);
}

static void teardown(void) {
    unlink(path);
    unlink(log_path);
    strcat(path, "-lock");
    unlink(path);
    rmdir(folder);
}

static int compression;

static ferrite_db *open_file(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.compression = compression;
    ferrite_db *db = ferrite_open_with(path, &options, NULL);
    cr_assert(db);
    return db;
}

/* Short and long keys; values inline, in one run and in many. */
static size_t key_make(char key[4096], unsigned i) {
    size_t len = (size_t)sprintf(key, "key:%u:", i * 7919);
    if (i % 50 != 0) return len;
    memset(key + len, 'k', i);
    return len + i;
}
static size_t value_len(unsigned i) { return i % 100 == 0 ? i * 100 : i / 2; }

static void fill(ferrite_db *db) {
    char key[4096];
    for (unsigned i = 0; i < KEYS; i++) {
        size_t len = key_make(key, i);
        cr_assert_eq(ferrite_set(db, key, len, value, value_len(i), NULL), 0);
        if (i % 3 == 0) cr_assert_eq(ferrite_del(db, key, len, NULL), 1);
    }
    ferrite_set_options options = FERRITE_SET_OPTIONS_INIT;
    options.expire_at_ms = 99999999999999;
    cr_assert_eq(ferrite_set_with(db, "mortal", 6, "v", 1, &options, NULL, NULL, NULL), 1);
    ferrite_db *other = ferrite_select(db, 5, NULL);
    cr_assert_eq(ferrite_set(other, "elsewhere", 9, "v", 1, NULL), 0);
    ferrite_close(other);
}

struct seen {
    ferrite_db *dbs[16];
    uint64_t entries, mortal;
    /* Collections: packed and in trees by type; elements met, those of them with a moment. */
    uint64_t packed[6], large[6], elements[6], moments, removed;
    uint64_t expected; /* elements that the collection at hand still has to show */
    uint64_t expiries;
};

static void entry_compare(void *ctx, unsigned db, struct plain_bytes key, struct plain_bytes found,
                          int64_t expire_ms) {
    struct seen *seen = ctx;
    size_t len;
    char *stored = ferrite_get(seen->dbs[db], (const char *)key.data, key.len, &len, NULL);
    cr_assert(stored, "a key that the library does not have");
    cr_assert_eq(found.len, len);
    cr_assert(memcmp(stored, found.data, len) == 0);
    ferrite_free(stored);
    seen->entries++;
    seen->mortal += expire_ms == 99999999999999;
}

static void collection_compare(void *ctx, unsigned db, struct plain_bytes key, bool packed,
                               int64_t first_ms, uint32_t removed) {
    struct seen *seen = ctx;
    const char *name = (const char *)key.data;
    ferrite_db *in = seen->dbs[db];
    int type = ferrite_type(in, name, key.len, NULL), answer = 0;
    cr_assert_eq(seen->expected, 0, "elements are missing");
    if (type == 2) seen->expected = (uint64_t)ferrite_llen(in, name, key.len, NULL);
    if (type == 3) answer = ferrite_scard(in, name, key.len, &seen->expected, NULL);
    if (type == 4) answer = ferrite_zcard(in, name, key.len, &seen->expected, NULL);
    if (type == 5) answer = ferrite_hlen(in, name, key.len, &seen->expected, NULL);
    cr_assert_geq(answer, 0);
    (packed ? seen->packed : seen->large)[type]++;
    seen->removed += removed;
    cr_assert_eq(first_ms != 0, key.data[key.len - 1] == 'm', "fields of some hashes expire");
}

static bool equal(char *found, size_t len, struct plain_bytes bytes) {
    bool same = found && len == bytes.len && memcmp(found, bytes.data, len) == 0;
    ferrite_free(found);
    return same;
}

static void field_compare(struct seen *seen, ferrite_db *db, struct plain_bytes key,
                          const struct plain_element *e) {
    const char *name = (const char *)key.data;
    const ferrite_slice field = {(const char *)e->item.data, e->item.len};
    size_t len;
    char *stored = ferrite_hget(db, name, key.len, field.data, field.len, &len, NULL);
    cr_assert(equal(stored, len, e->value), "a field's value");
    int64_t moment;
    cr_assert_geq(ferrite_hpexpiretime(db, name, key.len, &field, 1, &moment, NULL), 0);
    cr_assert_eq(moment, e->moment ? e->moment : -1, "a field's moment");
    seen->moments += e->moment != 0;
}

static void element_compare(void *ctx, unsigned db, struct plain_bytes key,
                            const struct plain_element *e) {
    struct seen *seen = ctx;
    const char *name = (const char *)key.data, *item = (const char *)e->item.data;
    ferrite_db *in = seen->dbs[db];
    size_t len;
    double score;
    if (e->type == 2) {
        char *stored = ferrite_lindex(in, name, key.len, (int64_t)e->index, &len, NULL);
        cr_assert(equal(stored, len, e->value));
    }
    if (e->type == 3)
        cr_assert_eq(ferrite_sismember(in, name, key.len, item, e->item.len, NULL), 1);
    if (e->type == 4) {
        cr_assert_eq(ferrite_zscore(in, name, key.len, item, e->item.len, &score, NULL), 1);
        cr_assert(score == e->score && (e->score != 0 || !signbit(e->score)));
    }
    if (e->type == 5) field_compare(seen, in, key, e);
    seen->elements[e->type]++;
    seen->expected--;
}

static void expiry_compare(void *ctx, unsigned db, int64_t moment, struct plain_bytes key) {
    struct seen *seen = ctx;
    int64_t at;
    cr_assert_geq(ferrite_pexpiretime(seen->dbs[db], (const char *)key.data, key.len, &at, NULL),
                  0);
    cr_assert(at == moment || (at == -1 && key.data[key.len - 1] == 'm'), "a key's moment");
    seen->expiries++;
}

static struct plain_visitor comparing(struct seen *seen) {
    return (struct plain_visitor){seen, entry_compare, collection_compare, element_compare,
                                  expiry_compare};
}

Test(format, a_closed_file_reads_as_documented, .init = setup, .fini = teardown) {
    ferrite_db *db = open_file();
    fill(db);
    ferrite_close(db);
    cr_assert_neq(access(log_path, F_OK), 0, "a clean close leaves no log");
    struct plain_bytes file = plain_file(path);
    struct seen seen = {.dbs = {open_file()}};
    for (int i = 1; i < 16; i++) seen.dbs[i] = ferrite_select(seen.dbs[0], i, NULL);
    const struct plain_visitor visitor = comparing(&seen);
    struct plain_meta meta = plain_read(file, &visitor);
    cr_expect_eq(meta.log_id, 0);
    cr_expect_eq(seen.entries, KEYS - KEYS / 3 + 2);
    cr_expect_eq(seen.mortal, 1);
    cr_expect_eq(seen.expiries, 1);
    cr_expect_eq(meta.deleted[0], KEYS / 3);
    cr_expect_eq(meta.deleted[5], 0);
    for (int i = 15; i >= 0; i--) ferrite_close(seen.dbs[i]);
    free(file.data);
}

/* `count` elements of every kind: number i, some long ones, and one in `removed` taken out again. */
static void collections_fill(ferrite_db *db, const char *name, unsigned count, unsigned removed) {
    char key[32], item[64];
    for (unsigned i = 0; i < count; i++) {
        size_t len = (size_t)sprintf(item, "element:%u", i * 7919);
        double score = (i % 7 - 3.0) * (i % 5 == 0 ? 1e300 : i / 3.0);
        size_t stored = i % 100 == 50 ? i * 40 : i % 90;
        ferrite_rpush(db, key, (size_t)sprintf(key, "%s list", name), i % 100 == 50 ? value : item,
                      i % 100 == 50 ? stored : len, NULL);
        ferrite_sadd(db, key, (size_t)sprintf(key, "%s set", name), item, len, NULL);
        ferrite_zadd(db, key, (size_t)sprintf(key, "%s zset", name), score, item, len, NULL);
        ferrite_hset(db, key, (size_t)sprintf(key, "%s hash", name), item, len, value, stored,
                     NULL);
        ferrite_hset(db, key, (size_t)sprintf(key, "%s hash m", name), item, len, value, stored,
                     NULL);
        const ferrite_slice field = {item, len};
        int64_t done;
        if (i % 4 == 1)
            ferrite_hpexpireat(db, key, strlen(key), 9999999999999 - i, 0, &field, 1, &done, NULL);
        if (i % removed != removed - 1) continue;
        ferrite_ltrim(db, key, (size_t)sprintf(key, "%s list", name), 1, -1, NULL);
        ferrite_srem(db, key, (size_t)sprintf(key, "%s set", name), item, len, NULL);
        ferrite_zrem(db, key, (size_t)sprintf(key, "%s zset", name), item, len, NULL);
        ferrite_hdel(db, key, (size_t)sprintf(key, "%s hash", name), item, len, NULL);
    }
}

static unsigned prefixed_sequences(struct plain_bytes file) {
    unsigned pages = 0;
    for (const unsigned char *page = file.data; page < file.data + file.len; page += 4096)
        pages += page[4] == 5 && page[24] != 0;
    return pages;
}

Test(format, collections_read_as_documented, .init = setup, .fini = teardown) {
    ferrite_db *db = open_file();
    collections_fill(db, "small", 20, 9);
    collections_fill(db, "large", 5000, 50);
    ferrite_zadd(db, "zeros", 5, -0.0, "minus", 5, NULL);
    ferrite_zadd(db, "zeros", 5, -HUGE_VAL, "least", 5, NULL);
    ferrite_pexpireat(db, "small hash m", 12, 5000000000000, NULL);
    ferrite_pexpireat(db, "large set", 9, 5000000000001, NULL);
    ferrite_del(db, "small set", 9, NULL);
    ferrite_close(db);
    struct plain_bytes file = plain_file(path);
    struct seen seen = {.dbs = {open_file()}};
    const struct plain_visitor visitor = comparing(&seen);
    struct plain_meta meta = plain_read(file, &visitor);
    cr_expect_eq(seen.expected, 0, "elements are missing");
    cr_expect(seen.packed[2] == 1 && seen.packed[3] == 0 && seen.packed[4] == 2 &&
              seen.packed[5] == 2);
    cr_expect(seen.large[2] == 1 && seen.large[3] == 1 && seen.large[4] == 1 && seen.large[5] == 2);
    cr_expect_eq(seen.elements[2], 18 + 4900);
    cr_expect_eq(seen.elements[5], 18 + 4900 + 20 + 5000);
    cr_expect_gt(prefixed_sequences(file), 10);
    cr_expect_eq(seen.moments, 5 + 1250);
    cr_expect_eq(seen.expiries, 3, "two keys, and a hash by its first field");
    cr_expect_geq(seen.removed, 3 * 90, "what was removed since the trees were made");
    cr_expect_eq(meta.deleted[0], 1);
    ferrite_close(seen.dbs[0]);
    free(file.data);
}

Test(format, compressed_values_read_as_documented, .init = setup, .fini = teardown) {
    for (size_t i = 0; i < VALUE_MAX; i++) value[i] = (char)(i % 13 + i / 1000);
    compression = 1;
    ferrite_db *db = open_file();
    fill(db);
    collections_fill(db, "small", 12, 9);
    collections_fill(db, "large", 3000, 50);
    ferrite_close(db);
    struct plain_bytes file = plain_file(path);
    compression = 0;
    struct seen seen = {.dbs = {open_file()}};
    for (int i = 1; i < 16; i++) seen.dbs[i] = ferrite_select(seen.dbs[0], i, NULL);
    const struct plain_visitor visitor = comparing(&seen);
    plain_read(file, &visitor);
    cr_expect_eq(seen.expected, 0, "elements are missing");
    cr_expect_eq(seen.entries, KEYS - KEYS / 3 + 2);
    cr_expect(seen.packed[5] == 2 && seen.large[5] == 2 && seen.large[2] == 1);
    cr_expect_gt(plain_forms, 3000);
    for (int i = 15; i >= 0; i--) ferrite_close(seen.dbs[i]);
    free(file.data);
}

struct effects_seen {
    uint64_t puts, deletes, key_bytes;
};

static uint64_t varint(const unsigned char **at) {
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        number |= (uint64_t)(**at & 0x7F) << shift;
        if (!(*(*at)++ & 0x80)) return number;
    }
}

static void effects_count(void *ctx, struct plain_bytes effects) {
    struct effects_seen *seen = ctx;
    for (const unsigned char *at = effects.data; at < effects.data + effects.len;) {
        unsigned op = *at++;
        cr_assert_eq(*at++, 0, "database");
        cr_assert(op == 1 || op == 2, "op %u", op);
        uint64_t key = varint(&at), record = op == 1 ? varint(&at) : 0;
        cr_assert(memcmp(at, "key:", 4) == 0);
        seen->key_bytes += key;
        *(op == 1 ? &seen->puts : &seen->deletes) += 1;
        at += key + record;
    }
}

/* A child writes and ends without closing, as kill -9 would have it. */
Test(format, a_log_left_behind_reads_as_documented, .init = setup, .fini = teardown) {
    pid_t child = fork();
    if (child == 0) {
        ferrite_db *db = open_file();
        for (int i = 0; i < 200; i++) ferrite_set(db, "key:a", 5, value, (size_t)i * 20, NULL);
        for (int i = 0; i < 2; i++) ferrite_del(db, "key:a", 5, NULL);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    struct plain_bytes file = plain_file(path), log = plain_file(log_path);
    cr_assert(file.data && log.data);
    struct seen none = {.entries = 0};
    struct effects_seen seen = {0};
    const struct plain_visitor visitor = comparing(&none);
    struct plain_meta meta = plain_read(file, &visitor);
    plain_log(log, &meta, effects_count, &seen);
    cr_expect_eq(none.entries, 0, "no checkpoint was due");
    cr_expect_eq(seen.puts, 200);
    cr_expect_eq(seen.deletes, 1);
    cr_expect_eq(seen.key_bytes, 201 * 5);
    free(file.data);
    free(log.data);
}
