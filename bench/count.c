/*
 * count.c - ferrite-count: N operations of one kind, to be run under callgrind by scripts/bench-count.
 *
 *     ferrite-count FILE load            makes a database of KEYS keys
 *     ferrite-count FILE OPERATION N     get, fill, hit, view, set, reset, batch, commit, scan
 *
 * Two runs that differ in N alone differ by what the operations cost; opening, warming up and
 * closing cancel out. One thread, no fsync and a log large enough that no checkpoint falls in between.
 */
#include "../libferrite/ferrite.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 100000u
#define KEY_LEN 16u
#define BATCH 1000u

static const char value[100] = "a value of a hundred bytes, most of them zero";
static char keys[KEYS][KEY_LEN];
static ferrite_error *err;

static void check(bool fine, const char *what) {
    if (fine) return;
    fprintf(stderr, "ferrite-count: %s: %s\n", what, ferrite_error_message(err));
    exit(1);
}

/* All keys in a scattered order, made beforehand so that making them is not counted. */
static void keys_make(void) {
    for (uint64_t i = 0; i < KEYS; i++) {
        char key[32];
        snprintf(key, sizeof key, "key:%012u", (unsigned)(i * 2654435761u % KEYS));
        memcpy(keys[i], key, KEY_LEN);
    }
}

static const char *key_at(uint64_t i) { return keys[i % KEYS]; }

static void set(ferrite_db *db, uint64_t i) {
    check(ferrite_set(db, key_at(i), KEY_LEN, value, sizeof value, &err) == 0, "set");
}

static void run_set(ferrite_db *db, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) set(db, i);
}

static void run_batch(ferrite_db *db, uint64_t n) {
    for (uint64_t i = 0; i < n;) {
        ferrite_db *tx = ferrite_begin(db, &err);
        check(tx, "begin");
        do set(tx, i);
        while (++i % BATCH && i < n);
        check(ferrite_commit(tx, &err) == 0, "commit");
        ferrite_close(tx);
    }
}

static void run_commit(ferrite_db *db, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        ferrite_db *tx = ferrite_begin(db, &err);
        check(tx, "begin");
        set(tx, i);
        check(ferrite_commit(tx, &err) == 0, "commit");
        ferrite_close(tx);
    }
}

static void run_get(ferrite_db *db, uint64_t n) {
    for (uint64_t i = 0; i < n; i++) {
        size_t value_len;
        char *found = ferrite_get(db, key_at(i), KEY_LEN, &value_len, &err);
        check(found, "get");
        ferrite_free(found);
    }
}

/* Every key comes into the hot cache, before the first read that is counted. */
static void run_hit(ferrite_db *db, uint64_t n) {
    run_get(db, 2 * KEYS);
    run_get(db, n);
}

/* Sets of keys that are in the hot cache. */
static void run_reset(ferrite_db *db, uint64_t n) {
    run_get(db, 2 * KEYS);
    run_set(db, n);
}

static void run_view(ferrite_db *db, uint64_t n) {
    ferrite_slice found;
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    check(snapshot, "snapshot");
    for (uint64_t i = 0; i < n; i++)
        check(ferrite_view(snapshot, key_at(i), KEY_LEN, &found, &err) == 1, "view");
    ferrite_close(snapshot);
}

static void run_scan(ferrite_db *db, uint64_t n) {
    ferrite_slice key, found;
    ferrite_iterator *it = NULL;
    for (uint64_t i = 0; i < n; i++) {
        if (i % KEYS == 0) {
            ferrite_iterator_close(it);
            check((it = ferrite_iterate(db, NULL, &err)), "iterate");
        }
        check(ferrite_iterator_next(it, &key, &found, &err) == 1, "next");
    }
    ferrite_iterator_close(it);
}

#define OFF FERRITE_CACHE_OFF
#define ON  0

static const struct operation {
    const char *name;
    void (*run)(ferrite_db *db, uint64_t n);
    uint64_t cache_size;
} operations[] = {
    {"get", run_get, OFF},   {"fill", run_get, ON},     {"hit", run_hit, ON},
    {"view", run_view, OFF}, {"set", run_set, OFF},     {"reset", run_reset, ON},
    {"batch", run_batch, OFF}, {"commit", run_commit, OFF}, {"scan", run_scan, OFF},
};
#define OPERATIONS (sizeof operations / sizeof *operations)

static const struct operation *operation_find(const char *name) {
    for (size_t i = 0; i < OPERATIONS; i++)
        if (strcmp(name, operations[i].name) == 0) return &operations[i];
    return NULL;
}

int main(int argc, char **argv) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    if (argc < 3) return 2;
    keys_make();
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    options.log_size = 1u << 30;
    const struct operation *operation = operation_find(argv[2]);
    if (operation != NULL) options.cache_size = operation->cache_size;
    ferrite_db *db = ferrite_open_with(argv[1], &options, &err);
    check(db, "open");
    if (strcmp(argv[2], "load") == 0) run_batch(db, KEYS);
    if (operation != NULL && argc > 3) {
        run_scan(db, KEYS); /* every page seen and verified */
        operation->run(db, strtoull(argv[3], NULL, 10));
    }
    ferrite_close(db);
    return 0;
}
