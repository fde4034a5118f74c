/*
 * oracle.h - the plain in-memory model the database is compared with.
 *
 * A few logical databases, each a sorted array of (key, value). Keys and values are shared
 * between copies of an oracle by counting references, so that keeping a copy per snapshot costs
 * little. Every oracle carries a digest of its content, independent of how the content came
 * about: two equal states have equal digests. One thread at a time.
 */
#ifndef FERRITE_TESTS_ORACLE_H
#define FERRITE_TESTS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_DATABASES 4u

struct oracle_bytes {
    size_t refs;
    uint64_t hash;
    size_t len;
    char data[];
};

struct oracle_entry {
    struct oracle_bytes *key, *value;
};

struct oracle_db {
    struct oracle_entry *entries; /* sorted by key as memcmp orders, shorter first */
    size_t count, cap;
    uint64_t digest;
};

struct oracle {
    struct oracle_db dbs[ORACLE_DATABASES];
};

struct oracle *oracle_new(void);
struct oracle *oracle_copy(const struct oracle *from);
void oracle_free(struct oracle *oracle); /* NULL is fine */

void oracle_set(struct oracle *oracle, uint32_t db, const void *key, size_t key_len,
                const void *value, size_t value_len);
bool oracle_del(struct oracle *oracle, uint32_t db, const void *key, size_t key_len);
void oracle_flush(struct oracle *oracle, uint32_t db);
void oracle_swap(struct oracle *oracle, uint32_t a, uint32_t b);

/* The value, or NULL; valid until the key changes. */
const struct oracle_bytes *oracle_get(const struct oracle *oracle, uint32_t db, const void *key,
                                      size_t key_len);
/* Index of the first entry whose key is >= `key`; *exact tells equality. */
size_t oracle_seek(const struct oracle *oracle, uint32_t db, const void *key, size_t key_len,
                   bool *exact);

uint64_t oracle_digest(const struct oracle *oracle);
/* Is all of `part` in `whole`, with the same values? */
bool oracle_within(const struct oracle *part, const struct oracle *whole);

/* The parts of a digest, for computing it without building an oracle: the sum of the digests of
 * a database's entries, then all databases' sums and counts joined. */
uint64_t oracle_entry_digest(const void *key, size_t key_len, const void *value, size_t value_len);
uint64_t oracle_join_digests(const uint64_t sums[ORACLE_DATABASES],
                             const uint64_t counts[ORACLE_DATABASES]);

/* Writes to standard error what differs: at most `lines` lines, as seen from `expected`. */
void oracle_print_difference(const struct oracle *expected, const struct oracle *found,
                             unsigned lines);

#endif
