/* page_bed.c - see page_bed.h. */
#include "page_bed.h"

#include <assert.h>
#include <stdlib.h>

#include "../../libferrite/btree/tree.h"
#include "../../libferrite/pager/pager.h"

struct bed {
    struct pager pager;
    struct pages view;
    bool reuse;
};

struct bed *bed_open(void) {
    struct bed *bed = calloc(1, sizeof *bed);
    struct pager_config config = {
        .os = os_posix(), .fd = -1, .map_size = 1ull << 33, .check = node_check};
    int rc = pager_open(&bed->pager, &config);
    assert(rc == FERRITE_OK);
    (void)rc;
    pager_txn_begin(&bed->pager);
    pager_view(&bed->pager, &bed->view, 1, true);
    return bed;
}

void bed_close(struct bed *bed) {
    pager_close(&bed->pager);
    free(bed);
}

struct pages *bed_pages(struct bed *bed) {
    return &bed->view;
}

void bed_commit(struct bed *bed) {
    pager_txn_commit(&bed->pager);
    struct horizon horizon = {.published = bed->view.txid, .oldest = UINT64_MAX, .complete = true};
    if (bed->reuse) pager_reclaim(&bed->pager, &horizon);
    pager_txn_begin(&bed->pager);
    bed->view.txid++;
}

void bed_reuse(struct bed *bed) { bed->reuse = true; }

uint64_t bed_live(struct bed *bed) {
    return bed->pager.space.page_count - 2u - bed->pager.space.freed.set;
}

struct page *bed_page(struct bed *bed, pgno no) {
    if (no < 2 || no >= bed->pager.space.page_count) return NULL;
    return atomic_load(&bed->pager.table[no]);
}

void bed_link(struct bed *bed, pgno no, struct page *page) { atomic_store(&bed->pager.table[no], page); }
