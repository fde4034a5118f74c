/*
 * model.c - chooses how a session goes, and runs it.
 */
#include "model.h"

#include <inttypes.h>
#include <stdio.h>

#include "session.h"
#include "tight.h"
#include "workspace.h"

#define STEPS_DEFAULT 400u

static ferrite_options choose_options(struct choices *choices) {
    static const uint64_t log_sizes[] = {64 << 10, 256 << 10, 2 << 20, 0};
    static const uint64_t dirty_limits[] = {64 << 10, 256 << 10, 1 << 20, 0};
    static const ferrite_sync_mode modes[] = {FERRITE_SYNC_NONE, FERRITE_SYNC_NORMAL,
                                              FERRITE_SYNC_PERIODIC, FERRITE_SYNC_EVERY_N,
                                              FERRITE_SYNC_FULL};
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = modes[choose(choices, 5)];
    options.sync_interval_ms = 2;
    options.sync_every_n = 5;
    options.log_size = log_sizes[choose(choices, 4)];
    options.dirty_limit = dirty_limits[choose(choices, 4)];
    options.no_threads = choose_once_in(choices, 2);
    options.map_size = 1u << 30;
    return options;
}

/* Few keys meet each other often; many make trees of several levels. */
static struct session_config choose_config(struct choices *choices, const char *path) {
    return (struct session_config){
        .path = path,
        .options = choose_options(choices),
        .profile = {.keys = 10u << choose(choices, 9),
                    .big_one_in = choose_between(choices, 5, 60),
                    .big_max = choose_once_in(choices, 4) ? 300000 : 20000,
                    .huge_keys = choose_once_in(choices, 3),
                    .sweep_one_in = choose_once_in(choices, 2) ? 40 : 600},
        .reopen_one_in = choose_between(choices, 20, 150),
        .backup_one_in = 100,
        .check_one_in = 50,
        .transaction_max = choose_once_in(choices, 3) ? 200 : 10,
        .snapshots = choose(choices, SESSION_SNAPSHOTS + 1),
    };
}

enum verdict model_run_sequence(struct choices *choices, const struct model_sequence *sequence,
                                struct finding *finding, struct model_result *result) {
    struct session_config config = choose_config(choices, sequence->path);
    struct session session;
    tight_choose(&config.options, sequence->tight_seed, sequence->path != NULL,
                 TIGHT_LONG_SESSION);
    session_init(&session, &config, choices, NULL);
    enum verdict verdict = session_open(&session);
    while (verdict == VERDICT_OK && session.steps < sequence->steps && !choices->done) {
        verdict = session_step(&session);
    }
    if (verdict == VERDICT_OK) verdict = session_verify(&session);
    if (verdict == VERDICT_OK && sequence->path) verdict = session_reopen_after_error(&session);
    *finding = session.finding;
    result->steps += session.steps;
    result->evicted += session.evicted;
    result->refused += session.refused;
    tight_describe(&config.options, result->tight, sizeof result->tight);
    session_done(&session);
    return verdict;
}

struct model_result model_run(const struct model_plan *plan) {
    struct model_result result = {0};
    struct workspace workspace;
    char dir[200], path[256];
    workspace_make(&workspace, "model");
    workspace_path(&workspace, "files", dir, sizeof dir);
    snprintf(path, sizeof path, "%s/x.ferrite", dir);
    while (result.sequences < plan->sequences && result.failures == 0) {
        uint64_t seed = plan->seed + result.sequences, steps = result.steps;
        struct choices choices = choices_seeded(seed);
        struct finding finding = {0};
        directory_make_empty(dir);
        bool in_memory = choose_once_in(&choices, 4);
        struct model_sequence sequence = {in_memory ? NULL : path,
                                          plan->steps > 0 ? plan->steps : STEPS_DEFAULT, seed};
        if (model_run_sequence(&choices, &sequence, &finding, &result) != VERDICT_OK) {
            fprintf(stderr,
                    "model: step %" PRIu64 "%s%s: %s\n  see it again: model 1 %" PRIu64 "\n",
                    result.steps - steps, in_memory ? ", in memory" : "", result.tight,
                    finding.text, seed);
            result.failures++;
        }
        result.sequences++;
    }
    workspace_remove(&workspace);
    return result;
}
