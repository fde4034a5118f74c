/*
 * db_target.h - a file that appears whole or not at all: written beside its place, then renamed into it.
 *
 * `<path>-tmp` is what is written. One left by a crash is written over; one that another backup is writing is
 * FERRITE_BUSY: who writes it keeps it locked until it has its new name. A database that is replaced is kept locked
 * meanwhile too. A symbolic link at `path` is itself replaced, not what it leads to. One thread at a time.
 */
#ifndef FERRITE_DB_TARGET_H
#define FERRITE_DB_TARGET_H

#include "os/os.h"

struct target {
    struct os *os;
    char *path, *temporary, *log; /* log: of the database that is replaced */
    int fd;                       /* that one, locked; -1: there is none */
    int written;                  /* the temporary file, locked by whoever wrote it; -1: there is none */
};

/* FERRITE_OK when a file can be at `path`; FERRITE_INVALID for "", and for ":memory:", which is none. */
int target_name_check(const char *path);
/* FERRITE_BUSY when a database at `path` is open; FERRITE_INVALID when something else is there. To be ended in
 * any case, with target_put or target_drop. */
int target_begin(struct target *target, struct os *os, const char *path);
/* What was written becomes durable and the target. Ends it; after a failure nothing is left. */
int target_put(struct target *target);
/* Nothing is left. Gives `code` back, with its message. */
int target_drop(struct target *target, int code);

#endif
