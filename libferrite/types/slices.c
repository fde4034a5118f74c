/*
 * slices.c - see slices.h.
 */
#include "slices.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"

#define NIL_OFFSET SIZE_MAX

struct slice_place {
    size_t offset, len;
};

static int grow(void **block, size_t *cap, size_t needed, size_t element) {
    if (needed <= *cap) return FERRITE_OK;
    size_t larger = *cap < 32 ? 64 : *cap + *cap / 2;
    if (larger < needed) larger = needed;
    void *moved = mem_realloc(*block, larger * element);
    if (moved == NULL) return error_nomem();
    *block = moved;
    *cap = larger;
    return FERRITE_OK;
}

static int place_add(struct slices *list, size_t offset, size_t len) {
    void *block = list->places;
    int code = grow(&block, &list->places_cap, list->count + 1, sizeof *list->places);
    list->places = block;
    if (code == FERRITE_OK) list->places[list->count++] = (struct slice_place){offset, len};
    return code;
}

int slices_reserve(struct slices *list, size_t len, char **out) {
    void *block = list->bytes;
    int code = grow(&block, &list->cap, list->len + len + 1, 1);
    list->bytes = block;
    if (code == FERRITE_OK) code = place_add(list, list->len, len);
    if (code != FERRITE_OK) return code;
    *out = list->bytes + list->len;
    (*out)[len] = '\0';
    list->len += len + 1;
    return FERRITE_OK;
}

int slices_add(struct slices *list, const void *data, size_t len) {
    char *out;
    int code = slices_reserve(list, len, &out);
    if (code == FERRITE_OK && len != 0) memcpy(out, data, len);
    return code;
}

int slices_add_nil(struct slices *list) { return place_add(list, NIL_OFFSET, 0); }

int slices_finish(struct slices *list, ferrite_slice **out, size_t *count) {
    size_t head = list->count * sizeof(ferrite_slice);
    ferrite_slice *block = mem_alloc(head + list->len);
    int code = block != NULL ? FERRITE_OK : error_nomem();
    if (code == FERRITE_OK) {
        char *bytes = (char *)block + head;
        if (list->len != 0) memcpy(bytes, list->bytes, list->len);
        for (size_t i = 0; i < list->count; i++) {
            const struct slice_place *place = &list->places[i];
            block[i].data = place->offset == NIL_OFFSET ? NULL : bytes + place->offset;
            block[i].len = place->len;
        }
        *out = block;
        *count = list->count;
    }
    slices_clear(list);
    return code;
}

void slices_clear(struct slices *list) {
    mem_free(list->places);
    mem_free(list->bytes);
    *list = (struct slices){0};
}
