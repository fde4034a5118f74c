/*
 * history.c - states, marks and bounds.
 */
#include "history.h"

#include <stdlib.h>

/* The tag of a mark: the number of a state and what happened with it. */
enum { MARK_BEGUN, MARK_ACKNOWLEDGED, MARK_DURABLE, MARK_KINDS };

static void push(struct history *history, const struct oracle *state) {
    if (history->count == history->cap) {
        history->cap = history->cap * 2 + 64;
        history->states = realloc(history->states, history->cap * sizeof *history->states);
        history->digests = realloc(history->digests, history->cap * sizeof *history->digests);
        if (history->states == NULL || history->digests == NULL) abort();
    }
    history->states[history->count] = oracle_copy(state);
    history->digests[history->count] = oracle_digest(state);
    history->count++;
}

static void mark(struct history *history, unsigned kind) {
    uint64_t last = history->count - 1;
    if (history->trace != NULL) trace_mark(history->trace, last * MARK_KINDS + kind);
}

void history_init(struct history *history, const struct oracle *initial, struct trace *trace,
                  uint64_t risk) {
    *history = (struct history){.trace = trace, .risk = risk};
    struct oracle *empty = oracle_new();
    push(history, initial != NULL ? initial : empty);
    oracle_free(empty);
}

void history_done(struct history *history) {
    for (size_t i = 0; i < history->count; i++) oracle_free(history->states[i]);
    free(history->states);
    free(history->digests);
    free(history->bounds);
}

static void on_committing(void *ctx, const struct oracle *next) {
    struct history *history = ctx;
    if (!history->every && oracle_digest(next) == history->digests[history->count - 1]) return;
    push(history, next);
    history->pending = true;
    mark(history, MARK_BEGUN);
}

/* The marks stay: the next commit that begins has the same number. */
static void on_refused(void *ctx) {
    struct history *history = ctx;
    if (!history->pending) return;
    history->pending = false;
    oracle_free(history->states[--history->count]);
}

/* A commit that changed nothing is none: it is not logged, and `risk` does not count it. */
static bool changed_nothing(const struct history *history) {
    size_t last = history->count - 1;
    return history->digests[last] == history->digests[last - 1];
}

static void on_committed(void *ctx) {
    struct history *history = ctx;
    if (!history->pending) return;
    if (changed_nothing(history)) {
        on_refused(history);
        return;
    }
    history->pending = false;
    mark(history, MARK_ACKNOWLEDGED);
}

static void on_evicted(void *ctx, const struct oracle *next) {
    struct history *history = ctx;
    size_t last = history->count - 1;
    if (!history->pending) return;
    oracle_free(history->states[last]);
    history->states[last] = oracle_copy(next);
    history->digests[last] = oracle_digest(next);
}

static void on_durable(void *ctx) { mark(ctx, MARK_DURABLE); }

struct session_events history_events(struct history *history) {
    return (struct session_events){.ctx = history,
                                   .committing = on_committing,
                                   .committed = on_committed,
                                   .refused = on_refused,
                                   .evicted = on_evicted,
                                   .durable = on_durable};
}

static struct history_bounds bounds_after(struct history_bounds bounds, uint64_t tag,
                                          uint64_t risk) {
    uint64_t state = tag / MARK_KINDS;
    uint64_t kept = state > risk ? state - risk : 0;
    switch (tag % MARK_KINDS) {
    case MARK_BEGUN:
        bounds.begun = state;
        break;
    case MARK_ACKNOWLEDGED:
        bounds.floor = kept > bounds.floor ? kept : bounds.floor;
        break;
    default:
        bounds.floor = state;
    }
    return bounds;
}

void history_settle(struct history *history) {
    size_t length = trace_length(history->trace);
    struct history_bounds bounds = {0, 0};
    history->bounds = malloc((length + 1) * sizeof *history->bounds);
    if (history->bounds == NULL) abort();
    for (size_t point = 0; point <= length; point++) {
        history->bounds[point] = bounds;
        if (point == length) break;
        const struct trace_entry *entry = trace_entry_at(history->trace, point);
        if (entry->kind == TRACE_MARK) bounds = bounds_after(bounds, entry->tag, history->risk);
        if (bounds.begun >= history->count) bounds.begun = history->count - 1; /* was refused */
    }
}

int64_t history_find(const struct history *history, struct history_bounds bounds, uint64_t digest) {
    for (uint64_t state = bounds.begun + 1; state-- > bounds.floor;) {
        if (history->digests[state] == digest) return (int64_t)state;
    }
    return -1;
}
