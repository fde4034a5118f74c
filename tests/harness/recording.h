/*
 * recording.h - one recorded session of the power-cut harness: how it goes, its trace, and what became of it.
 */
#ifndef FERRITE_TESTS_RECORDING_H
#define FERRITE_TESTS_RECORDING_H

#include "history.h"
#include "powercut.h"
#include "session.h"

/* One recorded session: how it goes and what became of it. */
struct recording {
    uint64_t seed;
    int sync_mode;
    unsigned steps;
    bool second; /* it began on an image of another recording */
    char dir[200], path[256];
    struct session_config config;
    struct sim *sim;
    struct trace *trace;
    struct history history;
    uint64_t evicted, refused;
};

/* How it will go, by its seed, sync mode and place, which are set. */
void recording_plan(struct recording *recording, struct choices *choices);
/* Works on the database without recording it; *initial: what is in it then. */
enum verdict recording_prepare(struct recording *recording, struct choices *choices, struct oracle **initial,
                               struct finding *finding);
/* Runs the session on the recording os; its first step compares what it found with `initial`. */
enum verdict recording_make(struct recording *recording, struct choices *choices, const struct oracle *initial,
                            struct finding *finding);
void recording_done(struct recording *recording);

/* Adds what the session did. */
void recording_cover(const struct recording *recording, struct powercut_coverage *coverage);

#endif
