/*
 * readers_writer.c - one writer and several readers, checkpoints in the background.
 *
 * Each commit gives all keys the same new number, so a reader that sees two numbers in one
 * snapshot saw two versions (E4), and one that sees a smaller number than before went back.
 * Arguments: COMMITS SEED.
 */
#include "race.h"

#define KEYS       40
#define READERS    3
#define FILLER_MAX 3000

struct shared {
    ferrite_db *db;
    uint64_t commits, seed;
    _Atomic bool done;
};

static size_t key_name(unsigned i, char key[16]) { return (size_t)sprintf(key, "key:%03u", i); }

struct version {
    uint64_t number, seed;
};

static int write_all(ferrite_db *tx, void *ctx, ferrite_error **err) {
    const struct version *version = ctx;
    char key[16], value[FILLER_MAX + 32];
    memset(value, 'x', sizeof value);
    for (unsigned i = 0; i < KEYS; i++) {
        int head = sprintf(value, "%" PRIu64 ";", version->number);
        size_t filler =
            (version->number * 37 + version->seed + i * 211) % (i == 0 ? FILLER_MAX : 90);
        value[head] = 'x';
        if (ferrite_set(tx, key, key_name(i, key), value, (size_t)head + filler, err) < 0)
            return -1;
    }
    return 0;
}

static void *writer_main(void *ctx) {
    struct shared *shared = ctx;
    for (uint64_t number = 1; number <= shared->commits; number++) {
        ferrite_error *err = NULL;
        struct version version = {number, shared->seed};
        RACE_MUST(ferrite_transaction(shared->db, write_all, &version, &err) == 0, err);
    }
    atomic_store(&shared->done, true);
    return NULL;
}

static uint64_t read_number(ferrite_db *db, unsigned i) {
    char key[16];
    size_t len = 0;
    ferrite_error *err = NULL;
    char *value = ferrite_get(db, key, key_name(i, key), &len, &err);
    RACE_MUST(err == NULL, err);
    uint64_t number = value != NULL ? strtoull(value, NULL, 10) : 0;
    ferrite_free(value);
    return number;
}

/* All keys, by gets or by iteration, in one snapshot. */
static uint64_t read_snapshot(ferrite_db *db, bool iterate) {
    ferrite_error *err = NULL;
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    RACE_MUST(snapshot != NULL, err);
    uint64_t first = read_number(snapshot, 0);
    for (unsigned i = 1; !iterate && i < KEYS; i++) {
        RACE_MUST(read_number(snapshot, i) == first, err);
    }
    if (iterate) {
        ferrite_slice key, value;
        ferrite_iterator *it = ferrite_iterate(snapshot, NULL, &err);
        RACE_MUST(it != NULL, err);
        while (ferrite_iterator_next(it, &key, &value, &err) == 1) {
            RACE_MUST(strtoull(value.data, NULL, 10) == first, err);
        }
        RACE_MUST(err == NULL, err);
        ferrite_iterator_close(it);
    }
    ferrite_close(snapshot);
    return first;
}

static void *reader_main(void *ctx) {
    struct shared *shared = ctx;
    ferrite_error *none = NULL;
    uint64_t newest = 0, rounds = 0;
    while (!atomic_load(&shared->done)) {
        uint64_t seen = rounds % 3 == 0 ? read_number(shared->db, rounds % KEYS)
                                        : read_snapshot(shared->db, rounds % 3 == 1);
        RACE_MUST(seen >= newest, none);
        newest = seen;
        rounds++;
    }
    return NULL;
}

static void run(struct shared *shared, ferrite_sync_mode mode) {
    struct race_files files;
    pthread_t writer, readers[READERS];
    race_files_make(&files);
    shared->db = race_open(&files, mode);
    atomic_store(&shared->done, false);
    pthread_create(&writer, NULL, writer_main, shared);
    for (int i = 0; i < READERS; i++) pthread_create(&readers[i], NULL, reader_main, shared);
    pthread_join(writer, NULL);
    for (int i = 0; i < READERS; i++) pthread_join(readers[i], NULL);
    race_close(shared->db);
    race_files_remove(&files);
}

int main(int argc, char **argv) {
    struct shared shared = {.commits = race_argument(argc, argv, 1, 600),
                            .seed = race_argument(argc, argv, 2, 1)};
    run(&shared, FERRITE_SYNC_NONE);
    run(&shared, FERRITE_SYNC_NORMAL);
    printf("readers and a writer: %" PRIu64 " commits twice\n", shared.commits);
    return 0;
}
