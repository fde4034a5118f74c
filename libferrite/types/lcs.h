/*
 * lcs.h - the longest common subsequence of two byte strings, and where it lies.
 *
 * Dynamic programming: time is the product of the lengths, memory one bit for each pair of
 * positions. LCS_CELLS_MAX bounds the product, so that no call runs for minutes. Any thread.
 */
#ifndef FERRITE_TYPES_LCS_H
#define FERRITE_TYPES_LCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LCS_CELLS_MAX \
    (128ull * 1024 * 1024) /* where Redis stops with its 512 MiB of 4-byte cells */

struct lcs_match {
    uint64_t a_start, a_end, b_start, b_end; /* inclusive */
};

/* Told each run of neighbouring common bytes, from the last to the first. */
typedef int (*lcs_match_fn)(void *ctx, const struct lcs_match *match);

struct lcs {
    const uint8_t *a, *b;
    uint32_t a_len, b_len;
    uint8_t *up;  /* the bit of (i, j): the better way back is i - 1 */
    uint32_t len; /* of the longest common subsequence */
};

/* FERRITE_LIMIT when the strings are too long, FERRITE_NOMEM. `trace`: lcs_text and lcs_matches
 * will be asked. End with lcs_done. */
int lcs_compute(struct lcs *lcs, const void *a, size_t a_len, const void *b, size_t b_len,
                bool trace);
void lcs_text(const struct lcs *lcs, char *out); /* exactly lcs->len bytes */
int lcs_matches(const struct lcs *lcs, lcs_match_fn fn, void *ctx);
void lcs_done(struct lcs *lcs);

#endif
