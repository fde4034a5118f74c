/*
 * check.c - is every page of the file accounted for exactly once?
 *
 * The caller walks all trees of a transaction and reports their pages here. For a database open for
 * writing that must be a write transaction (nobody changes anything meanwhile), else any.
 */
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../os/mem.h"
#include "engine.h"

struct engine_check {
    struct engine *engine;
    struct bitmap seen;
    uint32_t page_count;
};

int engine_check_begin(struct txn *txn, struct engine_check **out) {
    struct engine *engine = txn->engine;
    struct engine_check *check = mem_calloc(sizeof *check);
    if (check == NULL) return error_nomem();
    check->engine = engine;
    if (txn->write) checkpoint_wait_idle(engine); /* a running one holds pages for its free list */
    check->page_count = engine->pager.space.page_count;
    int rc = bitmap_reserve(&check->seen, check->page_count);
    for (size_t i = 0; i < engine->list_count && rc == FERRITE_OK; i++)
        rc = engine_check_page(check, engine->list[i].pgno, 1);
    if (rc != FERRITE_OK) {
        bitmap_done(&check->seen);
        mem_free(check);
        return rc;
    }
    *out = check;
    return FERRITE_OK;
}

int engine_check_page(struct engine_check *check, pgno no, uint32_t count) {
    for (uint32_t i = no; i - no < count; i++) {
        if (i < 2 || i >= check->page_count)
            return error_set(FERRITE_CORRUPT, "page %u: lies outside the file", i);
        if (bitmap_test(&check->seen, i))
            return error_set(FERRITE_CORRUPT, "page %u: used twice", i);
        if (bitmap_test(&check->engine->pager.space.freed, i))
            return error_set(FERRITE_CORRUPT, "page %u: used, but on the free list", i);
        bitmap_set(&check->seen, i);
    }
    return FERRITE_OK;
}

static uint64_t bits_count(const struct bitmap *map) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < map->word_count; i++) bits += (unsigned)__builtin_popcountll(map->words[i]);
    return bits;
}

/* What bounds go by, pages in use, against the pages found in use and those found free. */
static void account_check(const struct engine_check *check,
                          void (*report)(void *ctx, const char *finding), void *ctx,
                          uint64_t *findings) {
    const struct pager *pager = &check->engine->pager;
    const uint64_t used = pager_used_pages(pager), seen = bits_count(&check->seen) + 2;
    if (used == seen && check->page_count - bits_count(&pager->space.freed) == used) return;
    char line[128];
    snprintf(line, sizeof line, "%llu pages count as used, but %llu are",
             (unsigned long long)used, (unsigned long long)seen);
    if (report != NULL) report(ctx, line);
    ++*findings;
}

static void gap_report(uint32_t first, uint32_t end, void (*report)(void *ctx, const char *finding),
                       void *ctx) {
    char line[128];
    if (report == NULL) return;
    if (end - first == 1)
        snprintf(line, sizeof line, "page %u: neither used nor free", first);
    else
        snprintf(line, sizeof line, "pages %u to %u: neither used nor free", first, end - 1);
    report(ctx, line);
}

/* One finding for neighbours: a file may have any number of them. */
static void gaps_check(struct engine_check *check, void (*report)(void *ctx, const char *finding),
                       void *ctx, uint64_t *findings) {
    uint32_t at = 2;
    bitmap_join(&check->seen, &check->engine->pager.space.freed);
    while (at < check->page_count) {
        uint32_t first = check->page_count, count = 0;
        (void)bitmap_next_run(&check->seen, at, check->page_count, &first, &count);
        if (first > at) {
            gap_report(at, first, report, ctx);
            ++*findings;
        }
        at = first + count;
    }
}

int engine_check_end(struct engine_check *check, void (*report)(void *ctx, const char *finding),
                     void *ctx, uint64_t *findings) {
    account_check(check, report, ctx, findings);
    gaps_check(check, report, ctx, findings);
    bitmap_done(&check->seen);
    mem_free(check);
    return FERRITE_OK;
}
