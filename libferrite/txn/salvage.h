/*
 * salvage.h - the files of a database read without its promises: for `recover` and `log`.
 *
 * Opens what engine_open refuses: meta pages damaged, log missing or foreign, trees broken. Nothing is
 * ever written. Trees are walked with tree.h on salvage_pages(). One thread at a time.
 */
#ifndef FERRITE_SALVAGE_H
#define FERRITE_SALVAGE_H

#include "txn.h"

struct salvage;

/* `lock`: takes the shared lock, FERRITE_BUSY when a process has the file open for writing; without
 * it what is read may be changing. FERRITE_NOTFOUND; FERRITE_VERSION for files of another format. */
int salvage_open(struct os *os, const char *path, bool lock, struct salvage **out);
void salvage_close(struct salvage *salvage);

struct salvage_view {
    const struct roots *roots; /* by the newest sound meta page, NULL: none is sound */
    uint64_t txid;             /* of that meta page */
    uint32_t databases;
    uint32_t page_count; /* pages the file has */
    uint32_t damaged_metas;
    bool free_known; /* the free list could be read */
    bool stale;      /* the log went on from a newer checkpoint than this meta page */
};
void salvage_view(const struct salvage *salvage, struct salvage_view *out);

struct pages *salvage_pages(struct salvage *salvage);
/* Whether anything tells that the file is a database, or was one. */
int salvage_is_database(struct salvage *salvage, bool *is_one);
/* From *no on the first page that is not in a hole of the file; page_count: there is none. The pages of a file may be
 * claimed by the billion, those that somebody wrote take their room on the disk. */
int salvage_page_next(struct salvage *salvage, pgno *no);
/* From now on pages younger than the meta page are readable too. */
void salvage_any_age(struct salvage *salvage);
/* Why nothing is found there: it was never written. */
bool salvage_page_blank(const struct salvage *salvage, pgno no);
bool salvage_page_free(const struct salvage *salvage, pgno no);

/* Tells each whole transaction of the log that follows the checkpoint, in order. FERRITE_OK without
 * a log where none is expected; FERRITE_CORRUPT with the reason when it cannot be used. */
typedef int (*salvage_log_fn)(void *ctx, uint64_t txid, uint64_t lsn, const uint8_t *effects,
                              size_t len);
int salvage_log(struct salvage *salvage, salvage_log_fn fn, void *ctx);

#endif
