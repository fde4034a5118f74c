/*
 * recording.c - see recording.h.
 */
#include "recording.h"

#include <string.h>

#include "../../libferrite/pager/page.h"
#include "../../libferrite/wal/wal.h"
#include "tight.h"

/* ---- how a session looks ---- */

static uint64_t risk_of(const ferrite_options *options) {
    switch (options->sync_mode) {
    case FERRITE_SYNC_NORMAL:
    case FERRITE_SYNC_FULL:
        return 0;
    case FERRITE_SYNC_EVERY_N:
        return options->sync_every_n;
    default:
        return HISTORY_RISK_ALL;
    }
}

/* Small bounds, so that the log wraps and grows, checkpoints come up and pages spill. */
static ferrite_options choose_options(struct choices *choices, int sync_mode) {
    static const uint64_t log_sizes[] = {64 << 10, 128 << 10, 256 << 10, 1 << 20};
    static const uint64_t dirty_limits[] = {64 << 10, 256 << 10, 1 << 20, 0};
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = (ferrite_sync_mode)sync_mode;
    options.sync_interval_ms = 1;
    options.sync_every_n = choose_between(choices, 2, 9);
    options.log_size = log_sizes[choose(choices, 4)];
    options.dirty_limit = dirty_limits[choose(choices, 4)];
    options.map_size = 256u << 20;
    options.no_threads = !choose_once_in(choices, 6);
    return options;
}

void recording_plan(struct recording *recording, struct choices *choices) {
    struct session_config *config = &recording->config;
    *config = (struct session_config){
        .path = recording->path,
        .options = choose_options(choices, recording->sync_mode),
        .profile = {.keys = 20u << choose(choices, 4),
                    .big_one_in = choose_between(choices, 6, 30),
                    .big_max = choose_once_in(choices, 3) ? 200000 : 20000,
                    .sweep_one_in = 60},
        .reopen_one_in = recording->second ? 0 : choose_between(choices, 25, 80),
        .backup_one_in = 50,
        .transaction_max = choose_once_in(choices, 4) ? 60 : 8,
        .snapshots = choose(choices, 3),
    };
    tight_choose(&config->options, recording->seed, true, TIGHT_SHORT_SESSION);
    recording->steps =
        recording->second ? choose_between(choices, 1, 8) : choose_between(choices, 20, 90);
}

/* ---- what the sessions did ---- */

static bool is_log_name(const char *path) {
    size_t len = path != NULL ? strlen(path) : 0;
    return len > 4 && strcmp(path + len - 4, "-wal") == 0;
}

static void coverage_add_log(struct powercut_coverage *coverage, const struct trace_entry *entry,
                             uint64_t *place) {
    const uint64_t len_at_first = WAL_HEADER_SIZE + WAL_INITIAL_CAPACITY;
    coverage->log_growths += entry->kind == TRACE_LENGTH && entry->offset > len_at_first;
    if (entry->kind != TRACE_WRITE || entry->offset < WAL_HEADER_SIZE) return;
    coverage->log_wraps += entry->offset == WAL_HEADER_SIZE && *place > WAL_HEADER_SIZE;
    coverage->bytes_mapped += entry->mapped ? entry->len : 0;
    *place = entry->offset;
}

void recording_cover(const struct recording *recording, struct powercut_coverage *coverage) {
    const struct trace *trace = recording->trace;
    uint32_t log = UINT32_MAX;
    uint64_t place = 0;
    for (size_t i = 0; i < trace_length(trace); i++) {
        const struct trace_entry *entry = trace_entry_at(trace, i);
        if (entry->kind == TRACE_CREATE && is_log_name(entry->path)) {
            log = entry->file;
            place = 0;
        } else if (log != UINT32_MAX && entry->file == log) {
            coverage_add_log(coverage, entry, &place);
        } else {
            coverage->meta_writes +=
                entry->kind == TRACE_WRITE && entry->offset < (uint64_t)2 * PAGE_SIZE;
        }
    }
}

/* ---- recording ---- */

static enum verdict session_run(struct session *session, unsigned steps) {
    enum verdict verdict = session_open(session);
    while (verdict == VERDICT_OK && steps-- > 0) verdict = session_step(session);
    return verdict;
}

/* Some sessions find a database that has seen work already. Not recorded. */
enum verdict recording_prepare(struct recording *recording, struct choices *choices,
                               struct oracle **initial, struct finding *finding) {
    struct session session;
    session_init(&session, &recording->config, choices, NULL);
    session.config.backup_one_in = 0; /* its states are no part of the history */
    enum verdict verdict = session_run(&session, choose(choices, 300));
    session_close(&session);
    *initial = oracle_copy(session.committed);
    *finding = session.finding;
    session_done(&session);
    return verdict;
}

enum verdict recording_make(struct recording *recording, struct choices *choices,
                            const struct oracle *initial, struct finding *finding) {
    struct session session;
    recording->sim = sim_new();
    os_set_default(sim_os(recording->sim));
    recording->trace = sim_record(recording->sim, recording->dir);
    history_init(&recording->history, initial, recording->trace,
                 risk_of(&recording->config.options));
    recording->history.every = tight_is_bounded(&recording->config.options);
    recording->config.events = history_events(&recording->history);
    session_init(&session, &recording->config, choices, initial);
    enum verdict verdict = session_open(&session);
    if (verdict == VERDICT_OK) verdict = session_verify(&session);
    for (unsigned i = 0; verdict == VERDICT_OK && i < recording->steps; i++) {
        verdict = session_step(&session);
    }
    session_close(&session);
    sim_record_stop(recording->sim);
    os_set_default(os_posix());
    *finding = session.finding;
    recording->evicted = session.evicted;
    recording->refused = session.refused;
    session_done(&session);
    history_settle(&recording->history);
    return verdict;
}

void recording_done(struct recording *recording) {
    history_done(&recording->history);
    sim_free(recording->sim);
}
