/*
 * damage.c - mutations, one child each.
 */
#include "damage.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mutation.h"
#include "probe.h"
#include "specimen.h"
#include "workspace.h"

#define SPECIMENS     4
#define SPECIMEN_SEED 7100u /* always the same, so that a mutation's seed alone repeats it */
#define PROBE_SECONDS 60u   /* a probe that takes longer hangs */

enum { EXIT_FINE, EXIT_REPORTED, EXIT_WRONG };

struct run {
    const struct damage_plan *plan;
    struct damage_result result;
    struct workspace workspace;
    char path[256], salvage_path[256];
    struct specimen specimens[SPECIMENS];
};

static void make_specimens(struct run *run) {
    for (int i = 0; i < SPECIMENS; i++) {
        char path[256], name[32];
        snprintf(name, sizeof name, "specimen%d", i);
        workspace_path(&run->workspace, name, path, sizeof path);
        specimen_make(&run->specimens[i], (enum specimen_end)(i % SPECIMEN_ENDS),
                      SPECIMEN_SEED + (uint64_t)i, path);
    }
}

/* What the mutated files may show and answer. */
static struct probe probe_for(const struct run *run, const struct specimen *specimen,
                              const struct image *image, const struct mutation *mutation,
                              uint64_t seed) {
    const struct history *history = &specimen->history;
    struct probe probe = {.path = run->path,
                          .salvage_path = run->salvage_path,
                          .choices = choices_seeded(seed),
                          .allowed = &history->states[history->count - 1],
                          .allowed_count = 1,
                          .may_fail = mutation->effect != MUTATION_HARMLESS};
    bool log_needed = specimen->end != SPECIMEN_CLOSED;
    bool empty = image->part[IMAGE_DATA].len == 0 && !log_needed; /* as good as a new file */
    if (mutation->effect == MUTATION_LOG) {
        probe.allowed = &history->states[specimen->floor];
        probe.allowed_count = history->count - specimen->floor;
    }
    if (mutation->effect == MUTATION_LOG_GONE) probe.must_not_open = log_needed;
    if (mutation->effect == MUTATION_SEALED || empty) probe.allowed_count = 0;
    return probe;
}

static void probing_child(struct probe *probe) {
    struct finding finding = {0};
    alarm(PROBE_SECONDS);
    enum verdict verdict = probe_run(probe, &finding);
    if (verdict == VERDICT_WRONG) fprintf(stderr, "damage: %s\n", finding.text);
    _exit(verdict == VERDICT_OK      ? EXIT_FINE
          : verdict == VERDICT_ERROR ? EXIT_REPORTED
                                     : EXIT_WRONG);
}

static void judge(struct run *run, int status, uint64_t seed, const struct specimen *specimen,
                  const struct mutation *mutation) {
    static const char *const ends[] = {"closed", "killed", "young"};
    run->result.mutations++;
    if (status == 0)
        run->result.unharmed++;
    else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_REPORTED)
        run->result.reported++;
    else {
        run->result.failures++;
        if (WIFSIGNALED(status)) {
            fprintf(stderr, "damage: %s (signal %d)\n",
                    WTERMSIG(status) == SIGALRM ? "a hang" : "a crash", WTERMSIG(status));
        }
        fprintf(stderr, "  %s database: %s\n  see it again: damage 1 %" PRIu64 "\n",
                ends[specimen->end], mutation->text, seed);
    }
}

static void run_mutation(struct run *run, uint64_t seed) {
    struct choices choices = choices_seeded(seed);
    uint32_t chosen = choose(&choices, SPECIMENS);
    const struct specimen *specimen = &run->specimens[chosen];
    const struct specimen *other = &run->specimens[(chosen + 1) % SPECIMENS];
    struct image image;
    int status = 0;
    image_copy(&image, &specimen->image);
    struct mutation mutation = mutate(&image, &other->image, &choices);
    image_save(&image, run->path);
    struct probe probe = probe_for(run, specimen, &image, &mutation, seed);
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) probing_child(&probe);
    waitpid(child, &status, 0);
    judge(run, status, seed, specimen, &mutation);
    image_free(&image);
}

struct damage_result damage_run(const struct damage_plan *plan) {
    struct run run = {.plan = plan};
    unsigned most = plan->failures_max > 0 ? plan->failures_max : 1;
    workspace_make(&run.workspace, "damage");
    workspace_path(&run.workspace, "x.ferrite", run.path, sizeof run.path);
    workspace_path(&run.workspace, "salvaged.ferrite", run.salvage_path, sizeof run.salvage_path);
    make_specimens(&run);
    for (uint64_t i = 0; i < plan->mutations && run.result.failures < most; i++) {
        run_mutation(&run, plan->seed + i);
    }
    for (int i = 0; i < SPECIMENS; i++) specimen_free(&run.specimens[i]);
    workspace_remove(&run.workspace);
    return run.result;
}
