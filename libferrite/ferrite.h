/*
 * ferrite.h - the public interface of libferrite, an embedded database: Redis's data types in one
 * file, without a server. This header is the manual.
 *
 *     #include <ferrite.h>
 *
 *     ferrite_error *err = NULL;
 *     ferrite_db *db = ferrite_open("app.ferrite", &err);
 *     if (db == NULL) {
 *         fprintf(stderr, "%s\n", ferrite_error_message(err));
 *         ferrite_error_free(err);
 *         return 1;
 *     }
 *     ferrite_set(db, "greeting", 8, "hello", 5, NULL);
 *     char *value = ferrite_get(db, "greeting", 8, NULL, NULL);
 *     puts(value);
 *     ferrite_free(value);
 *     ferrite_close(db);
 *
 * In this order: rules that hold for every function; errors; options; opening; transactions; the
 * data types; keys; expiry; iteration; care of the file; commands by name.
 *
 *
 * RULES FOR EVERY FUNCTION
 *
 * Arguments. First the handle, then the inputs in the order of the Redis command, then places for
 * answers, and last `ferrite_error **err`. Keys and values are bytes with a length, NUL bytes
 * included; a NULL pointer with length 0 is the empty string. Keys, fields and members have at most 65,536
 * bytes (FERRITE_KEY_MAX), values at most 512 MiB; longer ones are FERRITE_LIMIT. Inputs are copied before the function
 * returns, and must not point into a view (ferrite_view) of the transaction that they are written
 * to. Places for answers may be NULL when the answer is not wanted.
 *
 * Results. `int` results of 0 or more are the answer (0 for "done", 0 or 1 for no or yes, a count,
 * a length), -1 is an error. 64-bit and floating point answers go through a pointer. Functions that
 * return a pointer give NULL either for an error or for "there is none" (Redis's nil); only with an
 * error *err is set. An empty value is not NULL: its length is 0.
 *
 * Numbers of inputs (`count`) may be 0 where nothing else is said, which does nothing; hset_many, mset, msetnx,
 * zcombine and the lists' pushes answer FERRITE_INVALID then, as Redis wants at least one.
 *
 * Memory. Every block that a function returns, also an array with all its strings, is one
 * allocation and yours: ferrite_free gives it back. Strings in it have a NUL behind their last byte
 * that their length does not count.
 *
 * Errors. `err` may be NULL. Otherwise set the variable to NULL before the call; after an error it
 * holds an object with a code and a message, to be given back with ferrite_error_free. A variable
 * that is not NULL is left as it is, so that the first of several errors stays. A function that
 * fails has changed nothing (see "after an error" under transactions for what that means inside of
 * one). What any function may answer is not repeated at each: FERRITE_INVALID for a handle or argument that
 * cannot be, FERRITE_NOMEM, FERRITE_IO and FERRITE_CORRUPT; one with a key, field, member or value FERRITE_LIMIT; one
 * that writes also FERRITE_BUSY, FERRITE_FULL, FERRITE_READONLY, and in a transaction FERRITE_ABORTED.
 *
 * Time. Where nothing is said a call costs O(log k) for k keys in the logical database, O(log n) for n
 * elements of the collection, and what its inputs and its answer are long. With an array of inputs it is that for each.
 *
 * Redis. Where nothing is said the function does what the command of its name does in Redis 7.0, and
 * docs/COMMANDS.md says for each command how its reply differs.
 *
 * Handles. One type, ferrite_db, stands for a database (a "root handle", from ferrite_open), a
 * transaction, a snapshot, a batch, and another logical database in any of these (ferrite_select).
 * Every function works on all of them, unless it says otherwise:
 *
 *                     reads                          writes
 *     root handle     the newest committed state     each is a transaction of its own
 *     transaction     its own state                  become visible and durable together, at commit
 *     snapshot        the state when it was made     FERRITE_READONLY
 *     batch           FERRITE_INVALID                are collected, and done at commit
 *
 * All are closed with ferrite_close, in any order: the database itself is closed with the last of
 * its handles and iterators.
 *
 * Threads. Any number of threads may use one handle at the same time; readers never wait, neither
 * for writers nor for each other. In a transaction or batch one call at a time goes on, the others
 * wait. What may not happen is that one thread closes a handle while another is using it. A
 * transaction may be handed from thread to thread (unless ferrite_transaction made it).
 *
 * Processes. One process at a time has a file open for writing, and once: another open, also in the same
 * process, waits up to busy_timeout_ms and then gets FERRITE_BUSY. A program opens its file once and shares the handle. Several processes may have it open read-only. After a
 * fork the handles are the parent's: in the child each call answers FERRITE_INVALID, ferrite_close
 * only lets go of memory, and the child may open the file itself once the parent has closed it.
 *
 * Files. `app.ferrite` is the database. While it is open for writing there are also
 * `app.ferrite-wal`, the log, and `app.ferrite-lock`. After a crash these must stay beside the
 * database: the next open brings it back to its last commit from them. Copy or move a database when
 * it is closed.
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

#define FERRITE_KEY_MAX 65536u /* bytes of a key, a field of a hash, a member of a set or sorted set */

typedef struct ferrite_db ferrite_db;
typedef struct ferrite_error ferrite_error;

/* A string of bytes that belongs to somebody else. data NULL is nil where a function says so. */
typedef struct ferrite_slice {
    const char *data;
    size_t len;
} ferrite_slice;

/* ---- errors ---- */

/*
 * Codes, their numbers, and the texts used when nothing more precise is known.
 *
 *   BUSY       another process or transaction held the database for all of busy_timeout_ms
 *   FULL       the disk is full, or a bound of the options is reached ("OOM …"). Reading and deleting go on; a
 *              deletion makes room. (Where a process has a limit of file sizes, RLIMIT_FSIZE, the system sends
 *              SIGXFSZ first: a program that ignores that signal gets this error.)
 *   IO         the system failed to read or write. After a failed sync every further write
 *              is refused until the database is opened again: what reached the disk is unknown
 *   CORRUPT    the file is damaged; the message names the page. Other parts can still be read
 *   VERSION    the file was made by a later version of the library
 *   WRONGTYPE  the key holds another type than the function is for
 *   RANGE      a number is no number or out of its range, or an index is
 *   LIMIT      a key, value or result is too long
 *   NOMEM      no memory
 *   READONLY   the database was opened read-only, or the handle is a snapshot
 *   INVALID    the argument or handle cannot be used for this: a mistake in the program
 *   NOTFOUND   there is no such file, or no folder to make it in, or no such key where one is needed
 *   SYNTAX     options contradict each other
 *   ABORTED    an earlier failure leaves only rolling this transaction back; or a callback stopped
 *              the work
 *
 * Where Redis has an error for the case, the message is Redis's, with its first word: "ERR value is
 * not an integer or out of range".
 */
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

/* The code of an error; FERRITE_OK for NULL. */
FERRITE_API int ferrite_error_code(const ferrite_error *err);
/* Its message, valid as long as the error is. Never NULL, also for NULL. */
FERRITE_API const char *ferrite_error_message(ferrite_error *err);
/* Gives the error back; NULL is fine. Set the variable to NULL before using it again. */
FERRITE_API void ferrite_error_free(ferrite_error *err);
/* The name of a code without FERRITE_: "BUSY"; "OK" for 0; "UNKNOWN" for what is none. */
FERRITE_API const char *ferrite_error_name(int code);

/* ---- options ---- */

/*
 * When a commit is safe. Whatever the mode, a process that is killed loses no commit, and a power
 * cut never damages the file: it loses at most the last commits, whole ones, as said here.
 */
typedef enum ferrite_sync_mode {
    /* None: a commit returns when it is on the disk. The default. Commits of several threads at
     * the same time share one sync. */
    FERRITE_SYNC_NORMAL = 0,
    FERRITE_SYNC_NONE,     /* what the system has not written yet: as a rule half a minute's */
    FERRITE_SYNC_PERIODIC, /* those of the last sync_interval_ms */
    FERRITE_SYNC_EVERY_N,  /* the last sync_every_n */
    FERRITE_SYNC_FULL      /* none, and each write inside a transaction is on the disk at once */
} ferrite_sync_mode;

/* What goes when a bound of the options is reached (CONFIG's maxmemory-policy). The volatile ones touch only keys
 * with an expiry. Where nothing can go, a write that adds answers FERRITE_FULL. */
typedef enum ferrite_eviction {
    FERRITE_EVICT_NONE = 0, /* noeviction */
    FERRITE_EVICT_ALL_LRU,
    FERRITE_EVICT_ALL_LFU,
    FERRITE_EVICT_ALL_RANDOM,
    FERRITE_EVICT_VOLATILE_LRU,
    FERRITE_EVICT_VOLATILE_LFU,
    FERRITE_EVICT_VOLATILE_RANDOM,
    FERRITE_EVICT_VOLATILE_TTL /* exact: always the key that would expire next */
} ferrite_eviction;

typedef enum ferrite_log_level {
    FERRITE_LOG_NONE = 0,
    FERRITE_LOG_ERROR, /* something failed, and no caller was told */
    FERRITE_LOG_WARNING, /* commits wait for room in the log; half of a file's head is damaged */
    FERRITE_LOG_NOTICE, /* recovery, compaction, backup */
    FERRITE_LOG_DEBUG   /* each checkpoint, rounds of eviction and expiry */
} ferrite_log_level;

#define FERRITE_CACHE_OFF UINT64_MAX

/* Always begin with FERRITE_OPTIONS_INIT or a preset; 0 is the default of every field but
 * busy_timeout_ms. */
