/*
 * salvage.c - see salvage.h.
 */
#include "salvage.h"

#include <string.h>

#include "../error.h"
#include "../os/mem.h"
#include "../pager/pager.h"
#include "../wal/wal.h"

struct salvage {
    struct os *os;
    char *path, *wal_path;
    int fd;
    struct pager pager;
    struct pages pages;
    struct meta metas[2];
    bool sound[2];
    const struct meta *meta; /* the newest sound one, or NULL */
    struct roots roots;
    bool free_known, stale;
    bool marked; /* a meta page at least begins like one */
    pgno data_begin, data_end; /* pages before the end, of which only these are in no hole (salvage_page_next) */
};

static int metas_read(struct salvage *s) {
    for (pgno slot = 0; slot < 2; slot++) {
        struct page page;
        size_t got;
        memset(&page, 0, sizeof page);
        int code =
            os_read(s->os, s->fd, s->path, &page, PAGE_SIZE, (uint64_t)slot * PAGE_SIZE, &got);
        s->marked |= memcmp(page.body, META_MAGIC, sizeof META_MAGIC - 1) == 0;
        if (code == FERRITE_OK) code = meta_decode(&page, slot, &s->metas[slot]);
        s->sound[slot] = code == FERRITE_OK;
        if (code != FERRITE_OK && code != FERRITE_CORRUPT) return code;
    }
    int newest = s->sound[1] && (!s->sound[0] || s->metas[1].sequence > s->metas[0].sequence);
    if (s->sound[newest]) s->meta = &s->metas[newest];
    return FERRITE_OK;
}

/* As much of the file as there is becomes readable; the free list counts only when it is whole. */
static int pager_start(struct salvage *s) {
    const struct pager_config config = {
        .os = s->os, .path = s->path, .fd = s->fd, .read_only = true, .check = node_check};
    uint64_t len;
    int code = os_size(s->os, s->fd, s->path, &len);
    if (code == FERRITE_OK) code = pager_open(&s->pager, &config);
    if (code != FERRITE_OK) return code;
    uint64_t count = len / PAGE_SIZE;
    if (count > s->pager.max_pages) count = s->pager.max_pages;
    pager_view(&s->pager, &s->pages, s->meta != NULL ? s->meta->txid : 0, false);
    if (s->meta != NULL) {
        struct page_run *list = NULL;
        size_t list_count;
        code = pager_adopt(&s->pager, s->meta, &list, &list_count);
        mem_free(list);
        bitmap_done(&s->pager.vacant); /* what a damaged list names may hold something yet */
        if (code == FERRITE_NOMEM || code == FERRITE_IO) return code;
        s->free_known = code == FERRITE_OK;
        s->pager.opened = s->meta->txid;
        memcpy(&s->roots, s->meta->roots, sizeof s->roots);
    }
    atomic_store(&s->pager.file_pages, (uint32_t)count);
    return pager_count_content(&s->pager, (uint32_t)count);
}

static int files_open(struct salvage *s, const char *path, bool lock) {
    s->path = mem_join(path, "");
    s->wal_path = mem_join(path, "-wal");
    if (s->path == NULL || s->wal_path == NULL) return error_nomem();
    int64_t holder = 0;
    int code = os_open(s->os, s->path, OS_READ, &s->fd);
    if (code == FERRITE_OK && lock) code = os_lock(s->os, s->fd, s->path, OS_LOCK_SHARED, &holder);
    return code;
}

/* Only one meta page is left, and the log says that there was a newer checkpoint. */
static int stale_find(struct salvage *s) {
    struct wal_identity found;
    uint64_t released;
    if (s->meta == NULL || (s->sound[0] && s->sound[1])) return FERRITE_OK;
    int code = wal_peek(s->os, s->wal_path, &found, &released);
    if (code != FERRITE_OK)
        return code == FERRITE_NOTFOUND || code == FERRITE_CORRUPT ? FERRITE_OK : code;
    s->stale = memcmp(found.database_id, s->meta->database_id, sizeof found.database_id) == 0 &&
               released > s->meta->lsn;
    return FERRITE_OK;
}

int salvage_open(struct os *os, const char *path, bool lock, struct salvage **out) {
    struct salvage *s = mem_calloc(sizeof *s);
    if (s == NULL) return error_nomem();
    s->os = os;
    s->fd = -1;
    int code = files_open(s, path, lock);
    if (code == FERRITE_OK) code = metas_read(s);
    if (code == FERRITE_OK) code = stale_find(s);
    if (code == FERRITE_OK) code = pager_start(s);
    if (code != FERRITE_OK) {
        salvage_close(s);
        return code;
    }
    *out = s;
    return FERRITE_OK;
}

void salvage_close(struct salvage *s) {
    if (s->pager.table != NULL) pager_close(&s->pager);
    if (s->fd >= 0) os_close(s->os, s->fd);
    mem_free(s->path);
    mem_free(s->wal_path);
    mem_free(s);
}

void salvage_view(const struct salvage *s, struct salvage_view *out) {
    *out = (struct salvage_view){
        .roots = s->meta != NULL ? &s->roots : NULL,
        .txid = s->meta != NULL ? s->meta->txid : 0,
        .databases = s->meta != NULL ? s->meta->databases : TXN_DATABASES_MAX,
        .page_count = atomic_load(&s->pager.file_pages),
        .damaged_metas = !s->sound[0] + !s->sound[1],
        .free_known = s->free_known,
        .stale = s->stale,
    };
}

struct pages *salvage_pages(struct salvage *s) {
    return &s->pages;
}

