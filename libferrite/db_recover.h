/*
 * db_recover.h - what the db_recover*.c files share. Not for others.
 */
#ifndef FERRITE_DB_RECOVER_H
#define FERRITE_DB_RECOVER_H

#include "db.h"
#include "txn/salvage.h"
#include "types/effect.h"

struct leaf; /* db_recover_leaves.c: a leaf page that no tree reached */

struct recover {
    const ferrite_monitor *monitor;
    struct salvage *salvage;
    struct salvage_view view;
    struct core *out;
    struct txn *txn;  /* of out; NULL between transactions */
    uint32_t pending; /* changes in it */
    ferrite_recovery *result;
    uint8_t *seen; /* a bit for each page that a tree reached */
    uint64_t done;
    bool damaged;
    uint32_t db;         /* being read */
    bool only_new;       /* keys that are there already stay */
    uint64_t leaf_birth; /* of the lone leaf being read; 0: walking a tree */
    struct leaf *leaves;
    size_t leaf_count, leaf_cap;
};

void recover_finding(struct recover *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* So many pages more were looked at. FERRITE_ABORTED when the monitor wants no more. */
int recover_progress(struct recover *r, uint32_t pages);
/* FERRITE_CORRUPT becomes a finding about the key and FERRITE_OK; other codes come back. */
int recover_lost(struct recover *r, ferrite_slice key, int code);

/* Walks a tree of keys, a lone leaf also, and takes what can be read. */
int recover_tree(struct recover *r, const struct tree *tree);
/* The lone leaves, once the trees were walked. */
int recover_leaves(struct recover *r);

/* Does an effect in the new database. */
int recover_effect(struct recover *r, const struct effect *effect);

/* A copy of a value of the damaged database, whichever way it is stored (value.h). */
int recover_value(struct recover *r, const struct tree_value *value, uint32_t skip, char **out,
                  size_t *len);

/* For visitors. Pages of what a record refers to must not be younger than the lone leaf it was
 * found in: they would be another's. */
int recover_part_page(void *ctx, pgno no, uint32_t count);
int recover_on_damage(void *ctx, pgno no, const char *what);

/* Whether a packed collection has compressed values, each of which may be damaged by itself. */
bool recover_has_compressed(const struct record *record);
/* Takes over a collection element by element: one in trees, or one that has compressed values. */
int recover_collection(struct recover *r, ferrite_slice key, const struct record *record);

#endif
