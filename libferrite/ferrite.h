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
} ferrite_options;

#define FERRITE_BUSY_TIMEOUT_DEFAULT_MS 5000u
#define FERRITE_OPTIONS_INIT                                                   \
    { (uint32_t)sizeof(ferrite_options), 0, 0, FERRITE_SYNC_NORMAL, 0, 0, 0,   \
      FERRITE_BUSY_TIMEOUT_DEFAULT_MS, 0, 0, 0, 0, NULL, NULL }

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

FERRITE_API ferrite_db *ferrite_open(const char *path, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_open_with(const char *path, const ferrite_options *options,
                                          ferrite_error **err);
FERRITE_API ferrite_db *ferrite_open_memory(ferrite_error **err);
FERRITE_API void ferrite_close(ferrite_db *db);
FERRITE_API void ferrite_free(void *ptr);

FERRITE_API int ferrite_error_code(const ferrite_error *err);
FERRITE_API const char *ferrite_error_message(ferrite_error *err);
FERRITE_API void ferrite_error_free(ferrite_error *err);

FERRITE_API int ferrite_transaction(ferrite_db *db,
                                    int (*fn)(ferrite_db *tx, void *ctx, ferrite_error **err),
                                    void *ctx, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_begin(ferrite_db *db, ferrite_error **err);
FERRITE_API int ferrite_commit(ferrite_db *tx, ferrite_error **err);
FERRITE_API int ferrite_rollback(ferrite_db *tx, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_snapshot(ferrite_db *db, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_batch(ferrite_db *db, ferrite_error **err);
FERRITE_API ferrite_db *ferrite_select(ferrite_db *db, int index, ferrite_error **err);

FERRITE_API ferrite_reply *ferrite_command(ferrite_db *db, int argc, const char *const *argv,
                                           const size_t *argv_len, ferrite_error **err);

#ifdef __cplusplus
}
#endif
#endif /* FERRITE_H */
