/* row.c - see row.h. */
#include "row.h"

#include <stdlib.h>
#include <string.h>

void row_insert(struct row *row, size_t at, struct item item) {
    if (row->count == row->cap) {
        row->cap = row->cap * 2 + 16;
        row->items = realloc(row->items, row->cap * sizeof *row->items);
        if (row->items == NULL) abort();
    }
    memmove(&row->items[at + 1], &row->items[at], (row->count - at) * sizeof *row->items);
    row->items[at] = item;
    row->count++;
}

void row_append(struct row *row, const void *data, size_t len) {
    row_insert(row, row->count, (struct item){data, len});
}

void row_remove(struct row *row, size_t at, size_t count) {
    if (count == 0) return; /* and then there may be no items at all */
    row->count -= count;
    memmove(&row->items[at], &row->items[at + count], (row->count - at) * sizeof *row->items);
}

struct row row_from(const struct oracle_bytes *bytes) {
    struct row row = {0};
    for (size_t at = 0; bytes != NULL && at < bytes->len;) {
        uint32_t len;
        memcpy(&len, bytes->data + at, sizeof len);
        row_append(&row, bytes->data + at + sizeof len, len);
        at += sizeof len + len;
    }
    return row;
}

char *row_join(struct row *row, size_t *len) {
    *len = 0;
    for (size_t i = 0; i < row->count; i++) *len += sizeof(uint32_t) + row->items[i].len;
    char *bytes = malloc(*len + 1), *at = bytes;
    if (bytes == NULL) abort();
    for (size_t i = 0; i < row->count; i++) {
        uint32_t item_len = (uint32_t)row->items[i].len;
        memcpy(at, &item_len, sizeof item_len);
        if (item_len > 0) memcpy(at + sizeof item_len, row->items[i].data, item_len);
        at += sizeof item_len + item_len;
    }
    free(row->items);
    return bytes;
}

int item_compare(const struct item *a, const struct item *b) {
    size_t common = a->len < b->len ? a->len : b->len;
    int order = common > 0 ? memcmp(a->data, b->data, common) : 0;
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}
