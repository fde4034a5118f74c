/*
 * ferrite.h - the public interface of libferrite.
 */
#ifndef FERRITE_H
#define FERRITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FERRITE_API __attribute__((visibility("default")))
#else
#define FERRITE_API
#endif

#define FERRITE_VERSION_STRING "0.1.0"

typedef struct ferrite_db ferrite_db;
typedef struct ferrite_error ferrite_error;

typedef struct ferrite_slice {
    const char *data;
    size_t len;
} ferrite_slice;

/* code, number, text used when nothing more precise is known */
#define FERRITE_ERROR_MAP(X)                                                   \
    X(BUSY, 1, "the database is in use")                                       \
    X(FULL, 2, "the disk or a configured limit is full")                       \
    X(IO, 3, "input/output error")                                             \
    X(CORRUPT, 4, "the database file is damaged")                              \
    X(VERSION, 5, "the file needs another version of the library")             \
    X(WRONGTYPE, 6, "WRONGTYPE Operation against a key holding the wrong kind of value") \
    X(RANGE, 7, "value is out of range")                                       \
    X(LIMIT, 8, "a size limit is exceeded")                                    \
    X(NOMEM, 9, "out of memory")                                               \
    X(READONLY, 10, "the handle is read-only")                                 \
    X(INVALID, 11, "invalid argument or handle")                               \
    X(NOTFOUND, 12, "no such key")                                             \
    X(SYNTAX, 13, "syntax error")                                              \
    X(ABORTED, 14, "the transaction was rolled back")

enum {
    FERRITE_OK = 0,
#define FERRITE_ERROR_ENUM(name, number, text) FERRITE_##name = number,
    FERRITE_ERROR_MAP(FERRITE_ERROR_ENUM)
#undef FERRITE_ERROR_ENUM
};

typedef enum ferrite_sync_mode {
    FERRITE_SYNC_NORMAL = 0, /* each commit durable; the default */
    FERRITE_SYNC_NONE,       /* the system writes when it likes */
    FERRITE_SYNC_PERIODIC,   /* at most sync_interval_ms of commits at risk */
    FERRITE_SYNC_EVERY_N,    /* at most sync_every_n commits at risk */
    FERRITE_SYNC_FULL        /* each write durable, even inside a transaction */
} ferrite_sync_mode;

typedef struct ferrite_options {
    uint32_t struct_size;         /* set by FERRITE_OPTIONS_INIT */
    int read_only;                /* 1: never writes, creates nothing */
    int must_exist;               /* 1: FERRITE_NOTFOUND instead of creating the file */
    ferrite_sync_mode sync_mode;
    uint32_t sync_interval_ms;    /* PERIODIC; 0 means 1000 */
    uint32_t sync_every_n;        /* EVERY_N; 0 means 1000 */
    uint32_t databases;           /* logical databases; 0 means 16, 64 at most */
    uint32_t busy_timeout_ms;     /* waiting for another process or transaction */
    int no_threads;               /* 1: checkpoints run inline, no thread is started */
    uint64_t map_size;            /* address range reserved, bytes; 0: 1 TiB, halved until it works */
    uint64_t log_size;            /* bound of the log file, bytes; 0 means 64 MiB */
    uint64_t dirty_limit;         /* memory for pages not yet in the file, bytes; 0 means 256 MiB */
    int64_t (*clock_ms)(void *ctx); /* NULL: the system's wall clock, ms since the epoch */
    void *clock_ctx;
    /* Life of keys that are written without an expiry, ms; 0: they never expire. It counts for keys
     * that are new and for SET and its kin; changing an existing value keeps its expiry. */
    int64_t default_ttl_ms;
} ferrite_options;

#define FERRITE_BUSY_TIMEOUT_DEFAULT_MS 5000u
#define FERRITE_OPTIONS_INIT                                                   \
    { (uint32_t)sizeof(ferrite_options), 0, 0, FERRITE_SYNC_NORMAL, 0, 0, 0,   \
      FERRITE_BUSY_TIMEOUT_DEFAULT_MS, 0, 0, 0, 0, NULL, NULL, 0 }

typedef enum ferrite_reply_type {
    FERRITE_REPLY_NIL = 0,
    FERRITE_REPLY_STATUS,  /* "OK" */
    FERRITE_REPLY_ERROR,   /* "ERR …", "WRONGTYPE …" */
    FERRITE_REPLY_INTEGER,
    FERRITE_REPLY_STRING,
    FERRITE_REPLY_ARRAY
} ferrite_reply_type;

