/*
 * hash_form.h - fields of an opened hash, whichever form it has. Shared by hash*.c, not for others.
 */
#ifndef FERRITE_TYPES_HASH_FORM_H
#define FERRITE_TYPES_HASH_FORM_H

#include "hash.h"

/* A field found, or the place where it would be. */
struct hash_place {
    bool exists;       /* stored, be it past its moment */
    int64_t expire_ms; /* 0: never */
    uint32_t at, end;  /* packed: offsets of its items */
    struct tree_value value; /* valid until something is written */
    uint32_t skip;           /* bytes of it before the value */
    struct tree_cursor cursor; /* writing, trees */
};

/* The flags and the moment before a value in a tree; it is known afterwards whether it is compressed. */
int hash_value_parse(struct tree_value *value, int64_t *expire_ms, uint32_t *skip);

int hash_look(struct collection *c, ferrite_slice field, struct hash_place *place); /* reading */
int hash_find(struct collection *c, ferrite_slice field, struct hash_place *place); /* writing */
void hash_place_done(struct collection *c, struct hash_place *place); /* after hash_find, always */

/* It exists and its moment has not passed. */
static inline bool hash_live(struct keyspace *ks, const struct hash_place *place) {
    return place->exists &&
           (__builtin_expect(place->expire_ms == 0, 1) || keyspace_now(ks) <= place->expire_ms);
}

/* At a place from hash_find, which is stale afterwards. Nothing is logged. */
int hash_store(struct collection *c, struct hash_place *place, ferrite_slice field,
               struct stored value, int64_t expire_ms);
int hash_remove(struct collection *c, struct hash_place *place, ferrite_slice field);
int hash_set_moment(struct collection *c, struct hash_place *place, ferrite_slice field,
                    int64_t expire_ms);

/* The same, logged (hash.c). The field exists. */
int hash_delete_at(struct collection *c, struct hash_place *place, ferrite_slice field);
int hash_moment_at(struct collection *c, struct hash_place *place, ferrite_slice field,
                   int64_t at_ms);

/* Field after field. The slices are valid until the next step. */
struct hash_walk {
    struct collection *c;
    bool valid;
    uint32_t next; /* packed */
    ferrite_slice field;
    struct tree_value value;
    uint32_t skip;
    int64_t expire_ms;
    struct tree_cursor cursor;
};
int hash_walk_begin(struct collection *c, uint64_t rank, struct hash_walk *walk);
int hash_walk_behind(struct collection *c, ferrite_slice field, struct hash_walk *walk);
int hash_walk_next(struct hash_walk *walk);
void hash_walk_done(struct hash_walk *walk);

/* Fields stored, and how many of them are past their moment. */
int hash_stored(struct collection *c, uint64_t *count, uint64_t *expired);

#endif
