/*
 * format_test.c - docs/FORMAT.md describes the files as they are.
 *
 * A reader written from that document alone (support/plain_reader.c) reads what the library wrote. When a
 * test here fails after a change of the engine, the file format has changed.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../libferrite/ferrite.h"
#include "support/plain_reader.h"

#define KEYS 3000u
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

static ferrite_db *open_file(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
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

Test(format, a_closed_file_reads_as_documented, .init = setup, .fini = teardown) {
    ferrite_db *db = open_file();
    fill(db);
    ferrite_close(db);
    cr_assert_neq(access(log_path, F_OK), 0, "a clean close leaves no log");
    struct plain_bytes file = plain_file(path);
    struct seen seen = {.dbs = {open_file()}};
    for (int i = 1; i < 16; i++) seen.dbs[i] = ferrite_select(seen.dbs[0], i, NULL);
    struct plain_meta meta = plain_read(file, entry_compare, &seen);
    cr_expect_eq(meta.log_id, 0);
    cr_expect_eq(seen.entries, KEYS - KEYS / 3 + 2);
    cr_expect_eq(seen.mortal, 1);
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
    struct plain_meta meta = plain_read(file, entry_compare, &none);
    plain_log(log, &meta, effects_count, &seen);
    cr_expect_eq(none.entries, 0, "no checkpoint was due");
    cr_expect_eq(seen.puts, 200);
    cr_expect_eq(seen.deletes, 1);
    cr_expect_eq(seen.key_bytes, 201 * 5);
    free(file.data);
    free(log.data);
}
