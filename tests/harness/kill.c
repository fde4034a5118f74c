/*
 * kill.c - the writing child, the looking child, and the parent that kills.
 */
#include "kill.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../libferrite/ferrite.h"
#include "choices.h"
#include "state.h"
#include "tight.h"
#include "workspace.h"

#define WRITERS         4u
#define MODES           5
#define VALUE_MAX       70000u
#define LOOK_BACK       300u /* groups of each thread looked at in most rounds */
#define LOOK_FULL_EVERY 25   /* rounds */
#define LOOK_SECONDS    60u  /* a look that takes longer hangs */
#define LIFE_MS         INT64_C(100000000000) /* of members that may be evicted: three years */

/* Shared by parent and children. A group's number is its thread's counter. */
struct board {
    _Atomic uint64_t begun[WRITERS], acknowledged[WRITERS];
    _Atomic bool trouble; /* a writer saw an error or something that cannot be */
    _Atomic uint64_t lost; /* members that were evicted, as the looks saw */
};

struct run {
    const struct kill_plan *plan;
    struct kill_result result;
    struct workspace workspace;
    char path[256];
    struct board *board;
    struct choices choices;
    bool evicts; /* members may go */
};

/* ---- groups of keys ---- */

static unsigned group_members(unsigned writer, uint64_t group) {
    return 1 + (unsigned)((group * 7 + writer) % 6);
}

/* Groups that were removed again by a later one of the same thread: two of three. */
static bool group_is_removed(uint64_t group, uint64_t head) {
    return group % 3 != 0 && group + 50 <= head;
}

static size_t member_key(unsigned writer, uint64_t group, unsigned member, char key[64]) {
    return (size_t)sprintf(key, "g:%u:%08" PRIu64 ":%u", writer, group, member);
}

static size_t head_key(unsigned writer, char key[64]) {
    return (size_t)sprintf(key, "head:%u", writer);
}

static size_t member_value(unsigned writer, uint64_t group, unsigned member, char *value) {
    struct choices stream = choices_seeded(group * 64 + writer * 8 + member);
    size_t len = choose(&stream, 160);
    if (choose_once_in(&stream, 150)) len = choose_between(&stream, 2000, VALUE_MAX - 8);
    for (size_t at = 0; at < len; at += 8) {
        uint64_t word = choices_next(&stream);
        memcpy(value + at, &word, 8); /* the buffer has room for the last word */
    }
    return len;
}

/* ---- the writing child ---- */

struct writer {
    ferrite_db *db;
    struct board *board;
    unsigned number;
    uint64_t head;
    struct choices choices;
    char *value;
    bool evicts;
};

static int write_member(ferrite_db *db, const struct writer *writer, const char *key,
                        size_t key_len, size_t len, ferrite_error **err) {
    if (!writer->evicts) return ferrite_set(db, key, key_len, writer->value, len, err);
    return ferrite_psetex(db, key, key_len, LIFE_MS, writer->value, len, err);
}

static int write_group(ferrite_db *db, struct writer *writer, uint64_t group, ferrite_error **err) {
    char key[64];
    for (unsigned i = 0; i < group_members(writer->number, group); i++) {
        size_t key_len = member_key(writer->number, group, i, key);
        size_t len = member_value(writer->number, group, i, writer->value);
        if (write_member(db, writer, key, key_len, len, err) < 0) return -1;
    }
    return 0;
}

static int remove_group(ferrite_db *db, struct writer *writer, uint64_t group,
                        ferrite_error **err) {
    char key[64];
    for (unsigned i = 0; i < group_members(writer->number, group); i++) {
        size_t key_len = member_key(writer->number, group, i, key);
        if (ferrite_del(db, key, key_len, err) < 0) return -1;
    }
    return 0;
}

/* A group is whole when its members, the head and the removal of an old group came together. */
static int change(ferrite_db *tx, void *ctx, ferrite_error **err) {
    struct writer *writer = ctx;
    uint64_t group = writer->head + 1;
    char key[64], text[32];
    if (write_group(tx, writer, group, err) < 0) return -1;
    if (group > 50 && group_is_removed(group - 50, group) &&
        remove_group(tx, writer, group - 50, err) < 0) {
        return -1;
    }
    size_t len = (size_t)sprintf(text, "%" PRIu64, group);
    return ferrite_set(tx, key, head_key(writer->number, key), text, len, err);
}

