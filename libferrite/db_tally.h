/*
 * db_tally.h - what a write transaction evicted: a number, and the keys where on_evict wants to know them.
 *
 * Collected under the writer lock by db_bounds.c; told by the thread that committed, without any lock. Part of db.h.
 */
#ifndef FERRITE_DB_TALLY_H
#define FERRITE_DB_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "types/evict.h"

/* Keys in one block of memory: for each a struct victim_head and its bytes. */
struct victim_head {
    uint32_t db, key_len;
};
struct victims {
    struct victims *next; /* told after these */
    size_t len, cap;
    uint8_t bytes[];
};

struct tally {
    uint64_t evicted;
    struct victims *victims; /* NULL: none, or nobody wants to know */
};

/* For an evict_listener whose ctx is the tally. */
int tally_note(void *ctx, const struct evict_victim *victim);
/* `later` becomes part of `tally` and is empty then: of transactions that followed each other. */
void tally_join(struct tally *tally, struct tally *later);
/* The transaction was undone. */
void tally_drop(struct tally *tally);

#endif
