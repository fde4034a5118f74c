/*
 * row.h - items in a row: the form in which the oracle keeps collections (members.h). The items point at bytes of others.
 * One thread at a time.
 */
#ifndef FERRITE_TESTS_ROW_H
#define FERRITE_TESTS_ROW_H

#include <stddef.h>

#include "oracle.h"

struct item {
    const char *data;
    size_t len;
};

struct row {
    struct item *items;
    size_t count, cap;
};

void row_insert(struct row *row, size_t at, struct item item);
void row_append(struct row *row, const void *data, size_t len);
void row_remove(struct row *row, size_t at, size_t count);
/* The items of what row_join made; NULL: none. */
struct row row_from(const struct oracle_bytes *bytes);
/* All items, each with its length before it, for free. Frees the row, not what its items point at. */
char *row_join(struct row *row, size_t *len);

int item_compare(const struct item *a, const struct item *b);

#endif
