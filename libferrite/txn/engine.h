/*
 * engine.h - what the files of txn/ share: the engine and its parts. Private to this folder.
 *
 * Locks, in the order they are taken
 *   writer      one write transaction at a time; also guards pager, versions, wal appends, meta
 *   job_mutex   the checkpoint's state
 *   sync_mutex  who syncs the log, and publishing in the durable modes
 *
 * Life of a checkpoint (checkpoint.c): IDLE -begin-> WRITING -job_write-> WRITTEN -finish-> IDLE.
 * begin and finish need the writer lock and are short; job_write does the input/output without any lock.
 * Whoever holds the writer lock and finds WRITTEN may do the finish.
 */
#ifndef FERRITE_ENGINE_H
#define FERRITE_ENGINE_H

#include "../error.h"
#include "../pager/pager.h"
#include "version.h"
#include "writer_lock.h"

enum job_state { JOB_IDLE = 0, JOB_WRITING, JOB_WRITTEN };

struct checkpoint_job {
    _Atomic int state; /* enum job_state */
    struct meta meta;  /* what will be written */
    bool both_slots;   /* a clean close, for one */
    bool alone;        /* no caller hears of its failure */
    uint64_t started_ns, pages_before;
    struct bitmap freed;
    uint32_t page_count;
    struct page_run *list; /* pages for the free list */
    size_t list_count;
    struct page **frames;
    size_t frame_count;
    struct error_kept outcome; /* of job_write, for the thread that finishes */
    bool meta_touched; /* the meta write was begun: its outcome is unknown after a failure */
};

struct engine {
    struct os *os;
    char *path, *wal_path, *lock_path; /* NULL in memory */
    int fd, lock_fd;
    bool read_only, no_threads;
    struct log *log;
    /* Changed by engine_set_ways, the first under the writer lock and sync_mutex together. */
    _Atomic int sync_mode;
    _Atomic uint32_t sync_interval_ms, sync_every_n, busy_timeout_ms;
    uint64_t log_size;
    _Atomic uint64_t dirty_limit;
    txn_apply_fn apply;
    void *apply_ctx;
    txn_commit_fn on_commit;
    void *on_commit_ctx;
    bool (*errand)(void *ctx);
    void *errand_ctx;
    txn_tidy_fn tidy;
    bool tidy_failed; /* what waits to be freed is damaged: it stays (writer lock) */
    _Atomic uint32_t tidy_turn;
    uint32_t fork_generation;

    struct pager pager;
    struct versions versions;
    struct writer_lock writer;
    struct txn txn; /* the one write transaction */
    struct error_kept failure; /* what made it fail */
    uint64_t last_txid;
    _Atomic uint64_t used_before; /* pages in use when the newest write transaction began */
    _Atomic int poisoned; /* FERRITE_IO after a failed sync: writes are refused until reopened */

    struct wal *wal; /* NULL until the first logged commit */
    struct wal_identity identity;
    struct meta meta; /* newest durable meta page and where it stands */
    pgno meta_slot;
    struct page_run *list; /* pages of the durable free list */
    size_t list_count;

    pthread_mutex_t job_mutex;
    pthread_cond_t job_changed;
    struct checkpoint_job job;

    pthread_mutex_t sync_mutex;
    pthread_cond_t synced;
    bool syncing;
    uint32_t waiting; /* committers that wait for a sync to begin or end */
    uint32_t late;    /* those of them that came after the running sync began */
    uint32_t group;   /* how many to expect for the next one */
    uint64_t synced_lsn;
    _Atomic uint64_t last_sync_us;
    uint64_t unsynced_commits; /* EVERY_N */

    pthread_t thread; /* background checkpoints and periodic syncs */
    _Atomic bool thread_started;
    bool thread_stop, thread_look; /* under job_mutex, as the next */
    uint32_t thread_wanted; /* enum background_work */

    bool memory_wanted; /* the thread was asked for it (writer lock, as the next) */
    uint32_t memory_chunk;