typedef struct ferrite_options {
    /* Set by FERRITE_OPTIONS_INIT: tells which fields the program knows. */
    uint32_t struct_size;
    /* 1: nothing is written or created; a log left by a crash is replayed in memory. */
    int read_only;
    /* 1: FERRITE_NOTFOUND where there is no file, instead of a new database. */
    int must_exist;
    /* Where this is NORMAL, the environment variable FERRITE_SYNC_MODE (none, periodic, every-n,
     * normal, full) decides, if it is set. */
    ferrite_sync_mode sync_mode;
    uint32_t sync_interval_ms; /* PERIODIC; 0: 1000 */
    uint32_t sync_every_n;     /* EVERY_N; 0: 1000 */
    /* Logical databases; 0: 16; at most 64. A file that was made with more keeps them. */
    uint32_t databases;
    /* How long to wait for another process or transaction; 0: not at all. */
    uint32_t busy_timeout_ms;
    /* 1: no thread is ever started; commits then do the checkpoints themselves. */
    int no_threads;
    /* Address range to reserve, bytes, which bounds the file; 0: 1 TiB or what is possible. */
    uint64_t map_size;
    /* Bound of the log, bytes; 0: 64 MiB, or less: a quarter of max_memory, a quarter of max_size or as much as
     * file_slack; at least 64 KiB. A larger one makes checkpoints rarer. */
    uint64_t log_size;
    /* Memory for pages that are not in the file yet, bytes; 0: 256 MiB. Reaching it starts a
     * checkpoint, and a larger transaction writes pages early. */
    uint64_t dirty_limit;
    /* The time for expiry, ms since the epoch; NULL: the system's clock. Called by any thread. */
    int64_t (*clock_ms)(void *ctx);
    void *clock_ctx;
    /* Life of keys that are written without an expiry, ms; 0: they never expire. It counts for keys
     * that are new and for SET and its kin; changing an existing value keeps its expiry. */
    int64_t default_ttl_ms;

    /* ---- bounds; 0: none ---- */

    /* Memory that the library uses for this database, bytes: the hot cache and the pages that are not
     * in the file yet, and of a database in memory all of its data. Pages of the file that the system keeps
     * mapped are not counted: tools show them in the process's RSS, but the system takes them when it
     * needs memory. 0: the environment variable FERRITE_MEMORY_LIMIT ("64mb") decides, if it is set. */
    uint64_t max_memory;
    /* At a bound: a write that passes it evicts by the policy below, in its own transaction (a user's transaction at
     * its commit); where nothing can go, or the write alone is larger, it is refused, FERRITE_FULL with Redis's text for OOM.
     * What Redis never refuses (DEL, EXPIRE, RENAME, …) is never refused. A bound that is lowered below what is there
     * is reached by and by: a write evicts some dozens of keys beyond what it needs. */

    /* Data in the file, bytes: pages in use times 4,096, those of free lists and of checkpoints that run counted in. The
     * file itself may be larger by what a checkpoint or a snapshot still holds: at most file_slack. */
    uint64_t max_size;
    /* What the file may be larger than max_size, bytes; 0 and whatever is less mean a quarter of max_size and 1 MiB.
     * No effect without max_size. At the bound a set replaces a page that the last checkpoint holds, and when the slack
     * is used up they all have to be written: with one and a half times max_size many sets share a page, and sets of
     * random keys are some three times as fast. */
    uint64_t file_slack;
    /* Keys in all logical databases together. */
    uint64_t max_keys;
    /* Length of a value, field value or element, bytes. A longer one is refused, FERRITE_LIMIT. */
    uint64_t max_value_size;
    ferrite_eviction eviction;
    /* Called once for each key that a committed transaction evicted, after its commit, by the thread that
     * committed. It may read and write the database. It is not called within itself: what its own writes evict
     * is told after it has returned, behind what waits to be told already, before the call that evicted first
     * returns. So one that evicts a key each time it is called keeps that call from ever returning. */
    void (*on_evict)(void *ctx, int database, const char *key, size_t key_len);
    void *on_evict_ctx;

    /* ---- the hot cache, compression, the rest ---- */

    /* Copies of records that were read, so that reading them again needs no walk down the tree, bytes;
     * 0: automatic, grows with use to a quarter of max_memory (a sixteenth for a database in memory, whose data needs
     * the rest), or 256 MiB without one; of a database in memory at most half of max_memory, and what it may take is
     * kept free of data from the beginning, for reading evicts nothing;
     * FERRITE_CACHE_OFF, and less than 8 KiB: none. It takes strings to 1,024 bytes with keys to 512, when
     * GET on a root handle reads them; what is SET again while it is there stays. */
    uint64_t cache_size;
    /* Strings, values of fields and elements of lists, each by itself. 0: they are stored as they are. 1: LZ4, fast.
     * 2 to 12: LZ4HC of that level, slower to write, as fast to read. What saves less than an eighth stays as it
     * is, and so do values longer than 64 KiB. A value that is compressed is expanded whole to read any part of it, and
     * stored as it is from its first APPEND or SETRANGE on. What is stored already stays as it is when this
     * changes, and any file can be read whatever this says. Without memory for it nothing is compressed. */
    int compression;
    /* Shorter values are not compressed, bytes; 0: 64. Less than 32 means 32. */
    uint32_t compression_min;
    /* Least time between two rounds of removing expired keys beside other writes, ms; 0: with each write. A round
     * goes on, some keys with each write, until all are removed. For readers a key is gone at its moment
     * whatever this says. */
    uint32_t expire_interval_ms;
    /* Receives a line of text (no newline) for what is told at log_level or a more urgent one; NULL: stderr.
     * Called by any thread, also while the library holds locks: it must not call the library. Never after the last
     * handle was closed.
     * log_level NONE: the environment variable FERRITE_LOG (error, warning, notice, debug) decides. */
    void (*log)(void *ctx, ferrite_log_level level, const char *message);
    void *log_ctx;
    ferrite_log_level log_level;
} ferrite_options;

#define FERRITE_BUSY_TIMEOUT_DEFAULT_MS 5000u
#define FERRITE_OPTIONS_INIT                                                                    \
    { (uint32_t)sizeof(ferrite_options), 0, 0, FERRITE_SYNC_NORMAL, 0, 0, 0,                    \
      FERRITE_BUSY_TIMEOUT_DEFAULT_MS, 0, 0, 0, 0, NULL, NULL, 0,                               \
      0, 0, 0, 0, 0, FERRITE_EVICT_NONE, NULL, NULL, 0, 0, 0, 0, NULL, NULL, FERRITE_LOG_NONE }

/*
 * Presets: options for a kind of use, to be changed further as wished before opening.
 *
 *              memory   keys      larger values  eviction     values     commits safe
 *   iot        2 MB     1,000     refused (4 KB) allkeys-lru  LZ4 9      each
 *   minimal    4 MB     10,000                   allkeys-lru  as is      by the system (NONE)
 *   mobile     32 MB    50,000                   allkeys-lru  LZ4 6      each 10 s (PERIODIC)
 *   full       64 MB    1,000,000                noeviction   LZ4 3      each
 *
 * (MB and KB are powers of two here.) The first three are for caches and for the recent past of a device,
 * where the newest data is worth most: at a bound the key that was not used for longest goes, and a
 * write does not fail because a thousand keys are there. full is for data that nobody else has: at
 * a bound, writes that add answer FERRITE_FULL. Where that is the better answer for a small device too, set
 * eviction to FERRITE_EVICT_NONE.
 * iot also removes expired keys at most every 300 s, has 4 logical databases and a log of 256 KB.
 * minimal is meant for databases in memory; its bound on memory then holds all of the data.
 * (They return a struct of this header's size: a program runs with the library it was compiled for, or
 * uses ferrite_options_set(…, "preset", "iot", …), which knows struct_size.)
 */
FERRITE_API ferrite_options ferrite_options_iot(void);
FERRITE_API ferrite_options ferrite_options_minimal(void);
FERRITE_API ferrite_options ferrite_options_mobile(void);
FERRITE_API ferrite_options ferrite_options_full(void);

/* A size as text, as Redis writes sizes: digits, then nothing or b for bytes, k, m, g for powers of 1000, kb, mb, gb
 * for powers of 1024, in any case: "256mb". 0; FERRITE_INVALID for anything else and for what does not fit
 * 64 bits. */
FERRITE_API int ferrite_parse_size(const char *text, uint64_t *bytes, ferrite_error **err);

/* Sets one option from text: for command lines, configuration files and bindings. name is the field's,
 * with - or _, in any case, with or without the _ms at its end, or one of Redis's (maxmemory,
 * maxmemory-policy, appendfsync, loglevel). Sizes are as in ferrite_parse_size; times are ms or carry a unit (250ms,
 * 10s, 5m, 2h, 7d); what is yes or no is said so; the rest are the words of the header in lower case:
 * eviction "allkeys-lru", sync_mode "periodic:100" (with its number), compression "off" or a number,
 * cache_size "auto", "off" or a size. "preset" is a name too: what the preset says is set, so it
 * comes first. Callbacks have no text. 0; FERRITE_INVALID with what would be possible; options are then as
 * they were. */
FERRITE_API int ferrite_options_set(ferrite_options *options, const char *name, const char *value,
                                    ferrite_error **err);
/* The names it knows: the index-th, NULL past the end. */
FERRITE_API const char *ferrite_options_name(size_t index);

/* ---- opening and closing ---- */

/* Opens the database file at path, making it if there is none; ":memory:" is a database in
 * memory that ends with its last handle. What a crash left is recovered first. FERRITE_BUSY (the
 * message names the process), FERRITE_CORRUPT (also when the log is missing: ferrite_recover; and for a file
 * that is no database), FERRITE_VERSION, FERRITE_NOTFOUND without the folder, FERRITE_INVALID for options or a variable in
 * the environment that cannot be. After a crash it takes the time that the log needs to be replayed. */
FERRITE_API ferrite_db *ferrite_open(const char *path, ferrite_error **err);
/* The same with options (NULL: the defaults); path NULL: in memory. */
FERRITE_API ferrite_db *ferrite_open_with(const char *path, const ferrite_options *options,
                                          ferrite_error **err);
/* As ferrite_open(":memory:"). */
FERRITE_API ferrite_db *ferrite_open_memory(ferrite_error **err);
/* Closes any handle; NULL is fine. Closing a transaction or batch that was not committed undoes
 * it. The last handle of a database writes what is left to the file and removes log and lock
 * file; should that fail, nothing is lost, the next open finds the log. */
FERRITE_API void ferrite_close(ferrite_db *db);
/* Gives back any block that a function of this header returned; NULL is fine. */
FERRITE_API void ferrite_free(void *ptr);

/* ---- transactions, snapshots, batches, logical databases ---- */

/*
 * A transaction sees its own writes, and nobody else does before it is committed. There is one at a
 * time: another writer waits up to busy_timeout_ms, readers never do. Being declared when it
 * begins, it cannot come to wait for anything later. Transactions do not nest: transactions, snapshots and
 * batches are made of root handles (else FERRITE_INVALID), and are of the same logical database.
 *
 * After an error: argument errors (WRONGTYPE, RANGE, NOTFOUND, …) leave the transaction as it was,
 * and it may go on. After FULL, IO, CORRUPT or NOMEM in a writing function the transaction can only
 * be rolled back: further calls answer FERRITE_ABORTED, and commit fails with the first error.
 */

/* Calls fn with a transaction. Result 0 of fn commits; anything else rolls back and is returned.
 * fn hands its err on to the functions it calls, so that their errors reach the caller. -1 also
 * when beginning or committing failed. In fn, use tx: on db itself this thread's writes fail
 * with FERRITE_BUSY at once. tx ends with fn: committing, rolling back or closing it there is
 * not possible. */
FERRITE_API int ferrite_transaction(ferrite_db *db,
                                    int (*fn)(ferrite_db *tx, void *ctx, ferrite_error **err),
                                    void *ctx, ferrite_error **err);
/* The same in pieces, for bindings: begin, then commit or rollback, then ferrite_close. Between
 * begin and its end, writes on db wait in every thread, also in this one: up to busy_timeout_ms, then they answer
 * FERRITE_BUSY. */
FERRITE_API ferrite_db *ferrite_begin(ferrite_db *db, ferrite_error **err);
/* 0: committed, as durable as the sync mode says. -1: nothing of it was done. Either way the
 * transaction has ended, and the handle is only to be closed. FERRITE_INVALID for a handle that is no transaction, or has
 * ended. For batches see ferrite_batch. */
FERRITE_API int ferrite_commit(ferrite_db *tx, ferrite_error **err);
/* 0: undone, as by closing a transaction that was not committed. */
FERRITE_API int ferrite_rollback(ferrite_db *tx, ferrite_error **err);

/* The present state, unchanging for as long as the handle is open; also keys that expire stay.
 * It costs next to nothing, but pages that it sees are not used again meanwhile: the file grows
 * when much is written beside a snapshot that is kept long (ferrite_info: oldest_reader_lag). */
FERRITE_API ferrite_db *ferrite_snapshot(ferrite_db *db, ferrite_error **err);

/* Collects writes in memory, without keeping anybody from writing, and does them at
 * ferrite_commit as one transaction. Only for functions that need not look first: set (with no
 * condition), mset, del, flushdb, flushall, swapdb, expiry times, hset, hdel, sadd, srem; their
 * answers are 0, also del's. Functions that have to read answer FERRITE_INVALID. When the commit fails the batch is
 * still there and may be committed again. */
FERRITE_API ferrite_db *ferrite_batch(ferrite_db *db, ferrite_error **err);

/* The logical database `index` of the same root handle, transaction, snapshot or batch: a handle
 * of its own, whose closing ends nothing but itself. FERRITE_RANGE. */
