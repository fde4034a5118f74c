/*
 * scored.h - a growing list of members with their scores that ends as one block: what the functions
 * on sorted sets answer.
 *
 * The block is an array of ferrite_zitem, then the members' bytes, each with a NUL behind it. Short
 * lists need no memory before that. Lists begin as zeros, stay where they are, and are ended with
 * scored_finish or scored_clear. One thread at a time.
 */
#ifndef FERRITE_TYPES_SCORED_H
#define FERRITE_TYPES_SCORED_H

#include "../ferrite.h"

#define SCORED_HELD_PLACES 16u
#define SCORED_HELD_BYTES 512u

struct scored_place {
    size_t offset, len;
    double score;
};

struct scored {
    struct scored_place *places; /* NULL: none yet; held_places, or a block */
    char *bytes;
    size_t count, places_cap;
    size_t len, cap;
    struct scored_place held_places[SCORED_HELD_PLACES];
    char held_bytes[SCORED_HELD_BYTES];
};

static inline void scored_init(struct scored *list) {
    list->places = NULL;
    list->bytes = NULL;
    list->count = list->places_cap = list->len = list->cap = 0;
}

int scored_add(struct scored *list, ferrite_slice member, double score);
/* The member of an item; valid until the next is added. */
static inline ferrite_slice scored_member(const struct scored *list, size_t i) {
    return (ferrite_slice){list->bytes + list->places[i].offset, list->places[i].len};
}
/* The block, never NULL on success, freed by ferrite_free. The list is cleared either way. */
int scored_finish(struct scored *list, ferrite_zitem **out, size_t *count);
void scored_clear(struct scored *list);

#endif
