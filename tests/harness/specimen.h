/*
 * specimen.h - a database made to be damaged: its files and the states it may show.
 *
 * Made by a session; the files are taken either while it is open, as a killed process leaves
 * them, or after a clean close. One thread at a time.
 */
#ifndef FERRITE_TESTS_SPECIMEN_H
#define FERRITE_TESTS_SPECIMEN_H

#include "history.h"
#include "image.h"

enum specimen_end {
    SPECIMEN_CLOSED, /* no log */
    SPECIMEN_KILLED, /* shortly after a checkpoint, the log went around several times */
    SPECIMEN_YOUNG,  /* everything is in the log */
    SPECIMEN_ENDS
};

struct specimen {
    enum specimen_end end;
    struct image image;
    struct history history;
    uint64_t floor; /* the state of the last checkpoint */
};

/* Even seeds compress values. Aborts when the database does not work: then there is nothing to damage. */
void specimen_make(struct specimen *specimen, enum specimen_end end, uint64_t seed,
                   const char *path);
void specimen_free(struct specimen *specimen);

#endif