FERRITE_API ferrite_db *ferrite_select(ferrite_db *db, int index, ferrite_error **err);
/* The index of a handle's logical database (0 after opening), and how many there are. */
FERRITE_API int ferrite_database(const ferrite_db *db);
FERRITE_API int ferrite_databases(const ferrite_db *db);

/* ---- strings ---- */

/* All but set, mset and their kin answer FERRITE_WRONGTYPE for a key of another type. */

/* SET: whatever the key held is replaced, its expiry too. 0. */
FERRITE_API int ferrite_set(ferrite_db *db, const char *key, size_t key_len, const char *value,
                            size_t value_len, ferrite_error **err);
/* GET: the value; NULL without an error: there is none. */
FERRITE_API char *ferrite_get(ferrite_db *db, const char *key, size_t key_len, size_t *value_len,
                              ferrite_error **err);

enum {
    FERRITE_SET_NX = 1,     /* only if the key is not there */
    FERRITE_SET_XX = 2,     /* only if it is; not with NX */
    FERRITE_SET_GET = 4,    /* also gives the old value, which must be a string */
    FERRITE_SET_KEEPTTL = 8 /* the old value's expiry stays; not with expire_at_ms */
};

typedef struct ferrite_set_options {
    uint32_t struct_size; /* set by FERRITE_SET_OPTIONS_INIT */
    uint32_t flags;       /* FERRITE_SET_* */
    int64_t expire_at_ms; /* when the key expires, ms since the epoch; 0: never */
} ferrite_set_options;
#define FERRITE_SET_OPTIONS_INIT { (uint32_t)sizeof(ferrite_set_options), 0, 0 }

/* SET with options. 1: set, 0: not set, because of NX or XX. With GET *old is the old value, set
 * or not, NULL when there was none. */
FERRITE_API int ferrite_set_with(ferrite_db *db, const char *key, size_t key_len,
                                 const char *value, size_t value_len,
                                 const ferrite_set_options *options, char **old, size_t *old_len,
                                 ferrite_error **err);
/* SETNX: 1: set, 0: the key was there. */
FERRITE_API int ferrite_setnx(ferrite_db *db, const char *key, size_t key_len, const char *value,
                              size_t value_len, ferrite_error **err);
/* GETSET, GETDEL: the value before; NULL without an error: there was none. */
FERRITE_API char *ferrite_getset(ferrite_db *db, const char *key, size_t key_len,
                                 const char *value, size_t value_len, size_t *old_len,
                                 ferrite_error **err);
FERRITE_API char *ferrite_getdel(ferrite_db *db, const char *key, size_t key_len,
                                 size_t *value_len, ferrite_error **err);

/* MSET, MSETNX: items are key, value, key, value, …; count is the number of slices, so even. All
 * or none are set, at one moment. mset: 0; msetnx: 1: set, 0: one of the keys was there. */
FERRITE_API int ferrite_mset(ferrite_db *db, const ferrite_slice *items, size_t count,
                             ferrite_error **err);
FERRITE_API int ferrite_msetnx(ferrite_db *db, const ferrite_slice *items, size_t count,
                               ferrite_error **err);
/* MGET: an array of count slices; data NULL: no such key, or it holds no string. */
FERRITE_API ferrite_slice *ferrite_mget(ferrite_db *db, const ferrite_slice *keys, size_t count,
                                        ferrite_error **err);

/* INCR and its kin: the string is a whole number, and a key that is not there counts as 0. The new
 * number goes to *result. FERRITE_RANGE: no number, or the result does not fit 64 bits. 0. */
FERRITE_API int ferrite_incr(ferrite_db *db, const char *key, size_t key_len, int64_t *result,
                             ferrite_error **err);
FERRITE_API int ferrite_decr(ferrite_db *db, const char *key, size_t key_len, int64_t *result,
                             ferrite_error **err);
FERRITE_API int ferrite_incrby(ferrite_db *db, const char *key, size_t key_len, int64_t increment,
                               int64_t *result, ferrite_error **err);
FERRITE_API int ferrite_decrby(ferrite_db *db, const char *key, size_t key_len, int64_t decrement,
                               int64_t *result, ferrite_error **err);
/* INCRBYFLOAT. The increment is taken as the shortest decimal that stands for the double: 0.1
 * adds 0.1. 0. */
FERRITE_API int ferrite_incrbyfloat(ferrite_db *db, const char *key, size_t key_len,
                                    double increment, double *result, ferrite_error **err);
/* The same digit by digit as Redis: the increment as text, and the new value as it is stored. */
FERRITE_API char *ferrite_incrbyfloat_text(ferrite_db *db, const char *key, size_t key_len,
                                           const char *increment, size_t increment_len,
                                           size_t *value_len, ferrite_error **err);

/* APPEND, SETRANGE: the length afterwards. They make the key if needed, keep its expiry, and
 * cost the bytes written, not the value's length. setrange fills with zero bytes up to offset;
 * writing nothing does nothing. FERRITE_RANGE: offset below 0; FERRITE_LIMIT: longer than 512 MiB. */
FERRITE_API int ferrite_append(ferrite_db *db, const char *key, size_t key_len, const char *value,
                               size_t value_len, ferrite_error **err);
FERRITE_API int ferrite_setrange(ferrite_db *db, const char *key, size_t key_len, int64_t offset,
                                 const char *value, size_t value_len, ferrite_error **err);
/* STRLEN: the length in bytes, 0 when there is no such key. Does not read the value. */
FERRITE_API int ferrite_strlen(ferrite_db *db, const char *key, size_t key_len,
                               ferrite_error **err);
/* GETRANGE: the bytes from start to end, both included, counted from 0, or from the end with -1
 * for the last. Empty, never nil, when there are none. */
FERRITE_API char *ferrite_getrange(ferrite_db *db, const char *key, size_t key_len, int64_t start,
                                   int64_t end, size_t *len, ferrite_error **err);

/* LCS: the longest common subsequence of two strings (a key that is not there is an empty one):
 * its text, its length, or where it lies. The time is the product of the two lengths; beyond 128
 * Mi FERRITE_LIMIT. */
typedef struct ferrite_lcs_match {
    uint64_t a_start, a_end, b_start, b_end, len; /* ends included */
} ferrite_lcs_match;
typedef struct ferrite_lcs_result {
    uint64_t len; /* of the whole common subsequence */
    size_t count;
    const ferrite_lcs_match *matches; /* runs of neighbouring common bytes, the last one first */
} ferrite_lcs_result;

FERRITE_API char *ferrite_lcs(ferrite_db *db, const char *key_a, size_t key_a_len,
                              const char *key_b, size_t key_b_len, size_t *len,
                              ferrite_error **err);
FERRITE_API int ferrite_lcs_len(ferrite_db *db, const char *key_a, size_t key_a_len,
                                const char *key_b, size_t key_b_len, ferrite_error **err);
/* Runs shorter than min_match_len are left out. */
FERRITE_API ferrite_lcs_result *ferrite_lcs_idx(ferrite_db *db, const char *key_a,
                                                size_t key_a_len, const char *key_b,
                                                size_t key_b_len, uint64_t min_match_len,
                                                ferrite_error **err);

/* ---- keys ---- */

/* DEL, EXISTS: 1 or 0. Deleting takes O(log n) of the number of keys however much the key holds: the space of what is
 * large comes back in small steps, beside later writes, in the background, and at the close. */
FERRITE_API int ferrite_del(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err);
FERRITE_API int ferrite_exists(ferrite_db *db, const char *key, size_t key_len,
                               ferrite_error **err);
/* Several keys at once: how many there were. A key named twice is deleted once, but exists twice.
 * unlink is del, and touch is exists, under other names. */
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
/* TYPE: FERRITE_TYPE_*, and its name as Redis gives it ("none", "string", …; NULL: no such
 * type). */
FERRITE_API int ferrite_type(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err);
FERRITE_API const char *ferrite_type_name(int type);

/*
 * KEYS: all keys that match the pattern, in key order, *count of them (maybe none: still a block).
 *   *  any bytes    ?  one byte    [abc] [a-z] [^a]  one byte of these, of the range, not of these
 *   \x  the byte x itself
 * Only keys with the pattern's fixed beginning are looked at: "user:1*" costs what it finds, "*1" all keys. For many
 * keys ferrite_iterate needs no memory, ferrite_scan little.
 */
FERRITE_API ferrite_slice *ferrite_keys(ferrite_db *db, const char *pattern, size_t pattern_len,
                                        size_t *count, ferrite_error **err);
/*
 * SCAN: all keys in steps. Begin with *cursor 0; each call gives some keys (maybe none) and leaves
 * the cursor of the next step, 0 after the last. A key that is there from the first step to the
 * last is given at least once, whatever changes meanwhile; other keys may or may not be, and some
 * twice. The cursor is all there is to a scan: it may be dropped, used again, or used after the
 * database was reopened. For an unchanging state use a snapshot or ferrite_iterate.
 *
 * pattern NULL: all keys. effort: how many keys a step looks at, about (0: 10); keys deleted since
 * the last step add to it. type: FERRITE_TYPE_NONE for all; a number that is no type matches
 * nothing.
 */
FERRITE_API ferrite_slice *ferrite_scan(ferrite_db *db, uint64_t *cursor, const char *pattern,
                                        size_t pattern_len, size_t effort, int type, size_t *count,
                                        ferrite_error **err);

/* RENAME, RENAMENX: what new_key held is replaced, or (nx) keeps it from happening.
 * FERRITE_NOTFOUND when there is no such key. rename: 0; renamenx: 1: renamed, 0: new_key was
 * there. */
FERRITE_API int ferrite_rename(ferrite_db *db, const char *key, size_t key_len,
                               const char *new_key, size_t new_key_len, ferrite_error **err);
FERRITE_API int ferrite_renamenx(ferrite_db *db, const char *key, size_t key_len,
                                 const char *new_key, size_t new_key_len, ferrite_error **err);
/* COPY: 1: copied, 0: not, since there is no such key, or new_key was there and replace is 0.
 * to_database: an index, -1: the handle's own. The copy has the expiry of the original. FERRITE_RANGE: no such
 * database; FERRITE_INVALID: a copy onto itself. O(size of the value). */
FERRITE_API int ferrite_copy(ferrite_db *db, const char *key, size_t key_len, const char *new_key,
                             size_t new_key_len, int to_database, int replace,
                             ferrite_error **err);
/* MOVE: to another logical database, with its expiry, if the key is not there. 1: moved, 0: not. Errors as
 * ferrite_copy. */
FERRITE_API int ferrite_move(ferrite_db *db, const char *key, size_t key_len, int to_database,
                             ferrite_error **err);
/* RANDOMKEY: each key is as likely as any other; NULL without an error: there are none. */
FERRITE_API char *ferrite_randomkey(ferrite_db *db, size_t *key_len, ferrite_error **err);
/* DBSIZE: the number of keys in the handle's logical database, at once. 0. */
FERRITE_API int ferrite_dbsize(ferrite_db *db, uint64_t *count, ferrite_error **err);
/* SWAPDB: two logical databases change places, for all handles. O(1). FERRITE_RANGE: no such database. 0. */
FERRITE_API int ferrite_swapdb(ferrite_db *db, int a, int b, ferrite_error **err);
/* FLUSHDB, FLUSHALL: deletes all keys of the handle's logical database, or of all of them. 0. O(1): the
 * space comes back as that of a large key (ferrite_del). */
FERRITE_API int ferrite_flushdb(ferrite_db *db, ferrite_error **err);
FERRITE_API int ferrite_flushall(ferrite_db *db, ferrite_error **err);
/* TIME: microseconds since the epoch by the database's clock, which counts milliseconds. 0. */
FERRITE_API int ferrite_time(ferrite_db *db, int64_t *us, ferrite_error **err);

