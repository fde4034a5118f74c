/*
 * compact_cut_test.c - the cut at the end of a compaction, beside a checkpoint of somebody else.
 *
 * The table of system calls holds the compaction in the last checkpoint before its cut. Meanwhile a transaction takes
 * the writer lock and a second thread waits for that lock with a checkpoint of its own. So when the transaction ends,
 * that checkpoint begins, and the cut is due while it is written: for it too waits in a sync.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "libferrite/os/os.h"
#include "support/api.h"
#include "support/content.h"

#define ARRIVE_US 200000 /* a thread gets to where it waits; slower ones make the test easier, never fail */

enum step {
    MOVES,  /* the compaction moves pages, or has not begun */
    MOVED,  /* and the checkpoint of the moves is durable; the next one comes before the cut */
    HELD,   /* that one was held */
    BESIDE, /* it is done, and the next sync is one of the checkpoint beside, held as well */
    OVER
};
static _Atomic int step;
static sem_t reached, go_on, finish;

static void step_on(int from, int to) { atomic_compare_exchange_strong(&step, &from, to); }

static int datasync_held(struct os *os, int fd) {
    (void)os, (void)fd;
    if (atomic_load(&step) == MOVED) {
        atomic_store(&step, HELD);
        sem_post(&reached);
        sem_wait(&go_on);
    } else if (atomic_load(&step) == BESIDE) {
        atomic_store(&step, OVER);
        sem_wait(&finish);
    }
    return 0;
}

static _Atomic bool moving;

static int note_moves(void *ctx, uint64_t done, uint64_t total) {
    (void)ctx, (void)done, (void)total;
    atomic_store(&moving, true);
    return 0;
}

static void note_checkpoints(void *ctx, ferrite_log_level level, const char *message) {
    (void)ctx, (void)level;
    if (strstr(message, "checkpoint of transaction") == NULL || !atomic_load(&moving)) return;
    step_on(HELD, BESIDE);
    step_on(MOVES, MOVED);
}

static struct os_calls calls;
static struct os os = {&calls, NULL};

static ferrite_db *open_held(const char *path) {
    calls = *os_posix()->calls;
    calls.datasync = datasync_held;
    os_set_default(&os);
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    options.log = note_checkpoints;
    options.log_level = FERRITE_LOG_DEBUG;
    return ferrite_open_with(path, &options, NULL);
}

static void *compaction(void *db) {
    static uint64_t reclaimed;
    const ferrite_monitor monitor = {NULL, NULL, note_moves};
    cr_expect_eq(ferrite_compact(db, &monitor, &reclaimed, NULL), 0);
    sem_post(&reached); /* where nothing was held, nobody waits in vain */
    return &reclaimed;
}

/* ferrite_checkpoint would first look for what is to be freed, and so ask for the lock twice. */
static void *checkpoint(void *db) {
    cr_expect_eq(ferrite_save(db, NULL, NULL), 0);
    return NULL;
}

static uint64_t file_bytes(ferrite_db *db) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    cr_assert_eq(ferrite_info(db, &stats, NULL), 0);
    return stats.file_bytes;
}

Test(compact_cut, comes_after_a_checkpoint_that_is_being_written) {
    struct bed bed = bed_make();
    pthread_t compacting, beside;
    void *reclaimed;
    sem_init(&reached, 0, 0), sem_init(&go_on, 0, 0), sem_init(&finish, 0, 0);
    ferrite_db *db = open_held(bed.path);
    content_fill(db, 1000, 1);
    content_thin(db, 1000);
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    const uint64_t before = file_bytes(db);
    pthread_create(&compacting, NULL, compaction, db);
    sem_wait(&reached);
    cr_expect_eq(atomic_load(&step), HELD);
    ferrite_db *tx = ferrite_begin(db, NULL);
    api_set(tx, "written", "meanwhile");
    pthread_create(&beside, NULL, checkpoint, db);
    usleep(ARRIVE_US);
    sem_post(&go_on);
    usleep(ARRIVE_US);
    cr_assert_eq(ferrite_commit(tx, NULL), 0);
    ferrite_close(tx);
    usleep(ARRIVE_US);
    sem_post(&finish);
    pthread_join(compacting, &reclaimed);
    pthread_join(beside, NULL);
    cr_expect_gt(*(uint64_t *)reclaimed, before / 2);
    cr_expect_lt(file_bytes(db), before / 2);
    api_expect(db, "written", "meanwhile");
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(&bed);
}
