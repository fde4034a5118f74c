/*
 * scan.h - listing the keys of a logical database, and the elements of a collection: KEYS, SCAN, HSCAN and its kin.
 *
 * A scan's cursor is two numbers in one, so that a scan needs no memory anywhere and goes on after
 * a restart: the rank of the next key (low 34 bits) and how many keys had been removed from the
 * database, ever, when it was handed out (high 30 bits, roots.removed).
 *
 * Why that is exact: insertions only push keys not yet seen to higher ranks, and each removal
 * pulls them down by at most one. So a step that begins as many ranks lower as keys were removed
 * meanwhile can miss none that was there all the time; it may give some a second time. It
 * also looks at that many keys more, so each step ends beyond where the last one ended, and a
 * scan ends whatever happens beside it.
 *
 * Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_SCAN_H
#define FERRITE_TYPES_SCAN_H

#include "collection.h"
#include "glob.h"
#include "slices.h"

/* Whether a scan lists the item. data NULL is no pattern, and so is "*", as in Redis: as a pattern it would not
 * match the empty string. */
static inline bool scan_wants(ferrite_slice pattern, const void *item, size_t len) {
    if (pattern.data == NULL || (pattern.len == 1 && pattern.data[0] == '*')) return true;
    return glob_match(pattern.data, pattern.len, item, len);
}

/* One step of a scan of a collection's elements. */
struct element_scan {
    ferrite_slice key, pattern;
    size_t effort;
    uint64_t cursor; /* before and after */
};

struct key_filter {
    ferrite_slice pattern; /* as scan_wants */
    int type;              /* FERRITE_TYPE_NONE: any */
};

/* Whether a key with this record is wanted (expired ones never are). */
bool key_filter_match(const struct key_filter *filter, struct keyspace *ks, const void *key,
                      size_t key_len, const struct record *record);

/* The ranks a step looks at, of `total` in order, from which `removed` were ever removed. */
struct collection_step scan_ranks(uint64_t cursor, size_t effort, uint64_t total, uint64_t removed);

int scan_step(struct keyspace *ks, uint64_t *cursor, size_t effort, const struct key_filter *filter,
              struct slices *out);
int scan_all(struct keyspace *ks, const struct key_filter *filter, struct slices *out);

#endif
