/*
 * snapshots.c - snapshots handed from thread to thread while others write, checkpoint and ask.
 *
 * A taker opens snapshots and notes what it saw; a comparer on another thread reads them again
 * much later, when pages have been freed, written to the file and reused. Arguments: SNAPSHOTS SEED.
 */
#include "race.h"

#define KEYS      30
#define SLOTS     6
#define VALUE_MAX 6000

struct noted {
    ferrite_db *snapshot; /* NULL: empty slot */
    uint64_t sum;
};

struct shared {
    ferrite_db *db;
    uint64_t snapshots;
    pthread_mutex_t mutex; /* of the slots */
    struct noted slots[SLOTS];
    _Atomic uint64_t writes;
    _Atomic bool done;
};

/* A sum over all keys and values, in order. */
static uint64_t sum_of(ferrite_db *db) {
    ferrite_error *err = NULL;
    ferrite_slice key, value;
    uint64_t sum = 1;
    ferrite_iterator *it = ferrite_iterate(db, NULL, &err);
    RACE_MUST(it != NULL, err);
    while (ferrite_iterator_next(it, &key, &value, &err) == 1) {
        for (size_t i = 0; i < key.len; i++) sum = sum * 31 + (unsigned char)key.data[i];
        for (size_t i = 0; i < value.len; i += 97) sum = sum * 31 + (unsigned char)value.data[i];
        sum = sum * 31 + value.len;
    }
    RACE_MUST(err == NULL, err);
    ferrite_iterator_close(it);
    return sum;
}

static void *writer_main(void *ctx) {
    struct shared *shared = ctx;
    char key[16], value[VALUE_MAX];
    for (uint64_t i = 0; !atomic_load(&shared->done); i++) {
        ferrite_error *err = NULL;
        size_t key_len = (size_t)sprintf(key, "k%02" PRIu64, i * 7 % KEYS);
        memset(value, 'a' + (int)(i % 26), sizeof value);
        size_t len = i % 11 == 0 ? VALUE_MAX : i * 13 % 200;
        int result = i % 9 == 8 ? ferrite_del(shared->db, key, key_len, &err)
                                : ferrite_set(shared->db, key, key_len, value, len, &err);
        RACE_MUST(result >= 0, err);
        atomic_fetch_add(&shared->writes, 1);
    }
    return NULL;
}

/* Snapshots of one version would prove nothing. */
static void await_writes(struct shared *shared, uint64_t count) {
    uint64_t until = atomic_load(&shared->writes) + count;
    while (atomic_load(&shared->writes) < until) usleep(50);
}

static void *keeper_main(void *ctx) {
    struct shared *shared = ctx;
    while (!atomic_load(&shared->done)) {
        ferrite_error *err = NULL;
        ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
        RACE_MUST(ferrite_checkpoint(shared->db, &err) == 0, err);
        RACE_MUST(ferrite_info(shared->db, &stats, &err) == 0, err);
        usleep(2000);
    }
    return NULL;
}

static struct noted take(struct shared *shared) {
    ferrite_error *err = NULL;
    struct noted noted = {.snapshot = ferrite_snapshot(shared->db, &err)};
    RACE_MUST(noted.snapshot != NULL, err);
    noted.sum = sum_of(noted.snapshot);
    return noted;
}

static struct noted exchange(struct shared *shared, unsigned slot, struct noted noted) {
    pthread_mutex_lock(&shared->mutex);
    struct noted old = shared->slots[slot];
    shared->slots[slot] = noted;
    pthread_mutex_unlock(&shared->mutex);
    return old;
}

static void compare(struct noted noted) {
    ferrite_error *none = NULL;
    if (noted.snapshot == NULL) return;
    RACE_MUST(sum_of(noted.snapshot) == noted.sum, none); /* E4 */
    ferrite_close(noted.snapshot);
}

static void *taker_main(void *ctx) {
    struct shared *shared = ctx;
    for (uint64_t i = 0; i < shared->snapshots; i++) {
        compare(exchange(shared, (unsigned)(i % SLOTS), take(shared)));
        await_writes(shared, 20);
    }
    atomic_store(&shared->done, true);
    return NULL;
}

static void *comparer_main(void *ctx) {
    struct shared *shared = ctx;
    for (unsigned slot = 0; !atomic_load(&shared->done); slot++) {
        compare(exchange(shared, slot % SLOTS, (struct noted){0}));
        usleep(3000);
    }
    return NULL;
}

int main(int argc, char **argv) {
    static void *(*const mains[])(void *) = {writer_main, keeper_main, taker_main, comparer_main};
    struct shared shared = {.snapshots = race_argument(argc, argv, 1, 600),
                            .mutex = PTHREAD_MUTEX_INITIALIZER};
    struct race_files files;
    pthread_t threads[4];
    race_files_make(&files);
    shared.db = race_open(&files, FERRITE_SYNC_NONE);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, mains[i], &shared);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < SLOTS; i++) compare(shared.slots[i]);
    race_close(shared.db);
    race_files_remove(&files);
    printf("snapshots: %" PRIu64 " taken and compared\n", shared.snapshots);
    return 0;
}
