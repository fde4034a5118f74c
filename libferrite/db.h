/*
 * db.h - handles: what a ferrite_db is, and how the functions of ferrite.h run on it.
 *
 *   ferrite_db ──> core     one open database: the engine; lives until its last handle is closed
 *        └──────> session   a transaction, snapshot or batch; NULL for a root handle. Shared by
 *                           the handle that began it and the handles selected from that one
 *
 * A public function describes its work as an operation, a function on a keyspace, and gives it to
 * db_read or db_write, which find or make the transaction it runs in:
 *
 *              db_read                        db_write
 *   root       a read transaction of its own  a write transaction of its own, committed
 *   snapshot   the snapshot                   FERRITE_READONLY
 *   tx         the transaction                the transaction
 *   batch      FERRITE_INVALID                the effects are collected
 *
 * Threads: root and snapshot handles may be used by any number of threads at once. Transactions
 * and batches may be shared too: their mutex lets one operation in at a time. Closing a handle
 * while another thread uses that same handle is a mistake of the caller.
 */
#ifndef FERRITE_DB_H
#define FERRITE_DB_H

#include <pthread.h>
#include <stdatomic.h>

#include "error.h"
#include "cache/cache.h"
#include "ferrite.h"
#include "cache/recency.h"
#include "db_tally.h"
#include "options.h"
#include "types/arena.h"
#include "types/evict.h"
#include "types/keyspace.h"

/* What a write does to the bounds of the options: ADDS is refused where nothing can go (Redis's
 * denyoom), the others never are. FREES may use the space kept in reserve. */
enum write_kind { WRITE_ADDS, WRITE_FREES, WRITE_MOVES };

/* What is compared with bounds; keys: 0 without one. */
struct usage {
    uint64_t pages, keys;
};

struct core {
    _Atomic uint32_t refs;    /* handles, sessions and iterators */
    uint32_t fork_generation; /* of the process that opened it */
    struct engine *engine;
    struct clock clock;
    ferrite_options options; /* resolved; read with OPTION (options.h) */
    struct cache cache;      /* of small strings that root handles read */
    struct log log;
    uint64_t opened_us;            /* monotonic */
    struct saver *saver;           /* db_save.c; made under config_mutex */
    _Atomic int64_t saved_ms;      /* wall clock: of the last save that was asked for, or of opening */
    _Atomic bool bgsave_running;
    _Atomic int bgsave_code;       /* of the last that ended */
    pthread_mutex_t config_mutex;  /* db_config.c, and: */
    ferrite_stats counted_before;  /* the counters at the last ferrite_stats_reset */
    struct compressor *compressor; /* under the writer lock: see core_compressor */

    /* db_bounds.c */
    _Atomic bool bounded;               /* there is something to look at around each write */
    _Atomic(struct recency *) noting;   /* where uses are noted; NULL: the policy needs none */
    _Atomic(struct recency *) recency;  /* the same once made, for good */
    _Atomic uint64_t evicted;           /* keys, by transactions that were committed */
    /* Under the writer lock: */
    struct evictor evictor;
    struct tally tally;   /* of the running transaction */
    struct usage begun;   /* when it began */
    uint64_t wanted;      /* pages that it added, when it came to its commit */
    struct spared spared; /* of the running operation */

    /* Under the writer lock: write transactions that looked for expired keys. */
    uint32_t expire_turn;
    /* The same: when the next round of removals may begin, with expire_interval_ms. */
    int64_t expire_due_ms[TXN_DATABASES_MAX];
};

enum session_kind { SESSION_TX, SESSION_SNAPSHOT, SESSION_BATCH };