/* OBJECT ENCODING: the name that Redis has for the form in which the value is stored: "int",
 * "embstr", "raw" for strings; "listpack", "intset" for a collection that lies in its record, else
 * "hashtable", "skiplist"; "quicklist" for lists. A constant; NULL without an error: no such key. */
FERRITE_API const char *ferrite_encoding(ferrite_db *db, const char *key, size_t key_len,
                                         ferrite_error **err);
/* OBJECT IDLETIME: 1: *idle_ms is the time since the key was last read or written, 0: no such key. It is noted
 * with an LRU policy only (options, eviction), to some uses in a thousand; otherwise it is 0. Keys not
 * used since the database was opened have been idle since then. FERRITE_INVALID with an LFU policy.
 * Asking is no use of the key, nor are TYPE, TTL and EXISTS. O(log n). */
FERRITE_API int ferrite_idle_time(ferrite_db *db, const char *key, size_t key_len,
                                  int64_t *idle_ms, ferrite_error **err);
/* OBJECT FREQ: 1: *frequency is how often the key is used, as Redis counts with lfu-log-factor 10 and
 * lfu-decay-time 1: 0 to 255, a logarithm. 0: no such key. FERRITE_INVALID without an LFU policy. */
FERRITE_API int ferrite_frequency(ferrite_db *db, const char *key, size_t key_len, int *frequency,
                                  ferrite_error **err);
/* MEMORY USAGE: 1: *bytes is what the key and its value take in the file, 0: no such key. Reads all
 * pages of a large value. */
FERRITE_API int ferrite_memory_usage(ferrite_db *db, const char *key, size_t key_len,
                                     uint64_t *bytes, ferrite_error **err);

/* ---- lists ---- */

/* A list is a sequence of elements, each up to 512 MiB. The place of an element is found in
 * O(log n) wherever it is. An index counts from 0, a negative one from the end: -1 is the last.
 * A list comes to be with its first element and goes with its last. FERRITE_WRONGTYPE when the
 * key holds something else. Lengths above INT_MAX are answered as INT_MAX. A side or place that is none of
 * these is FERRITE_INVALID. */

enum { FERRITE_LEFT = 0, FERRITE_RIGHT = 1 };   /* sides: the start, the end */
enum { FERRITE_BEFORE = 0, FERRITE_AFTER = 1 }; /* places beside an element */

/* LPUSH, RPUSH: puts elements at the start, or the end: the length afterwards. Of many elements the last one given
 * ends up outermost. */
FERRITE_API int ferrite_lpush(ferrite_db *db, const char *key, size_t key_len, const char *element,
                              size_t element_len, ferrite_error **err);
FERRITE_API int ferrite_rpush(ferrite_db *db, const char *key, size_t key_len, const char *element,
                              size_t element_len, ferrite_error **err);
FERRITE_API int ferrite_lpush_many(ferrite_db *db, const char *key, size_t key_len,
                                   const ferrite_slice *elements, size_t count,
                                   ferrite_error **err);
FERRITE_API int ferrite_rpush_many(ferrite_db *db, const char *key, size_t key_len,
                                   const ferrite_slice *elements, size_t count,
                                   ferrite_error **err);
/* LPUSHX, RPUSHX: the same, only when there is a list; 0: there is none. */
FERRITE_API int ferrite_lpushx(ferrite_db *db, const char *key, size_t key_len,
                               const ferrite_slice *elements, size_t count, ferrite_error **err);
FERRITE_API int ferrite_rpushx(ferrite_db *db, const char *key, size_t key_len,
                               const ferrite_slice *elements, size_t count, ferrite_error **err);

/* LPOP, RPOP: removes the first or last element and answers it; NULL without an error: no list. */
FERRITE_API char *ferrite_lpop(ferrite_db *db, const char *key, size_t key_len,
                               size_t *element_len, ferrite_error **err);
FERRITE_API char *ferrite_rpop(ferrite_db *db, const char *key, size_t key_len,
                               size_t *element_len, ferrite_error **err);
/* Removes up to `max` elements and answers them in the order in which they went. NULL: no list. */
FERRITE_API ferrite_slice *ferrite_lpop_many(ferrite_db *db, const char *key, size_t key_len,
                                             size_t max, size_t *count, ferrite_error **err);
FERRITE_API ferrite_slice *ferrite_rpop_many(ferrite_db *db, const char *key, size_t key_len,
                                             size_t max, size_t *count, ferrite_error **err);
/* LMPOP: the same from the first of the keys that holds a list: *which is its index in keys. NULL without an
 * error: none does. FERRITE_RANGE: max is 0. */
FERRITE_API ferrite_slice *ferrite_lmpop(ferrite_db *db, const ferrite_slice *keys,
                                         size_t key_count, int side, size_t max, size_t *which,
                                         size_t *count, ferrite_error **err);

/* LLEN: the number of elements, 0 when there is no list. */
FERRITE_API int ferrite_llen(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err);
/* LINDEX: a copy of the element; NULL without an error: no such element. */
FERRITE_API char *ferrite_lindex(ferrite_db *db, const char *key, size_t key_len, int64_t index,
                                 size_t *element_len, ferrite_error **err);
/* As ferrite_view: 1: *out points at the element, 0: no such element. One of up to 128 bytes may be
 * copied into the handle's memory, as elements that begin alike are kept without that. */
FERRITE_API int ferrite_lindex_view(ferrite_db *db, const char *key, size_t key_len, int64_t index,
                                    ferrite_slice *out, ferrite_error **err);
/* LRANGE: the elements from start to stop, both included; never NULL but for an error. O(log n + elements). */
FERRITE_API ferrite_slice *ferrite_lrange(ferrite_db *db, const char *key, size_t key_len,
                                          int64_t start, int64_t stop, size_t *count,
                                          ferrite_error **err);
/* LPOS: looks at elements one after another, O(n). rank: which match is wanted, 1 the first, 2 the
 * second, -1 the last, -2 the last but one; 0 is FERRITE_RANGE. max_len: how many elements to look at, 0: all.
 * 1: *index is its index, 0: not found. */
FERRITE_API int ferrite_lpos(ferrite_db *db, const char *key, size_t key_len, const char *element,
                             size_t element_len, int64_t rank, uint64_t max_len, int64_t *index,
                             ferrite_error **err);
/* LPOS COUNT: up to `max` indexes (0: all), from the rank on, in one block; NULL only for an error. */
FERRITE_API int64_t *ferrite_lpos_many(ferrite_db *db, const char *key, size_t key_len,
                                       const char *element, size_t element_len, int64_t rank,
                                       size_t max, uint64_t max_len, size_t *count,
                                       ferrite_error **err);

/* LSET: replaces an element. 0. FERRITE_NOTFOUND without the key, FERRITE_RANGE without the element. */
FERRITE_API int ferrite_lset(ferrite_db *db, const char *key, size_t key_len, int64_t index,
                             const char *element, size_t element_len, ferrite_error **err);
/* LINSERT: puts an element beside the first one like pivot, which is looked for in O(n). 1: done; 0: no such
 * key or no pivot. *length (may be NULL): afterwards; 0 without the key, -1 without the pivot. */
FERRITE_API int ferrite_linsert(ferrite_db *db, const char *key, size_t key_len, int where,
                                const char *pivot, size_t pivot_len, const char *element,
                                size_t element_len, int64_t *length, ferrite_error **err);
/* No command: puts an element before the one at an index, or behind the last at the length. O(log n). The
 * length afterwards. Errors as ferrite_lset. */
FERRITE_API int ferrite_linsert_at(ferrite_db *db, const char *key, size_t key_len, int64_t index,
                                   const char *element, size_t element_len, ferrite_error **err);
/* LREM: removes up to |count| elements like this one, from the start, or count below 0: from the end; 0:
 * all. How many they were. O(n). */
FERRITE_API int ferrite_lrem(ferrite_db *db, const char *key, size_t key_len, int64_t count,
                             const char *element, size_t element_len, ferrite_error **err);
/* LTRIM: keeps the elements from start to stop and removes the others. O(log n + elements removed). 0. */
FERRITE_API int ferrite_ltrim(ferrite_db *db, const char *key, size_t key_len, int64_t start,
                              int64_t stop, ferrite_error **err);
/* LMOVE, RPOPLPUSH: moves an element from an end of one list to an end of another, or of the same, and answers it;
 * NULL without an error: no list at source. */
FERRITE_API char *ferrite_lmove(ferrite_db *db, const char *source, size_t source_len,
                                const char *destination, size_t destination_len, int from_side,
                                int to_side, size_t *element_len, ferrite_error **err);
FERRITE_API char *ferrite_rpoplpush(ferrite_db *db, const char *source, size_t source_len,
                                    const char *destination, size_t destination_len,
                                    size_t *element_len, ferrite_error **err);

/* Walking over a list from an index on, forward or in reverse, as ferrite_iterate does over keys, on
 * any handle that can be read. On a root handle it sees the state of the moment when it was made.
 * In a transaction it goes on at the next index, whatever was put in or taken out meanwhile. An
 * index outside the list is the end. NULL: an error. */
typedef struct ferrite_literator ferrite_literator;
FERRITE_API ferrite_literator *ferrite_literate(ferrite_db *db, const char *key, size_t key_len,
                                                int64_t index, int reverse, ferrite_error **err);
/* 1: *element is the next one, valid until the next call or the transaction's next write; 0: the
 * end; -1. Beyond 128 bytes and up to 64 KiB it is not copied. */
FERRITE_API int ferrite_literator_next(ferrite_literator *it, ferrite_slice *element,
                                       ferrite_error **err);
FERRITE_API void ferrite_literator_close(ferrite_literator *it);

/* ---- expiry ---- */

/* A key can have a moment at which it goes, in ms since the epoch by the database's clock. From the first
 * millisecond after it on no reader sees it; a snapshot judges by its own moment, the time it was made. Writers
 * remove what has expired a few keys at a time, so its space is used again. Overwriting a key
 * with SET and its kin forgets the moment, changing its value keeps it. */

/* EXPIRE, PEXPIRE: so long from now on; EXPIREAT, PEXPIREAT: at a moment since the epoch. 1: the moment is set, 0: no
 * such key. A moment that has passed deletes the key, and is 1 too. FERRITE_RANGE: a moment that 64 bits of
 * milliseconds do not hold. */
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
/* As ferrite_pexpireat; also 0 when the conditions of the flags do not hold. FERRITE_SYNTAX: flags that
 * contradict. */
FERRITE_API int ferrite_pexpireat_with(ferrite_db *db, const char *key, size_t key_len,
                                       int64_t at_ms, uint32_t flags, ferrite_error **err);
/* PERSIST: 1: the key stays for good now, 0: no such key, or it had no expiry. */
FERRITE_API int ferrite_persist(ferrite_db *db, const char *key, size_t key_len,
                                ferrite_error **err);

/* TTL, PTTL: the time left, in s (rounded) and ms; EXPIRETIME, PEXPIRETIME: the moment, in s and ms since the epoch.
 * 0; the answer goes to *out; -1 there: the key does not expire, -2: no such key. */
FERRITE_API int ferrite_ttl(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                            ferrite_error **err);
FERRITE_API int ferrite_pttl(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                             ferrite_error **err);
FERRITE_API int ferrite_expiretime(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                                   ferrite_error **err);
FERRITE_API int ferrite_pexpiretime(ferrite_db *db, const char *key, size_t key_len, int64_t *out,
                                    ferrite_error **err);

/* SETEX, PSETEX: as ferrite_set, and the key expires after so long. FERRITE_RANGE: 0 or less. 0. */
FERRITE_API int ferrite_setex(ferrite_db *db, const char *key, size_t key_len, int64_t seconds,
                              const char *value, size_t value_len, ferrite_error **err);
