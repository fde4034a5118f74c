/*
 * history.h - the commits of a recorded session, and what a power cut may leave of them.
 *
 * State 0 is what the database held at the start; state k what it holds after the k-th commit
 * that changed anything. Marks in the trace tell when each commit began, when it was
 * acknowledged, and when all so far was promised to be durable. From them follows, for every
 * point of the trace, which states a power cut there may show: E1 gives the lowest, E2 says
 * that it must be one of them. One thread at a time.
 */
#ifndef FERRITE_TESTS_HISTORY_H
#define FERRITE_TESTS_HISTORY_H

#include "../support/sim_os.h"
#include "oracle.h"
#include "session.h"

struct history_bounds {
    uint64_t floor; /* this state at least */
    uint64_t begun; /* this state at most */
};

struct history {
    struct oracle **states;
    uint64_t *digests;
    size_t count, cap;
    bool pending;                  /* the last state is not acknowledged yet */
    bool every;                    /* also commits that seem to change nothing: keys may go with them */
    struct trace *trace;           /* takes the marks; NULL: none are made */
    uint64_t risk;                 /* acknowledged commits that a power cut may undo */
    struct history_bounds *bounds; /* one for each point, after history_settle */
};

#define HISTORY_RISK_ALL UINT64_MAX

void history_init(struct history *history, const struct oracle *initial, struct trace *trace,
                  uint64_t risk);
void history_done(struct history *history);

/* What a session tells; ctx is the history. */
struct session_events history_events(struct history *history);

/* Computes the bounds of all points of the trace, which must be at rest. */
void history_settle(struct history *history);

/* A state within the bounds that has this digest, or -1. */
int64_t history_find(const struct history *history, struct history_bounds bounds, uint64_t digest);

#endif
