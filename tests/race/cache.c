/*
 * cache.c - the hot cache under fire: writers raise counters, readers never see one go back.
 *
 * Each writer owns pairs of keys and gives both the same new number, mostly in one transaction, the first
 * key before the second. Who reads the second and then the first must not find the first older: what is in the
 * cache would be from before a commit that the reader has seen already. Single SETs, deletes, expiry and
 * flushes of another database go on beside. Arguments: COMMITS.
 */
#include "race.h"

#define WRITERS 2
#define READERS 3
#define PAIRS   8

static ferrite_db *db, *other;
static _Atomic bool done;

struct pair {
    char first[24], second[24];
    size_t len;
};

static struct pair pair_of(unsigned i) {
    struct pair pair;
    pair.len = (size_t)sprintf(pair.first, "first:%02u", i);
    sprintf(pair.second, "other:%02u", i);
    return pair;
}

struct step {
    struct pair pair;
    uint64_t number;
};

static int write_both(ferrite_db *tx, void *ctx, ferrite_error **err) {
    const struct step *step = ctx;
    char value[80];
    /* Of changing length, so that entries are renewed in place and elsewhere. */
    int len = sprintf(value, "%0*" PRIu64, (int)(8 + step->number % 5 * 9), step->number);
    if (ferrite_set(tx, step->pair.first, step->pair.len, value, (size_t)len, err) < 0) return -1;
    return ferrite_set(tx, step->pair.second, step->pair.len, value, (size_t)len, err);
}

struct writer {
    unsigned number;
    uint64_t commits;
};

static void *writer_main(void *ctx) {
    const struct writer *writer = ctx;
    ferrite_error *err = NULL;
    for (uint64_t i = 1; i <= writer->commits; i++) {
        struct step step = {pair_of(writer->number + WRITERS * (unsigned)(i % PAIRS)), i};
        char value[40];
        int len = sprintf(value, "%016" PRIu64, i);
        RACE_MUST(ferrite_transaction(db, write_both, &step, &err) == 0, err);
        if (i % 3 == 0)
            RACE_MUST(ferrite_set(db, step.pair.first, step.pair.len, value, (size_t)len, &err) ==
                          0,
                      err);
        if (i % 97 == 0) RACE_MUST(ferrite_flushdb(other, &err) == 0, err);
        if (i % 31 == 0) RACE_MUST(ferrite_set(other, "x", 1, "y", 1, &err) == 0, err);
    }
    return NULL;
}

static uint64_t number_at(const char *key, size_t len) {
    ferrite_error *err = NULL;
    size_t value_len;
    char *value = ferrite_get(db, key, len, &value_len, &err);
    RACE_MUST(err == NULL, err);
    if (value == NULL) return 0;
    RACE_MUST(strlen(value) == value_len, err);
    uint64_t number = strtoull(value, NULL, 10);
    ferrite_free(value);
    return number;
}

static void *reader_main(void *ctx) {
    uint64_t last[2 * WRITERS * PAIRS] = {0}, reads = 0;
    ferrite_error *err = NULL;
    unsigned i = *(const unsigned *)ctx;
    while (!atomic_load(&done) || reads < 2000) {
        unsigned which = i++ % (WRITERS * PAIRS);
        struct pair pair = pair_of(which);
        uint64_t second = number_at(pair.second, pair.len), first = number_at(pair.first, pair.len);
        RACE_MUST(first >= second, err);
        RACE_MUST(second >= last[2 * which] && first >= last[2 * which + 1], err);
        last[2 * which] = second;
        last[2 * which + 1] = first;
        reads++;
        if (reads % 64 == 0) RACE_MUST(ferrite_exists(db, pair.first, pair.len, &err) >= 0, err);
    }
    return NULL;
}

/* Budgets change while all of them go on. */
static void *resizer_main(void *ctx) {
    static const char *const sizes[] = {"32kb", "4mb", "off", "64kb", "1mb"};
    ferrite_error *err = NULL;
    (void)ctx;
    for (unsigned i = 0; !atomic_load(&done); i++) {
        const char *size = sizes[i % 5];
        const ferrite_slice items[] = {{"cache-size", 10}, {size, strlen(size)}};
        RACE_MUST(ferrite_config_set(db, items, 2, &err) == 0, err);
        usleep(10000);
    }
    return NULL;
}

/* At rest, cached or not, all is as the tree has it. */
static void expect_newest(void) {
    ferrite_error *err = NULL;
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    for (unsigned i = 0; i < WRITERS * PAIRS; i++) {
        struct pair pair = pair_of(i);
        size_t len, newest_len;
        char *value = ferrite_get(db, pair.first, pair.len, &len, &err);
        char *newest = ferrite_get(snapshot, pair.first, pair.len, &newest_len, &err);
        RACE_MUST(value != NULL && newest != NULL && strcmp(value, newest) == 0, err);
        ferrite_free(value);
        ferrite_free(newest);
    }
    ferrite_close(snapshot);
}

static uint64_t run(ferrite_sync_mode mode, uint64_t commits) {
    struct race_files files;
    pthread_t writers[WRITERS], readers[READERS], resizer;
    struct writer of[WRITERS];
    unsigned start[READERS];
    race_files_make(&files);
    db = race_open(&files, mode);
    other = ferrite_select(db, 1, NULL);
    atomic_store(&done, false);
    for (unsigned i = 0; i < READERS; i++) {
        start[i] = i;
        pthread_create(&readers[i], NULL, reader_main, &start[i]);
    }
    pthread_create(&resizer, NULL, resizer_main, NULL);
    for (unsigned i = 0; i < WRITERS; i++) {
        of[i] = (struct writer){i, commits};
        pthread_create(&writers[i], NULL, writer_main, &of[i]);
    }
    for (unsigned i = 0; i < WRITERS; i++) pthread_join(writers[i], NULL);
    atomic_store(&done, true);
    for (unsigned i = 0; i < READERS; i++) pthread_join(readers[i], NULL);
    pthread_join(resizer, NULL);
    expect_newest();
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    ferrite_info(db, &stats, NULL);
    ferrite_close(other);
    race_close(db);
    race_files_remove(&files);
    return stats.cache_hits;
}

int main(int argc, char **argv) {
    uint64_t commits = race_argument(argc, argv, 1, 1500), hits = 0;
    hits += run(FERRITE_SYNC_NONE, commits);
    hits += run(FERRITE_SYNC_NORMAL, commits / 3);
    RACE_MUST(hits > 0, (ferrite_error *)NULL);
    printf("hot cache: %d writers of %" PRIu64 " commits, %d readers, %" PRIu64 " hits\n", WRITERS,
           commits, READERS, hits);
    return 0;
}