FERRITE_API int ferrite_psetex(ferrite_db *db, const char *key, size_t key_len, int64_t ms,
                               const char *value, size_t value_len, ferrite_error **err);
/* GETEX: the value of a string, whose moment becomes at_ms (ms since the epoch), 0: none (as ferrite_persist).
 * NULL without an error: no such key. FERRITE_RANGE: below 0. */
FERRITE_API char *ferrite_getex(ferrite_db *db, const char *key, size_t key_len, int64_t at_ms,
                                size_t *value_len, ferrite_error **err);

/* Removes up to `limit` expired keys of the handle's logical database now, the oldest first, and
 * answers how many they were: for programs that write seldom but want the space back. */
FERRITE_API int ferrite_expire_cycle(ferrite_db *db, int limit, ferrite_error **err);

/* ---- hashes ---- */

/* A hash maps fields to values; fields are at most 64 KiB long, values 512 MiB. It comes into being with its
 * first field and goes with its last one. All answer FERRITE_WRONGTYPE for a key of another type;
 * a key that is not there is a hash without fields. Arrays come in the order of the fields' bytes.
 * On a batch hset, hset_many, hdel and hdel_many collect, and answer 0. */

/* HSET: 1: the field is new, 0: it had a value, which is replaced; its expiry goes too. */
FERRITE_API int ferrite_hset(ferrite_db *db, const char *key, size_t key_len, const char *field,
                             size_t field_len, const char *value, size_t value_len,
                             ferrite_error **err);
/* HSET, HMSET with several fields: items are field, value, field, value, …; count is the number of
 * slices, so even. How many fields are new. */
FERRITE_API int ferrite_hset_many(ferrite_db *db, const char *key, size_t key_len,
                                  const ferrite_slice *items, size_t count, ferrite_error **err);
/* HSETNX: 1: set, 0: the field was there. */
FERRITE_API int ferrite_hsetnx(ferrite_db *db, const char *key, size_t key_len, const char *field,
                               size_t field_len, const char *value, size_t value_len,
                               ferrite_error **err);
/* HGET: the value; NULL without an error: there is none. */
FERRITE_API char *ferrite_hget(ferrite_db *db, const char *key, size_t key_len, const char *field,
                               size_t field_len, size_t *value_len, ferrite_error **err);
/* HMGET: an array of count slices; data NULL: no such field. */
FERRITE_API ferrite_slice *ferrite_hmget(ferrite_db *db, const char *key, size_t key_len,
                                         const ferrite_slice *fields, size_t count,
                                         ferrite_error **err);
/* HGETALL: field, value, field, value, …; HKEYS: the fields; HVALS: the values. *count slices. */
FERRITE_API ferrite_slice *ferrite_hgetall(ferrite_db *db, const char *key, size_t key_len,
                                           size_t *count, ferrite_error **err);
FERRITE_API ferrite_slice *ferrite_hkeys(ferrite_db *db, const char *key, size_t key_len,
                                         size_t *count, ferrite_error **err);
FERRITE_API ferrite_slice *ferrite_hvals(ferrite_db *db, const char *key, size_t key_len,
                                         size_t *count, ferrite_error **err);
/* HDEL: how many of the fields were there. */
FERRITE_API int ferrite_hdel(ferrite_db *db, const char *key, size_t key_len, const char *field,
                             size_t field_len, ferrite_error **err);
FERRITE_API int ferrite_hdel_many(ferrite_db *db, const char *key, size_t key_len,
                                  const ferrite_slice *fields, size_t count, ferrite_error **err);
/* HEXISTS: 1 or 0. HSTRLEN: the length of the value, 0 without the field. */
FERRITE_API int ferrite_hexists(ferrite_db *db, const char *key, size_t key_len, const char *field,
                                size_t field_len, ferrite_error **err);
FERRITE_API int ferrite_hstrlen(ferrite_db *db, const char *key, size_t key_len, const char *field,
                                size_t field_len, ferrite_error **err);
/* HLEN: 0; *count is the number of fields. O(log n). */
FERRITE_API int ferrite_hlen(ferrite_db *db, const char *key, size_t key_len, uint64_t *count,
                             ferrite_error **err);
/* HINCRBY: 0; *result (may be NULL) is the new value. A field that is not there begins at 0; its
 * expiry stays. FERRITE_RANGE: the value is no integer, or the result does not fit. */
FERRITE_API int ferrite_hincrby(ferrite_db *db, const char *key, size_t key_len, const char *field,
                                size_t field_len, int64_t increment, int64_t *result,
                                ferrite_error **err);
/* HINCRBYFLOAT, as ferrite_incrbyfloat and ferrite_incrbyfloat_text. */
FERRITE_API int ferrite_hincrbyfloat(ferrite_db *db, const char *key, size_t key_len,
                                     const char *field, size_t field_len, double increment,
                                     double *result, ferrite_error **err);
FERRITE_API char *ferrite_hincrbyfloat_text(ferrite_db *db, const char *key, size_t key_len,
                                            const char *field, size_t field_len,
                                            const char *increment, size_t increment_len,
                                            size_t *value_len, ferrite_error **err);
/* HRANDFIELD: random fields, each as likely as any other. how_many > 0: so many different ones, or all
 * there are; < 0: exactly -how_many, of which some may be the same. with_values: field, value, …
 * O(log n) for each. */
FERRITE_API ferrite_slice *ferrite_hrandfield(ferrite_db *db, const char *key, size_t key_len,
                                              int64_t how_many, int with_values, size_t *count,
                                              ferrite_error **err);
/* HSCAN: one step of a scan, as ferrite_scan: field, value, field, value, … */
FERRITE_API ferrite_slice *ferrite_hscan(ferrite_db *db, const char *key, size_t key_len,
                                         uint64_t *cursor, const char *pattern, size_t pattern_len,
                                         size_t effort, size_t *count, ferrite_error **err);

/* Fields that expire: from the first millisecond after its moment on, a field is gone for every
 * reader; the space comes back soon after. With the last field the key goes.
 * One answer a field goes to results[], which has room for count of them: a number as Redis 7.4
 * gives it, where the first three below stand for what they say. 0 in all. */
enum {
    FERRITE_FIELD_ABSENT = -2, /* no such field */
    FERRITE_FIELD_NEVER = -1,  /* it does not expire (hpersist, hpttl, hpexpiretime) */
    FERRITE_FIELD_KEPT = 0,    /* the condition of the flags did not hold */
    FERRITE_FIELD_SET = 1,     /* the expiry was set, or taken away (hpersist) */
    FERRITE_FIELD_DELETED = 2  /* the moment is past: the field was deleted */
};
/* HPEXPIREAT, HPEXPIRE: at a moment (ms since the epoch), or so many ms from now on. flags:
 * FERRITE_EXPIRE_*, judged for each field. */
FERRITE_API int ferrite_hpexpireat(ferrite_db *db, const char *key, size_t key_len, int64_t at_ms,
                                   uint32_t flags, const ferrite_slice *fields, size_t count,
                                   int64_t *results, ferrite_error **err);
FERRITE_API int ferrite_hpexpire(ferrite_db *db, const char *key, size_t key_len, int64_t ms,
                                 uint32_t flags, const ferrite_slice *fields, size_t count,
                                 int64_t *results, ferrite_error **err);
/* HPERSIST: the fields expire no more. */
FERRITE_API int ferrite_hpersist(ferrite_db *db, const char *key, size_t key_len,
                                 const ferrite_slice *fields, size_t count, int64_t *results,
                                 ferrite_error **err);
/* HPEXPIRETIME: the moments; HPTTL: how long until then. Both in ms. */
FERRITE_API int ferrite_hpexpiretime(ferrite_db *db, const char *key, size_t key_len,
                                     const ferrite_slice *fields, size_t count, int64_t *results,
                                     ferrite_error **err);
FERRITE_API int ferrite_hpttl(ferrite_db *db, const char *key, size_t key_len,
                              const ferrite_slice *fields, size_t count, int64_t *results,
                              ferrite_error **err);

/* Walking over a hash in the order of its fields' bytes, as ferrite_iterate does over keys, on any
 * handle that can be read. On a root handle it sees the state of the moment when it was made; in a
 * transaction it goes on behind the field it gave last. NULL: an error. */
typedef struct ferrite_hiterator ferrite_hiterator;
FERRITE_API ferrite_hiterator *ferrite_hiterate(ferrite_db *db, const char *key, size_t key_len,
                                                ferrite_error **err);
/* 1: *field and *value (may be NULL) are the next ones, valid until the next call or the
 * transaction's next write; 0: the end; -1. Values to 64 KiB are not copied, unless they
 * are compressed. */
FERRITE_API int ferrite_hiterator_next(ferrite_hiterator *it, ferrite_slice *field,
                                       ferrite_slice *value, ferrite_error **err);
FERRITE_API void ferrite_hiterator_close(ferrite_hiterator *it);

/* Snapshot or transaction only, as ferrite_view. 1: *out points at the value of the field; 0: there
 * is none. FERRITE_LIMIT: it is longer than 64 KiB and not in one piece, use ferrite_hget. */
FERRITE_API int ferrite_hview(ferrite_db *db, const char *key, size_t key_len, const char *field,
                              size_t field_len, ferrite_slice *out, ferrite_error **err);

/* ---- sets ---- */

/* Members are at most 64 KiB long. A set comes into being with its first member and goes with its last
 * one. All answer FERRITE_WRONGTYPE for a key of another type; a key that is not there is an empty
 * set. Arrays come in the order of the members' bytes, random ones in any. On a batch sadd,
 * srem and their _many collect, and answer 0. */

/* SADD, SREM: how many of the members were not there before, or were. */
FERRITE_API int ferrite_sadd(ferrite_db *db, const char *key, size_t key_len, const char *member,
                             size_t member_len, ferrite_error **err);
FERRITE_API int ferrite_sadd_many(ferrite_db *db, const char *key, size_t key_len,
                                  const ferrite_slice *members, size_t count, ferrite_error **err);
FERRITE_API int ferrite_srem(ferrite_db *db, const char *key, size_t key_len, const char *member,
                             size_t member_len, ferrite_error **err);
FERRITE_API int ferrite_srem_many(ferrite_db *db, const char *key, size_t key_len,
                                  const ferrite_slice *members, size_t count, ferrite_error **err);
/* SISMEMBER: 1 or 0. SMISMEMBER: 0; the same for each goes to there[], which has room for count. */
FERRITE_API int ferrite_sismember(ferrite_db *db, const char *key, size_t key_len,
                                  const char *member, size_t member_len, ferrite_error **err);
FERRITE_API int ferrite_smismember(ferrite_db *db, const char *key, size_t key_len,
                                   const ferrite_slice *members, size_t count, int *there,
                                   ferrite_error **err);
/* SMEMBERS: all of them. */
FERRITE_API ferrite_slice *ferrite_smembers(ferrite_db *db, const char *key, size_t key_len,
                                            size_t *count, ferrite_error **err);
/* SCARD: 0; *count is the number of members. O(log n). */
FERRITE_API int ferrite_scard(ferrite_db *db, const char *key, size_t key_len, uint64_t *count,
                              ferrite_error **err);
/* SPOP: removes a random member, each as likely as any other; NULL without an error: there is none. With
 * many: up to how_many of them. O(log n) for each. */
FERRITE_API char *ferrite_spop(ferrite_db *db, const char *key, size_t key_len, size_t *member_len,
                               ferrite_error **err);
FERRITE_API ferrite_slice *ferrite_spop_many(ferrite_db *db, const char *key, size_t key_len,
                                             uint64_t how_many, size_t *count,
                                             ferrite_error **err);
