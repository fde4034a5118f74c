/*
 * list_read.c - lists: the functions that only look. See list.h.
 */
#include "../os/mem.h"
#include "arena.h"
#include "list_place.h"

int list_len(struct keyspace *ks, ferrite_slice key, uint64_t *len) {
    struct collection c;
    *len = 0;
    int code = collection_read(ks, &list_kind, key, &c);
    return code == FERRITE_OK ? list_count(&c, len) : code;
}

/* Opens for reading; *found false when there is no such element. */
static int element_find(struct keyspace *ks, ferrite_slice key, int64_t index, struct collection *c,
                        uint64_t *at, bool *found) {
    uint64_t count;
    *found = false;
    int code = collection_read(ks, &list_kind, key, c);
    if (code == FERRITE_OK) code = list_count(c, &count);
    if (code == FERRITE_OK) *found = list_index_resolve(index, count, at);
    return code;
}

int list_index(struct keyspace *ks, ferrite_slice key, int64_t index, char **element, size_t *len) {
    struct collection c;
    uint64_t at;
    bool found;
    *element = NULL;
    *len = 0;
    int code = element_find(ks, key, index, &c, &at, &found);
    return code == FERRITE_OK && found ? list_element_copy(&c, at, element, len) : code;
}

/* An element that was put together in the cursor, where it stays longer. */
static int element_keep(struct keyspace *ks, ferrite_slice *element) {
    char *room;
    int code = arena_take(ks->arena, element->len, &room);
    if (code != FERRITE_OK) return code;
    memcpy(room, element->data, element->len);
    element->data = room;
    return code;
}

int list_view(struct keyspace *ks, ferrite_slice key, int64_t index, ferrite_slice *element,
              bool *found) {
    struct collection c;
    struct list_place place;
    struct tree_value value;
    uint64_t at, len;
    int code = element_find(ks, key, index, &c, &at, found);
    if (code != FERRITE_OK || !*found) return code;
    code = list_place_begin(&place, &c, at);
    if (code == FERRITE_OK) code = list_place_element(&place, &value);
    if (code == FERRITE_OK) code = value_view(ks, &value, 0, element, &len);
    if (code == FERRITE_OK && !c.packed && cursor_holds(&place.cursor, &value))
        code = element_keep(ks, element);
    list_place_done(&place);
    if (code == FERRITE_OK && element->len < len)
        code = error_set(FERRITE_LIMIT, "the element lies in pieces: ferrite_lindex copies it");
    return code;
}

/* Redis's range: inclusive, negative from the end, cut to the list. *count 0: nothing. */
void list_range_resolve(int64_t start, int64_t stop, uint64_t len, uint64_t *from,
                        uint64_t *count) {
    int64_t n = (int64_t)len;
    if (start < 0) start = start < -n ? 0 : start + n;
    if (stop < 0) stop = stop < -n ? -1 : stop + n;
    if (stop >= n) stop = n - 1;
    bool empty = start > stop || start >= n;
    *from = empty ? 0 : (uint64_t)start;
    *count = empty ? 0 : (uint64_t)(stop - start) + 1;
}

int list_collect(struct collection *c, uint64_t from, uint64_t count, bool forward,
                 struct slices *out) {
    struct list_place place;
    struct pages *pages = &c->ks->txn->pages;
    int code = list_place_begin(&place, c, from);
    while (code == FERRITE_OK && place.valid && count-- > 0) {
        struct tree_value value;
        code = list_place_element(&place, &value);
        if (code == FERRITE_OK) code = list_slices_add(pages, &value, out);
        if (code == FERRITE_OK) code = list_place_step(&place, forward);
    }
    list_place_done(&place);
    return code;
}

int list_range(struct keyspace *ks, ferrite_slice key, int64_t start, int64_t stop,
               struct slices *out) {
    struct collection c;
    uint64_t all, from, count = 0;
    int code = collection_read(ks, &list_kind, key, &c);
    if (code == FERRITE_OK) code = list_count(&c, &all);
    if (code == FERRITE_OK) list_range_resolve(start, stop, all, &from, &count);
    return count != 0 ? list_collect(&c, from, count, true, out) : code;
}

/* ---- looking for elements ---- */

struct matches {
    int64_t *index;
    size_t count, cap;
};

static int matches_add(struct matches *matches, uint64_t index) {
    if (matches->count == matches->cap) {
        size_t cap = matches->cap < 8 ? 16 : 2 * matches->cap;
        int64_t *larger = mem_realloc(matches->index, cap * sizeof *larger);
        if (larger == NULL) return error_nomem();
        matches->index = larger;
        matches->cap = cap;
    }
    matches->index[matches->count++] = (int64_t)index;
    return FERRITE_OK;
}

static bool matches_enough(const struct matches *matches, const struct list_search *search) {
    return search->count != 0 && matches->count >= search->count;
}

static int matches_collect(struct collection *c, ferrite_slice element,
                           const struct list_search *search, struct matches *matches) {
    struct list_place place;
    bool forward = search->rank > 0;
    uint64_t all, left = search->max_len != 0 ? search->max_len : UINT64_MAX;
    /* The smallest number has no positive one: Redis takes it for the first from the end. */
    uint64_t skip = forward ? (uint64_t)search->rank - 1 : (uint64_t) - (search->rank + 1);
    if (search->rank == INT64_MIN) skip = 0;
    int code = list_count(c, &all);
    if (code != FERRITE_OK || all == 0) return code;
    code = list_place_begin(&place, c, forward ? 0 : all - 1);
    while (code == FERRITE_OK && place.valid && !matches_enough(matches, search)) {
        code = list_place_find(&place, forward, element, &left);
        if (code != FERRITE_OK || !place.valid) break;
        if (skip > 0)
            skip--;
        else
            code = matches_add(matches, place.index);
        if (code == FERRITE_OK) code = list_place_step(&place, forward);
    }
    list_place_done(&place);
    return code;
}

int list_find(struct keyspace *ks, ferrite_slice key, ferrite_slice element,
              const struct list_search *search, int64_t **indexes, size_t *count) {
    struct collection c;
    struct matches matches = {mem_alloc(sizeof *matches.index), 0, 1};
    if (matches.index == NULL) return error_nomem();
    int code = collection_read(ks, &list_kind, key, &c);
    if (code == FERRITE_OK) code = matches_collect(&c, element, search, &matches);
    if (code != FERRITE_OK) {
        mem_free(matches.index);
        return code;
    }
    *indexes = matches.index;
    *count = matches.count;
    return code;
}
