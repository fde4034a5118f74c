/*
 * compact.c - the file is compacted again and again while others write, read and keep snapshots.
 *
 * The writer changes a string, a hash and a list together, so that all three tell the same number, and now and
 * then deletes most of what else there is; whoever reads must find them equal. Arguments: ROUNDS SEED.
 */
#include "race.h"

#define GROUPS   40
#define BALLAST  2000
#define LONG_LEN 9000

struct shared {
    ferrite_db *db;
    uint64_t rounds;
    _Atomic bool done;
};

static char filler[LONG_LEN];

static size_t group_key(char *key, char kind, uint64_t group) {
    return (size_t)sprintf(key, "%c%02" PRIu64, kind, group);
}

struct change {
    uint64_t group, number;
};

static int change(ferrite_db *tx, void *ctx, ferrite_error **err) {
    const struct change *c = ctx;
    char key[16], text[24], field[24];
    size_t len = group_key(key, 's', c->group), text_len = (size_t)sprintf(text, "%" PRIu64, c->number);
    size_t field_len = (size_t)sprintf(field, "f%" PRIu64, c->number % 200);
    if (ferrite_set(tx, key, len, text, text_len, err) < 0) return -1;
    group_key(key, 'h', c->group);
    if (ferrite_hset(tx, key, len, "number", 6, text, text_len, err) < 0) return -1;
    if (ferrite_hset(tx, key, len, field, field_len, filler, c->number * 37 % LONG_LEN, err) < 0) return -1;
    group_key(key, 'l', c->group);
    if (ferrite_rpush(tx, key, len, text, text_len, err) < 0) return -1;
    return ferrite_ltrim(tx, key, len, -150, -1, err);
}

static void ballast(ferrite_db *db, bool remove) {
    ferrite_error *err = NULL;
    ferrite_db *batch = ferrite_batch(db, &err);
    RACE_MUST(batch != NULL, err);
    for (int i = 0; i < BALLAST; i++) {
        char key[16];
        size_t len = (size_t)sprintf(key, "x%d", i);
        if (remove && i % 8 != 0)
            ferrite_del(batch, key, len, &err);
        else
            ferrite_set(batch, key, len, filler, i % 100 == 0 ? LONG_LEN : 100, &err);
    }
    RACE_MUST(ferrite_commit(batch, &err) == 0, err);
    ferrite_close(batch);
}

static void *writer_main(void *ctx) {
    struct shared *shared = ctx;
    for (uint64_t i = 1; !atomic_load(&shared->done); i++) {
        ferrite_error *err = NULL;
        struct change c = {i * 7 % GROUPS, i};
        RACE_MUST(ferrite_transaction(shared->db, change, &c, &err) == 0, err);
        if (i % 100 == 0) ballast(shared->db, i % 200 == 0);
    }
    return NULL;
}

static void look(ferrite_db *snapshot, uint64_t group) {
    ferrite_error *err = NULL;
    char key[16];
    size_t len = group_key(key, 's', group), lens[3] = {0};
    char *values[3];
    values[0] = ferrite_get(snapshot, key, len, &lens[0], &err);
    group_key(key, 'h', group);
    values[1] = ferrite_hget(snapshot, key, len, "number", 6, &lens[1], &err);
    group_key(key, 'l', group);
    values[2] = ferrite_lindex(snapshot, key, len, -1, &lens[2], &err);
    RACE_MUST(err == NULL, err);
    for (int i = 1; i < 3; i++) {
        RACE_MUST((values[i] == NULL) == (values[0] == NULL), err);
        if (values[0] != NULL)
            RACE_MUST(lens[i] == lens[0] && memcmp(values[i], values[0], lens[0]) == 0, err);
    }
    for (int i = 0; i < 3; i++) ferrite_free(values[i]);
}

static void *reader_main(void *ctx) {
    struct shared *shared = ctx;
    for (uint64_t i = 0; !atomic_load(&shared->done); i++) {
        ferrite_error *err = NULL;
        ferrite_db *snapshot = ferrite_snapshot(shared->db, &err);
        RACE_MUST(snapshot != NULL, err);
        for (uint64_t group = 0; group < GROUPS; group += 1 + i % 3) look(snapshot, group);
        if (i % 16 == 0) usleep(2000);
        look(snapshot, i % GROUPS);
        ferrite_close(snapshot);
    }
    return NULL;
}

static void *compacter_main(void *ctx) {
    struct shared *shared = ctx;
    for (uint64_t i = 0; i < shared->rounds; i++) {
        ferrite_error *err = NULL;
        uint64_t reclaimed;
        RACE_MUST(ferrite_compact(shared->db, NULL, &reclaimed, &err) == 0, err);
        usleep(3000);
    }
    atomic_store(&shared->done, true);
    return NULL;
}

int main(int argc, char **argv) {
    static void *(*const mains[])(void *) = {writer_main, reader_main, reader_main, compacter_main};
    struct shared shared = {.rounds = race_argument(argc, argv, 1, 20)};
    struct race_files files;
    pthread_t threads[4];
    memset(filler, 'x', sizeof filler);
    race_files_make(&files);
    shared.db = race_open(&files, FERRITE_SYNC_NONE);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, mains[i], &shared);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    race_close(shared.db);
    race_files_remove(&files);
    printf("compact: %" PRIu64 " times beside a writer and readers\n", shared.rounds);
    return 0;
}