    uint64_t logged_beside; /* bytes of log that commits wrote while the last checkpoint ran */
    uint64_t commits, checkpoints, recovered;
    _Atomic int64_t saved_ms; /* wall clock: when the last checkpoint was done */
    _Atomic uint64_t expired;
    uint64_t checkpoint_pages, checkpoint_ns, checkpoint_at_us; /* the last one */
    _Atomic uint64_t background_failures;
    struct latencies latencies;
};

/* engine.c: gives file space behind the last page back. The writer lock is held, no checkpoint runs. */
int engine_cut(struct engine *engine);

/* lockfile.c: one writing process at a time. */
int lockfile_take(struct engine *engine);
void lockfile_give(struct engine *engine);

/* recovery.c: reads the meta pages, replays the log. */
int recovery_open(struct engine *engine, const struct engine_config *config);

/* txn.c: the write transaction, writer lock held by the caller. */
int txn_start(struct engine *engine, struct txn **out);
void engine_reclaim(struct engine *engine); /* what no reader needs any more */

/* os_datasync of the data file, measured. */
int engine_datasync(struct engine *engine);
/* A failure that no caller hears of. */
void engine_failed_alone(struct engine *engine, const char *what, const char *why);

/* commit.c: durability and publishing. */
int commit_logged(struct engine *engine, struct version *version); /* releases the writer lock */
/* A version with the content of the one before it, in other pages: nothing to log. Releases the writer lock. */
void commit_quiet(struct engine *engine, struct version *version);
int commit_sync_to(struct engine *engine, uint64_t lsn);
int engine_poison(struct engine *engine, int code);
int poison_check(struct engine *engine);

/* checkpoint.c. With the writer lock held: */
int checkpoint_now(struct engine *engine, const struct version *version, bool clean);
void checkpoint_settle_written(struct engine *engine); /* finishes a WRITTEN job, if there is one */
void checkpoint_wait_idle(struct engine *engine);      /* waits for a running job and finishes it */
bool checkpoint_due(struct engine *engine);
/* A file with a limit: fewer than about 1/share of its pages can be given out. ROOM_LEAST: what a write needs. */
#define ROOM_LEAST 32u
bool room_is_short(const struct engine *engine, uint32_t share);
/* And more could be given out if the pages freed since the last checkpoint could. */
bool checkpoint_makes_room(const struct engine *engine, uint32_t share);
/* Without it: */
void checkpoint_background(struct engine *engine); /* one whole checkpoint on the background thread */
/* One whole checkpoint of the newest version, if there is anything to write or `trim` gives pages at the end back.
 * Writers wait for its begin and its end alone. FERRITE_BUSY after busy_timeout_ms. */
int checkpoint_beside(struct engine *engine, bool trim);
/* Takes the writer lock when no checkpoint is being written, and does not hold it in the meantime. FERRITE_BUSY. */
int checkpoint_lock_idle(struct engine *engine);
int meta_write(struct engine *engine, const struct meta *meta, bool both_slots);
int engine_log_ready(struct engine *engine); /* creates the log and names it in the meta page */

/* tidy.c */
bool tidy_wanted(const struct engine *engine); /* something waits to be freed; writer lock held */
void tidy_after_commit(struct engine *engine); /* something does, says the commit; the lock is not held */
bool tidy_background(struct engine *engine);   /* one step on the background thread; true: there is more */

/* memory.c */
void memory_consider(struct engine *engine); /* asks the thread if much is free; writer lock held */
/* So many frames will be free once readers let them; no later write may come to notice. Starts no thread. */
void memory_after_checkpoint(struct engine *engine, uint64_t pages);
/* One step on the background thread. When to come again, us from now; 0: when asked. */
#define MEMORY_AFTER_US 2000000u
uint64_t memory_background(struct engine *engine);

/* background.c */
enum background_work { WORK_CHECKPOINT = 1, WORK_TIDY = 2, WORK_MEMORY = 4, WORK_ERRAND = 8 };
/* Work is wanted, or (0) the thread is needed for periodic syncs. For a checkpoint the writer lock is not held. */
void background_wake(struct engine *engine, uint32_t work);
void background_stop(struct engine *engine);
/* The way of syncing changed: the thread looks again how long to wait. */
void background_look(struct engine *engine);

#endif
