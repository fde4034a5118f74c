/*
 * collection.c - opening, closing and changing the form of collections. See collection.h.
 */
#include "collection.h"

#include "expire.h"
#include "expiry.h"
#include "garbage.h"
#include "mutate.h"
#include "scan.h"

static int wrong_type(void) {
    return error_set(FERRITE_WRONGTYPE,
                     "WRONGTYPE Operation against a key holding the wrong kind of value");
}

static void collection_clear(struct keyspace *ks, const struct collection_kind *kind,
                             struct collection *c) {
    c->ks = ks;
    c->kind = kind;
    c->exists = c->changed = false;
    c->packed = true;
    c->trees = kind->trees;
    c->len = 0;
    c->bytes = c->room;
    c->removed = 0;
    c->first_ms = c->wake_ms = 0;
}

/* What the record says, apart from packed bytes. */
static int collection_take(struct collection *c, const struct record *record) {
    if (record_type(record) != c->kind->type) return wrong_type();
    c->exists = true;
    (void)record_wake(record, &c->wake_ms);
    const uint8_t *payload = record->payload;
    c->len = record->payload_len;
    if (record->head & RECORD_FIELDS_EXPIRE) {
        c->first_ms = record_first_field(record);
        payload += sizeof c->first_ms;
        c->len -= (uint32_t)sizeof c->first_ms;
    }
    c->bytes = payload;
    c->packed = !(record->head & RECORD_TREES);
    if (c->packed) return FERRITE_OK;
    c->trees = (uint8_t)record_trees(record, c->tree);
    if (c->trees == 1) c->tree[1] = (struct tree){.tag = TAG_COLLECTION};
    memcpy(&c->removed, payload + c->trees * sizeof *c->tree, sizeof c->removed);
    int code = tree_count_check(&c->ks->txn->pages, &c->tree[0]);
    return code == FERRITE_OK ? tree_count_check(&c->ks->txn->pages, &c->tree[1]) : code;
}

int collection_read(struct keyspace *ks, const struct collection_kind *kind, ferrite_slice key,
                    struct collection *c) {
    struct record record;
    collection_clear(ks, kind, c);
    int code = keyspace_get(ks, key.data, key.len, &record);
    if (code == FERRITE_NOTFOUND) return FERRITE_OK;
    return code == FERRITE_OK ? collection_take(c, &record) : code;
}

int collection_of(struct keyspace *ks, const struct collection_kind *kind,
                  const struct record *record, struct collection *c) {
    collection_clear(ks, kind, c);
    return collection_take(c, record);
}

int collection_open(struct keyspace *ks, const struct collection_kind *kind, ferrite_slice key,
                    struct collection *c) {
    collection_clear(ks, kind, c);
    int code = keyspace_readable(ks);
    cursor_init(&c->entry.cursor, NULL, NULL); /* so that it can be closed in any case */
    if (code == FERRITE_OK) code = entry_open_live(ks, key.data, key.len, &c->entry);
    if (code != FERRITE_OK || !c->entry.exists) return code;
    code = collection_take(c, &c->entry.record);
    if (code == FERRITE_OK && c->packed && c->len > COLLECTION_PACKED_MAX)
        code = error_set(FERRITE_CORRUPT, "a record is too long");
    if (code == FERRITE_OK && c->packed) memcpy(c->room, c->bytes, c->len);
    c->bytes = c->room;
    return code;
}

struct collection_step collection_scan(const struct collection *c, uint64_t cursor, size_t effort) {
    if (c->packed) return (struct collection_step){0, COLLECTION_PACKED_MAX, 0};
    return scan_ranks(cursor, effort, c->tree[0].count, c->removed);
}

/* ---- places of elements ---- */

