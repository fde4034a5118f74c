/*
 * list.h - the list type: what LPUSH, LRANGE, LINSERT and their kin do to a keyspace.
 *
 * A list is a collection (collection.h) whose elements are counted, so the place of an element is
 * found in O(log n) wherever it is. Called by db_list.c between the beginning and the end of an
 * operation. Each function either does all it says or fails: with an argument error before
 * anything changed, else with the transaction marked (mutate.h). Results handed out are blocks of
 * mem_alloc with a NUL behind their bytes. Keys and elements have been checked against their limits.
 * Indexes are Redis's: negative ones count from the end. Threads: as the transaction.
 */
#ifndef FERRITE_TYPES_LIST_H
#define FERRITE_TYPES_LIST_H

#include "effect.h"
#include "keyspace.h"
#include "slices.h"

/* side: FERRITE_LEFT or FERRITE_RIGHT. */

int list_len(struct keyspace *ks, ferrite_slice key, uint64_t *len);
/* *element NULL: there is none. */
int list_index(struct keyspace *ks, ferrite_slice key, int64_t index, char **element, size_t *len);
/* The element as it lies in the pages; one in pieces is FERRITE_LIMIT. *found false: none. */
int list_view(struct keyspace *ks, ferrite_slice key, int64_t index, ferrite_slice *element,
              bool *found);
int list_range(struct keyspace *ks, ferrite_slice key, int64_t start, int64_t stop,
               struct slices *out);

struct list_search {
    int64_t rank;     /* which match is the first wanted, from 1, or from the end from -1; not 0 */
    uint64_t count;   /* matches wanted; 0: all */
    uint64_t max_len; /* elements looked at; 0: all */
};
/* The matches' indexes, `*count` of them, in the order found; a block even when there are none. */
int list_find(struct keyspace *ks, ferrite_slice key, ferrite_slice element,
              const struct list_search *search, int64_t **indexes, size_t *count);

/* only_existing: nothing happens without the key. *len: the length afterwards. */
int list_push(struct keyspace *ks, ferrite_slice key, int side, bool only_existing,
              const ferrite_slice *elements, size_t count, uint64_t *len);
/* *element NULL: there is none. */
int list_pop(struct keyspace *ks, ferrite_slice key, int side, char **element, size_t *len);
/* In the order in which they go. *found false: no such key. */
int list_pop_many(struct keyspace *ks, ferrite_slice key, int side, uint64_t max,
                  struct slices *out, bool *found);
/* FERRITE_NOTFOUND "ERR no such key", FERRITE_RANGE "ERR index out of range". */
int list_set(struct keyspace *ks, ferrite_slice key, int64_t index, ferrite_slice element);
int list_insert_at(struct keyspace *ks, ferrite_slice key, int64_t index, ferrite_slice element,
                   uint64_t *len);
/* Beside the first element like pivot. *len: the length afterwards, 0: no such key, -1: no pivot. */
int list_insert(struct keyspace *ks, ferrite_slice key, bool after, ferrite_slice pivot,
                ferrite_slice element, int64_t *len);
/* Removes up to |count| elements like this one from the start, count < 0: the end; 0: all. */
int list_remove(struct keyspace *ks, ferrite_slice key, int64_t count, ferrite_slice element,
                uint64_t *removed);
int list_trim(struct keyspace *ks, ferrite_slice key, int64_t start, int64_t stop);

struct list_move {
    ferrite_slice from, to;
    int from_side, to_side;
};
/* *element: what was moved; NULL: nothing. */
int list_move(struct keyspace *ks, const struct list_move *move, char **element, size_t *len);

/* Does a LIST_* effect again: for mutate_apply. */
int list_apply(struct keyspace *ks, const struct effect *effect);

#endif
