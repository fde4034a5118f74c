/*
 * plain_reader.h - reads a database's files by docs/FORMAT.md alone: no code of the library.
 *
 * For tests that the format is what the document says. Works on a file in memory; anything that
 * is not as documented stops the test with a sentence.
 */
#ifndef TESTS_SUPPORT_PLAIN_READER_H
#define TESTS_SUPPORT_PLAIN_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plain_bytes {
    unsigned char *data; /* malloc */
    size_t len;
};

/* An element of a collection: a hash's field and value, a list's element (in `value`, its index in
 * `index`), a set's member, a sorted set's member and score. */
struct plain_element {
    unsigned type; /* as in a record: 2 list, 3 set, 4 sorted set, 5 hash */
    struct plain_bytes item, value;
    int64_t moment; /* of a field; 0: never */
    double score;
    uint64_t index;
};

/* What a reader meets. The bytes belong to it. */
struct plain_visitor {
    void *ctx;
    void (*entry)(void *ctx, unsigned db, struct plain_bytes key, struct plain_bytes value,
                  int64_t expire_ms); /* a string */
    /* A collection, before its elements. first_ms: when the first of its fields expires, 0: none.
     * removed: as its record says, 0 when it is packed. */
    void (*collection)(void *ctx, unsigned db, struct plain_bytes key, bool packed,
                       int64_t first_ms, uint32_t removed);
    void (*element)(void *ctx, unsigned db, struct plain_bytes key,
                    const struct plain_element *element);
    void (*expiry)(void *ctx, unsigned db, int64_t moment, struct plain_bytes key);
};

struct plain_meta {
    unsigned char database_id[16];
    uint64_t sequence, txid, lsn, log_id;
    uint32_t log_crc, page_count;
    uint64_t free_pages;
    uint32_t databases;
    uint64_t deleted[64]; /* entries ever deleted from each keyspace */
};

uint32_t plain_crc32c(uint32_t crc, const unsigned char *data, size_t len);

/* A whole file; data NULL when it is not there. */
struct plain_bytes plain_file(const char *path);

/* The meta page in force, the free list counted, and everything in every database shown. */
struct plain_meta plain_read(struct plain_bytes file, const struct plain_visitor *visitor);

/* The frames of the log that count, from the meta page's position on: their number. Each transaction's
 * effects are given to fn. */
uint64_t plain_log(struct plain_bytes log, const struct plain_meta *meta,
                   void (*fn)(void *ctx, struct plain_bytes effects), void *ctx);

/* Compressed values that were met. */
extern unsigned plain_forms;

#endif
