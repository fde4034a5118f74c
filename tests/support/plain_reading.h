/*
 * plain_reading.h - what plain_reader.c and plain_collections.c share: numbers, pages, trees.
 */
#ifndef TESTS_SUPPORT_PLAIN_READING_H
#define TESTS_SUPPORT_PLAIN_READING_H

#include "plain_reader.h"

#define PAGE 4096u

struct reading {
    const unsigned char *file;
    uint32_t pages;
    unsigned db;
    const struct plain_visitor *visitor;
    struct plain_bytes runs;   /* collects a blob's runs */
    struct elements *elements; /* of the collection at hand (plain_collections.c) */
};

/* A record as it lies in its leaf. */
struct plain_record {
    struct plain_bytes key;
    const unsigned char *at;
    unsigned len, value; /* bytes, and the value's length field */
    int64_t expire_ms;
};

static inline uint64_t number(const unsigned char *at, unsigned bytes) {
    uint64_t value = 0;
    while (bytes-- > 0) value = value << 8 | at[bytes];
    return value;
}
static inline uint16_t u16(const unsigned char *at) { return (uint16_t)number(at, 2); }
static inline uint32_t u32(const unsigned char *at) { return (uint32_t)number(at, 4); }
static inline uint64_t u64(const unsigned char *at) { return number(at, 8); }

/* 8 bytes of time: big endian with the sign bit flipped. */
static inline uint64_t big_u64(const unsigned char *at) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | at[i];
    return value;
}
static inline int64_t timed_moment(const unsigned char *at) {
    return (int64_t)(big_u64(at) ^ 1ull << 63);
}

void plain_bytes_add(struct plain_bytes *bytes, const void *data, size_t len);

typedef void leaf_fn(struct reading *reading, const unsigned char *page, unsigned slot);
/* Every leaf slot below a page, in order; gives the number of entries. */
uint64_t plain_tree_walk(struct reading *reading, uint32_t no, int level, leaf_fn *fn);
/* The key of a leaf slot; *cell is left behind its bytes. */
struct plain_bytes plain_key_read(struct reading *reading, const unsigned char *page, unsigned slot,
                                  const unsigned char **cell);
struct plain_bytes plain_blob_read(struct reading *reading, const unsigned char *descriptor);
/* The value of a compressed form of so many bytes, the last 16 of them a descriptor when it is spilled. */
struct plain_bytes plain_form_read(struct reading *reading, const unsigned char *at, size_t len,
                                   bool spilled);

/* A record that is no string: everything in it is shown. Its header has so many bytes. */
void plain_collection(struct reading *reading, const struct plain_record *record, unsigned header);

#endif
