/*
 * zset_walk.c - going through a sorted set in order, forwards or backwards, whichever form it has. See zset_form.h.
 */
#include "zset_form_internal.h"

static int walk_packed(struct zset_walk *walk) {
    struct packed_item item;
    walk->valid = walk->index < walk->count;
    if (!walk->valid) return FERRITE_OK;
    int code = zset_pair_read(walk->c, walk->offset[walk->index], &item);
    if (code != FERRITE_OK) return code;
    walk->score = score_read(item.data);
    walk->member = (ferrite_slice){(const char *)item.data + SCORE_LEN, item.len - SCORE_LEN};
    return FERRITE_OK;
}

static int walk_tree(struct zset_walk *walk) {
    walk->valid = walk->cursor.valid;
    return walk->valid ? zset_pair_at(&walk->cursor, &walk->score, &walk->member) : FERRITE_OK;
}

static int walk_offsets(struct zset_walk *walk) {
    const struct collection *c = walk->c;
    struct packed_item item;
    for (uint32_t at = 0; at < c->len; at = item.next) {
        int code = zset_pair_read(c, at, &item);
        if (code != FERRITE_OK) return code;
        if (walk->count == sizeof walk->offset / sizeof *walk->offset) return zset_damaged();
        walk->offset[walk->count++] = (uint16_t)at;
    }
    return FERRITE_OK;
}

int zset_walk_begin(struct collection *c, uint64_t rank, bool reverse, struct zset_walk *walk) {
    walk->c = c;
    walk->reverse = reverse;
    walk->valid = false;
    walk->count = 0;
    int code;
    if (!c->packed) {
        cursor_init(&walk->cursor, &c->ks->txn->pages, &c->tree[1]);
        code = cursor_seek_rank(&walk->cursor, rank);
        return code == FERRITE_OK ? walk_tree(walk) : code;
    }
    code = walk_offsets(walk);
    walk->index = rank < walk->count ? (uint32_t)rank : walk->count;
    return code == FERRITE_OK ? walk_packed(walk) : code;
}

int zset_walk_seek(struct collection *c, const void *pair, size_t len, bool reverse,
                   struct zset_walk *walk) {
    struct tree_cursor *cursor = &walk->cursor;
    bool exact;
    walk->c = c;
    walk->reverse = reverse;
    walk->valid = false;
    cursor_init(cursor, &c->ks->txn->pages, &c->tree[1]);
    int code = cursor_seek(cursor, pair, len, &exact);
    if (code == FERRITE_OK && reverse)
        code = cursor->valid ? cursor_prev(cursor) : cursor_last(cursor);
    return code == FERRITE_OK ? walk_tree(walk) : code;
}

int zset_walk_next(struct zset_walk *walk) {
    if (walk->c->packed) {
        walk->index = walk->reverse && walk->index == 0 ? walk->count
                      : walk->reverse                   ? walk->index - 1
                                                        : walk->index + 1;
        return walk_packed(walk);
    }
    int code = walk->reverse ? cursor_prev(&walk->cursor) : cursor_next(&walk->cursor);
    return code == FERRITE_OK ? walk_tree(walk) : code;
}

void zset_walk_done(struct zset_walk *walk) {
    if (!walk->c->packed) cursor_done(&walk->cursor);
}
