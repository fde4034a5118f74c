/*
 * shared_handles.c - one snapshot, one transaction and one batch, each used by several threads at once.
 *
 * The snapshot's first readers all meet pages that nobody has verified yet. Arguments: ROUNDS.
 */
#include "race.h"

#define THREADS 4
#define KEYS 2000
#define STEPS 200

struct shared {
    ferrite_db *snapshot, *tx, *batch;
    _Atomic unsigned next; /* hands out thread numbers */
};

static size_t key_name(unsigned i, char key[24]) { return (size_t)sprintf(key, "key:%05u", i); }

static void read_snapshot(ferrite_db *snapshot, unsigned seed) {
    ferrite_error *err = NULL;
    char key[24];
    for (unsigned i = 0; i < STEPS; i++) {
        unsigned number = (seed * 977 + i * 31) % KEYS;
        size_t len, key_len = key_name(number, key);
        char *value = ferrite_get(snapshot, key, key_len, &len, &err);
        RACE_MUST(value != NULL && len == number, err);
        ferrite_free(value);
    }
    ferrite_iterator *it = ferrite_iterate(snapshot, NULL, &err);
    RACE_MUST(it != NULL, err);
    ferrite_slice found;
    unsigned count = 0;
    while (ferrite_iterator_next(it, NULL, &found, &err) == 1) RACE_MUST(found.len == count++, err);
    RACE_MUST(count == KEYS, err);
    ferrite_iterator_close(it);
}

static void write_handle(ferrite_db *handle, unsigned thread) {
    ferrite_error *err = NULL;
    char key[24];
    for (unsigned i = 0; i < STEPS; i++) {
        size_t len = key_name(KEYS + thread * STEPS + i, key);
        RACE_MUST(ferrite_set(handle, key, len, "v", 1, &err) == 0, err);
    }
}

static void walk_tx(ferrite_db *tx) {
    ferrite_error *err = NULL;
    ferrite_iterator *it = ferrite_iterate(tx, NULL, &err);
    RACE_MUST(it != NULL, err);
    ferrite_slice key;
    unsigned count = 0;
    while (ferrite_iterator_next(it, &key, NULL, &err) == 1) count++;
    RACE_MUST(count >= KEYS, err);
    ferrite_iterator_close(it);
}

static void *thread_main(void *ctx) {
    struct shared *shared = ctx;
    unsigned number = atomic_fetch_add(&shared->next, 1);
    read_snapshot(shared->snapshot, number);
    write_handle(shared->tx, number);
    walk_tx(shared->tx);
    write_handle(shared->batch, number + THREADS);
    return NULL;
}

static void fill(ferrite_db *db) {
    static char value[KEYS];
    ferrite_error *err = NULL;
    char key[24];
    for (unsigned i = 0; i < KEYS; i++) {
        size_t len = key_name(i, key);
        RACE_MUST(ferrite_set(db, key, len, value, i, &err) == 0, err);
    }
}

static void run(ferrite_db *db) {
    ferrite_error *err = NULL;
    struct shared shared = {.snapshot = ferrite_snapshot(db, &err),
                            .batch = ferrite_batch(db, &err),
                            .tx = ferrite_begin(db, &err)};
    RACE_MUST(shared.snapshot != NULL && shared.batch != NULL && shared.tx != NULL, err);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, thread_main, &shared);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    RACE_MUST(ferrite_commit(shared.tx, &err) == 0, err);
    RACE_MUST(ferrite_commit(shared.batch, &err) == 0, err);
    ferrite_close(shared.tx);
    ferrite_close(shared.batch);
    ferrite_close(shared.snapshot);
    uint64_t count = 0;
    RACE_MUST(ferrite_dbsize(db, &count, &err) == 0 && count == KEYS + 2 * THREADS * STEPS, err);
}

int main(int argc, char **argv) {
    uint64_t rounds = race_argument(argc, argv, 1, 3);
    for (uint64_t i = 0; i < rounds; i++) {
        struct race_files files;
        race_files_make(&files);
        ferrite_db *db = race_open(&files, FERRITE_SYNC_NONE);
        fill(db);
        race_close(db);
        db = race_open(&files, FERRITE_SYNC_NONE);
        run(db);
        race_close(db);
        race_files_remove(&files);
    }
    printf("shared handles: %d threads, %" PRIu64 " rounds\n", THREADS, rounds);
    return 0;
}