int collection_seek_rank(struct collection *c, uint32_t stride, uint64_t rank, uint32_t *next,
                         struct tree_cursor *cursor) {
    int code = FERRITE_OK;
    *next = 0;
    if (!c->packed) {
        cursor_init(cursor, &c->ks->txn->pages, &c->tree[0]);
        return cursor_seek_rank(cursor, rank);
    }
    for (; rank > 0 && *next < c->len && code == FERRITE_OK; rank--)
        code = packed_skip(c->bytes, c->len, stride, next);
    return code;
}

int collection_seek_behind(struct collection *c, uint32_t stride, ferrite_slice item,
                           uint32_t *next, struct tree_cursor *cursor) {
    bool exact;
    *next = 0;
    if (c->packed) {
        int code = packed_seek(c->bytes, c->len, stride, item, next, &exact);
        return code == FERRITE_OK && exact ? packed_skip(c->bytes, c->len, stride, next) : code;
    }
    cursor_init(cursor, &c->ks->txn->pages, &c->tree[0]);
    int code = cursor_seek(cursor, item.data, item.len, &exact);
    return code == FERRITE_OK && exact ? cursor_next(cursor) : code;
}

/* ---- changing the form ---- */

static void trees_begin(struct collection *c) {
    c->packed = false;
    c->removed = (uint32_t)(c->ks->txn->pages.txid * 2654435761u); /* unlike that of earlier trees */
    for (uint32_t i = 0; i < COLLECTION_TREES_MAX; i++)
        c->tree[i] = (struct tree){.flags = c->kind->positional ? TREE_POSITIONAL : 0,
                                   .tag = TAG_COLLECTION};
}

int collection_unpack(struct collection *c) {
    uint8_t bytes[RECORD_INLINE_MAX];
    uint32_t len = c->len;
    memcpy(bytes, c->room, len);
    trees_begin(c);
    c->changed = true;
    int code = c->kind->unpack(c, bytes, len);
    return code == FERRITE_OK ? code : txn_fail(c->ks->txn, code);
}

/* Whether the tree is one leaf, and its entries take few bytes when packed. An estimate from above,
 * but for long values: those the type's pack finds out. */
static int tree_is_small(struct pages *pages, const struct tree *tree, bool *small) {
    *small = false;
    if (tree->count > COLLECTION_PACK_MAX || tree->root == 0) return FERRITE_OK;
    const struct page *page = page_read(pages, tree->root);
    if (page == NULL) return FERRITE_CORRUPT;
    uint32_t cells = PAGE_SIZE - page->heap - page->garbage;
    uint32_t each = tree->flags & TREE_POSITIONAL ? 0 : page->prefix_len + 3u;
    *small = page->level == 0 && cells + page->slots * each <= COLLECTION_PACK_MAX;
    return FERRITE_OK;
}

static int trees_drop(struct collection *c) {
    int code = FERRITE_OK;
    for (uint32_t i = 0; i < c->trees && code == FERRITE_OK; i++)
        code = garbage_tree(c->ks->txn, &c->tree[i]);
    return code;
}

static int collection_shrink(struct collection *c) {
    bool small;
    struct pages *pages = &c->ks->txn->pages;
    int code = tree_is_small(pages, &c->tree[0], &small);
    if (code != FERRITE_OK || !small) return code;
    bool fits = false;
    code = c->kind->pack(c, &fits);
    if (code != FERRITE_OK || !fits) return code;
    code = trees_drop(c);
    c->packed = true;
    c->trees = c->kind->trees;
    return code;
}

/* ---- writing back ---- */

static uint32_t payload_write(const struct collection *c, uint8_t *place) {
    uint8_t *at = place;
    if (c->first_ms != 0) {
        memcpy(at, &c->first_ms, sizeof c->first_ms);
        at += sizeof c->first_ms;
    }
    if (c->packed) {
        memcpy(at, c->room, c->len);
        return (uint32_t)(at - place) + c->len;
    }
    uint32_t size = c->trees * (uint32_t)sizeof *c->tree;
    memcpy(at, c->tree, size);
    memcpy(at + size, &c->removed, sizeof c->removed);
    return (uint32_t)(at - place) + size + (uint32_t)sizeof c->removed;
}

