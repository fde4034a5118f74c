/*
 * follow.h - a model beside a database that evicts keys on its own.
 *
 * Which keys go is the database's to choose; all else is not. Each value that is there must be the one
 * foreseen (but for keys that the last operation changes: they may have gone before it), and what is
 * missing must have been told by on_evict. One thread at a time.
 */
#ifndef FERRITE_TESTS_FOLLOW_H
#define FERRITE_TESTS_FOLLOW_H

#include "op.h"
#include "oracle.h"
#include "state.h"
#include "verdict.h"

/* Keys that on_evict told of. */
struct victims {
    struct victim {
        uint32_t db;
        size_t key_len;
        char *key;
    } *list;
    size_t count, cap;
};

void victims_add(struct victims *victims, int db, const char *key, size_t key_len);
void victims_forget(struct victims *victims);
void victims_done(struct victims *victims);

struct follow {
    const struct handles *handles; /* what is read: a database or a transaction */
    const struct op *op;           /* the operation just done, or NULL */
    const struct victims *told;    /* NULL: nobody is told before the commit */
};

/* Reads what is there, and makes it *foreseen, if it may follow from that. Adds the keys that went to
 * *gone. */
enum verdict follow_evictions(const struct follow *follow, struct oracle **foreseen, uint64_t *gone,
                              struct finding *finding);

/* Are there as many keys as foreseen? On failure false. */
bool follow_counts_agree(const struct handles *handles, const struct oracle *foreseen);

#endif