/* SRANDMEMBER: the same without removing. how_many > 0: so many different members, or all there
 * are; < 0: exactly -how_many, of which some may be the same. */
FERRITE_API char *ferrite_srandmember(ferrite_db *db, const char *key, size_t key_len,
                                      size_t *member_len, ferrite_error **err);
FERRITE_API ferrite_slice *ferrite_srandmember_many(ferrite_db *db, const char *key,
                                                    size_t key_len, int64_t how_many,
                                                    size_t *count, ferrite_error **err);
/* SMOVE: 1: moved from one set to the other, 0: it was not a member. */
FERRITE_API int ferrite_smove(ferrite_db *db, const char *from, size_t from_len, const char *to,
                              size_t to_len, const char *member, size_t member_len,
                              ferrite_error **err);
/* SUNION, SINTER, SDIFF: the members of any, of all, of the first and no other of the sets. The first costs
 * O(members of all), the others O(log n) for each member of the smallest, or first, in each other set. */
FERRITE_API ferrite_slice *ferrite_sunion(ferrite_db *db, const ferrite_slice *keys,
                                          size_t key_count, size_t *count, ferrite_error **err);
FERRITE_API ferrite_slice *ferrite_sinter(ferrite_db *db, const ferrite_slice *keys,
                                          size_t key_count, size_t *count, ferrite_error **err);
FERRITE_API ferrite_slice *ferrite_sdiff(ferrite_db *db, const ferrite_slice *keys,
                                         size_t key_count, size_t *count, ferrite_error **err);
/* SUNIONSTORE, SINTERSTORE, SDIFFSTORE: the same becomes the set at `to`, whatever that held; when
 * it is empty the key goes. 0; *count (may be NULL) is the number of members. */
FERRITE_API int ferrite_sunionstore(ferrite_db *db, const char *to, size_t to_len,
                                    const ferrite_slice *keys, size_t key_count, uint64_t *count,
                                    ferrite_error **err);
FERRITE_API int ferrite_sinterstore(ferrite_db *db, const char *to, size_t to_len,
                                    const ferrite_slice *keys, size_t key_count, uint64_t *count,
                                    ferrite_error **err);
FERRITE_API int ferrite_sdiffstore(ferrite_db *db, const char *to, size_t to_len,
                                   const ferrite_slice *keys, size_t key_count, uint64_t *count,
                                   ferrite_error **err);
/* SINTERCARD: 0; *count is the size of the intersection, counted up to limit (0: no limit). */
FERRITE_API int ferrite_sintercard(ferrite_db *db, const ferrite_slice *keys, size_t key_count,
                                   uint64_t limit, uint64_t *count, ferrite_error **err);
/* SSCAN: one step of a scan, as ferrite_scan. */
FERRITE_API ferrite_slice *ferrite_sscan(ferrite_db *db, const char *key, size_t key_len,
                                         uint64_t *cursor, const char *pattern, size_t pattern_len,
                                         size_t effort, size_t *count, ferrite_error **err);

/* Walking over a set in the order of its members' bytes, as ferrite_hiterate over a hash. */
typedef struct ferrite_siterator ferrite_siterator;
FERRITE_API ferrite_siterator *ferrite_siterate(ferrite_db *db, const char *key, size_t key_len,
                                                ferrite_error **err);
FERRITE_API int ferrite_siterator_next(ferrite_siterator *it, ferrite_slice *member,
                                       ferrite_error **err);
FERRITE_API void ferrite_siterator_close(ferrite_siterator *it);

/* ---- sorted sets ---- */

/* A sorted set gives each of its members a score and keeps them in the order of scores, equal ones in
 * that of the members' bytes. Scores are doubles, infinities included; -0 is 0, NaN is
 * FERRITE_INVALID. It comes into being with its first member
 * and goes with its last one. All answer FERRITE_WRONGTYPE for a key of another type; a key that is
 * not there is an empty sorted set. Ranks count from 0, the lowest score. What costs more than
 * O(log n) and its answer says so. On a batch zadd, zadd_many (without flags), zrem and zrem_many
 * collect, and answer 0. */

/* A member and its score. Arrays of them are one block, the members' bytes included. */
typedef struct ferrite_zitem {
    ferrite_slice member;
    double score;
} ferrite_zitem;

enum {
    FERRITE_ZADD_NX = 1, /* only members that are new */
    FERRITE_ZADD_XX = 2, /* only members that are there; not with NX */
    FERRITE_ZADD_GT = 4, /* those that are there only get greater scores; not with NX, LT */
    FERRITE_ZADD_LT = 8, /* lesser scores */
    FERRITE_ZADD_CH = 16 /* the answer also counts members whose score changed */
};
/* ZADD: 1: the member is new, 0: it had a score, which is replaced. */
FERRITE_API int ferrite_zadd(ferrite_db *db, const char *key, size_t key_len, double score,
                             const char *member, size_t member_len, ferrite_error **err);
/* ZADD with several members: how many are new. FERRITE_SYNTAX for flags that contradict. */
FERRITE_API int ferrite_zadd_many(ferrite_db *db, const char *key, size_t key_len,
                                  const ferrite_zitem *items, size_t count, uint32_t flags,
                                  ferrite_error **err);
/* ZINCRBY: 0; *result (may be NULL) is the new score. A member that is not there begins at 0.
 * FERRITE_RANGE when the result is NaN. */
FERRITE_API int ferrite_zincrby(ferrite_db *db, const char *key, size_t key_len, double increment,
                                const char *member, size_t member_len, double *result,
                                ferrite_error **err);
/* ZADD INCR: the same with flags. 1: done, 0: not, because of the flags. */
FERRITE_API int ferrite_zadd_incr(ferrite_db *db, const char *key, size_t key_len, uint32_t flags,
                                  double increment, const char *member, size_t member_len,
                                  double *result, ferrite_error **err);
/* ZREM: how many of the members were there. */
FERRITE_API int ferrite_zrem(ferrite_db *db, const char *key, size_t key_len, const char *member,
                             size_t member_len, ferrite_error **err);
FERRITE_API int ferrite_zrem_many(ferrite_db *db, const char *key, size_t key_len,
                                  const ferrite_slice *members, size_t count, ferrite_error **err);

/* ZSCORE: 1: *score is the member's, 0: no such member. ZMSCORE: 0; scores[], which has room for
 * count, gets NaN for those that are no members. */
FERRITE_API int ferrite_zscore(ferrite_db *db, const char *key, size_t key_len, const char *member,
                               size_t member_len, double *score, ferrite_error **err);
FERRITE_API int ferrite_zmscore(ferrite_db *db, const char *key, size_t key_len,
                                const ferrite_slice *members, size_t count, double *scores,
                                ferrite_error **err);
/* ZCARD: 0; *count is the number of members. */
FERRITE_API int ferrite_zcard(ferrite_db *db, const char *key, size_t key_len, uint64_t *count,
                              ferrite_error **err);
/* ZRANK, ZREVRANK: 1: *rank is the member's from the lowest score on, or from the highest; 0: no such
 * member. *score (may be NULL) is its score. */
FERRITE_API int ferrite_zrank(ferrite_db *db, const char *key, size_t key_len, const char *member,
                              size_t member_len, uint64_t *rank, double *score,
                              ferrite_error **err);
FERRITE_API int ferrite_zrevrank(ferrite_db *db, const char *key, size_t key_len,
                                 const char *member, size_t member_len, uint64_t *rank,
                                 double *score, ferrite_error **err);

/*
 * A part of a sorted set. Always begin with FERRITE_ZSPAN_INIT, which is all of it in order:
 *
 *     ferrite_zspan span = FERRITE_ZSPAN_INIT;
 *     span.by = FERRITE_ZBY_SCORE;
 *     span.min = 10;
 *     span.flags = FERRITE_ZSPAN_ABOVE_MIN;
 *     ferrite_zitem *items = ferrite_zrange_with(db, "scores", 6, &span, &count, &err);
 */
enum { FERRITE_ZBY_RANK = 0, FERRITE_ZBY_SCORE = 1, FERRITE_ZBY_MEMBER = 2 };
enum {
    FERRITE_ZSPAN_REVERSE = 1,   /* from the highest score down; ranks count from there too */
    FERRITE_ZSPAN_ABOVE_MIN = 2, /* the lower bound itself is left out */
    FERRITE_ZSPAN_BELOW_MAX = 4  /* and the upper one */
};
typedef struct ferrite_zspan {
    uint32_t struct_size; /* set by FERRITE_ZSPAN_INIT */
    uint32_t by;          /* FERRITE_ZBY_*: which of the bounds count */
    uint32_t flags;       /* FERRITE_ZSPAN_* */
    int64_t start, stop;  /* ranks, both included; negative ones count from the end, -1 the last */
    double min, max;
    ferrite_slice min_member, max_member; /* data NULL: no bound. For members of equal scores */
    int64_t offset; /* so many of these are left out first; negative: nothing is left */
    int64_t limit;  /* and at most so many taken then; negative: all */
} ferrite_zspan;
#define FERRITE_ZSPAN_INIT                                                     \
    { (uint32_t)sizeof(ferrite_zspan), FERRITE_ZBY_RANK, 0, 0, -1, -1.0 / 0.0, \
      1.0 / 0.0, { NULL, 0 }, { NULL, 0 }, 0, -1 }

/* ZRANGE: members and scores of the ranks start to stop; ZREVRANGE: from the highest score down. */
FERRITE_API ferrite_zitem *ferrite_zrange(ferrite_db *db, const char *key, size_t key_len,
                                          int64_t start, int64_t stop, size_t *count,
                                          ferrite_error **err);
FERRITE_API ferrite_zitem *ferrite_zrevrange(ferrite_db *db, const char *key, size_t key_len,
                                             int64_t start, int64_t stop, size_t *count,
                                             ferrite_error **err);
/* ZRANGEBYSCORE: of the scores min to max, both included. */
FERRITE_API ferrite_zitem *ferrite_zrangebyscore(ferrite_db *db, const char *key, size_t key_len,
                                                 double min, double max, size_t *count,
                                                 ferrite_error **err);
/* ZRANGE with options: any part. NULL is all of it. */
FERRITE_API ferrite_zitem *ferrite_zrange_with(ferrite_db *db, const char *key, size_t key_len,
                                               const ferrite_zspan *span, size_t *count,
                                               ferrite_error **err);
/* ZRANGESTORE: the part becomes the sorted set at `to`, whatever that held; when it is empty the
 * key goes. 0; *count (may be NULL) is the number of members. */
FERRITE_API int ferrite_zrangestore(ferrite_db *db, const char *to, size_t to_len,
                                    const char *from, size_t from_len, const ferrite_zspan *span,
                                    uint64_t *count, ferrite_error **err);
/* ZCOUNT: 0; *count is the number of members with scores min to max, both included. With a span, also
 * ZLEXCOUNT: of any part. */
FERRITE_API int ferrite_zcount(ferrite_db *db, const char *key, size_t key_len, double min,
                               double max, uint64_t *count, ferrite_error **err);
FERRITE_API int ferrite_zcount_with(ferrite_db *db, const char *key, size_t key_len,
                                    const ferrite_zspan *span, uint64_t *count,
                                    ferrite_error **err);
/* ZREMRANGEBYRANK, BYSCORE, BYLEX: removes a part. 0; *removed (may be NULL) is how many went. */
FERRITE_API int ferrite_zremrange(ferrite_db *db, const char *key, size_t key_len,
                                  const ferrite_zspan *span, uint64_t *removed,
                                  ferrite_error **err);

