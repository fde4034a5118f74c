/*
 * scan.c - see scan.h.
 */
#include "scan.h"

#define RANK_BITS      34u
#define RANK_MAX       (((uint64_t)1 << RANK_BITS) - 1)
#define REMOVED_MASK   (((uint64_t)1 << (64 - RANK_BITS)) - 1)
#define EFFORT_DEFAULT 10u
#define PREFIX_MAX     256u

bool key_filter_match(const struct key_filter *filter, struct keyspace *ks, const void *key,
                      size_t key_len, const struct record *record) {
    if (keyspace_expired(ks, record)) return false;
    if (filter->type != FERRITE_TYPE_NONE && filter->type != record_type(record)) return false;
    return scan_wants(filter->pattern, key, key_len);
}

/* Adds the key under the cursor if it is wanted. */
static int list_current(struct keyspace *ks, struct tree_cursor *cursor, const uint8_t *key,
                        size_t key_len, const struct key_filter *filter, struct slices *out) {
    struct tree_value value;
    struct record record;
    int code = cursor_value(cursor, &value);
    if (code == FERRITE_OK) code = record_parse(&value, &record);
    if (code != FERRITE_OK || !key_filter_match(filter, ks, key, key_len, &record)) return code;
    return slices_add(out, key, key_len);
}

static int list_ranks(struct keyspace *ks, struct tree_cursor *cursor, uint64_t count,
                      const struct key_filter *filter, struct slices *out) {
    int code = FERRITE_OK;
    while (code == FERRITE_OK && cursor->valid && count-- > 0) {
        const uint8_t *key;
        size_t key_len;
        code = cursor_key(cursor, &key, &key_len);
        if (code == FERRITE_OK) code = list_current(ks, cursor, key, key_len, filter, out);
        if (code == FERRITE_OK) code = cursor_next(cursor);
    }
    return code;
}

struct collection_step scan_ranks(uint64_t cursor, size_t effort, uint64_t total,
                                  uint64_t removed) {
    removed &= REMOVED_MASK;
    uint64_t rank = cursor & RANK_MAX, lower = 0;
    if (rank != 0) lower = (removed - (cursor >> RANK_BITS)) & REMOVED_MASK;
    if (lower > rank) lower = rank;
    uint64_t end = effort != 0 ? effort : EFFORT_DEFAULT;
    end = end < RANK_MAX - rank ? rank + end : RANK_MAX;
    return (struct collection_step){rank - lower, end,
                                    end < total ? removed << RANK_BITS | end : 0};
}

int scan_step(struct keyspace *ks, uint64_t *cursor, size_t effort, const struct key_filter *filter,
              struct slices *out) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    struct collection_step step = scan_ranks(*cursor, effort, txn_keys(ks->txn, ks->db)->count,
                                             ks->txn->roots->removed[ks->db]);
    struct tree_cursor place;
    cursor_init(&place, &ks->txn->pages, txn_keys(ks->txn, ks->db));
    code = cursor_seek_rank(&place, step.begin);
    if (code == FERRITE_OK) code = list_ranks(ks, &place, step.end - step.begin, filter, out);
    cursor_done(&place);
    if (code == FERRITE_OK) *cursor = step.cursor;
    return code;
}

static bool begins_with(const uint8_t *key, size_t key_len, const char *prefix, size_t len) {
    return key_len >= len && (len == 0 || memcmp(key, prefix, len) == 0);
}

/* Keys lie in order, so only those with the pattern's fixed beginning need be looked at. */
int scan_all(struct keyspace *ks, const struct key_filter *filter, struct slices *out) {
    int code = keyspace_readable(ks);
    if (code != FERRITE_OK) return code;
    char prefix[PREFIX_MAX];
    size_t prefix_len = 0;
    if (filter->pattern.data != NULL)
        prefix_len = glob_prefix(filter->pattern.data, filter->pattern.len, prefix, sizeof prefix);
    struct tree_cursor place;
    bool exact;
    cursor_init(&place, &ks->txn->pages, txn_keys(ks->txn, ks->db));
    code = cursor_seek(&place, prefix, prefix_len, &exact);
    while (code == FERRITE_OK && place.valid) {
        const uint8_t *key;
        size_t key_len;
        code = cursor_key(&place, &key, &key_len);
        if (code != FERRITE_OK || !begins_with(key, key_len, prefix, prefix_len)) break;
        code = list_current(ks, &place, key, key_len, filter, out);
        if (code == FERRITE_OK) code = cursor_next(&place);
    }
    cursor_done(&place);
    return code;
}
