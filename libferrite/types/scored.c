/*
 * scored.c - see scored.h.
 */
#include "scored.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"

/* Makes room for `needed` elements in *block, which may be the held one. */
static int grow(void **block, void *held, size_t held_cap, size_t *cap, size_t needed,
                size_t element) {
    if (*block == NULL) {
        *block = held;
        *cap = held_cap;
    }
    if (needed <= *cap) return FERRITE_OK;
    size_t larger = *cap + *cap / 2;
    if (larger < needed) larger = needed;
    void *moved = *block == held ? mem_alloc(larger * element)
                                 : mem_realloc(*block, larger * element);
    if (moved == NULL) return error_nomem();
    if (*block == held) memcpy(moved, held, *cap * element);
    *block = moved;
    *cap = larger;
    return FERRITE_OK;
}

int scored_add(struct scored *list, ferrite_slice member, double score) {
    void *places = list->places, *bytes = list->bytes;
    int code = grow(&places, list->held_places, SCORED_HELD_PLACES, &list->places_cap,
                    list->count + 1, sizeof *list->places);
    list->places = places;
    if (code == FERRITE_OK)
        code = grow(&bytes, list->held_bytes, SCORED_HELD_BYTES, &list->cap,
                    list->len + member.len + 1, 1);
    list->bytes = bytes;
    if (code != FERRITE_OK) return code;
    list->places[list->count++] = (struct scored_place){list->len, member.len, score};
    if (member.len != 0) memcpy(list->bytes + list->len, member.data, member.len);
    list->bytes[list->len + member.len] = '\0';
    list->len += member.len + 1;
    return FERRITE_OK;
}

int scored_finish(struct scored *list, ferrite_zitem **out, size_t *count) {
    size_t head = list->count * sizeof **out;
    ferrite_zitem *block = mem_alloc(head + list->len);
    if (block != NULL) {
        char *bytes = (char *)block + head;
        if (list->len != 0) memcpy(bytes, list->bytes, list->len);
        for (size_t i = 0; i < list->count; i++) {
            const struct scored_place *place = &list->places[i];
            block[i].member = (ferrite_slice){bytes + place->offset, place->len};
            block[i].score = place->score;
        }
        *out = block;
        *count = list->count;
    }
    scored_clear(list);
    return block != NULL ? FERRITE_OK : error_nomem();
}

void scored_clear(struct scored *list) {
    if (list->places != list->held_places) mem_free(list->places);
    if (list->bytes != list->held_bytes) mem_free(list->bytes);
    scored_init(list);
}
