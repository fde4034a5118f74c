/*
 * copies.h - what tests of backup, save and load share: a database of everything, and the target of its copies.
 *
 * The suite's init and fini are copies_begin and copies_end. One thread, unless the test makes more.
 */
#ifndef TESTS_SUPPORT_COPIES_H
#define TESTS_SUPPORT_COPIES_H

#include "api.h"

struct copies {
    struct bed bed;
    char target[128];
};
extern struct copies copies;
void copies_begin(void);
void copies_end(void);

/* With small bounds for log and young pages, so that copying goes through all its turns; nothing waits. */
ferrite_db *copies_open(const char *path, int read_only);
ferrite_db *copies_filled(const char *path, int scale); /* with content.h's content */
int copies_stop(void *ctx, uint64_t done, uint64_t total); /* a monitor's: at the call with that number, *(int *)ctx */

bool target_has(const char *suffix); /* target + suffix exists */
void target_make(ferrite_db *db);    /* by ferrite_backup */
void target_expect_alone(void);      /* with nothing of the work on it left */
void target_expect_none(void);
/* The copy is sound, dense, has another id than this, and holds content of this digest. */
void target_expect(uint64_t digest, const char *id);

#endif
