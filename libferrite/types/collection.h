/*
 * collection.h - what a key holds that has elements: hash, list, set, sorted set.
 *
 * A small collection lies packed in its record (packed.h); a large one in trees whose roots
 * the record holds (record.h). It goes over to trees when it no longer fits into COLLECTION_PACKED_MAX
 * bytes, and back when it would take COLLECTION_PACK_MAX or less. An empty one does not exist.
 *
 *               tree 0                               tree 1
 *   hash        field -> value (hash.h)              (moment, field) -> nothing; only with
 *                                                    RECORD_FIELDS_EXPIRE
 *   list        positional: elements
 *   set         member -> nothing
 *   sorted set  member -> score                      (score, member) -> nothing
 *
 * Values longer than VALUE_INLINE_MAX are blobs, marked as spilled (value.h).
 *
 * How a type uses it. Reading: collection_read, then packed_read on bytes and len, or cursors on
 * tree[]; there is nothing to close. Writing:
 *
 *     code = collection_open(ks, kind, key, &c);
 *     ... change c.bytes and c.len while c.packed (collection_room says whether something fits; if
 *         not, collection_unpack), else c.tree[]; set c.changed; log each change: mutate_log ...
 *     return collection_close(&c, code);
 *
 * collection_close writes the record back, or deletes the key when nothing is left, without an
 * effect of its own: an element's effect says it all.
 *
 * Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_COLLECTION_H
#define FERRITE_TYPES_COLLECTION_H

#include "keyspace.h"
#include "packed.h"
#include "value.h"

#define COLLECTION_TREES_MAX 2u
#define COLLECTION_PAUSE 256u /* elements between two pauses of a long change */
#define COLLECTION_PACKED_MAX (RECORD_INLINE_MAX - 8) /* with the moment of a hash's first field */
#define COLLECTION_PACK_MAX (RECORD_INLINE_MAX / 2)

struct collection;

/* A type's own part. Each a constant beside the type's functions. */
struct collection_kind {
    uint8_t type;  /* FERRITE_TYPE_* */
    uint8_t trees; /* that it has at least */
    bool positional;
    /* Puts all items at bytes into the trees, which are empty. */
    int (*unpack)(struct collection *c, const uint8_t *bytes, uint32_t len);
    /* Writes all elements of the trees to c->room and sets c->len, if that takes at most
     * COLLECTION_PACK_MAX bytes: else *fits is false. Frees nothing. */
    int (*pack)(struct collection *c, bool *fits);
};

struct collection {
    struct keyspace *ks;
    const struct collection_kind *kind;
    bool exists;  /* there was one when it was opened */
    bool packed;  /* bytes and len count, else tree[] and trees */
    bool changed; /* the record is to be written */
    uint8_t trees;
    uint32_t len;
    const uint8_t *bytes; /* reading: in the page; writing: room, where the changes are made */
    uint32_t removed;     /* elements ever removed from these trees, for cursors of scans */
    struct tree tree[COLLECTION_TREES_MAX];
    int64_t first_ms;   /* hash: when its first field expires; 0: none does */
    int64_t wake_ms;    /* of the record as it was opened (record_wake) */
    struct entry entry; /* writing only */
    uint8_t room[RECORD_INLINE_MAX];
};

/* FERRITE_WRONGTYPE; without the key (or with it expired) c->exists is false and there are no
 * elements. Nothing to close. FERRITE_INVALID on a batch. */
int collection_read(struct keyspace *ks, const struct collection_kind *kind, ferrite_slice key,
                    struct collection *c);

/* As collection_read, of a record at hand. */
int collection_of(struct keyspace *ks, const struct collection_kind *kind,
                  const struct record *record, struct collection *c);

/* For writing. An expired key is deleted first. To be closed in any case. */
int collection_open(struct keyspace *ks, const struct collection_kind *kind, ferrite_slice key,
                    struct collection *c);
/* With FERRITE_OK writes back what changed; with any other code only closes. A failure after a
 * change marks the transaction (txn_fail). Returns the first failure. */
int collection_close(struct collection *c, int code);

/* In the midst of a long change: writes back, lets the transaction spill pages, and opens again.
 * Cursors on the trees are to be done before, views into pages no longer hold. */
int collection_pause(struct collection *c, bool frees);

/* Whether `more` bytes fit into the packed form. */
static inline bool collection_room(const struct collection *c, size_t more) {
    return more <= COLLECTION_PACKED_MAX - c->len;
}
/* One step of a scan over trees: the ranks to look at, and the cursor after them (scan.h tells why it
 * is exact). A packed collection is looked at whole, in one step. */
struct collection_step {
    uint64_t begin, end, cursor;
};
struct collection_step collection_scan(const struct collection *c, uint64_t cursor, size_t effort);

/* The packed form becomes trees: writing only. */
int collection_unpack(struct collection *c);

/* Where a walk through a keyed collection begins, at the element of a rank or the first one behind `item`: *next in a
 * packed one, whose elements take `stride` items each, else the cursor, which is to be ended in any case. */
int collection_seek_rank(struct collection *c, uint32_t stride, uint64_t rank, uint32_t *next,
                         struct tree_cursor *cursor);
int collection_seek_behind(struct collection *c, uint32_t stride, ferrite_slice item,
                           uint32_t *next, struct tree_cursor *cursor);

/* The element count of trees; packed ones are counted with packed_count. */
static inline uint64_t collection_tree_count(const struct collection *c) {
    return c->tree[0].count;
}

/* ---- trees of records, wherever they are met: deletion, copies, check, compaction ---- */

/* The roots in a record with RECORD_TREES; returns how many there are. */
uint32_t record_trees(const struct record *record, struct tree trees[COLLECTION_TREES_MAX]);
/* Other roots in place of those in the bytes of such a payload. */
void record_trees_write(uint8_t *payload, const struct record *record,
                        const struct tree trees[COLLECTION_TREES_MAX]);
/* The pages of the trees or the blob that hang on a record, told to the visitor; its on_entry is told the elements. */
int record_walk(struct pages *pages, const struct record *record, const struct tree_visitor *visitor);
/* Copies the trees or the blob that hang on a record; `payload`, a copy of the record's, is made to refer to them. */
int record_copy(struct tree_copying *copying, const struct record *record, uint8_t *payload);

#endif
