/* flush.c - see pager.h: how young pages reach the file. */
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../os/crc32c.h"
#include "../os/mem.h"
#include "pager.h"

#define FLUSH_BUFFER (1u << 20) /* at most this much a system call */

static int by_pgno(const void *a, const void *b) {
    pgno x = frame_info(*(struct page *const *)a)->pgno, y = frame_info(*(struct page *const *)b)->pgno;
    return x < y ? -1 : x > y;
}

/* Copies neighbouring pages from frames[i] on into the buffer, with their checksums: the frames
 * themselves are being read by others and stay as they are. Gives the bytes gathered. */
static size_t gather(struct page **frames, size_t count, size_t *i, uint8_t *buffer) {
    size_t len = 0;
    pgno next = frame_info(frames[*i])->pgno;
    for (; *i < count; ++*i) {
        const struct frame_info *info = frame_info(frames[*i]);
        size_t size = (size_t)info->pages * PAGE_SIZE;
        if (info->pgno != next || len + size > FLUSH_BUFFER) break;
        assert(frames[*i]->pgno == info->pgno);
        memcpy(buffer + len, frames[*i], size);
        uint32_t crc = crc32c(0, buffer + len + 4, size - 4);
        memcpy(buffer + len, &crc, sizeof crc);
        len += size;
        next += info->pages;
    }
    return len;
}

int pager_flush(struct pager *pager, struct page **frames, size_t count) {
    if (count == 0) return FERRITE_OK;
    uint8_t *buffer = mem_alloc(FLUSH_BUFFER);
    if (buffer == NULL) return error_nomem();
    qsort(frames, count, sizeof *frames, by_pgno);
    int rc = FERRITE_OK;
    for (size_t i = 0; i < count && rc == FERRITE_OK;) {
        uint64_t place = (uint64_t)frame_info(frames[i])->pgno * PAGE_SIZE;
        size_t len = gather(frames, count, &i, buffer);
        rc = os_write(pager->os, pager->fd, pager->path, buffer, len, place);
        atomic_fetch_add(&pager->flushed, len / PAGE_SIZE);
    }
    mem_free(buffer);
    return rc;
}

int pager_settle_prepare(struct pager *pager, size_t count) {
    struct freed_queue *limbo = &pager->limbo;
    while (limbo->cap - limbo->tail < count) {
        int rc = freed_queue_room(limbo);
        if (rc != FERRITE_OK) return rc;
    }
    return FERRITE_OK;
}

void pager_settle(struct pager *pager, struct page **frames, size_t count, uint64_t tag,
                  bool now) {
    assert(now || pager->limbo.tail + count <= pager->limbo.cap);
    for (size_t i = 0; i < count; i++) {
        struct page *frame = frames[i];
        pgno no = frame_info(frame)->pgno;
        struct page *in_file = (struct page *)(pager->map + (uint64_t)no * PAGE_SIZE);
        assert(atomic_load(&pager->table[no]) == frame);
        atomic_store_explicit(&pager->table[no], in_file, memory_order_release);
        frame_mark(&pager->frames, frame, FRAME_DEAD); /* it has been written */
        if (now)
            frame_release(&pager->frames, frame);
        else
            pager->limbo.runs[pager->limbo.tail++] = (struct freed_run){
                frame->birth, tag + 1, frame_index(&pager->frames, frame), frame_info(frame)->pages};
    }
}

/* The transaction's own live frames, found through the list of what it was given. */
static size_t own_frames(struct pager *pager, struct page **frames) {
    size_t count = 0;
    for (size_t i = 0; i < pager->born_count; i++) {
        pgno no = pager->born[i].pgno;
        struct page *page = atomic_load_explicit(&pager->table[no], memory_order_relaxed);
        if (page == NULL || !frame_owns(&pager->frames, page)) continue;
        struct frame_info *info = frame_info(page);
        if (info->state != FRAME_LIVE || info->pages != pager->born[i].pages) continue;
        info->state = FRAME_DEAD; /* so that a number given twice is taken once */
        frames[count++] = page;
    }
    for (size_t i = 0; i < count; i++) frame_info(frames[i])->state = FRAME_LIVE;
    return count;
}

int pager_spill(struct pager *pager) {
    struct page **frames = mem_alloc(pager->born_count * sizeof *frames);
    if (frames == NULL) return error_nomem();
    size_t count = own_frames(pager, frames);
    int rc = pager_flush(pager, frames, count);
    if (rc == FERRITE_OK) {
        pager_settle(pager, frames, count, 0, true);
        pager->own_live = 0;
    }
    mem_free(frames);
    return rc;
}