/* ZPOPMIN, ZPOPMAX: removes up to how_many members with the lowest, or highest, scores. */
FERRITE_API ferrite_zitem *ferrite_zpopmin(ferrite_db *db, const char *key, size_t key_len,
                                           uint64_t how_many, size_t *count, ferrite_error **err);
FERRITE_API ferrite_zitem *ferrite_zpopmax(ferrite_db *db, const char *key, size_t key_len,
                                           uint64_t how_many, size_t *count, ferrite_error **err);
/* ZMPOP: the same from the first of the keys that is there, keys[*which]; highest: from the top.
 * NULL without an error: none is. */
FERRITE_API ferrite_zitem *ferrite_zmpop(ferrite_db *db, const ferrite_slice *keys,
                                         size_t key_count, int highest, uint64_t how_many,
                                         size_t *which, size_t *count, ferrite_error **err);
/* ZRANDMEMBER: random members, each as likely as any other. how_many > 0: so many different ones, or all
 * there are; < 0: exactly -how_many, of which some may be the same. O(log n) for each. */
FERRITE_API ferrite_zitem *ferrite_zrandmember(ferrite_db *db, const char *key, size_t key_len,
                                               int64_t how_many, size_t *count,
                                               ferrite_error **err);
/* ZSCAN: one step of a scan, as ferrite_scan. */
FERRITE_API ferrite_zitem *ferrite_zscan(ferrite_db *db, const char *key, size_t key_len,
                                         uint64_t *cursor, const char *pattern, size_t pattern_len,
                                         size_t effort, size_t *count, ferrite_error **err);

/* ZUNION, ZINTER, ZDIFF: the members of any, of all, of the first and no other of the keys, in
 * the order of their scores. Keys may hold sets too, whose members all have the score 1. */
enum { FERRITE_ZUNION = 0, FERRITE_ZINTER = 1, FERRITE_ZDIFF = 2 };
/* What a member of several gets: the sum (inf and -inf: 0), least or greatest of its scores, each
 * multiplied by the weight of its key. */
enum { FERRITE_ZSUM = 0, FERRITE_ZMIN = 1, FERRITE_ZMAX = 2 };
/* weights: one a key, NULL: all 1; with ZDIFF there are none, and aggregate is ZSUM. O(m log m), m the members
 * of all keys. */
FERRITE_API ferrite_zitem *ferrite_zcombine(ferrite_db *db, int operation,
                                            const ferrite_slice *keys, size_t key_count,
                                            const double *weights, int aggregate, size_t *count,
                                            ferrite_error **err);
/* ZUNIONSTORE, ZINTERSTORE, ZDIFFSTORE: the same becomes the sorted set at `to`, as zrangestore. */
FERRITE_API int ferrite_zcombinestore(ferrite_db *db, int operation, const char *to, size_t to_len,
                                      const ferrite_slice *keys, size_t key_count,
                                      const double *weights, int aggregate, uint64_t *count,
                                      ferrite_error **err);
/* ZINTERCARD: 0; *count is the size of the intersection, counted up to limit (0: no limit). O(m). */
FERRITE_API int ferrite_zintercard(ferrite_db *db, const ferrite_slice *keys, size_t key_count,
                                   uint64_t limit, uint64_t *count, ferrite_error **err);

/* Walking a part of a sorted set without an array of it: as ferrite_iterate does keys, on any
 * handle that can be read. On a root handle it sees the state of the moment when it was made, in a
 * transaction its changes so far. */
typedef struct ferrite_ziterator ferrite_ziterator;
FERRITE_API ferrite_ziterator *ferrite_ziterate(ferrite_db *db, const char *key, size_t key_len,
                                                const ferrite_zspan *span, ferrite_error **err);
/* 1: *item is the next one, valid until the next call; 0: the end; -1. */
FERRITE_API int ferrite_ziterator_next(ferrite_ziterator *it, ferrite_zitem *item,
                                       ferrite_error **err);
FERRITE_API void ferrite_ziterator_close(ferrite_ziterator *it);

/* ---- sorting ---- */

/* Always begin with FERRITE_SORT_OPTIONS_INIT: by the elements as numbers, all of them. */
enum {
    FERRITE_SORT_ALPHA = 1, /* by bytes, not as numbers */
    FERRITE_SORT_DESC = 2   /* the greatest first */
};
typedef struct ferrite_sort_options {
    uint32_t struct_size; /* set by FERRITE_SORT_OPTIONS_INIT */
    uint32_t flags;       /* FERRITE_SORT_* */
    /* Compare by what the pattern leads to; data NULL: by the element itself. In a pattern "*" is the
     * element: "weight_*" is a key with a string, "user_*->age" a field of a hash, "#" the element.
     * Without an asterisk nothing is sorted. */
    ferrite_slice by;
    const ferrite_slice *get; /* answer what these patterns lead to, each for each element */
    size_t get_count;         /* 0: the elements */
    int64_t offset, limit;    /* so many left out first, and at most so many taken; -1: all */
} ferrite_sort_options;
#define FERRITE_SORT_OPTIONS_INIT \
    { (uint32_t)sizeof(ferrite_sort_options), 0, { NULL, 0 }, NULL, 0, 0, -1 }

/* SORT: the elements of a list, set or sorted set in order; data NULL: a pattern led nowhere. NULL
 * options: numbers, all of them. FERRITE_WRONGTYPE; FERRITE_RANGE for what is no number. */
FERRITE_API ferrite_slice *ferrite_sort(ferrite_db *db, const char *key, size_t key_len,
                                        const ferrite_sort_options *options, size_t *count,
                                        ferrite_error **err);
/* SORT STORE: the same becomes the list at `to`, whatever that held; when it is empty the key goes.
 * 0; *count (may be NULL) is its length. */
FERRITE_API int ferrite_sort_store(ferrite_db *db, const char *key, size_t key_len,
                                   const ferrite_sort_options *options, const char *to,
                                   size_t to_len, uint64_t *count, ferrite_error **err);

/* ---- iteration in key order ---- */

/*
 *     ferrite_range range = FERRITE_RANGE_INIT;
 *     range.prefix.data = "user:";
 *     range.prefix.len = 5;
 *     ferrite_iterator *it = ferrite_iterate(db, &range, &err);
 *     ferrite_slice key, value;
 *     while (ferrite_iterator_next(it, &key, &value, &err) == 1) …
 *     ferrite_iterator_close(it);
 *
 * Keys are ordered as memcmp orders bytes, shorter ones first. On a root handle the iterator walks
 * over a snapshot of its own; on a transaction it follows the transaction, whose keys may be
 * changed and deleted on the way. It keeps its handle's state alive, and is to be closed like a
 * handle. One thread at a time.
 */
enum {
    FERRITE_RANGE_REVERSE = 1,     /* from the end to the start */
    FERRITE_RANGE_AFTER_START = 2, /* start itself is left out */
    FERRITE_RANGE_BEFORE_END = 4   /* end itself is left out */
};

typedef struct ferrite_range {
    uint32_t struct_size; /* set by FERRITE_RANGE_INIT */
    uint32_t flags;       /* FERRITE_RANGE_* */
    ferrite_slice prefix; /* keys that begin so; data NULL: any */
    ferrite_slice start;  /* lowest key; data NULL: no bound */
    ferrite_slice end;    /* highest key; data NULL: no bound */
} ferrite_range;
#define FERRITE_RANGE_INIT \
    { (uint32_t)sizeof(ferrite_range), 0, { NULL, 0 }, { NULL, 0 }, { NULL, 0 } }

typedef struct ferrite_iterator ferrite_iterator;
/* Stands before the first entry of the range; range NULL: all keys. Its strings are copied. */
FERRITE_API ferrite_iterator *ferrite_iterate(ferrite_db *db, const ferrite_range *range,
                                              ferrite_error **err);
/* 1: *key and *value (each may be NULL) are the next entry, 0: the end. They belong to the
 * iterator and are valid until its next call; the value also no longer than until the
 * transaction's next write. The value of a key that is no string is {NULL, 0}. */
FERRITE_API int ferrite_iterator_next(ferrite_iterator *it, ferrite_slice *key,
                                      ferrite_slice *value, ferrite_error **err);
/* The type of the entry given last: FERRITE_TYPE_*. */
FERRITE_API int ferrite_iterator_type(const ferrite_iterator *it);
/* The next entry will be the first at or after key (in reverse: at or before), within the range.
 * Also after the end was reached. 0. */
FERRITE_API int ferrite_iterator_seek(ferrite_iterator *it, const char *key, size_t key_len,
                                      ferrite_error **err);
FERRITE_API void ferrite_iterator_close(ferrite_iterator *it);

/* ---- zero-copy ---- */

/* Only on snapshots and transactions. 1: *out is the value of a string where it lies, not to be
 * changed, without a NUL behind it; valid until the snapshot is closed, or until the
 * transaction's next write or end. 0: no such key. Values to 65,536 bytes lie in one piece;
 * FERRITE_LIMIT for longer ones. A compressed value is expanded into memory of the snapshot or transaction,
 * each time it is looked at, which is let go of when the view ends to be valid: at most 64 MiB, then FERRITE_LIMIT. */
FERRITE_API int ferrite_view(ferrite_db *db, const char *key, size_t key_len, ferrite_slice *out,
                             ferrite_error **err);
/* The piece of a value of any length that begins at byte offset; the next one begins where it
 * ends. At the end of the value and beyond its len is 0. */
FERRITE_API int ferrite_view_at(ferrite_db *db, const char *key, size_t key_len, uint64_t offset,
                                ferrite_slice *out, ferrite_error **err);

/* ---- care of the file ---- */

typedef struct ferrite_stats {
    uint32_t struct_size; /* to be set to FERRITE_STATS_INIT_SIZE */
    int in_memory, read_only;
    ferrite_sync_mode sync_mode;
    uint32_t page_size;
    uint64_t file_bytes;   /* of the data file */
    uint64_t log_bytes;    /* in the log, not yet in the data file */
    uint64_t log_capacity; /* of the log file now; it grows up to log_size */
    uint64_t page_count, free_pages;
    uint64_t young_bytes; /* memory of pages that are not in the file yet */
    uint64_t txid, published_txid; /* of the newest transaction, and of what readers see */
    uint64_t commits, syncs, checkpoints; /* since it was opened */
    uint64_t readers;           /* snapshots and iterators open now */
    uint64_t oldest_reader_lag; /* transactions since the oldest of them */
    uint64_t recovered_transactions; /* taken from the log at open */
    uint64_t keys;                   /* in all logical databases */
    char database_id[33];
    /* Counted since the database was opened, or ferrite_stats_reset: */
    uint64_t keyspace_hits, keyspace_misses; /* keys that were looked for outside of transactions */
    uint64_t expired_keys;                   /* removed because their time had come */
    uint64_t background_failures; /* syncs and checkpoints that failed where no caller could be told */
    /* As things are: */
    uint64_t unsynced_bytes;      /* of the log: what a power cut could take now */
    uint64_t uptime_ms;           /* since it was opened */
    int64_t last_sync_age_ms;     /* since the log was last synced; -1: not yet */
    int64_t checkpoint_age_ms;    /* since the last checkpoint was finished; -1: none yet */
    uint64_t checkpoint_pages;    /* it wrote, */
    uint64_t checkpoint_us;       /* and took */
    uint32_t checkpoint_running;  /* 1: one is on its way */
    uint32_t process_id;
    uint64_t cache_bytes, cache_entries; /* of the hot cache: memory in use, and values in it */
    /* Counted like those above: reads of root handles that the hot cache answered, and that it could not. Both are
     * in keyspace_hits and keyspace_misses too. */
    uint64_t cache_hits, cache_misses;
    uint64_t used_bytes;   /* pages in use: what max_size bounds */
    uint64_t memory_bytes; /* what max_memory bounds: the cache, and in memory the data, else young pages */
    uint64_t evicted_keys; /* counted as the numbers above are */
    uint32_t bgsave_running; /* 1: a ferrite_bgsave is on its way */
    int bgsave_code; /* how the last one ended: FERRITE_OK (also before the first), FERRITE_IO, … */
} ferrite_stats;
#define FERRITE_STATS_INIT_SIZE ((uint32_t)sizeof(ferrite_stats))

