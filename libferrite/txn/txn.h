/*
 * txn.h - transactions over one database: begin, commit, rollback, snapshot, checkpoint, recovery.
 *
 * An engine is one open database (a file or memory). It knows trees and effects only as
 * roots and bytes: what effects mean is the apply function that the layer above hands in.
 *
 * Write transactions are serialized by the writer lock (not tied to a thread). Readers take no lock.
 * Each mutation: change the trees through txn->pages and txn->roots, then txn_log() the effect.
 * Any failure other than an argument check, once a tree was touched, must be passed to txn_fail().
 */
#ifndef FERRITE_TXN_H
#define FERRITE_TXN_H

#include "../btree/tree.h"
#include "../os/histogram.h"
#include "../os/log.h"
#include "../os/os.h"
#include "../pager/readers.h"

#define TXN_DATABASES_MAX 64u

struct engine;

/* All that a version of the database is, besides pages. 2,624 bytes, kept as they are in meta pages. */
struct roots {
    struct tree keys[TXN_DATABASES_MAX];   /* user key -> record */
    struct tree expiry[TXN_DATABASES_MAX]; /* (time, user key) -> nothing */
    uint64_t removed[TXN_DATABASES_MAX];   /* entries ever deleted from keys[i]: SCAN's cursors lean on it */
    struct tree garbage;                   /* positional: trees that nobody looks at any more, to be freed */
    uint8_t zero[48];
};
static_assert(sizeof(struct roots) == TXN_DATABASES_MAX * 40 + 64, "roots fit a meta page");

struct version; /* a committed state: txid, roots, page count */
struct txn;

typedef int (*txn_apply_fn)(void *ctx, struct txn *txn, const uint8_t *effects, size_t len);
/* Transaction `txid` is committed, and no reader sees it yet. Under the writer lock; not in recovery. */
typedef void (*txn_commit_fn)(void *ctx, uint64_t txid);
/* Gives back up to about `pages` pages of the trees in roots->garbage. Changes no data and logs nothing. */
typedef int (*txn_tidy_fn)(struct txn *txn, uint64_t pages);

struct engine_config {
    struct os *os;
    const char *path; /* NULL: in memory */
    bool read_only, must_exist, no_threads;
    int sync_mode; /* ferrite_sync_mode */
    uint32_t sync_interval_ms, sync_every_n, databases, busy_timeout_ms;
    uint64_t map_size, log_size, dirty_limit;
    uint64_t file_limit; /* bytes: the data file does not grow beyond; 0: no limit */
    struct log *log;    /* outlives the engine; NULL: silent */
    txn_apply_fn apply; /* recovery: replays effects into the transaction (must not txn_log) */
    void *apply_ctx;
    txn_commit_fn on_commit; /* NULL: nobody wants to know */
    void *on_commit_ctx;
    txn_tidy_fn tidy; /* may be NULL when nothing ever gets into roots->garbage */
    bool (*errand)(void *ctx); /* a step of what is not urgent, on the background thread; true: there is more */
    void *errand_ctx;
};

/* Has the errand of engine_config run soon. Any thread; without a background thread nothing happens. */
void engine_ask_errand(void *engine);

/* Opens, creating or recovering as needed. All zeros in config mean the documented defaults (busy timeout excepted). */
int engine_open(const struct engine_config *config, struct engine **out);
/* Checkpoints, tidies up and closes. Snapshots must be gone. The first failure is returned, the handle is freed anyway. */
int engine_close(struct engine *engine);
/* The same, but the file's descriptor, and with it its lock, go to the caller. */
int engine_close_locked(struct engine *engine, int *fd);

struct txn {
    struct pages pages; /* for tree_* calls */
    struct engine *engine;
    const struct version *version; /* read: the version seen */
    struct roots *roots;           /* write: own copy; read: the version's (do not change) */
    uint32_t databases;
    bool write;
    bool replaying;                /* recovery: txn_log does nothing */
    bool makes_room;               /* write: what follows frees space so that something can be added (NEED_ROOM) */
    void *on_commit_ctx;           /* write: the one of engine_config */
    int failed;                    /* FERRITE_* once a change went wrong: commit will refuse */
    void *reader_slot;
    /* effects of this transaction so far */
    uint8_t *log;
    size_t log_len, log_cap;
    bool log_overflow;             /* too big for the log: commits by checkpoint */
    uint64_t ops;
    uint64_t expired;              /* keys removed because their time had come */
};

/* Read transactions live on the caller's stack. No lock, no system call. */
int txn_begin_read(struct engine *engine, struct txn *txn);
void txn_end_read(struct txn *txn);
/* For a snapshot that may live long: it takes a copy of the roots, and so pins nothing but the pages it sees. */
void txn_detach(struct txn *txn, struct roots *copy);

/* Statistics: a read transaction looked for a key. */
static inline void txn_count_lookup(struct txn *txn, bool found) {
    if (!txn->write) reader_count_lookup(txn->reader_slot, found);
}

/* The one write transaction: waits for its turn up to busy_timeout_ms, then FERRITE_BUSY; FERRITE_READONLY;
 * FERRITE_IO after a failed sync.
 * `thread_bound`: begin and end happen on one thread (a nested begin is then refused at once). */
int txn_begin_write(struct engine *engine, bool thread_bound, struct txn **out);
/* Ends it either way. Returns when the commit is as durable as the sync mode asks. */
int txn_commit(struct txn *txn);
void txn_rollback(struct txn *txn);

/* Call at the start of each mutating operation: nothing of an earlier operation is held any more
 * (spills pages when memory is short). `frees`: the operation removes data and may use reserved space. */
