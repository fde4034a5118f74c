/*
 * kill.c - the parent: rounds of a writing child, which it kills, and a looking one.
 */
#include "kill.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kill_parts.h"
#include "tight.h"

#define MODES           5
#define LOOK_FULL_EVERY 25 /* rounds */

static ferrite_options choose_options(struct run *run, int sync_mode) {
    struct choices *choices = &run->choices;
    static const uint64_t log_sizes[] = {64 << 10, 256 << 10, 1 << 20, 0};
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = (ferrite_sync_mode)sync_mode;
    options.sync_interval_ms = 5;
    options.sync_every_n = 20;
    options.log_size = log_sizes[choose(choices, 4)];
    options.dirty_limit = choose_once_in(choices, 3) ? 512 << 10 : 0;
    options.no_threads = choose_once_in(choices, 5);
    if (run->evicts) tight_choose_volatile(&options, choices_next(choices));
    return options;
}

/* A child begins slowly or is killed early: sometimes in the middle of its recovery. */
static uint32_t choose_delay_us(struct choices *choices) {
    return choose_once_in(choices, 4) ? choose(choices, 4000) : choose(choices, 50000);
}

static void round_write(struct run *run, const ferrite_options *options) {
    uint64_t heads[WRITERS];
    for (unsigned i = 0; i < WRITERS; i++) heads[i] = atomic_load(&run->board->acknowledged[i]);
    choices_next(&run->choices);
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) kill_writing_child(run, options, heads);
    usleep(choose_delay_us(&run->choices));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static bool round_look(struct run *run, ferrite_options *options, bool full) {
    uint64_t acknowledged = 0, kept = 0;
    int status = 0;
    bool close = choose_once_in(&run->choices, 2);
    for (unsigned i = 0; i < WRITERS; i++)
        acknowledged += atomic_load(&run->board->acknowledged[i]);
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) kill_looking_child(run, options, full, close);
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "kill: the look ended by signal %d\n", WTERMSIG(status));
    }
    for (unsigned i = 0; i < WRITERS; i++) kept += atomic_load(&run->board->acknowledged[i]);
    run->result.unacknowledged_kept += kept - acknowledged;
    return status == 0 && !atomic_load(&run->board->trouble);
}

static bool round_run(struct run *run, uint64_t round) {
    int mode = run->plan->sync_mode >= 0 ? run->plan->sync_mode : (int)(round % MODES);
    ferrite_options options = choose_options(run, mode);
    bool full = (round + 1) % LOOK_FULL_EVERY == 0 || round + 1 == run->plan->rounds;
    round_write(run, &options);
    if (round_look(run, &options, full)) return true;
    fprintf(stderr, "kill: in round %" PRIu64 " of seed %" PRIu64 ", sync mode %d\n", round,
            run->plan->seed, mode);
    return false;
}

struct kill_result kill_run(const struct kill_plan *plan) {
    struct run run = {
        .plan = plan, .choices = choices_seeded(plan->seed), .evicts = plan->seed % 2 == 1};
    workspace_make(&run.workspace, "kill");
    workspace_path(&run.workspace, "x.ferrite", run.path, sizeof run.path);
    run.board =
        mmap(NULL, sizeof *run.board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run.board == MAP_FAILED) abort();
    while (run.result.rounds < plan->rounds && run.result.failures == 0) {
        run.result.failures += !round_run(&run, run.result.rounds);
        run.result.rounds++;
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        run.result.acknowledged += atomic_load(&run.board->acknowledged[i]);
    }
    run.result.members_evicted = atomic_load(&run.board->lost);
    munmap(run.board, sizeof *run.board);
    workspace_remove(&run.workspace);
    return run.result;
}
