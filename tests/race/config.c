/*
 * config.c - options change, statistics are asked for and reset, while others read and write.
 *
 * The writers count: what they read back in the end is what they wrote, whatever the sync mode was
 * meanwhile; and nobody sees a commit go back. Arguments: ROUNDS.
 */
#include "race.h"

#define WRITERS 2
#define READERS 2

struct shared {
    ferrite_db *db;
    uint64_t rounds;
    _Atomic bool done;
};

struct writer {
    struct shared *shared;
    char key[8];
    int64_t count;
};

static void *writer_main(void *ctx) {
    struct writer *writer = ctx;
    while (!atomic_load(&writer->shared->done)) {
        ferrite_error *err = NULL;
        int64_t value = 0;
        RACE_MUST(
            ferrite_incr(writer->shared->db, writer->key, strlen(writer->key), &value, &err) == 0,
            err);
        RACE_MUST(value == ++writer->count, err);
    }
    return NULL;
}

static void *reader_main(void *ctx) {
    struct shared *shared = ctx;
    int64_t newest = 0;
    while (!atomic_load(&shared->done)) {
        ferrite_error *err = NULL;
        char *value = ferrite_get(shared->db, "w0", 2, NULL, &err);
        RACE_MUST(err == NULL, err);
        int64_t seen = value != NULL ? strtoll(value, NULL, 10) : 0;
        ferrite_free(value);
        RACE_MUST(seen >= newest, err);
        newest = seen;
    }
    return NULL;
}

static void set(ferrite_db *db, const char *name, const char *value) {
    ferrite_error *err = NULL;
    ferrite_slice items[] = {{name, strlen(name)}, {value, strlen(value)}};
    RACE_MUST(ferrite_config_set(db, items, 2, &err) == 0, err);
}

static void look(ferrite_db *db) {
    ferrite_error *err = NULL;
    ferrite_slice all = {"*", 1};
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    ferrite_latency latency = FERRITE_LATENCY_INIT;
    ferrite_free(ferrite_config_get(db, &all, 1, NULL, &err));
    RACE_MUST(err == NULL && ferrite_info(db, &stats, &err) == 0, err);
    RACE_MUST(ferrite_latency_get(db, FERRITE_LATENCY_COMMIT, &latency, &err) == 0, err);
    RACE_MUST(ferrite_stats_reset(db, &err) == 0, err);
}

static void *changer_main(void *ctx) {
    static const char *const changes[][2] = {
        {"sync-mode", "none"},       {"max-keys", "1000"},      {"default-ttl", "0"},
        {"sync-mode", "normal"},     {"maxmemory", "1gb"},      {"maxmemory-policy", "allkeys-lru"},
        {"sync-mode", "periodic:5"}, {"expire-interval", "10"}, {"compression", "1"},
        {"sync-mode", "full"},       {"max-value-size", "1kb"}, {"maxmemory-policy", "noeviction"},
        {"sync-mode", "every-n:3"},  {"compression-min", "9"},  {"maxmemory", "0"},
        {"max-keys", "0"},           {"max-size", "1gb"},       {"max-size", "0"}};
    struct shared *shared = ctx;
    size_t count = sizeof changes / sizeof *changes;
    for (uint64_t i = 0; i < shared->rounds; i++) {
        set(shared->db, changes[i % count][0], changes[i % count][1]);
        look(shared->db);
    }
    atomic_store(&shared->done, true);
    return NULL;
}

int main(int argc, char **argv) {
    struct shared shared = {.rounds = race_argument(argc, argv, 1, 300)};
    struct writer writers[WRITERS];
    struct race_files files;
    pthread_t threads[WRITERS + READERS + 1];
    int64_t commits = 0;
    race_files_make(&files);
    shared.db = race_open(&files, FERRITE_SYNC_NORMAL);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.shared = &shared};
        snprintf(writers[i].key, sizeof writers[i].key, "w%d", i);
        pthread_create(&threads[i], NULL, writer_main, &writers[i]);
    }
    for (int i = 0; i < READERS; i++)
        pthread_create(&threads[WRITERS + i], NULL, reader_main, &shared);
    pthread_create(&threads[WRITERS + READERS], NULL, changer_main, &shared);
    for (int i = 0; i < WRITERS + READERS + 1; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < WRITERS; i++) {
        char *value = ferrite_get(shared.db, writers[i].key, 2, NULL, NULL);
        ferrite_error *none = NULL;
        RACE_MUST(value != NULL && strtoll(value, NULL, 10) == writers[i].count, none);
        commits += writers[i].count;
        ferrite_free(value);
    }
    race_close(shared.db);
    race_files_remove(&files);
    printf("options beside readers and writers: %" PRIu64 " changes, %" PRId64 " commits\n",
           shared.rounds, commits);
    return 0;
}