static int change_in_batch(struct writer *writer, ferrite_error **err) {
    ferrite_db *batch = ferrite_batch(writer->db, err);
    if (batch == NULL) return -1;
    int result = change(batch, writer, err);
    if (result == 0) result = ferrite_commit(batch, err);
    ferrite_close(batch);
    return result;
}

/* Writes the next group and takes it back. */
static int change_and_roll_back(struct writer *writer, ferrite_error **err) {
    ferrite_db *tx = ferrite_begin(writer->db, err);
    if (tx == NULL) return -1;
    int result = ferrite_set(tx, "rolled back", 11, "x", 1, err);
    if (result == 0) result = change(tx, writer, err);
    if (result == 0) result = ferrite_rollback(tx, err);
    ferrite_close(tx);
    return result;
}

static int writer_step(struct writer *writer, ferrite_error **err) {
    if (choose_once_in(&writer->choices, 12) && change_and_roll_back(writer, err) < 0) return -1;
    atomic_store(&writer->board->begun[writer->number], writer->head + 1);
    int result = choose_once_in(&writer->choices, 6)
                     ? change_in_batch(writer, err)
                     : ferrite_transaction(writer->db, change, writer, err);
    if (result != 0) return -1;
    writer->head++;
    atomic_store(&writer->board->acknowledged[writer->number], writer->head);
    return 0;
}

static void *writer_main(void *ctx) {
    struct writer *writer = ctx;
    ferrite_error *err = NULL;
    writer->value = malloc(VALUE_MAX);
    if (writer->value == NULL) abort();
    while (writer_step(writer, &err) == 0) continue;
    char text[300];
    error_take(&err, text, sizeof text);
    fprintf(stderr, "kill: writer %u: %s\n", writer->number, text);
    atomic_store(&writer->board->trouble, true);
    return NULL;
}

static void backup_path(const char *path, char out[300]) { snprintf(out, 300, "%s.copy", path); }

/* Compacts the file and makes backups beside the writers, until the kill. */
struct tender {
    ferrite_db *db;
    const char *path;
    struct choices choices;
    struct board *board;
};

static void *tender_main(void *ctx) {
    struct tender *tender = ctx;
    ferrite_error *err = NULL;
    char copy[300], text[300];
    int result = 0;
    backup_path(tender->path, copy);
    while (result >= 0) {
        result = choose_once_in(&tender->choices, 3) ? ferrite_backup(tender->db, copy, NULL, &err)
                                                     : ferrite_compact(tender->db, NULL, NULL, &err);
        usleep(choose(&tender->choices, 20000));
    }
    error_take(&err, text, sizeof text);
    fprintf(stderr, "kill: compact or backup: %s\n", text);
    atomic_store(&tender->board->trouble, true);
    return NULL;
}

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

static ferrite_db *child_open(const char *path, const ferrite_options *options) {
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_open_with(path, options, &err);
    char text[300];
    if (db != NULL) return db;
    error_take(&err, text, sizeof text);
    fprintf(stderr, "kill: cannot open: %s\n", text);
    return NULL;
}

/* Runs until it is killed. */
static void writing_child(struct run *run, const ferrite_options *options,
                          const uint64_t heads[WRITERS]) {
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    ferrite_db *db = child_open(run->path, options);
    if (db == NULL) {
        atomic_store(&run->board->trouble, true);
        _exit(1);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.db = db,
                                     .board = run->board,
                                     .number = i,
                                     .head = heads[i],
                                     .evicts = run->evicts,
                                     .choices = choices_seeded(choices_next(&run->choices))};
        if (pthread_create(&threads[i], NULL, writer_main, &writers[i]) != 0) abort();
    }
    struct tender tender = {db, run->path, choices_seeded(choices_next(&run->choices)), run->board};
    if (pthread_create(&threads[0], NULL, tender_main, &tender) != 0) abort();
    for (;;) pause();
}

/* ---- the looking child ---- */

struct look {
    ferrite_db *db;
    unsigned writer;
    uint64_t head;
    char *value;
    bool evicts;
    uint64_t lost;
};

static bool complain(const struct look *look, uint64_t group, const char *what) {
    fprintf(stderr, "kill: writer %u, group %" PRIu64 " (head %" PRIu64 "): %s\n", look->writer,
            group, look->head, what);
    return false;
}