static uint32_t payload_size(const struct collection *c) {
    uint32_t size = c->first_ms != 0 ? (uint32_t)sizeof c->first_ms : 0;
    if (c->packed) return size + c->len;
    return size + c->trees * (uint32_t)sizeof *c->tree + (uint32_t)sizeof c->removed;
}

/* The key's entry by time follows when its first field expires at another moment now. */
static int wake_change(struct collection *c, int64_t wake_ms) {
    const struct entry *entry = &c->entry;
    int code = FERRITE_OK;
    if (c->wake_ms == wake_ms) return code;
    if (c->wake_ms != 0)
        code = expiry_remove(c->ks->txn, c->ks->db, c->wake_ms, entry->key, entry->key_len);
    if (code == FERRITE_OK && wake_ms != 0)
        code = expiry_add(c->ks->txn, c->ks->db, wake_ms, entry->key, entry->key_len);
    c->wake_ms = wake_ms;
    return code;
}

static int record_store(struct collection *c) {
    struct entry *entry = &c->entry;
    int64_t expire_ms = c->exists ? entry->record.expire_ms : 0, wake_ms = expire_ms;
    uint8_t head = c->kind->type, *at;
    if (c->exists) head |= entry->record.head & RECORD_EXPIRES;
    if (!c->packed) head |= RECORD_TREES;
    if (c->first_ms != 0) {
        head |= RECORD_FIELDS_EXPIRE;
        if (wake_ms == 0 || c->first_ms < wake_ms) wake_ms = c->first_ms;
    }
    void *place;
    int code = cursor_put_reserve(&entry->cursor, entry->key, entry->key_len, entry->exists,
                                  record_header_len(head) + payload_size(c), !c->packed, &place);
    if (code != FERRITE_OK) return code;
    at = record_write_header(place, head, expire_ms);
    payload_write(c, at);
    entry->exists = true;
    return __builtin_expect(c->wake_ms == wake_ms, 1) ? code : wake_change(c, wake_ms);
}

/* Nothing is left, or nothing came of it. */
static int record_remove(struct collection *c) {
    int code = c->packed ? FERRITE_OK : trees_drop(c);
    if (code == FERRITE_OK) code = wake_change(c, 0);
    if (code != FERRITE_OK || !c->entry.exists) return code;
    c->ks->txn->roots->removed[c->ks->db]++;
    c->entry.exists = false;
    return cursor_delete(&c->entry.cursor);
}

static int collection_store(struct collection *c) {
    int code = FERRITE_OK;
    if (c->packed ? c->len == 0 : c->tree[0].count == 0) return record_remove(c);
    if (!c->packed) code = collection_shrink(c);
    return code == FERRITE_OK ? record_store(c) : code;
}

int collection_close(struct collection *c, int code) {
    bool written = code == FERRITE_OK && c->changed;
    if (written) code = collection_store(c);
    entry_close(&c->entry);
    if (written && code == FERRITE_OK && c->entry.exists && !c->exists)
        code = expire_new_key(c->ks, c->entry.key, c->entry.key_len);
    return code != FERRITE_OK && c->changed ? txn_fail(c->ks->txn, code) : code;
}

int collection_pause(struct collection *c, bool frees) {
    ferrite_slice key = {c->entry.key, c->entry.key_len};
    int code = collection_close(c, FERRITE_OK);
    if (code == FERRITE_OK) code = txn_operation(c->ks->txn, frees);
    if (code == FERRITE_OK) return collection_open(c->ks, c->kind, key, c);
    /* So that collection_close finds nothing to do but to close. */
    collection_clear(c->ks, c->kind, c);
    cursor_init(&c->entry.cursor, &c->ks->txn->pages, txn_keys(c->ks->txn, c->ks->db));
    return txn_fail(c->ks->txn, code);
}
