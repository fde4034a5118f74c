/*
 * lcs.c - see lcs.h.
 */
#include "lcs.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"

static uint64_t cell(const struct lcs *lcs, uint32_t i, uint32_t j) {
    return (uint64_t)i * lcs->b_len + j;
}

static bool goes_up(const struct lcs *lcs, uint32_t i, uint32_t j) {
    uint64_t bit = cell(lcs, i, j);
    return lcs->up[bit / 8] >> (bit % 8) & 1;
}

/* One row of lengths from the row above it; row[0] stays 0. `row` holds the row above and is
 * overwritten from left to right, `corner` keeping the one value still needed. */
static void row_next(struct lcs *lcs, uint32_t i, uint32_t *row) {
    uint32_t corner = 0;
    for (uint32_t j = 0; j < lcs->b_len; j++) {
        uint32_t above = row[j + 1], left = row[j];
        if (lcs->a[i] == lcs->b[j]) {
            row[j + 1] = corner + 1;
        } else if (above > left) {
            if (lcs->up != NULL) {
                uint64_t bit = cell(lcs, i, j);
                lcs->up[bit / 8] |= (uint8_t)(1u << (bit % 8));
            }
        } else {
            row[j + 1] = left;
        }
        corner = above;
    }
}

int lcs_compute(struct lcs *lcs, const void *a, size_t a_len, const void *b, size_t b_len,
                bool trace) {
    memset(lcs, 0, sizeof *lcs);
    if (a_len != 0 && b_len != 0 && a_len > LCS_CELLS_MAX / b_len)
        return error_set(FERRITE_LIMIT, "ERR Insufficient memory, transient memory for LCS "
                                        "exceeds proto-max-bulk-len");
    if (a_len == 0 || b_len == 0) return FERRITE_OK;
    lcs->a = a;
    lcs->b = b;
    lcs->a_len = (uint32_t)a_len;
    lcs->b_len = (uint32_t)b_len;
    uint32_t *row = mem_calloc((b_len + 1) * sizeof *row);
    if (row == NULL) return error_nomem();
    if (trace) lcs->up = mem_calloc((size_t)a_len * b_len / 8 + 1);
    if (trace && lcs->up == NULL) {
        mem_free(row);
        return error_nomem();
    }
    for (uint32_t i = 0; i < lcs->a_len; i++) row_next(lcs, i, row);
    lcs->len = row[b_len];
    mem_free(row);
    return FERRITE_OK;
}

/* Steps back from before (i, j) to the next common byte; false when there is none. */
static bool step_to_common(const struct lcs *lcs, uint32_t *i, uint32_t *j) {
    while (*i > 0 && *j > 0) {
        if (lcs->a[*i - 1] == lcs->b[*j - 1]) return true;
        if (goes_up(lcs, *i - 1, *j - 1))
            --*i;
        else
            --*j;
    }
    return false;
}

void lcs_text(const struct lcs *lcs, char *out) {
    uint32_t i = lcs->a_len, j = lcs->b_len, at = lcs->len;
    while (step_to_common(lcs, &i, &j)) {
        out[--at] = (char)lcs->a[i - 1];
        i--;
        j--;
    }
}

int lcs_matches(const struct lcs *lcs, lcs_match_fn fn, void *ctx) {
    uint32_t i = lcs->a_len, j = lcs->b_len;
    while (step_to_common(lcs, &i, &j)) {
        struct lcs_match match = {.a_end = i - 1, .b_end = j - 1};
        while (i > 0 && j > 0 && lcs->a[i - 1] == lcs->b[j - 1]) {
            i--;
            j--;
        }
        match.a_start = i;
        match.b_start = j;
        int stop = fn(ctx, &match);
        if (stop != 0) return stop;
    }
    return 0;
}

void lcs_done(struct lcs *lcs) {
    mem_free(lcs->up);
    lcs->up = NULL;
}