int txn_operation(struct txn *txn, bool frees);
/* Call at the end of each successful mutating operation of a *user's* transaction: when the sync mode is full, the
 * effects so far are made durable. */
int txn_operation_end(struct txn *txn);

static inline struct tree *txn_keys(struct txn *txn, uint32_t db) { return &txn->roots->keys[db]; }
static inline struct tree *txn_expiry(struct txn *txn, uint32_t db) { return &txn->roots->expiry[db]; }

/* Room for one effect of `len` bytes in the transaction's log, to be filled in at once; *place is NULL
 * when nothing need be written (replaying, memory database, overflow). FERRITE_NOMEM. */
int txn_log(struct txn *txn, size_t len, uint8_t **place);

/* Pages in use in the state that the write transaction has made so far. O(1). */
uint64_t txn_pages_used(const struct txn *txn);
/* Page numbers that it was given. */
uint64_t txn_pages_given(const struct txn *txn);
/* With all that checkpoints will take for their free lists: no state that is committed uses more at any moment
 * (claims.c). */
uint64_t txn_pages_claimed(const struct txn *txn);
/* Whether the next checkpoint has to write the page in any case, so that changing it costs no writing. In memory
 * nothing does. */
bool txn_page_is_young(const struct txn *txn, const struct page *page);
bool txn_in_memory(const struct txn *txn);

/* The transaction changed pages but no data: nothing to log, it commits by checkpoint. */
void txn_unlogged(struct txn *txn);

/* ---- moving pages (types/compact.h): transactions that change where pages lie, and no data ---- */

struct move_plan {
    pgno limit;          /* pages from here on are to be moved before it; 0: nothing can be gained */
    uint32_t gain;       /* pages that the file would then be shorter */
    uint64_t page_count; /* as it is now */
};
/* First sets free what is free for certain. `stuck`: pages at the end that will stay where they are; `most`:
 * so many may be moved. */
int engine_move_plan(struct engine *engine, uint64_t stuck, uint64_t most, struct move_plan *plan);

/* As txn_begin_write, for tree_move and blob_move alone. */
int txn_begin_moves(struct engine *engine, pgno limit, struct txn **out);
/* Ends it: nothing to log, no input or output, nothing to wait for. A crash loses nothing but the moves. */
int txn_commit_moves(struct txn *txn);

/* Cuts the file behind its last page in use, once a checkpoint that ends there is durable; makes one
 * if that helps. Writers wait for none of the input and output. */
int engine_shrink(struct engine *engine);

/* Marks the transaction as only fit for rollback; returns code. */
int txn_fail(struct txn *txn, int code);

/* Now; waits for it, while others go on writing. */
int engine_checkpoint(struct engine *engine);
int64_t engine_saved_ms(struct engine *engine); /* wall clock: of the last checkpoint; 0: none since it was opened */
/* Other limits than those of engine_config; 0: the default, no limit. Any time, any thread. */
void engine_set_limits(struct engine *engine, uint64_t dirty_limit, uint64_t file_limit);

/* Frees about `pages` pages of what waits to be freed, in steps, each a transaction of its own that is not logged:
 * after a crash the same trees wait again. FERRITE_OK also when there is nothing (left) to free. */
int engine_tidy(struct engine *engine, uint64_t pages);

struct engine_stats {
    uint64_t txid, published_txid, page_count, free_pages, file_bytes, log_bytes, log_capacity,
        young_bytes, checkpoints, commits, syncs, readers, oldest_reader_lag, recovered_txns,
        used_pages,    /* that the newest state uses, the two meta pages included; of a transaction only its own thread's */
        written_pages, /* pages that went to the file since it was opened */
        spill_pages,   /* a transaction of more own pages than this is spilled */
        expired,       /* keys */
        lookups_hit, lookups_missed, /* of read transactions */
        unsynced_bytes, /* of the log, that a power cut could take */
        background_failures; /* checkpoints and syncs that failed where nobody was told */
    uint64_t checkpoint_pages, checkpoint_ns, checkpoint_at_us; /* the last one; at 0: none yet */
    uint64_t last_sync_us;                                     /* 0: none yet */
    bool checkpointing;
    char database_id[33];
};
void engine_stats(struct engine *engine, struct engine_stats *out);
struct os *engine_os(struct engine *engine);
bool engine_read_only(const struct engine *engine);

/* Ways of committing that may change while the database is open. What was committed before is
 * made durable first where the mode before owed that. FERRITE_BUSY; the error of that sync. */
struct engine_ways {
    int sync_mode;
    uint32_t sync_interval_ms, sync_every_n, busy_timeout_ms;
};
int engine_set_ways(struct engine *engine, const struct engine_ways *ways);

/* How long things took, in ns. Commits that wait for no disk are so short that only one in
 * LATENCY_SAMPLE of them is measured. */
#define LATENCY_SAMPLE 64u
struct latencies {
    struct histogram commit, fsync, checkpoint;
};
struct latencies *engine_latencies(struct engine *engine);
bool engine_in_memory(const struct engine *engine);

/* check: after the caller walked every tree of `txn` reporting pages with engine_check_page, tells what is wrong with the
 * page accounting: pages reached twice, reached though free, neither reached nor free. */
struct engine_check;
int engine_check_begin(struct txn *txn, struct engine_check **out);
int engine_check_page(struct engine_check *check, pgno no, uint32_t count); /* FERRITE_CORRUPT text: found twice or free */
int engine_check_end(struct engine_check *check, void (*report)(void *ctx, const char *finding), void *ctx, uint64_t *findings);

#endif
