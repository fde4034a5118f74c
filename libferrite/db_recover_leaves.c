/*
 * db_recover_leaves.c - leaf pages of keys that no tree reached and the free list does not name: they hang below a
 * page that is damaged. See db_recover.c.
 *
 * Without a meta page every leaf counts, the newest copy of a key first, so a key deleted shortly before may
 * come back (it is said).
 */
#include <stdlib.h>

#include "db_recover.h"
#include "os/mem.h"

struct leaf {
    uint64_t birth;
    pgno no;
};

static int leaf_add(struct recover *r, const struct page *page) {
    if (r->leaf_count == r->leaf_cap) {
        size_t cap = r->leaf_cap != 0 ? r->leaf_cap * 2 : 256;
        struct leaf *leaves = mem_realloc(r->leaves, cap * sizeof *leaves);
        if (leaves == NULL) return error_nomem();
        r->leaves = leaves;
        r->leaf_cap = cap;
    }
    r->leaves[r->leaf_count++] = (struct leaf){page->birth, page->pgno};
    return FERRITE_OK;
}

static bool is_key_leaf(const struct page *page) {
    return page->type == PAGE_LEAF && (page->tag & 0xff00) == TAG_KEYS &&
           (page->tag & 0xffu) < TXN_DATABASES_MAX && page->slots > 0;
}

/* Pages that a walk met are told already; without one this is how they are noticed. */
static void page_unreadable(struct recover *r, pgno no) {
    if (r->view.roots != NULL || salvage_page_blank(r->salvage, no)) return;
    r->result->damaged_pages++;
    recover_finding(r, "%s", error_text(FERRITE_CORRUPT));
}

static int page_look(struct recover *r, pgno no) {
    if ((r->seen[no / 8] >> (no % 8) & 1) || salvage_page_free(r->salvage, no)) return FERRITE_OK;
    const struct page *page = page_read(salvage_pages(r->salvage), no);
    if (page == NULL) page_unreadable(r, no);
    return page != NULL && is_key_leaf(page) ? leaf_add(r, page) : FERRITE_OK;
}

static int leaves_find(struct recover *r) {
    salvage_any_age(r->salvage);
    for (pgno no = 2;; no++) {
        int code = salvage_page_next(r->salvage, &no);
        if (code != FERRITE_OK || no >= r->view.page_count) return code;
        code = recover_progress(r, 1);
        if (code == FERRITE_OK) code = page_look(r, no);
        if (code != FERRITE_OK) return code;
    }
}

static int newest_first(const void *a, const void *b) {
    const struct leaf *x = a, *y = b;
    return (x->birth < y->birth) - (x->birth > y->birth);
}

static int leaf_take(struct recover *r, const struct leaf *leaf) {
    const struct page *page = page_read(salvage_pages(r->salvage), leaf->no);
    if (page == NULL) return FERRITE_OK;
    struct tree alone = {.root = leaf->no, .tag = page->tag, .count = page->slots};
    r->db = page->tag & 0xffu;
    r->leaf_birth = leaf->birth;
    int code = recover_tree(r, &alone);
    r->leaf_birth = 0;
    return code;
}

/* Leaves younger than the meta page at hand belong to no committed state, unless newer checkpoints
 * are known to have been lost: then they replace what the older trees said, oldest first. */
static int take_newer_leaves(struct recover *r) {
    int code = FERRITE_OK;
    for (size_t i = r->leaf_count; i-- > 0 && code == FERRITE_OK;)
        if (r->leaves[i].birth > r->view.txid) code = leaf_take(r, &r->leaves[i]);
    return code;
}

/* Of the others the newest copy of a key counts, if the trees had none. */
static int take_older_leaves(struct recover *r) {
    int code = FERRITE_OK;
    r->only_new = true;
    for (size_t i = 0; i < r->leaf_count && code == FERRITE_OK; i++)
        if (r->view.roots == NULL || r->leaves[i].birth <= r->view.txid)
            code = leaf_take(r, &r->leaves[i]);
    r->only_new = false;
    return code;
}

int recover_leaves(struct recover *r) {
    uint64_t before = r->result->keys;
    int code = leaves_find(r);
    if (r->leaf_count != 0) qsort(r->leaves, r->leaf_count, sizeof *r->leaves, newest_first);
    if (code == FERRITE_OK && r->view.stale) code = take_newer_leaves(r);
    if (code == FERRITE_OK) code = take_older_leaves(r);
    if (code == FERRITE_OK && r->result->keys != before)
        recover_finding(r, "%llu keys were taken from pages that no tree leads to%s",
                (unsigned long long)(r->result->keys - before),
                r->view.roots == NULL || !r->view.free_known || r->view.stale
                    ? "; some may have been deleted or changed since"
                    : "");
    return code;
}
