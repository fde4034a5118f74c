/*
 * mutate_internal.h - what mutate.c shares with mutate_many.c and mutate_apply.c. Not for others.
 */
#ifndef FERRITE_TYPES_MUTATE_INTERNAL_H
#define FERRITE_TYPES_MUTATE_INTERNAL_H

#include "mutate.h"

int mutate_log(struct keyspace *ks, const struct effect *effect);

/* The moment of a record's entry by time, if it has one. To be taken before the record is written. */
struct wake {
    bool set;
    int64_t ms;
};
static inline struct wake wake_of(const struct record *record) {
    struct wake wake = {false, 0};
    wake.set = record_wake(record, &wake.ms);
    return wake;
}
/* Puts the entry by time of an entry's key where the record's new content says. */
int wake_follow(struct keyspace *ks, const struct entry *entry, struct wake from, struct wake to);

/* Drops what hangs on the entry's record, its expiry entry included; the record itself stays. */
int record_release(struct keyspace *ks, const struct entry *entry);

#endif