typedef struct ferrite_reply {
    ferrite_reply_type type;
    int64_t integer;
    const char *str; /* STATUS, ERROR, STRING; also NUL-terminated */
    size_t len;
    size_t count; /* ARRAY */
    const struct ferrite_reply *elements;
} ferrite_reply;

/* ---- opening and closing ---- */

FERRITE_API ferrite_db *ferrite_open(const char *path, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_open_with(const char *path, const ferrite_options *options,
                                          ferrite_error **err); /* path NULL or ":memory:": in memory */
FERRITE_API ferrite_db *ferrite_open_memory(ferrite_error **err);
FERRITE_API void ferrite_close(ferrite_db *db);
FERRITE_API void ferrite_free(void *ptr);

/* ---- errors ---- */

FERRITE_API int ferrite_error_code(const ferrite_error *err);
FERRITE_API const char *ferrite_error_message(ferrite_error *err);
FERRITE_API void ferrite_error_free(ferrite_error *err);
FERRITE_API const char *ferrite_error_name(int code); /* "BUSY"; "OK" for 0 */

/* ---- transactions, snapshots, batches, logical databases ---- */

FERRITE_API int ferrite_transaction(ferrite_db *db,
                                    int (*fn)(ferrite_db *tx, void *ctx, ferrite_error **err),
                                    void *ctx, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_begin(ferrite_db *db, ferrite_error **err);
FERRITE_API int ferrite_commit(ferrite_db *tx, ferrite_error **err); /* 0; close the handle after it */
FERRITE_API int ferrite_rollback(ferrite_db *tx, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_snapshot(ferrite_db *db, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_batch(ferrite_db *db, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_select(ferrite_db *db, int index, ferrite_error **err);
FERRITE_API int ferrite_database(const ferrite_db *db); /* the handle's index, 0 first */
FERRITE_API int ferrite_databases(const ferrite_db *db); /* how many there are */

/* ---- strings ---- */

FERRITE_API int ferrite_set(ferrite_db *db, const char *key, size_t key_len, const char *value,
                            size_t value_len, ferrite_error **err); /* 0 */
FERRITE_API char *ferrite_get(ferrite_db *db, const char *key, size_t key_len, size_t *value_len,
                              ferrite_error **err);

enum { FERRITE_SET_NX = 1, FERRITE_SET_XX = 2, FERRITE_SET_GET = 4, FERRITE_SET_KEEPTTL = 8 };

typedef struct ferrite_set_options {
    uint32_t struct_size;
    uint32_t flags;       /* FERRITE_SET_* */
    int64_t expire_at_ms; /* ms since the epoch; 0: never */
} ferrite_set_options;
#define FERRITE_SET_OPTIONS_INIT { (uint32_t)sizeof(ferrite_set_options), 0, 0 }

/* 1: set, 0: not set (NX/XX). With FERRITE_SET_GET the old value goes to *old (NULL: there was none). */
FERRITE_API int ferrite_set_with(ferrite_db *db, const char *key, size_t key_len,
                                 const char *value, size_t value_len,
                                 const ferrite_set_options *options, char **old, size_t *old_len,
                                 ferrite_error **err);
FERRITE_API int ferrite_setnx(ferrite_db *db, const char *key, size_t key_len, const char *value,
                              size_t value_len, ferrite_error **err); /* 1 set, 0 not */
FERRITE_API char *ferrite_getset(ferrite_db *db, const char *key, size_t key_len,
                                 const char *value, size_t value_len, size_t *old_len,
                                 ferrite_error **err);
FERRITE_API char *ferrite_getdel(ferrite_db *db, const char *key, size_t key_len,
                                 size_t *value_len, ferrite_error **err);

/* items: key, value, key, value…; count slices (even). mset: 0; msetnx: 1 all set, 0 none. */
FERRITE_API int ferrite_mset(ferrite_db *db, const ferrite_slice *items, size_t count,
                             ferrite_error **err);
FERRITE_API int ferrite_msetnx(ferrite_db *db, const ferrite_slice *items, size_t count,
                               ferrite_error **err);
/* `count` slices in one allocation; data NULL: no such key or not a string. */
FERRITE_API ferrite_slice *ferrite_mget(ferrite_db *db, const ferrite_slice *keys, size_t count,
                                        ferrite_error **err);

/* 0; the new value in *result (may be NULL). */
FERRITE_API int ferrite_incr(ferrite_db *db, const char *key, size_t key_len, int64_t *result,
                             ferrite_error **err);
FERRITE_API int ferrite_decr(ferrite_db *db, const char *key, size_t key_len, int64_t *result,
                             ferrite_error **err);
FERRITE_API int ferrite_incrby(ferrite_db *db, const char *key, size_t key_len, int64_t increment,
                               int64_t *result, ferrite_error **err);
FERRITE_API int ferrite_decrby(ferrite_db *db, const char *key, size_t key_len, int64_t decrement,
                               int64_t *result, ferrite_error **err);
FERRITE_API int ferrite_incrbyfloat(ferrite_db *db, const char *key, size_t key_len,
                                    double increment, double *result, ferrite_error **err);
/* Exactly as Redis: the increment as text, the new value as stored. */
FERRITE_API char *ferrite_incrbyfloat_text(ferrite_db *db, const char *key, size_t key_len,
                                           const char *increment, size_t increment_len,
                                           size_t *value_len, ferrite_error **err);

/* The length afterwards. */
FERRITE_API int ferrite_append(ferrite_db *db, const char *key, size_t key_len, const char *value,
                               size_t value_len, ferrite_error **err);
FERRITE_API int ferrite_setrange(ferrite_db *db, const char *key, size_t key_len, int64_t offset,
                                 const char *value, size_t value_len, ferrite_error **err);
FERRITE_API int ferrite_strlen(ferrite_db *db, const char *key, size_t key_len,
                               ferrite_error **err);
/* Never nil: empty when there is nothing. start and end inclusive, negative from the end. */
FERRITE_API char *ferrite_getrange(ferrite_db *db, const char *key, size_t key_len, int64_t start,
                                   int64_t end, size_t *len, ferrite_error **err);

typedef struct ferrite_lcs_match {
    uint64_t a_start, a_end, b_start, b_end, len; /* ends inclusive */
} ferrite_lcs_match;
typedef struct ferrite_lcs_result {
    uint64_t len; /* of the whole common subsequence */
    size_t count;
    const ferrite_lcs_match *matches; /* from the last to the first, as Redis gives them */
} ferrite_lcs_result;

FERRITE_API char *ferrite_lcs(ferrite_db *db, const char *key_a, size_t key_a_len,
                              const char *key_b, size_t key_b_len, size_t *len,
                              ferrite_error **err);
FERRITE_API int ferrite_lcs_len(ferrite_db *db, const char *key_a, size_t key_a_len,
                                const char *key_b, size_t key_b_len, ferrite_error **err);
FERRITE_API ferrite_lcs_result *ferrite_lcs_idx(ferrite_db *db, const char *key_a,
                                                size_t key_a_len, const char *key_b,
                                                size_t key_b_len, uint64_t min_match_len,
                                                ferrite_error **err);

/* ---- keys ---- */

FERRITE_API int ferrite_del(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err);
FERRITE_API int ferrite_exists(ferrite_db *db, const char *key, size_t key_len,
                               ferrite_error **err);
/* How many were there (a key named twice counts twice in exists and touch). */
FERRITE_API int ferrite_del_many(ferrite_db *db, const ferrite_slice *keys, size_t count,
                                 ferrite_error **err);
FERRITE_API int ferrite_unlink_many(ferrite_db *db, const ferrite_slice *keys, size_t count,
                                    ferrite_error **err);
FERRITE_API int ferrite_exists_many(ferrite_db *db, const ferrite_slice *keys, size_t count,
                                    ferrite_error **err);
FERRITE_API int ferrite_touch_many(ferrite_db *db, const ferrite_slice *keys, size_t count,
                                   ferrite_error **err);

enum {
    FERRITE_TYPE_NONE = 0, /* no such key; in ferrite_scan: any type */
    FERRITE_TYPE_STRING = 1,
    FERRITE_TYPE_LIST = 2,
    FERRITE_TYPE_SET = 3,
    FERRITE_TYPE_ZSET = 4,
    FERRITE_TYPE_HASH = 5,
    FERRITE_TYPE_STREAM = 6
};
FERRITE_API int ferrite_type(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err);
FERRITE_API const char *ferrite_type_name(int type); /* "none", "string", …; NULL: unknown */

/* All keys that match the glob pattern, in key order; one allocation. */
FERRITE_API ferrite_slice *ferrite_keys(ferrite_db *db, const char *pattern, size_t pattern_len,
                                        size_t *count, ferrite_error **err);
/* One step of a scan: *cursor is 0 at first, then what the last step left; 0 again: done.
 * pattern NULL: all; effort: about how many keys to look at (0: 10); type: FERRITE_TYPE_NONE for
 * all, a number that is no type matches nothing. */
FERRITE_API ferrite_slice *ferrite_scan(ferrite_db *db, uint64_t *cursor, const char *pattern,
                                        size_t pattern_len, size_t effort, int type, size_t *count,
                                        ferrite_error **err);
FERRITE_API int ferrite_rename(ferrite_db *db, const char *key, size_t key_len,
                               const char *new_key, size_t new_key_len, ferrite_error **err);
FERRITE_API int ferrite_renamenx(ferrite_db *db, const char *key, size_t key_len,
                                 const char *new_key, size_t new_key_len, ferrite_error **err);
/* 1 copied, 0 not (no source, or destination there and not `replace`). to_database -1: the same. */
FERRITE_API int ferrite_copy(ferrite_db *db, const char *key, size_t key_len, const char *new_key,
                             size_t new_key_len, int to_database, int replace,
                             ferrite_error **err);
FERRITE_API int ferrite_move(ferrite_db *db, const char *key, size_t key_len, int to_database,
                             ferrite_error **err); /* 1 moved, 0 not */
FERRITE_API char *ferrite_randomkey(ferrite_db *db, size_t *key_len, ferrite_error **err);
FERRITE_API int ferrite_dbsize(ferrite_db *db, uint64_t *count, ferrite_error **err);
FERRITE_API int ferrite_swapdb(ferrite_db *db, int a, int b, ferrite_error **err);
FERRITE_API int ferrite_flushdb(ferrite_db *db, ferrite_error **err);
FERRITE_API int ferrite_flushall(ferrite_db *db, ferrite_error **err);
FERRITE_API int ferrite_time(ferrite_db *db, int64_t *us, ferrite_error **err);

/* ---- expiry ---- */

/* A key can have a moment at which it goes, in ms since the epoch by the database's clock. From
 * then on no reader sees it; a snapshot judges by its own moment, the time it was made. Writers
 * remove what has expired a few keys at a time, so its space is used again. Overwriting a key
 * with SET and its kin forgets the moment, changing its value keeps it. Keys longer than 65,528
 * bytes cannot expire: FERRITE_LIMIT. */

/* 1: the moment is set, 0: no such key. A moment that has passed deletes the key, and is 1 too. */
FERRITE_API int ferrite_expire(ferrite_db *db, const char *key, size_t key_len, int64_t seconds,
                               ferrite_error **err);
FERRITE_API int ferrite_pexpire(ferrite_db *db, const char *key, size_t key_len, int64_t ms,
                                ferrite_error **err);
FERRITE_API int ferrite_expireat(ferrite_db *db, const char *key, size_t key_len,
                                 int64_t at_seconds, ferrite_error **err);
FERRITE_API int ferrite_pexpireat(ferrite_db *db, const char *key, size_t key_len, int64_t at_ms,
                                  ferrite_error **err);

enum {
    FERRITE_EXPIRE_NX = 1, /* only a key without an expiry */
    FERRITE_EXPIRE_XX = 2, /* only a key with one; not with NX */
    FERRITE_EXPIRE_GT = 4, /* only to a later moment (without an expiry: never); not with NX, LT */
    FERRITE_EXPIRE_LT = 8  /* only to an earlier moment (without an expiry: always); not with NX */
};
/* As ferrite_pexpireat; also 0 when the conditions of the flags do not hold. */
FERRITE_API int ferrite_pexpireat_with(ferrite_db *db, const char *key, size_t key_len,
                                       int64_t at_ms, uint32_t flags, ferrite_error **err);
/* 1: the key stays for good now, 0: no such key, or it had no expiry. */
FERRITE_API int ferrite_persist(ferrite_db *db, const char *key, size_t key_len,
                                ferrite_error **err);

/* 0; the answer goes to *out: the time left (rounded to seconds in ttl), or the moment itself; -1:
 * the key does not expire, -2: no such key. */
FERRITE_API int ferrite_ttl(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                            ferrite_error **err);
FERRITE_API int ferrite_pttl(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                             ferrite_error **err);
FERRITE_API int ferrite_expiretime(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                                   ferrite_error **err);
FERRITE_API int ferrite_pexpiretime(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                                    ferrite_error **err);

/* Sets a string that expires after so long (more than 0). 0. */
FERRITE_API int ferrite_setex(ferrite_db *db, const char *key, size_t key_len, int64_t seconds,
                              const char *value, size_t value_len, ferrite_error **err);
FERRITE_API int ferrite_psetex(ferrite_db *db, const char *key, size_t key_len, int64_t ms,
                               const char *value, size_t value_len, ferrite_error **err);
/* The value of a string, whose moment becomes at_ms, 0: none (as ferrite_persist). NULL: nil. */
FERRITE_API char *ferrite_getex(ferrite_db *db, const char *key, size_t key_len, int64_t at_ms,
                                size_t *value_len, ferrite_error **err);

/* Removes up to `limit` expired keys of the handle's logical database now, the oldest first, and
 * answers how many they were: for programs that write seldom but want the space back. */
FERRITE_API int ferrite_expire_cycle(ferrite_db *db, int limit, ferrite_error **err);

/* ---- iteration in key order ---- */

enum {
    FERRITE_RANGE_REVERSE = 1,   /* from the end to the start */
    FERRITE_RANGE_AFTER_START = 2, /* start itself is left out */
    FERRITE_RANGE_BEFORE_END = 4   /* end itself is left out */
};

typedef struct ferrite_range {
    uint32_t struct_size;
    uint32_t flags;      /* FERRITE_RANGE_* */
    ferrite_slice prefix; /* data NULL: any */
    ferrite_slice start;  /* lowest key; data NULL: no bound */
    ferrite_slice end;    /* highest key; data NULL: no bound */
} ferrite_range;
#define FERRITE_RANGE_INIT \
    { (uint32_t)sizeof(ferrite_range), 0, { NULL, 0 }, { NULL, 0 }, { NULL, 0 } }

typedef struct ferrite_iterator ferrite_iterator;
FERRITE_API ferrite_iterator *ferrite_iterate(ferrite_db *db, const ferrite_range *range,
                                              ferrite_error **err); /* range NULL: all keys */
/* 1: *key and *value (may be NULL) hold the next entry, until the next call; 0: the end. */
FERRITE_API int ferrite_iterator_next(ferrite_iterator *it, ferrite_slice *key,
                                      ferrite_slice *value, ferrite_error **err);
FERRITE_API int ferrite_iterator_type(const ferrite_iterator *it); /* of the entry last given */
/* The next entry is the first at or after key (reverse: at or before). */
FERRITE_API int ferrite_iterator_seek(ferrite_iterator *it, const char *key, size_t key_len,
                                      ferrite_error **err);
FERRITE_API void ferrite_iterator_close(ferrite_iterator *it);

/* ---- zero-copy ---- */

/* Snapshot or transaction only. 1: *out points at the value (until the handle's next write or its
 * end), 0: no such key. FERRITE_LIMIT: not in one piece, use ferrite_view_at. */
FERRITE_API int ferrite_view(ferrite_db *db, const char *key, size_t key_len, ferrite_slice *out,
                             ferrite_error **err);
/* The piece of the value that begins at byte offset; at or past the end its len is 0. */
FERRITE_API int ferrite_view_at(ferrite_db *db, const char *key, size_t key_len, uint64_t offset,
                                ferrite_slice *out, ferrite_error **err);

/* ---- care of the file ---- */

typedef struct ferrite_stats {
    uint32_t struct_size;
    int in_memory, read_only;
    ferrite_sync_mode sync_mode;
    uint32_t page_size;
    uint64_t file_bytes, log_bytes, log_capacity, page_count, free_pages, young_bytes;
    uint64_t txid, published_txid, commits, syncs, checkpoints;
    uint64_t readers, oldest_reader_lag; /* in transactions */
    uint64_t recovered_transactions;     /* replayed from the log at open */
    uint64_t keys;                       /* in all logical databases */
    char database_id[33];
} ferrite_stats;
#define FERRITE_STATS_INIT_SIZE ((uint32_t)sizeof(ferrite_stats))

FERRITE_API int ferrite_info(ferrite_db *db, ferrite_stats *stats, ferrite_error **err);
FERRITE_API int ferrite_checkpoint(ferrite_db *db, ferrite_error **err);

typedef struct ferrite_monitor { /* callbacks of long work; each may be NULL */
    void *ctx;
    void (*finding)(void *ctx, const char *text);
    int (*progress)(void *ctx, uint64_t done, uint64_t total); /* pages; nonzero stops the work */
} ferrite_monitor;

/* Walks everything. 0 when the walk was finished; *findings says how much is wrong. */
FERRITE_API int ferrite_check(ferrite_db *db, const ferrite_monitor *monitor, uint64_t *findings,
                              ferrite_error **err);

typedef struct ferrite_recovery {
    uint64_t pages, damaged_pages, keys, lost_values, log_transactions;
    uint64_t findings; /* 0: nothing was lost */
} ferrite_recovery;
/* Salvages what is readable at path (with its log, if there is one) into the new file out_path. */
FERRITE_API int ferrite_recover(const char *path, const char *out_path,
                                const ferrite_monitor *monitor, ferrite_recovery *result,
                                ferrite_error **err);

typedef struct ferrite_log_entry {
    uint64_t txid, lsn;
    int database;
    size_t argc;
    const ferrite_slice *argv; /* the effect as words: "set" key value, "delete" key, … */
} ferrite_log_entry;
/* Calls fn for each effect in the log of the database file at path. */
FERRITE_API int ferrite_log_read(const char *path,
                                 int (*fn)(void *ctx, const ferrite_log_entry *entry), void *ctx,
                                 ferrite_error **err);

/* ---- commands by name ---- */

/* Runs one command: argv[0] is its name in any case; argv_len NULL: the words end with a NUL. What
 * the command has to say, errors too, is the reply: one block, freed with ferrite_free. NULL with
 * *err only when not even a reply could be made (no handle, no words, no memory). */
FERRITE_API ferrite_reply *ferrite_command(ferrite_db *db, int argc, const char *const *argv,
                                           const size_t *argv_len, ferrite_error **err);

enum {
    FERRITE_COMMAND_WRITE = 1,    /* may change the database */
    FERRITE_COMMAND_READONLY = 2, /* reads keys, never changes them */
    FERRITE_COMMAND_FAST = 4,     /* constant or logarithmic time */
    FERRITE_COMMAND_SESSION = 8,  /* needs or changes the state of a session */
    FERRITE_COMMAND_TEXT = 16     /* the reply is a text for people, not data */
};

typedef struct ferrite_command_info {
    const char *name;        /* lower case */
    const char *arguments;   /* "key value [NX | XX]"; may be empty */
    const char *summary;
    const char *group;       /* "string", "generic", … */
    const char *complexity;  /* "O(1)" */
    const char *since;       /* the first version that has it */
    const char *differences; /* how it differs from Redis 7.0; NULL: it does not */
    int arity;               /* words with the name; negative: at least so many */
    uint32_t flags;          /* FERRITE_COMMAND_* */
    int first_key, last_key, key_step; /* words that are keys; last_key negative: from the end */
} ferrite_command_info;

/* The command table in order of names: the index-th row, NULL past the end. */
FERRITE_API const ferrite_command_info *ferrite_command_at(size_t index);
/* NULL: no such command. Any case. */
FERRITE_API const ferrite_command_info *ferrite_command_find(const char *name, size_t name_len);

/* ---- sessions: what a shell or a connection remembers between commands ---- */

/* A session adds to ferrite_command the selected database and MULTI, EXEC, DISCARD. Queued commands
 * run in one transaction at EXEC. It uses db, which must outlive it. One thread at a time. */
typedef struct ferrite_session ferrite_session;
FERRITE_API ferrite_session *ferrite_session_open(ferrite_db *db, ferrite_error **err);
FERRITE_API ferrite_reply *ferrite_session_command(ferrite_session *session, int argc,
                                                   const char *const *argv,
                                                   const size_t *argv_len, ferrite_error **err);
FERRITE_API int ferrite_session_database(const ferrite_session *session); /* the selected index */
FERRITE_API int ferrite_session_in_multi(const ferrite_session *session); /* 1 after MULTI */
FERRITE_API void ferrite_session_close(ferrite_session *session);

#ifdef __cplusplus
}
#endif
#endif /* FERRITE_H */