static bool look_at_group(struct look *look, uint64_t group, bool there) {
    char key[64];
    for (unsigned i = 0; i < group_members(look->writer, group); i++) {
        ferrite_error *err = NULL;
        size_t len = 0, key_len = member_key(look->writer, group, i, key);
        size_t expected = member_value(look->writer, group, i, look->value);
        char *found = ferrite_get(look->db, key, key_len, &len, &err);
        bool same = found != NULL && len == expected && memcmp(found, look->value, len) == 0;
        bool nil = found == NULL && err == NULL;
        if (err != NULL) complain(look, group, ferrite_error_message(err));
        ferrite_error_free(err);
        ferrite_free(found);
        if (there && nil && look->evicts) {
            look->lost++;
            continue;
        }
        if (there && nil) return complain(look, group, "a member is lost");
        if (there && !same) return complain(look, group, "a member has other bytes");
        if (!there && !nil) return complain(look, group, "a member should not be there");
    }
    return true;
}

static bool look_read_head(struct look *look) {
    char key[64];
    size_t len = 0;
    ferrite_error *err = NULL;
    char *text = ferrite_get(look->db, key, head_key(look->writer, key), &len, &err);
    bool fine = err == NULL;
    look->head = text != NULL ? strtoull(text, NULL, 10) : 0;
    if (!fine) complain(look, 0, ferrite_error_message(err));
    ferrite_error_free(err);
    ferrite_free(text);
    return fine;
}

static bool look_at_writer(struct look *look, const struct board *board, uint64_t back) {
    uint64_t acknowledged = atomic_load(&board->acknowledged[look->writer]);
    uint64_t begun = atomic_load(&board->begun[look->writer]);
    if (!look_read_head(look)) return false;
    if (look->head < acknowledged)
        return complain(look, acknowledged, "acknowledged but lost (E1)");
    if (look->head > begun) return complain(look, look->head, "was never begun");
    uint64_t from = look->head > back ? look->head - back : 1;
    for (uint64_t group = from; group <= look->head; group++) {
        if (!look_at_group(look, group, !group_is_removed(group, look->head))) return false;
    }
    return look_at_group(look, look->head + 1, false);
}

/* True when everything is as it must be; leaves the heads found in `heads`. */
static bool look_at_all(struct run *run, ferrite_db *db, bool full) {
    struct look look = {.db = db, .value = malloc(VALUE_MAX), .evicts = run->evicts};
    char text[500];
    bool fine = look.value != NULL;
    for (look.writer = 0; fine && look.writer < WRITERS; look.writer++) {
        fine = look_at_writer(&look, run->board, full ? UINT64_MAX : LOOK_BACK);
        if (!fine) break;
        atomic_store(&run->board->begun[look.writer], look.head);
        atomic_store(&run->board->acknowledged[look.writer], look.head);
    }
    free(look.value);
    atomic_fetch_add(&run->board->lost, look.lost);
    if (fine && ferrite_exists(db, "rolled back", 11, NULL) != 0) {
        fprintf(stderr, "kill: something rolled back is there\n");
        fine = false;
    }
    if (fine && full && state_check(db, text, sizeof text) != FERRITE_OK) {
        fprintf(stderr, "kill: %s\n", text);
        fine = false;
    }
    return fine;
}

/* A backup is there whole or not at all. */
static bool look_at_backup(struct run *run) {
    char path[300], text[500];
    ferrite_error *err = NULL;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    backup_path(run->path, path);
    options.read_only = options.must_exist = 1;
    ferrite_db *db = ferrite_open_with(path, &options, &err);
    if (db == NULL && ferrite_error_code(err) == FERRITE_NOTFOUND) return true;
    bool fine = db != NULL && state_check(db, text, sizeof text) == FERRITE_OK;
    if (db == NULL) error_take(&err, text, sizeof text);
    if (!fine) fprintf(stderr, "kill: the backup: %s\n", text);
    ferrite_close(db);
    return fine;
}

static void looking_child(struct run *run, ferrite_options *options, bool full, bool close) {
    alarm(LOOK_SECONDS);
    ferrite_db *db = child_open(run->path, options);
    bool fine = db != NULL && look_at_all(run, db, full) && look_at_backup(run);
    if (fine && close) ferrite_close(db);
    _exit(fine ? 0 : 1);
}

/* ---- the parent ---- */

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
    if (child == 0) writing_child(run, options, heads);
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
    if (child == 0) looking_child(run, options, full, close);
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
