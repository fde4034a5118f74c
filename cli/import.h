/*
 * import.h - what import does with the commands that its readers give it: runs them in large
 * transactions, one after another, and remembers the first thing that was wrong.
 *
 * Each reader (a form of input) reads `lines` to the end. What a transaction committed stays when a
 * later line is bad, and so does what stood before that line.
 */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "gather.h"
#include "lines.h"
#include "progress.h"

#include <ferrite.h>

#include <stdbool.h>
#include <stdint.h>

struct import {
    ferrite_db *db, *tx;                      /* tx NULL: none is open */
    ferrite_session *session;                 /* on tx: knows the selected database */
    int database;                             /* selected, also between transactions */
    bool in_multi;                            /* the input asks for one transaction */
    uint64_t pending_commands, pending_bytes; /* of tx */
    struct lines lines;
    uint64_t place;      /* the line, or the command of the protocol, counted from 1 */
    uint64_t commands;   /* done */
    uint64_t read, size; /* bytes; size 0: not known */
    struct progress progress;
    char problem[512]; /* the first one; empty: none */
};

/* Readers: -1 with a problem. */
int import_script(struct import *import); /* a command a line */
int import_resp(struct import *import);   /* the protocol */
int import_json(struct import *import);   /* JSON Lines: see export_json.c */

/* Runs one command; MULTI and EXEC only keep what is between them in one transaction. -1 with a
 * problem, also for a reply that is an error. */
int import_command(struct import *import, int argc, const char *const *argv, const size_t *lens);
int import_gathered(struct import *import, struct gather *gather);
/* The next line of the input, counted: 1, 0: no more, -1 with a problem. */
int import_line(struct import *import, const char **line, size_t *len);
/* Ends what is open. -1 with a problem. */
int import_finish(struct import *import);

/* Notes a problem, if it is the first. -1. */
int import_problem(struct import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
