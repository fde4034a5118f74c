/*
 * powercut.c - recorded sessions, and the images made of their traces.
 */
#include "powercut.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"
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
    enum verdict verdict = recording_make(&second, choices, first->history.states[state], &finding);
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

static bool session_record(struct run *run, struct recording *recording, struct choices *choices) {
    struct finding finding;
    struct oracle *initial = NULL;
    enum verdict verdict = VERDICT_OK;
    snprintf(recording->dir, sizeof recording->dir, "%s", run->session_dir);
    snprintf(recording->path, sizeof recording->path, "%s", run->session_path);
    recording_plan(recording, choices);
    if (choose_once_in(choices, 2)) verdict = recording_prepare(recording, choices, &initial, &finding);
    if (verdict != VERDICT_OK) {
        tell_failed_session(run, recording, &finding);
        oracle_free(initial);
        return false;
    }
    verdict = recording_make(recording, choices, initial, &finding);
    oracle_free(initial);
    if (verdict != VERDICT_OK) tell_failed_session(run, recording, &finding);
    run->result.sessions++;
    run->result.commits += recording->history.count - 1;
    run->result.evicted += recording->evicted;
    run->result.refused += recording->refused;
    run->result.trace_entries += trace_length(recording->trace);
    recording_cover(recording, &run->result.coverage);
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
        if (!session_record(&run, &recording, &choices)) continue;
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
    if (session_record(&run, &recording, &choices)) {
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
