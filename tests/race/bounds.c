/*
 * bounds.c - bounds and policies change, keys expire, databases are swapped and flushed, files are compacted,
 * saved and copied, all beside writers at the bound.
 *
 * Writers give a string and a hash of one group the same number, in a transaction or a batch, and take half of
 * what they begin back. Either may be evicted, but in a snapshot those that are there tell the same number. Each copy
 * is opened and must be sound; the file stays within its bound. Arguments: ROUNDS SEED.
 */
#include <sys/stat.h>

#include "race.h"

#define GROUPS       400
#define DATABASES    4
#define WRITERS      2
#define VALUE_MAX    9000
#define SIZE_MAX_SET (6u << 20) /* no bound that is set is larger */

struct shared {
    ferrite_db *db;
    const struct race_files *files;
    char copy[100], save[100];
    uint64_t rounds, seed;
    _Atomic uint64_t commits, refused, evicted, copies;
    _Atomic bool done;
};

static char filler[VALUE_MAX];

static uint32_t random_next(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* At a bound a write may be refused; nothing else may go wrong. */
static bool went_well(struct shared *shared, int result, ferrite_error **err) {
    if (result >= 0) return true;
    RACE_MUST(ferrite_error_code(*err) == FERRITE_FULL || ferrite_error_code(*err) == FERRITE_BUSY,
              *err);
    ferrite_error_free(*err);
    *err = NULL;
    atomic_fetch_add(&shared->refused, 1);
    return false;
}

struct change {
    uint64_t number, state;
    bool back;
};

static int group_write(ferrite_db *tx, uint64_t group, uint64_t number, uint64_t *state,
                       ferrite_error **err) {
    char key[16], text[24];
    const size_t len = (size_t)sprintf(key, "s%03" PRIu64, group);
    const size_t text_len = (size_t)sprintf(text, "%" PRIu64, number);
    const size_t filler_len = random_next(state) % (random_next(state) % 16 == 0 ? VALUE_MAX : 300);
    if (ferrite_set(tx, key, len, text, text_len, err) < 0) return -1;
    if (random_next(state) % 3 == 0 &&
        ferrite_expire(tx, key, len, 1 + random_next(state) % 2, err) < 0)
        return -1;
    key[0] = 'h';
    if (ferrite_hset(tx, key, len, "number", 6, text, text_len, err) < 0) return -1;
    return ferrite_hset(tx, key, len, "filler", 6, filler, filler_len, err);
}

static int change(ferrite_db *tx, void *ctx, ferrite_error **err) {
    struct change *c = ctx;
    const uint32_t groups = 1 + random_next(&c->state) % (random_next(&c->state) % 8 == 0 ? 60 : 3);
    for (uint32_t i = 0; i < groups; i++)
        if (group_write(tx, random_next(&c->state) % GROUPS, c->number, &c->state, err) < 0)
            return -1;
    return c->back ? 1 : 0;
}

static void batch_write(struct shared *shared, ferrite_db *db, struct change *c) {
    ferrite_error *err = NULL;
    ferrite_db *batch = ferrite_batch(db, &err);
    RACE_MUST(batch != NULL, err);
    char key[16], value[300] = {0};
    for (uint32_t i = 0; i < 200; i++) {
        const size_t len = (size_t)sprintf(key, "b%05u", random_next(&c->state) % 20000);
        if (!went_well(shared,
                       ferrite_set(batch, key, len, value, random_next(&c->state) % 300, &err),
                       &err))
            break;
    }
    went_well(shared, c->back ? ferrite_rollback(batch, &err) : ferrite_commit(batch, &err), &err);
    ferrite_close(batch);
}

static void turn_over(struct shared *shared, uint64_t *state) {
    ferrite_error *err = NULL;
    const int a = (int)(random_next(state) % DATABASES), b = (int)(random_next(state) % DATABASES);
    const uint32_t kind = random_next(state) % 12;
    went_well(shared,
              kind == 0 ? ferrite_flushall(shared->db, &err)
                        : ferrite_swapdb(shared->db, a, b, &err),
              &err);
    went_well(shared, ferrite_expire_cycle(shared->db, 50, &err), &err);
}

struct writer {
    struct shared *shared;
    uint64_t state;
};

static void *writer_main(void *ctx) {
    struct writer *writer = ctx;
    struct shared *shared = writer->shared;
    struct change c = {0, writer->state, false};
    while (!atomic_load(&shared->done)) {
        ferrite_error *err = NULL;
        ferrite_db *db = ferrite_select(shared->db, (int)(random_next(&c.state) % DATABASES), &err);
        RACE_MUST(db != NULL, err);
        c.number = atomic_fetch_add(&shared->commits, 1);
        c.back = random_next(&c.state) % 2 == 0;
        if (random_next(&c.state) % 50 == 0) batch_write(shared, db, &c);
        went_well(shared, ferrite_transaction(db, change, &c, &err), &err);
        if (random_next(&c.state) % 100 == 0) turn_over(shared, &c.state);
        ferrite_close(db);
    }
    return NULL;
}

static void look(ferrite_db *snapshot, uint64_t group) {
    ferrite_error *err = NULL;
    char key[16];
    size_t len = (size_t)sprintf(key, "s%03" PRIu64, group), lens[2];
    char *string = ferrite_get(snapshot, key, len, &lens[0], &err);
    RACE_MUST(err == NULL, err);
    key[0] = 'h';
    char *number = ferrite_hget(snapshot, key, len, "number", 6, &lens[1], &err);
    RACE_MUST(err == NULL, err);
    if (string != NULL && number != NULL)
        RACE_MUST(lens[0] == lens[1] && memcmp(string, number, lens[0]) == 0, err);
    ferrite_free(string);
    ferrite_free(number);
}

static void *reader_main(void *ctx) {
    struct shared *shared = ctx;
    for (uint64_t i = 0; !atomic_load(&shared->done); i++) {
        ferrite_error *err = NULL;
        ferrite_db *snapshot = ferrite_snapshot(shared->db, &err);
        RACE_MUST(snapshot != NULL, err);
        for (uint64_t group = i % 7; group < GROUPS; group += 7) look(snapshot, group);
        if (i % 8 == 0) usleep(20000);
        for (uint64_t group = i % 7; group < GROUPS; group += 7) look(snapshot, group);
        ferrite_close(snapshot);
    }
    return NULL;
}

static void on_evict(void *ctx, int database, const char *key, size_t key_len) {
    struct shared *shared = ctx;
    RACE_MUST(database >= 0 && database < DATABASES && key_len >= 4, (ferrite_error *)NULL);
    if (atomic_fetch_add(&shared->evicted, 1) % 64 == 0)
        ferrite_free(ferrite_get(shared->db, key, key_len, NULL, NULL));
}

static void copy_look(const char *path) {
    ferrite_error *err = NULL;
    uint64_t findings = 0;
    ferrite_db *db = ferrite_open(path, &err);
    RACE_MUST(db != NULL, err);
    RACE_MUST(ferrite_check(db, NULL, &findings, &err) == 0 && findings == 0, err);
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    for (uint64_t group = 0; group < GROUPS; group++) look(snapshot, group);
    ferrite_close(snapshot);
    ferrite_close(db);
}

static void saved(void *ctx, int code, const char *message) {
    struct shared *shared = ctx;
    if (code != FERRITE_OK) fprintf(stderr, "bgsave: %s\n", message);
    if (code == FERRITE_OK) atomic_fetch_add(&shared->copies, 1);
}

static void *keeper_main(void *ctx) {
    struct shared *shared = ctx;
    for (uint64_t i = 0; !atomic_load(&shared->done); i++) {
        ferrite_error *err = NULL;
        RACE_MUST(ferrite_compact(shared->db, NULL, NULL, &err) == 0, err);
        went_well(shared,
                  ferrite_bgsave(shared->db, i % 2 ? shared->save : NULL, saved, shared, &err),
                  &err);
        RACE_MUST(ferrite_backup(shared->db, shared->copy, NULL, &err) == 0, err);
        copy_look(shared->copy);
    }
    return NULL;
}

static void file_look(struct shared *shared, uint64_t bound) {
    struct stat about;
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    RACE_MUST(ferrite_info(shared->db, &stats, NULL) == 0, (ferrite_error *)NULL);
    if (stat(shared->files->path, &about) == 0 &&
        (uint64_t)about.st_size > bound + bound / 4 + (1u << 20)) {
        fprintf(stderr, "the file: %lld bytes\n", (long long)about.st_size);
        _exit(1);
    }
}

static void *tuner_main(void *ctx) {
    static const char *const changes[][2] = {{"max-size", "2mb"},
                                             {"maxmemory-policy", "allkeys-lru"},
                                             {"default-ttl", "1s"},
                                             {"max-keys", "500"},
                                             {"maxmemory-policy", "volatile-ttl"},
                                             {"compression", "1"},
                                             {"max-size", "300kb"},
                                             {"maxmemory-policy", "allkeys-lfu"},
                                             {"maxmemory", "2mb"},
                                             {"max-keys", "0"},
                                             {"maxmemory-policy", "noeviction"},
                                             {"default-ttl", "0"},
                                             {"max-size", "6mb"},
                                             {"maxmemory-policy", "volatile-lru"},
                                             {"maxmemory", "64kb"},
                                             {"compression", "9"},
                                             {"maxmemory-policy", "allkeys-random"},
                                             {"expire-interval", "5"},
                                             {"max-keys", "20"},
                                             {"maxmemory-policy", "volatile-random"},
                                             {"sync-mode", "normal"},
                                             {"maxmemory", "0"},
                                             {"maxmemory-policy", "volatile-lfu"},
                                             {"sync-mode", "none"},
                                             {"compression", "0"},
                                             {"max-size", "1mb"}};
    struct shared *shared = ctx;
    uint64_t state = shared->seed;
    for (uint64_t i = 0; i < shared->rounds; i++) {
        const char *const *pair = changes[random_next(&state) % (sizeof changes / sizeof *changes)];
        ferrite_slice items[] = {{pair[0], strlen(pair[0])}, {pair[1], strlen(pair[1])}};
        ferrite_error *err = NULL;
        RACE_MUST(ferrite_config_set(shared->db, items, 2, &err) == 0, err);
        file_look(shared, SIZE_MAX_SET);
        usleep(10000);
    }
    atomic_store(&shared->done, true);
    return NULL;
}

static ferrite_db *bounded_open(struct shared *shared) {
    ferrite_error *err = NULL;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.databases = DATABASES;
    options.log_size = 128 << 10;
    options.map_size = 1u << 30;
    options.busy_timeout_ms = 60000;
    options.max_size = SIZE_MAX_SET;
    options.eviction = FERRITE_EVICT_ALL_LRU;
    options.on_evict = on_evict;
    options.on_evict_ctx = shared;
    ferrite_db *db = ferrite_open_with(shared->files->path, &options, &err);
    RACE_MUST(db != NULL, err);
    return db;
}

int main(int argc, char **argv) {
    struct race_files files;
    struct shared shared = {.files = &files,
                            .rounds = race_argument(argc, argv, 1, 50),
                            .seed = race_argument(argc, argv, 2, 1)};
    struct writer writers[WRITERS] = {{&shared, shared.seed * 31 + 1},
                                      {&shared, shared.seed * 31 + 2}};
    pthread_t threads[WRITERS + 3];
    memset(filler, 'x', sizeof filler);
    race_files_make(&files);
    snprintf(shared.copy, sizeof shared.copy, "%s/copy", files.dir);
    snprintf(shared.save, sizeof shared.save, "%s/save", files.dir);
    shared.db = bounded_open(&shared);
    for (int i = 0; i < WRITERS; i++) pthread_create(&threads[i], NULL, writer_main, &writers[i]);
    pthread_create(&threads[WRITERS], NULL, reader_main, &shared);
    pthread_create(&threads[WRITERS + 1], NULL, keeper_main, &shared);
    pthread_create(&threads[WRITERS + 2], NULL, tuner_main, &shared);
    for (int i = 0; i < WRITERS + 3; i++) pthread_join(threads[i], NULL);
    race_close(shared.db);
    copy_look(files.path);
    unlink(shared.copy);
    unlink(shared.save);
    race_files_remove(&files);
    printf("bounds: %" PRIu64 " transactions, %" PRIu64 " refused, %" PRIu64
           " keys evicted, %" PRIu64 " saves beside\n",
           shared.commits, shared.refused, shared.evicted, shared.copies);
    return 0;
}
