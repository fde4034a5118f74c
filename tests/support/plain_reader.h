/*
 * plain_reader.h - reads a database's files by docs/FORMAT.md alone: no code of the library.
 *
 * For tests that the format is what the document says. Strings only. Works on a file in memory; anything that
 * is not as documented stops the test with a sentence.
 */
#ifndef TESTS_SUPPORT_PLAIN_READER_H
#define TESTS_SUPPORT_PLAIN_READER_H

#include <stddef.h>
#include <stdint.h>

struct plain_bytes {
    unsigned char *data; /* malloc */
    size_t len;
};

typedef void plain_entry_fn(void *ctx, unsigned db, struct plain_bytes key,
                            struct plain_bytes value, int64_t expire_ms);

struct plain_meta {
    unsigned char database_id[16];
    uint64_t sequence, txid, lsn, log_id;
    uint32_t log_crc, page_count;
    uint64_t free_pages;
    uint32_t databases;
};

uint32_t plain_crc32c(uint32_t crc, const unsigned char *data, size_t len);

/* A whole file; data NULL when it is not there. */
struct plain_bytes plain_file(const char *path);

/* The meta page in force, the free list counted, and every entry of every keyspace given to fn. */
struct plain_meta plain_read(struct plain_bytes file, plain_entry_fn *fn, void *ctx);

/* The frames of the log that count, from the meta page's position on: their number. Each transaction's
 * effects are given to fn. */
uint64_t plain_log(struct plain_bytes log, const struct plain_meta *meta,
                   void (*fn)(void *ctx, struct plain_bytes effects), void *ctx);

#endif
