/*
 * probe.h - uses a database that may be damaged in every way a user would.
 *
 * Opens, reads, scans, checks, writes, reopens, salvages; at last within bounds evicts, expires, compacts, copies and
 * loads. Errors are fine; what is read without one is compared with the states that are allowed. Crashes and hangs
 * are the caller's to notice: run it in a child, or in a fuzzer. One thread at a time.
 */
#ifndef FERRITE_TESTS_PROBE_H
#define FERRITE_TESTS_PROBE_H

#include "choices.h"
#include "oracle.h"
#include "verdict.h"

struct probe {
    const char *path;
    const char *salvage_path;      /* where a recovery goes; NULL: none is tried */
    struct oracle *const *allowed; /* states it may show */
    size_t allowed_count;          /* 0: any */
    bool may_fail;                 /* errors are right answers */
    bool must_not_open;            /* opening must fail */
    struct choices choices;
};

/* VERDICT_ERROR: it answered an error, which was allowed, and nothing else was wrong. */
enum verdict probe_run(struct probe *probe, struct finding *finding);

#endif