int salvage_page_next(struct salvage *s, pgno *no) {
    const uint32_t count = atomic_load(&s->pager.file_pages);
    if (*no < s->data_begin || *no >= s->data_end) {
        uint64_t begin, end;
        int code = os_data_next(s->os, s->fd, s->path, (uint64_t)*no * PAGE_SIZE, &begin, &end);
        if (code != FERRITE_OK) return code;
        if (begin == end) begin = end = (uint64_t)count * PAGE_SIZE;
        s->data_begin = begin / PAGE_SIZE < count ? (pgno)(begin / PAGE_SIZE) : count;
        s->data_end = end / PAGE_SIZE < count ? (pgno)((end + PAGE_SIZE - 1) / PAGE_SIZE) : count;
    }
    if (*no < s->data_begin) *no = s->data_begin;
    return FERRITE_OK;
}

/* Without a mark, one page that is whole and in its place will do. */
int salvage_is_database(struct salvage *s, bool *found) {
    int code = FERRITE_OK;
    pgno no = 2;
    *found = s->marked;
    s->pager.opened = UINT64_MAX;
    for (; !*found; no++) {
        code = salvage_page_next(s, &no);
        if (code != FERRITE_OK || no >= atomic_load(&s->pager.file_pages)) break;
        *found = !salvage_page_blank(s, no) && page_read(&s->pages, no) != NULL;
    }
    s->pager.opened = s->meta != NULL ? s->meta->txid : 0;
    return code;
}

void salvage_any_age(struct salvage *s) { s->pager.opened = UINT64_MAX; }

bool salvage_page_free(const struct salvage *s, pgno no) {
    return s->free_known && bitmap_test(&s->pager.space.freed, no);
}

bool salvage_page_blank(const struct salvage *s, pgno no) {
    const uint8_t *page = s->pager.map + (uint64_t)no * PAGE_SIZE;
    return page[0] == 0 && memcmp(page, page + 1, PAGE_SIZE - 1) == 0;
}

/* ---- the log ---- */

/* The frames of one transaction, collected until it is whole. */
struct collect {
    salvage_log_fn fn;
    void *ctx;
    uint64_t txid, lsn;
    uint8_t *effects;
    size_t len, cap;
};

static int collect_add(struct collect *c, const uint8_t *payload, size_t len) {
    if (c->len + len > c->cap) {
        size_t cap = (c->len + len) * 2;
        uint8_t *effects = mem_realloc(c->effects, cap);
        if (effects == NULL) return error_nomem();
        c->effects = effects;
        c->cap = cap;
    }
    if (len != 0) memcpy(c->effects + c->len, payload, len);
    c->len += len;
    return FERRITE_OK;
}

static int collect_frame(void *ctx, uint64_t txid, struct wal_position end, bool partial,
                         const uint8_t *payload, size_t len) {
    struct collect *c = ctx;
    if (c->txid != txid) {
        c->len = 0; /* an unfinished transaction was left behind */
        c->lsn = end.lsn - len - WAL_FRAME_HEADER;
    }
    c->txid = txid;
    int code = collect_add(c, payload, len);
    if (code != FERRITE_OK || partial) return code;
    code = c->fn(c->ctx, txid, c->lsn, c->effects, c->len);
    c->txid = 0;
    return code;
}

/* Where the log continues the checkpoint. A meta page that names no log may still be followed by
 * the log that is there, when the other meta page, which named it, is damaged. */
static int log_start(struct salvage *s, const struct wal_identity *found, uint64_t released,
                     struct wal_position *from) {
    if (memcmp(found->database_id, s->meta->database_id, sizeof found->database_id) != 0)
        return error_set(FERRITE_CORRUPT, "the log %s belongs to another database", s->wal_path);
    *from = (struct wal_position){s->meta->lsn, s->meta->log_crc};
    if (s->meta->log_id == 0 && !(s->sound[0] && s->sound[1]))
        *from = wal_start(found, s->meta->lsn);
    else if (s->meta->log_id != found->log_id)
        return error_set(FERRITE_CORRUPT,
                         "the log %s does not belong to this state of the database", s->wal_path);
    if (released <= s->meta->lsn) return FERRITE_OK;
    return error_set(FERRITE_CORRUPT, "the log %s goes on from a newer checkpoint than is left",
                     s->wal_path);
}

static int log_replay(struct salvage *s, const struct wal_identity *id, struct wal_position from,
                      salvage_log_fn fn, void *ctx) {
    struct wal *wal;
    struct wal_position end;
    int code = wal_open(s->os, s->wal_path, id, UINT64_MAX / 2, true, &wal);
    if (code != FERRITE_OK) return code;
    struct collect collect = {.fn = fn, .ctx = ctx};
    code = wal_replay(wal, from, collect_frame, &collect, &end);
    mem_free(collect.effects);
    wal_close(wal);
    return code;
}

int salvage_log(struct salvage *s, salvage_log_fn fn, void *ctx) {
    struct wal_identity found;
    struct wal_position from;
    uint64_t released;
    bool expected = s->meta != NULL && s->meta->log_id != 0;
    /* After a clean close a log can only be a leftover. */
    if (s->meta != NULL && !expected && s->sound[0] && s->sound[1]) return FERRITE_OK;
    int code = wal_peek(s->os, s->wal_path, &found, &released);
    if (code == FERRITE_NOTFOUND && !expected) return FERRITE_OK;
    if (code == FERRITE_NOTFOUND)
        return error_set(FERRITE_CORRUPT, "the log %s is missing", s->wal_path);
    if (code != FERRITE_OK) return code;
    if (s->meta == NULL)
        return error_set(FERRITE_CORRUPT, "both meta pages are damaged: the log %s cannot be used",
                         s->wal_path);
    code = log_start(s, &found, released, &from);
    return code == FERRITE_OK ? log_replay(s, &found, from, fn, ctx) : code;
}