struct session {
    _Atomic uint32_t refs; /* handles and iterators */
    enum session_kind kind;
    struct core *core;
    int64_t now_ms;  /* SNAPSHOT: its time, for expiry */
    struct txn read; /* SNAPSHOT */
    struct arena arena; /* SNAPSHOT, TX: what views of compressed values point at */
    /* Under the mutex: */
    pthread_mutex_t mutex;
    bool ended;          /* committed or rolled back */
    bool lent;           /* TX: ferrite_transaction ends it, nobody else */
    struct txn *write;   /* TX, until ended */
    uint64_t generation; /* TX: grows with each write, for iterators */
    struct batch batch;  /* BATCH */
    bool adds;           /* TX, BATCH: some of it is WRITE_ADDS */
    struct roots roots[]; /* SNAPSHOT: one, which `read` looks at; the other kinds have none */
};

struct ferrite_db {
    struct core *core;
    struct session *session; /* NULL: root */
    uint32_t db;             /* logical database */
    bool owner;              /* began the session: closing it ends a transaction */
    bool lent;               /* belongs to ferrite_transaction, which frees it */
};

typedef int (*db_operation)(struct keyspace *ks, void *ctx);

/* Both return FERRITE_OK or a code, its explanation set. */
int db_read(ferrite_db *db, db_operation operation, void *ctx);
int db_write(ferrite_db *db, enum write_kind kind, db_operation operation, void *ctx);

/* One step of a scan of a collection's elements: `operation` runs with ctx, which knows the scan. The cursor is
 * taken from *cursor; db_scan_end hands it back once the answer is there. */
struct element_scan;
int db_scan(ferrite_db *db, struct element_scan *scan, const uint64_t *cursor,
            db_operation operation, void *ctx);
void *db_scan_end(const struct element_scan *scan, uint64_t *cursor, void *answer);

/* FERRITE_INVALID for NULL and in a process forked from the one that opened it. */
int db_refuse(void);
int core_refuse(void);
static inline int core_check(const struct core *core) {
    if (__builtin_expect(core->fork_generation == os_fork_generation(), 1)) return FERRITE_OK;
    return core_refuse();
}
static inline int db_check(const ferrite_db *db) {
    return __builtin_expect(db != NULL, 1) ? core_check(db->core) : db_refuse();
}
/* FERRITE_INVALID, naming `what`, unless db is a root handle. */
int db_check_root(const ferrite_db *db, const char *what);
/* For zero-copy reads: FERRITE_INVALID on a root handle, or without a place for the answer. */
int view_check(const ferrite_db *db, const ferrite_slice *out);

ferrite_db *db_new(struct core *core, struct session *session, uint32_t index);
void core_retain(struct core *core);
void core_release(struct core *core);

int session_new(struct core *core, enum session_kind kind, struct session **out);
int session_snapshot(struct core *core, struct session **out);
void session_retain(struct session *session);
void session_release(struct session *session);
/* Locks a tx or batch. Not locked: FERRITE_INVALID when it has ended, FERRITE_ABORTED when it
 * failed. */
int session_enter(struct session *session);
void session_leave(struct session *session);
/* Rolls back a transaction, empties a batch. */
void session_abandon(struct session *session);

/* db_cache.c: the string at a key, where a root handle's hot cache has it. False: the tree has to be asked. */
bool cached_get(ferrite_db *db, ferrite_slice key, char **value, size_t *len);
/* The same without a copy of the value. */
bool cached_len(ferrite_db *db, ferrite_slice key, size_t *len);
/* A committed SET of a root handle, of a value that does not expire: if it was cached before, it is again. txid 0: no. */
void cached_set(ferrite_db *db, ferrite_slice key, ferrite_slice value, uint64_t txid);
/* Bytes that the cache may take, by the options. 0: none. */
uint64_t cache_budget(const ferrite_options *options, bool in_memory);

/* Begins, applies, removes some expired keys of logical database `db`, commits; with a second try
 * after a checkpoint when the disk is full. */
typedef int (*core_operation)(struct txn *txn, void *ctx);
int core_write(struct core *core, uint32_t db, enum write_kind kind, core_operation operation, void *ctx);
/* The same; what on_evict has to be told of is left to the caller (tally_settle). NULL: it is told. */
int core_write_telling(struct core *core, uint32_t db, enum write_kind kind, core_operation operation,
                       void *ctx, struct tally *later);

/* What compresses values as the options say now, for write transactions; NULL: nothing does. Without memory
 * for it values are stored as they are. */
