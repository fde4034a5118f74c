/*
 * wal.c - appends beside syncs and questions, for ThreadSanitizer. Usage: wal [N]
 *
 * One thread appends N frames (200,000) and releases when the log is full, one syncs, one asks.
 */
#include "race.h"

#include "../../libferrite/wal/wal.h"

static struct wal *wal;
static _Atomic bool done;
static _Atomic int problems;

static void *sync_all_the_time(void *unused) {
    (void)unused;
    while (!atomic_load(&done)) {
        uint64_t reached;
        if (wal_sync(wal, &reached) != FERRITE_OK) atomic_fetch_add(&problems, 1);
    }
    return NULL;
}

static void *ask_all_the_time(void *unused) {
    (void)unused;
    uint64_t synced = 0;
    while (!atomic_load(&done)) {
        uint64_t now = wal_synced(wal);
        if (now < synced || wal_capacity(wal) > 1 << 18) atomic_fetch_add(&problems, 1);
        synced = now + 0 * (wal_released(wal) + wal_sync_count(wal));
    }
    return NULL;
}

static void append(uint64_t count) {
    static const uint8_t payload[300];
    for (uint64_t i = 1; i <= count; i++) {
        struct wal_position end;
        size_t len = (size_t)(i * 37 % sizeof payload);
        if (!wal_has_room(wal, len) && wal_release(wal, wal_head(wal).lsn) != FERRITE_OK)
            atomic_fetch_add(&problems, 1);
        bool through_map = i % 1000 < 500;
        if (wal_append(wal, i, false, payload, len, through_map, &end) != FERRITE_OK)
            atomic_fetch_add(&problems, 1);
    }
}

int main(int argc, char **argv) {
    uint64_t count = race_argument(argc, argv, 1, 200000);
    struct race_files files;
    struct wal_identity id = {{1}, 2};
    pthread_t syncer, asker;
    race_files_make(&files);
    if (wal_create(os_posix(), files.path, &id, 1, 1 << 18, &wal) != FERRITE_OK) return 1;
    pthread_create(&syncer, NULL, sync_all_the_time, NULL);
    pthread_create(&asker, NULL, ask_all_the_time, NULL);
    append(count);
    atomic_store(&done, true);
    pthread_join(syncer, NULL);
    pthread_join(asker, NULL);
    printf("wal: %llu syncs, %d problems\n", (unsigned long long)wal_sync_count(wal),
           atomic_load(&problems));
    wal_close(wal);
    race_files_remove(&files);
    return atomic_load(&problems) != 0;
}
