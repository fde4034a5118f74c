/*
 * group_commit.c - many writers at once: single writes, transactions, batches, rollbacks.
 *
 * Each thread counts in keys of its own and in one key shared by all; nothing may be lost, in any
 * sync mode. Arguments: COMMITS SEED.
 */
#include "race.h"

#define WRITERS 5

struct writer {
    ferrite_db *db;
    unsigned number;
    uint64_t commits, shared_adds;
};

static size_t own_key(const struct writer *writer, uint64_t i, char key[40]) {
    return (size_t)sprintf(key, "w%u:%" PRIu64, writer->number, i % 50);
}

static int add_twice(ferrite_db *tx, void *ctx, ferrite_error **err) {
    struct writer *writer = ctx;
    char key[40];
    size_t len = own_key(writer, 7, key);
    if (ferrite_incr(tx, "shared", 6, NULL, err) < 0) return -1;
    if (ferrite_set(tx, key, len, "from a transaction", 18, err) < 0) return -1;
    return ferrite_incr(tx, "shared", 6, NULL, err) < 0 ? -1 : 0;
}

static int add_and_regret(ferrite_db *tx, void *ctx, ferrite_error **err) {
    return add_twice(tx, ctx, err) == 0 ? 5 : -1;
}

static void write_batch(struct writer *writer, uint64_t i) {
    ferrite_error *err = NULL;
    char key[40];
    ferrite_db *batch = ferrite_batch(writer->db, &err);
    RACE_MUST(batch != NULL, err);
    for (uint64_t k = 0; k < 4; k++) {
        size_t len = own_key(writer, i + k, key);
        RACE_MUST(ferrite_set(batch, key, len, "from a batch", 12, &err) == 0, err);
    }
    RACE_MUST(ferrite_commit(batch, &err) == 0, err);
    ferrite_close(batch);
}

static void write_once(struct writer *writer, uint64_t i) {
    ferrite_error *err = NULL;
    char key[40], value[64];
    switch (i % 5) {
    case 0:
        RACE_MUST(ferrite_transaction(writer->db, add_twice, writer, &err) == 0, err);
        writer->shared_adds += 2;
        break;
    case 1:
        write_batch(writer, i);
        break;
    case 2:
        RACE_MUST(ferrite_transaction(writer->db, add_and_regret, writer, &err) == 5, err);
        break;
    case 3:
        RACE_MUST(ferrite_incr(writer->db, "shared", 6, NULL, &err) == 0, err);
        writer->shared_adds++;
        break;
    default: {
        size_t key_len = own_key(writer, i, key), len = (size_t)sprintf(value, "%" PRIu64, i);
        RACE_MUST(ferrite_set(writer->db, key, key_len, value, len, &err) == 0, err);
    }
    }
}

static void *writer_main(void *ctx) {
    struct writer *writer = ctx;
    for (uint64_t i = 0; i < writer->commits; i++) write_once(writer, i);
    return NULL;
}

static void run(ferrite_sync_mode mode, uint64_t commits) {
    struct race_files files;
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    uint64_t adds = 0;
    size_t len = 0;
    ferrite_error *err = NULL;
    race_files_make(&files);
    ferrite_db *db = race_open(&files, mode);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){db, i, commits, 0};
        pthread_create(&threads[i], NULL, writer_main, &writers[i]);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        pthread_join(threads[i], NULL);
        adds += writers[i].shared_adds;
    }
    race_close(db);
    db = race_open(&files, mode);
    char *shared = ferrite_get(db, "shared", 6, &len, &err);
    RACE_MUST(shared != NULL && strtoull(shared, NULL, 10) == adds, err);
    ferrite_free(shared);
    race_close(db);
    race_files_remove(&files);
}

int main(int argc, char **argv) {
    static const ferrite_sync_mode modes[] = {FERRITE_SYNC_NORMAL, FERRITE_SYNC_NONE,
                                              FERRITE_SYNC_PERIODIC, FERRITE_SYNC_EVERY_N,
                                              FERRITE_SYNC_FULL};
    uint64_t commits = race_argument(argc, argv, 1, 300);
    for (size_t i = 0; i < 5; i++) run(modes[i], commits);
    printf("group commit: %d writers, %" PRIu64 " commits each, five sync modes\n", WRITERS,
           commits);
    return 0;
}