struct compressor *core_compressor_slow(struct core *core, int level);
static inline struct compressor *core_compressor(struct core *core) {
    int level = OPTION(core, compression);
    return __builtin_expect(level == 0, 1) ? NULL : core_compressor_slow(core, level);
}

/* db_bounds.c: max_memory and its kin, and eviction. */
int core_bounds_open(struct core *core);
void core_bounds_close(struct core *core);
/* After one of max_memory, max_size, file_slack, max_keys, eviction in core->options was changed (CONFIG SET). Any
 * thread, no lock. */
int core_bounds_changed(struct core *core);
/* Bytes that count against max_memory, besides pages: the hot cache, the marks of recency. */
uint64_t core_memory_beside(struct core *core);

static inline bool core_bounded(const struct core *core) {
    return __builtin_expect(atomic_load_explicit(&core->bounded, memory_order_relaxed), 0);
}
static inline struct recency *core_recency(const struct core *core) {
    return atomic_load_explicit(&core->noting, memory_order_acquire);
}
/* A key was read without a transaction: by the hot cache. */
static inline void core_note_read(const struct core *core, uint32_t db, const void *key, size_t len) {
    struct recency *recency = core_recency(core);
    if (__builtin_expect(recency != NULL, 0)) recency_note(recency, recency_hash(recency, db, key, len));
}

/* While core_bounded: bounds_before at the start of a transaction of one operation, bounds_begin at
 * that of a user's and bounds_inside before each of its operations, bounds_after before the commit of either.
 * FERRITE_FULL: what was wanted is refused, and after bounds_after the transaction is to be undone. */
int bounds_before(struct core *core, struct txn *txn, enum write_kind kind);
void bounds_begin(struct core *core, struct txn *txn);
int bounds_inside(struct core *core, struct txn *txn, enum write_kind kind);
int bounds_after(struct core *core, struct txn *txn, enum write_kind kind);
/* In a transaction of its own: a piece of the room for `wanted` pages, which one before found no pages for making. */
int bounds_ahead(struct core *core, struct txn *txn, uint64_t wanted, bool *more);

/* Instead of txn_commit and txn_rollback: what was evicted is counted and told, or forgotten. */
int core_commit(struct core *core, struct txn *txn, struct tally *later);
void core_rollback(struct core *core, struct txn *txn);
/* db_tally.c. `later` of core_commit, which is left empty by one that failed, once its caller has given his locks
 * back: what was evicted is counted, told to on_evict, and let go. */
void tally_settle(struct core *core, const struct tally *tally);

/* db_expire.c: before the commit of a write transaction, removes expired keys of one logical
 * database, `db` or now and then another: a bounded number for each change that the transaction made. */
int core_expire(struct core *core, struct txn *txn, uint32_t db);

/* Argument checks. */
int key_refuse(ferrite_slice key);
static inline int key_check(ferrite_slice key) {
    const bool fine = key.len <= FERRITE_KEY_MAX && (key.data != NULL || key.len == 0);
    return __builtin_expect(fine, 1) ? FERRITE_OK : key_refuse(key);
}
int value_refuse(ferrite_slice value);
static inline int value_check(ferrite_slice value) {
    const bool fine = value.len <= BLOB_MAX && (value.data != NULL || value.len == 0);
    return __builtin_expect(fine, 1) ? FERRITE_OK : value_refuse(value);
}
int pattern_check(ferrite_slice pattern); /* data NULL: there is none */
int slices_check(const ferrite_slice *items, size_t count);
/* FERRITE_LIMIT for a value that is longer than max_value_size; every `step`-th of `count` items. */
int value_fits(const ferrite_db *db, ferrite_slice value);
int values_fit(const ferrite_db *db, const ferrite_slice *items, size_t count, size_t step);

/* For results: 0 or `answer` on FERRITE_OK, else the error. */
static inline int db_answer(int code, int answer, ferrite_error **err) {
    return code == FERRITE_OK ? answer : error_give(err, code);
}

#endif
