/*
 * keyrun.c - runs of long keys, and separators; see keyrun.h.
 */
#include "keyrun.h"

int keyrun_new(struct pages *pages, uint16_t tag, const uint8_t *key, uint32_t len, pgno *out) {
    struct page *run;
    int rc = run_new(pages, tag, len, &run);
    if (rc != FERRITE_OK) return rc;
    memcpy(run_payload(run), key, len);
    *out = run->pgno;
    return FERRITE_OK;
}

int keyrun_free_slot(struct pages *pages, const struct page *page, uint32_t slot) {
    if (likely(!node_key_spilled(page, slot))) return FERRITE_OK;
    return run_free(pages, node_spill_run(page, slot), node_spill_len(page, slot));
}

/* Both keys are long and begin alike: the separator needs their runs. */
static int separator_from_runs(struct pages *pages, uint16_t tag, uint32_t a_len, pgno a_run,
                               uint32_t b_len, pgno b_run, struct entry *entry) {
    const struct page *a = run_read(pages, a_run, a_len);
    const struct page *b = a ? run_read(pages, b_run, b_len) : NULL;
    if (b == NULL) return FERRITE_CORRUPT;
    uint32_t common = bytes_common(run_bytes(a), run_bytes(b), a_len < b_len ? a_len : b_len);
    if (common >= b_len) return error_set(FERRITE_CORRUPT, "page %u: keys out of order", b_run);
    entry->key_len = common + 1;
    return keyrun_new(pages, tag, run_bytes(b), common + 1, &entry->run);
}

int separator_make(struct pages *pages, uint16_t tag, const struct page *left,
                   const struct page *right, uint8_t *key, struct entry *entry) {
    uint8_t before[KEY_INLINE_MAX + 4];
    uint32_t a_full, b_full;
    const uint32_t last = left->slots - 1u;
    uint32_t a_len = node_key(left, last, before, &a_full);
    uint32_t b_len = node_key(right, 0, key, &b_full);
    uint32_t common = bytes_common(before, key, a_len < b_len ? a_len : b_len);
    entry->key = key;
    entry->run = 0;
    if (common < KEY_INLINE_MAX && common < b_len) {
        entry->key_len = common + 1;
        return FERRITE_OK;
    }
    const pgno b_run = b_full > KEY_INLINE_MAX ? node_spill_run(right, 0) : 0;
    if (a_full > KEY_INLINE_MAX && b_full > KEY_INLINE_MAX)
        return separator_from_runs(pages, tag, a_full, node_spill_run(left, last), b_full, b_run,
                                   entry);
    if (common >= b_full)
        return error_set(FERRITE_CORRUPT, "page %u: keys out of order", right->pgno);
    /* a is exactly the first 512 bytes of b: one byte more tells them apart. */
    const struct page *b = run_read(pages, b_run, b_full);
    if (b == NULL) return FERRITE_CORRUPT;
    entry->key_len = common + 1;
    return keyrun_new(pages, tag, run_bytes(b), entry->key_len, &entry->run);
}
