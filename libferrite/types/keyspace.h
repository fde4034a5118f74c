/*
 * keyspace.h - one logical database as an operation sees it: keys, their records, the time.
 *
 * Called by the types; a struct keyspace lives on the stack of one operation. Looking up never
 * changes anything. Changes go through mutate.h. Threads: as the transaction.
 *
 * A record whose expiry lies in the past is absent, and so is a hash all fields of which expired. Whoever
 * writes opens its entry with entry_open_live, which deletes such a record first (as an effect of its own,
 * since effects know no clock).
 */
#ifndef FERRITE_TYPES_KEYSPACE_H
#define FERRITE_TYPES_KEYSPACE_H

#include "../txn/txn.h"
#include "batch.h"
#include "record.h"
#include "trail.h"

struct clock {
    int64_t (*now_ms)(void *ctx);
    void *ctx;
};

struct cache;

/* The last keys that an operation wrote: it must not evict its own work. */
#define SPARED_KEYS 16u
struct spared {
    uint32_t count;
    uint64_t hashes[SPARED_KEYS];
    struct trail *trail; /* those of earlier operations, too; in memory NULL */
};

struct keyspace {
    struct txn *txn;           /* NULL when `batch` collects instead */
    struct batch *batch;       /* else NULL */
    const struct clock *clock; /* asked at most once, when first needed */
    int64_t now_ms;            /* 0: not asked yet */
    uint64_t max_value;        /* bytes that a string may grow to; 0: BLOB_MAX */
    int64_t default_ttl_ms;    /* of keys that are made without an expiry; 0: they never expire */
    struct compressor *compressor; /* writing: of values (compress.h); NULL: they stay as they are */
    struct arena *arena;           /* reading: for views of what does not lie in pages; NULL: there can be none */
    uint32_t db;
    struct cache *cache; /* reads of a root handle: takes copies of what is found; else NULL */
    struct recency *recency; /* where uses of keys are noted; NULL: nowhere */
    struct spared *spared;   /* where keys that are written are noted; NULL: nowhere */
};

/* The key was read or is about to be written. */
void keyspace_note_slow(const struct keyspace *ks, const void *key, size_t key_len);
static inline void keyspace_note(const struct keyspace *ks, const void *key, size_t key_len) {
    if (__builtin_expect(ks->recency != NULL, 0)) keyspace_note_slow(ks, key, key_len);
}

void keyspace_spare(struct keyspace *ks, const void *key, size_t key_len);
bool keyspace_spares(const struct keyspace *ks, const void *key, size_t key_len);

int64_t keyspace_now(struct keyspace *ks);

/* When a key that is made now without an expiry goes; 0: never. */
int64_t keyspace_default_expiry_slow(struct keyspace *ks);
static inline int64_t keyspace_default_expiry(struct keyspace *ks) {
    if (__builtin_expect(ks->default_ttl_ms == 0, 1)) return 0;
    return keyspace_default_expiry_slow(ks);
}

bool keyspace_expired_slow(struct keyspace *ks, const struct record *record);
static inline bool keyspace_expired(struct keyspace *ks, const struct record *record) {
    return __builtin_expect(record->head & (RECORD_EXPIRES | RECORD_FIELDS_EXPIRE), 0) &&
           keyspace_expired_slow(ks, record);
}

/* FERRITE_INVALID on a batch, which holds no data to read. */
int keyspace_readable(const struct keyspace *ks);

/* The record of a key. FERRITE_NOTFOUND (no text set) when absent or expired. The hot path of
 * reading: the record points into the page. */
int keyspace_get(struct keyspace *ks, const void *key, size_t key_len, struct record *out);
/* The same for a question about the key, which is no use of it: eviction is not to hear of it. */
int keyspace_look(struct keyspace *ks, const void *key, size_t key_len, struct record *out);

/* The entry of a key, found once for looking and changing. */
struct entry {
    struct tree_cursor cursor;
    const void *key;
    size_t key_len;
    bool exists;
    struct record record; /* when it exists; valid until something is written */
};

int entry_open(struct keyspace *ks, const void *key, size_t key_len, struct entry *entry);
int entry_open_live(struct keyspace *ks, const void *key, size_t key_len, struct entry *entry);
void entry_close(struct entry *entry); /* also after a failed open */

/* A random key that is not expired: the cursor stands on it, not valid when there is none. The
 * cursor is to be ended with cursor_done in any case. */
int keyspace_random(struct keyspace *ks, struct tree_cursor *cursor);

#endif
