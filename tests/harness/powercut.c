/*
 * powercut.c - sessions, their traces, and the images made of them.
 */
#include "powercut.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../libferrite/pager/page.h"
#include "../../libferrite/wal/wal.h"
#include "history.h"
#include "session.h"
#include "tight.h"
#include "workspace.h"

#define IMAGES_PER_SESSION        160u
#define IMAGES_PER_SECOND_SESSION 8u
#define SECOND_SESSION_ONE_IN     12u
#define FILE_NAME                 "x.ferrite"

static const char *const mode_names[] = {"normal", "none", "periodic", "every-n", "full"};
#define MODES 5

struct run {
    const struct powercut_plan *plan;
    struct powercut_result result;
    struct workspace workspace;
    char session_path[256], image_path[256]; /* of the database files */
    char session_dir[200], image_dir[200], second_dir[200];
};

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

static void recording_plan(struct recording *recording, struct choices *choices) {
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

static void coverage_add(struct powercut_coverage *coverage, const struct trace *trace) {
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
static enum verdict prepare(struct recording *recording, struct choices *choices,
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

/* Runs the session on the recording os; its first step compares what it found with `initial`. */
static enum verdict record(struct recording *recording, struct choices *choices,
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

static void recording_done(struct recording *recording) {
    history_done(&recording->history);
    sim_free(recording->sim);
}

/* ---- reports ---- */

static void tell_recording(const struct recording *recording) {
    char tight[200];
    fprintf(stderr, "powercut: session seed %" PRIu64 ", sync mode %s%s, %s%s\n", recording->seed,
            mode_names[recording->sync_mode], recording->second ? ", second session" : "",
            recording->config.options.no_threads ? "no threads" : "threads",
            tight_describe(&recording->config.options, tight, sizeof tight));
}

static void tell_failed_session(struct run *run, const struct recording *recording,
                                const struct finding *finding) {
    run->result.failures++;
    tell_recording(recording);
    fprintf(stderr, "  before any power cut: %s\n", finding->text);
}

struct cut {
    size_t point;
    uint64_t seed;
};

static void tell_failed_image(struct run *run, const struct recording *recording,
                              const struct cut *cut, const char *what) {
    struct history_bounds bounds = recording->history.bounds[cut->point];
    run->result.failures++;
    tell_recording(recording);
    fprintf(stderr,
            "  power cut at entry %zu of %zu, image seed %" PRIu64 " (%s); state %" PRIu64
            " to %" PRIu64 " expected\n  %s\n",
            cut->point, trace_length(recording->trace), cut->seed, trace_choice_name(cut->seed),
            bounds.floor, bounds.begun, what);
    if (recording->second)
        trace_print(recording->trace, 0, cut->point);
    else {
        fprintf(stderr, "  see it again: crash replay %" PRIu64 " %d %zu %" PRIu64 "\n",
                recording->seed, recording->sync_mode, cut->point, cut->seed);
    }
}

/* ---- images ---- */

/* Opens the image and finds which state it holds. NULL text: it is as it should be. */
static const char *image_state(const struct recording *recording, const struct cut *cut,
                               struct handles *handles, int64_t *state, struct finding *finding) {
    ferrite_error *err = NULL;
    uint64_t digest;
    if (state_digest(handles, &digest, &err) != FERRITE_OK) {
        verdict_error(finding, &err, "reading the image");
        return finding->text;
    }
    struct history_bounds bounds = recording->history.bounds[cut->point];
    *state = history_find(&recording->history, bounds, digest);
    if (*state >= 0) {
        int code = state_check(handles->db[0], finding->text, sizeof finding->text);
        return code == FERRITE_OK ? NULL : finding->text;
    }
    struct oracle *found = NULL;
    if (state_read(handles, &found, &err) == FERRITE_OK) {
        oracle_print_difference(recording->history.states[bounds.floor], found, 8);
    }
    oracle_free(found);
    ferrite_error_free(err);
    struct history_bounds all = {0, recording->history.count - 1};
    int64_t other = history_find(&recording->history, all, digest);
    snprintf(finding->text, sizeof finding->text,
             other < 0 ? "the content is no state between two commits (E2); the difference to the "
                         "lowest expected state is above"
                       : "the content is state %" PRId64 ": promised commits are lost (E1)",
             other);
    return finding->text;
}

static const char *image_look(struct run *run, const struct recording *recording,
                              const struct cut *cut, int64_t *state, struct finding *finding) {
    ferrite_options options = recording->config.options;
    ferrite_error *err = NULL;
    struct handles handles;
    options.no_threads = 1;
    ferrite_db *db = ferrite_open_with(run->image_path, &options, &err);
    if (db == NULL || handles_from(db, &handles, &err) != FERRITE_OK) {
        verdict_error(finding, &err, "opening the image");
        return finding->text;
    }
    const char *what = image_state(recording, cut, &handles, state, finding);
    handles_close(&handles);
    return what;
}

static void explore(struct run *run, const struct recording *recording, struct choices *choices,
                    uint64_t images);

/* Uses an image for a short session of its own and cuts the power in that. */
static void explore_second(struct run *run, const struct recording *first, const struct cut *cut,
                           int64_t state, struct choices *choices) {
    struct recording second = {.seed = first->seed, .sync_mode = first->sync_mode, .second = true};
    struct finding finding;
    snprintf(second.dir, sizeof second.dir, "%s", run->second_dir);
    snprintf(second.path, sizeof second.path, "%s/" FILE_NAME, run->second_dir);
    trace_materialise(first->trace, cut->point, cut->seed, second.dir);
    recording_plan(&second, choices);
    second.config.profile = first->config.profile;
    enum verdict verdict = record(&second, choices, first->history.states[state], &finding);
    if (verdict != VERDICT_OK) {
        tell_failed_session(run, &second, &finding);
        tell_failed_image(run, first, cut, "its recovery was used further");
    } else {
        explore(run, &second, choices, IMAGES_PER_SECOND_SESSION);
    }
    recording_done(&second);
}

static bool enough_failures(const struct run *run) {
    unsigned most = run->plan->failures_max > 0 ? run->plan->failures_max : 1;
    return run->result.failures >= most;
}

/* A backup beside the image is there whole or not at all, whenever the power went. NULL: so it is. */
static const char *image_copy(struct run *run, const struct recording *recording,
                              struct finding *finding) {
    char path[300];
    ferrite_error *err = NULL;
    ferrite_options options = recording->config.options;
    struct handles handles;
    uint64_t digest;
    session_copy_path(run->image_path, path);
    options.read_only = options.must_exist = 1;
    ferrite_db *db = ferrite_open_with(path, &options, &err);
    if (db == NULL && ferrite_error_code(err) == FERRITE_NOTFOUND) {
        ferrite_error_free(err);
        return NULL;
    }
    if (db == NULL || handles_from(db, &handles, &err) != FERRITE_OK ||
        state_digest(&handles, &digest, &err) != FERRITE_OK) {
        verdict_error(finding, &err, "opening the backup beside the image");
        return finding->text;
    }
    int code = state_check(handles.db[0], finding->text, sizeof finding->text);
    handles_close(&handles);
    if (code != FERRITE_OK) return finding->text;
    if (recording->second) return NULL; /* it may be of the session before */
    struct history_bounds all = {0, recording->history.count - 1};
    return history_find(&recording->history, all, digest) >= 0 ? NULL : "the backup holds no state that there was";
}

static void explore_image(struct run *run, const struct recording *recording, const struct cut *cut,
                          struct choices *choices) {
    struct finding finding;
    int64_t state = 0;
    trace_materialise(recording->trace, cut->point, cut->seed, run->image_dir);
    const char *wrong = image_look(run, recording, cut, &state, &finding);
    if (wrong == NULL) wrong = image_copy(run, recording, &finding);
    run->result.images++;
    run->result.second_images += recording->second;
    if (wrong != NULL)
        tell_failed_image(run, recording, cut, wrong);
    else if (!recording->second && choose_once_in(choices, SECOND_SESSION_ONE_IN)) {
        explore_second(run, recording, cut, state, choices);
    }
}

/* A point after an entry that changes what images are possible. */
static size_t choose_point(const struct trace *trace, struct choices *choices) {
    size_t length = trace_length(trace);
    size_t point = choose(choices, (uint32_t)length + 1);
    while (point > 0 && !trace_matters(trace_entry_at(trace, point - 1))) point--;
    return point;
}

static void explore(struct run *run, const struct recording *recording, struct choices *choices,
                    uint64_t images) {
    for (uint64_t i = 0; i < images && !enough_failures(run); i++) {
        struct cut cut = {choose_point(recording->trace, choices), choices_next(choices)};
        explore_image(run, recording, &cut, choices);
    }
}

/* ---- runs ---- */

static bool recording_make(struct run *run, struct recording *recording, struct choices *choices) {
    struct finding finding;
    struct oracle *initial = NULL;
    enum verdict verdict = VERDICT_OK;
    snprintf(recording->dir, sizeof recording->dir, "%s", run->session_dir);
    snprintf(recording->path, sizeof recording->path, "%s", run->session_path);
    recording_plan(recording, choices);
    if (choose_once_in(choices, 2)) verdict = prepare(recording, choices, &initial, &finding);
    if (verdict != VERDICT_OK) {
        tell_failed_session(run, recording, &finding);
        oracle_free(initial);
        return false;
    }
    verdict = record(recording, choices, initial, &finding);
    oracle_free(initial);
    if (verdict != VERDICT_OK) tell_failed_session(run, recording, &finding);
    run->result.sessions++;
    run->result.commits += recording->history.count - 1;
    run->result.evicted += recording->evicted;
    run->result.refused += recording->refused;
    run->result.trace_entries += trace_length(recording->trace);
    coverage_add(&run->result.coverage, recording->trace);
    if (verdict != VERDICT_OK) recording_done(recording);
    return verdict == VERDICT_OK;
}

static void run_init(struct run *run, const struct powercut_plan *plan) {
    *run = (struct run){.plan = plan};
    workspace_make(&run->workspace, "powercut");
    workspace_path(&run->workspace, "session", run->session_dir, sizeof run->session_dir);
    workspace_path(&run->workspace, "image", run->image_dir, sizeof run->image_dir);
    workspace_path(&run->workspace, "second", run->second_dir, sizeof run->second_dir);
    snprintf(run->session_path, sizeof run->session_path, "%s/" FILE_NAME, run->session_dir);
    snprintf(run->image_path, sizeof run->image_path, "%s/" FILE_NAME, run->image_dir);
    directory_make_empty(run->session_dir);
}

struct powercut_result powercut_run(const struct powercut_plan *plan) {
    struct run run;
    run_init(&run, plan);
    for (uint64_t i = 0; run.result.images < plan->images && !enough_failures(&run); i++) {
        struct recording recording = {.seed = plan->seed + i};
        struct choices choices = choices_seeded(recording.seed);
        uint64_t left = plan->images - run.result.images;
        recording.sync_mode =
            plan->sync_mode >= 0 ? plan->sync_mode : (int)(recording.seed % MODES);
        directory_make_empty(run.session_dir);
        if (!recording_make(&run, &recording, &choices)) continue;
        explore(&run, &recording, &choices, left < IMAGES_PER_SESSION ? left : IMAGES_PER_SESSION);
        recording_done(&recording);
    }
    workspace_remove(&run.workspace);
    return run.result;
}

struct powercut_result powercut_replay(uint64_t session_seed, int sync_mode, uint64_t point,
                                       uint64_t image_seed) {
    struct powercut_plan plan = {.seed = session_seed, .sync_mode = sync_mode};
    struct recording recording = {.seed = session_seed, .sync_mode = sync_mode};
    struct choices choices = choices_seeded(session_seed);
    struct run run;
    run_init(&run, &plan);
    if (recording_make(&run, &recording, &choices)) {
        struct cut cut = {point, image_seed};
        struct finding finding;
        int64_t state;
        trace_print(recording.trace, 0, point);
        trace_materialise(recording.trace, cut.point, cut.seed, run.image_dir);
        const char *wrong = image_look(&run, &recording, &cut, &state, &finding);
        if (wrong != NULL) tell_failed_image(&run, &recording, &cut, wrong);
        recording_done(&recording);
    }
    workspace_remove(&run.workspace);
    return run.result;
}