/* 0. On a root handle it may wait for a running transaction. */
FERRITE_API int ferrite_info(ferrite_db *db, ferrite_stats *stats, ferrite_error **err);
/* CONFIG RESETSTAT: what is counted (commits, syncs, checkpoints and those marked above) begins again at 0,
 * and so do the latencies. 0. */
FERRITE_API int ferrite_stats_reset(ferrite_db *db, ferrite_error **err);

typedef struct ferrite_keyspace {
    uint32_t struct_size; /* set by FERRITE_KEYSPACE_INIT */
    uint64_t keys;
    uint64_t expires;   /* keys of which something expires: themselves, or fields of a hash */
    int64_t avg_ttl_ms; /* their mean life from now on, by a sample; 0 without any */
} ferrite_keyspace;
#define FERRITE_KEYSPACE_INIT { (uint32_t)sizeof(ferrite_keyspace), 0, 0, 0 }
/* About the handle's logical database. O(log n). 0. */
FERRITE_API int ferrite_keyspace_info(ferrite_db *db, ferrite_keyspace *keyspace,
                                      ferrite_error **err);

/* How long work takes that somebody may wait for. */
enum {
    FERRITE_LATENCY_COMMIT = 0, /* a commit, with its wait for the disk where the sync mode has one */
    FERRITE_LATENCY_FSYNC,      /* making log or file durable */
    FERRITE_LATENCY_CHECKPOINT, /* from its beginning to its end; nobody waits for it as a rule */
    FERRITE_LATENCY_EVENTS
};
#define FERRITE_LATENCY_STEPS 32
typedef struct ferrite_latency {
    uint32_t struct_size; /* set by FERRITE_LATENCY_INIT */
    /* Measured. Commits that do not wait for the disk are so short that every 64th is. */
    uint64_t count;
    uint64_t sum_ns, max_ns;
    uint64_t p50_ns, p99_ns, p999_ns; /* half of them, 99 % and 99.9 % took at most so long; to an eighth */
    uint64_t within[FERRITE_LATENCY_STEPS]; /* how many took at most 2^i times 1,024 ns */
} ferrite_latency;
#define FERRITE_LATENCY_INIT { (uint32_t)sizeof(ferrite_latency), 0, 0, 0, 0, 0, 0, { 0 } }
/* Both 0. FERRITE_INVALID: no such event. Any thread, no wait. */
FERRITE_API int ferrite_latency_get(ferrite_db *db, int event, ferrite_latency *latency,
                                    ferrite_error **err);
FERRITE_API int ferrite_latency_reset(ferrite_db *db, int event, ferrite_error **err);

/* CONFIG GET: name, value, name, value, … of the options that match one of the patterns (globs, any case),
 * as ferrite_options_set reads them: numbers are bytes and ms. The names are Redis's where Redis has them
 * (maxmemory); another name, asked for without a wildcard, is answered under that name. *count is the number
 * of slices. */
FERRITE_API ferrite_slice *ferrite_config_get(ferrite_db *db, const ferrite_slice *patterns,
                                              size_t pattern_count, size_t *count,
                                              ferrite_error **err);
/* CONFIG SET: items are name, value, name, value, …; count is the number of slices, so even. All or
 * none are set, for all handles of the database and until it is closed; other threads may go on
 * meanwhile. FERRITE_INVALID in Redis's words: an unknown name, a value that cannot be, a name twice, an
 * option that is fixed while the database is open (databases, dirty-limit, log-size, map-size, must-exist, no-threads, read-only). A change of the sync mode waits for the running transaction and makes what was
 * committed before as durable as the mode before promised: FERRITE_BUSY, FERRITE_IO; not on a
 * transaction, snapshot or batch. 0. */
FERRITE_API int ferrite_config_set(ferrite_db *db, const ferrite_slice *items, size_t count,
                                   ferrite_error **err);
/* Writes what is only in memory and log to the data file now. It happens by itself; calling it
 * is for programs that know a good moment. Root handles only. 0. */
FERRITE_API int ferrite_checkpoint(ferrite_db *db, ferrite_error **err);

/* How long work reports: each function may be NULL. They must not call functions on the
 * database. */
typedef struct ferrite_monitor {
    void *ctx;
    void (*finding)(void *ctx, const char *text);              /* one sentence each */
    /* In pages. A result that is not 0 stops the work: FERRITE_ABORTED. */
    int (*progress)(void *ctx, uint64_t done, uint64_t total);
} ferrite_monitor;

/* Walks everything: checksums, structure, order and counts of all trees, every value, and that
 * each page of the file is used exactly once or free. 0: done, and *findings says how much is
 * wrong. Writers wait meanwhile. Root handles only. FERRITE_BUSY, FERRITE_ABORTED (progress). O(data). */
FERRITE_API int ferrite_check(ferrite_db *db, const ferrite_monitor *monitor, uint64_t *findings,
                              ferrite_error **err);

/* Moves pages from the end of the file to free ones before it and cuts the file, beside readers, which notice nothing,
 * and writers, which wait for a fraction of a millisecond now and then. *reclaimed (may be NULL): bytes that the
 * file is shorter. The file never becomes longer by it. Pages that an open snapshot or iterator sees stay until
 * it is closed. Stopping it (progress) keeps what was gained: FERRITE_ABORTED. Free space inside a file is used
 * again anyway, and a close that has written much cuts the file by itself; compacting is for programs that stay
 * open after deleting much. Root handles only; in memory there is nothing to gain. FERRITE_READONLY,
 * FERRITE_BUSY (a transaction held the database for busy_timeout_ms), FERRITE_FULL, FERRITE_IO.
 * O(pages moved + branches), all pages where collections or long values are stored. 0. */
FERRITE_API int ferrite_compact(ferrite_db *db, const ferrite_monitor *monitor, uint64_t *reclaimed,
                                ferrite_error **err);

/* Copies the state of this moment, all logical databases, into a new database file at path, while others go on
 * reading and writing; of a root handle or a snapshot, of a file or in memory. The copy is complete in itself, without
 * a log and without free space, has an id of its own, and appears at path whole and durable or not at all: it is
 * written to path-tmp and then renamed. A database that is there already is replaced, unless it is open: FERRITE_BUSY,
 * also for the database itself and while another backup goes there; anything else there, a pipe or a device too, is
 * FERRITE_INVALID, and so is ":memory:". A symbolic link at path is replaced, not the file that it leads to. Stopping it
 * (progress) leaves nothing: FERRITE_ABORTED. Its memory is bounded, some 16 MiB. Pages that the copied state uses are not used again before it
 * is done. FERRITE_FULL, FERRITE_IO, FERRITE_CORRUPT (what has to be copied is damaged). O(data). 0. */
FERRITE_API int ferrite_backup(ferrite_db *db, const char *path, const ferrite_monitor *monitor,
                               ferrite_error **err);

/* SAVE. path NULL: what is only in memory and log goes to the database's own file, durable whatever the sync
 * mode; FERRITE_INVALID in memory. Else a copy of the present state at path, as ferrite_backup makes it: so a
 * database in memory is kept (ferrite_load). Root handles only. 0. */
FERRITE_API int ferrite_save(ferrite_db *db, const char *path, ferrite_error **err);
/* BGSAVE: the same on a thread of its own, the state being that of the call. `done` (may be NULL) is called at
 * the end by that thread, code FERRITE_OK or the failure's with its message; it may close handles, and with the last one
 * the database is closed by that thread. Otherwise closing the last handle waits for the save and for `done`. With
 * no_threads all is done before this returns. FERRITE_BUSY while an earlier one goes on. 0: it has begun. */
FERRITE_API int ferrite_bgsave(ferrite_db *db, const char *path,
                               void (*done)(void *ctx, int code, const char *message), void *ctx,
                               ferrite_error **err);
/* LASTSAVE: *unix_time, seconds: of the last checkpoint or successful save, else of opening. 0. */
FERRITE_API int ferrite_lastsave(ferrite_db *db, int64_t *unix_time, ferrite_error **err);
/* Takes all that the database file at path holds into this database, which must be empty (FERRITE_INVALID) and have
 * enough logical databases; of a file or in memory. One transaction: all of it or nothing. The file is opened
 * read-only, with what its log holds, and not changed: FERRITE_NOTFOUND, FERRITE_BUSY when it is open for writing,
 * FERRITE_CORRUPT. Root handles only. O(data). 0. */
FERRITE_API int ferrite_load(ferrite_db *db, const char *path, const ferrite_monitor *monitor,
                             ferrite_error **err);

typedef struct ferrite_recovery {
    uint64_t pages, damaged_pages;
    uint64_t keys;             /* saved */
    uint64_t lost_values;      /* values that could not be read, changes that did not fit */
    uint64_t log_transactions; /* taken from the log */
    uint64_t findings;         /* told to the monitor; 0: nothing was lost */
} ferrite_recovery;
/* Saves what is readable of a damaged database, or one without its log, into a new database at
 * out_path, which must not exist. The damaged file is not changed. Where pages that lead to
 * others are lost, those are looked for one by one; keys deleted shortly before the damage may
 * come back then, and a finding says so. FERRITE_NOTFOUND; FERRITE_BUSY while the file is open; FERRITE_CORRUPT: it is
 * no database at all; FERRITE_INVALID: out_path exists, or is ":memory:"; FERRITE_ABORTED (progress). After an error
 * there is nothing at out_path. O(pages). result may be NULL. 0: what could be saved was. */
FERRITE_API int ferrite_recover(const char *path, const char *out_path,
                                const ferrite_monitor *monitor, ferrite_recovery *result,
                                ferrite_error **err);

typedef struct ferrite_log_entry {
    uint64_t txid, lsn; /* of the transaction, and where it begins in the log */
    int database;
    size_t argc;
    const ferrite_slice *argv; /* the change in words: "put" key value, "delete" key, … */
} ferrite_log_entry;
/* Calls fn for each change in the log of the database file at path, which may be in use. A
 * result of fn that is not 0 stops and is returned. 0 also when there is no log. */
FERRITE_API int ferrite_log_read(const char *path,
                                 int (*fn)(void *ctx, const ferrite_log_entry *entry), void *ctx,
                                 ferrite_error **err);

/* ---- commands by name ---- */

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
    FERRITE_COMMAND_TEXT = 16,    /* the reply is a text for people, not data */
    FERRITE_COMMAND_NO_MULTI = 32 /* a session refuses it between MULTI and EXEC */
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
 * run in one transaction at EXEC, so db is a root handle where that is wanted. It uses db, which must outlive
 * it. One thread at a time. Closing it (NULL is fine) discards what is queued. */
typedef struct ferrite_session ferrite_session;
FERRITE_API ferrite_session *ferrite_session_open(ferrite_db *db, ferrite_error **err);
FERRITE_API ferrite_reply *ferrite_session_command(ferrite_session *session, int argc,
                                                   const char *const *argv,
                                                   const size_t *argv_len, ferrite_error **err);
FERRITE_API int ferrite_session_database(const ferrite_session *session); /* the selected index; -1 for NULL */
FERRITE_API int ferrite_session_in_multi(const ferrite_session *session); /* 1 after MULTI; 0 for NULL */
FERRITE_API void ferrite_session_close(ferrite_session *session);

#ifdef __cplusplus
}
#endif
#endif /* FERRITE_H */
