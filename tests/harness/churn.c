/*
 * churn.c - see churn.h.
 */
#include "churn.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "choices.h"
#include "churn_model.h"
#include "state.h"
#include "workspace.h"

#define HOUR_MS         INT64_C(3600000)
#define START_MS        INT64_C(1700000000000)
#define PARTS           6u
#define SAMPLES         60u /* looks at sizes and content */
#define MEAN_LEN        620u
#define LOG_SIZE        (256u << 10)
#define FILE_MEMORY     (4u << 20)  /* max_memory of a database in a file */
#define MEMORY_SLACK    (3u << 20)  /* stacks, the allocator's own, tables of pages */
#define LOG_HEADER      4096u
#define FAILURES_MAX    5u
#define PERSISTENT_OF   100u /* one key in so many never expires */

struct run {
    const struct churn_plan *plan;
    struct churn_result result;
    struct choices choices;
    ferrite_options options;
    ferrite_db *db;
    struct workspace workspace;
    char path[256], log_path[272];
    uint64_t memory_before;
    struct churn_slot *writing; /* the key whose SET is under way */
    bool writing_evicted;
};

/* Too large for a stack, and touched before the memory is watched. */
static struct churn_model model;
static int64_t now_ms;
static char value_buffer[CHURN_VALUE_MAX + 8];

static int64_t clock_now(void *ctx) {
    (void)ctx;
    return now_ms;
}

const char *churn_policy_name(ferrite_eviction eviction) {
    static const char *const names[] = {
        "noeviction",   "allkeys-lru",  "allkeys-lfu",     "allkeys-random",
        "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"};
    return names[eviction];
}

static void fail(struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fail(struct run *run, const char *format, ...) {
    va_list args;
    if (++run->result.failures > FAILURES_MAX) return;
    fprintf(stderr, "churn: seed %" PRIu64 ", %s, %s, operation %" PRIu64 ": ", run->plan->seed,
            run->plan->in_file ? "file" : "memory", churn_policy_name(run->plan->eviction),
            run->result.operations);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
}

static void fail_error(struct run *run, ferrite_error **err, const char *what) {
    fail(run, "%s: %s", what, ferrite_error_message(*err));
    ferrite_error_free(*err);
    *err = NULL;
}

/* ---- operations ---- */

static void on_evict(void *ctx, int database, const char *key, size_t key_len) {
    struct run *run = ctx;
    uint32_t number = churn_key_number(key, key_len);
    run->result.evicted++;
    if (database != 0 || number == CHURN_KEYS) {
        fail(run, "a key was evicted that never was: %.*s of database %d", (int)key_len, key, database);
        return;
    }
    struct churn_slot *slot = &model.slots[number];
    if (slot == run->writing) { /* before it is written, or after it: operation_set finds out */
        run->writing_evicted = true;
        return;
    }
    if (!slot->there) fail(run, "session:%06u was evicted, and was not there", number);
    if (run->plan->eviction >= FERRITE_EVICT_VOLATILE_LRU && slot->expire_at_ms == 0) {
        fail(run, "session:%06u was evicted, and does not expire", number);
    }
    slot->there = false;
}

static uint32_t choose_len(struct choices *choices) {
    if (choose_once_in(choices, 300)) return choose_between(choices, 10000, CHURN_VALUE_MAX);
    if (choose_once_in(choices, 12)) return choose_between(choices, 1000, 5000);
    return choose_between(choices, 10, 500);
}

/* In even parts three times as much would live as there is room for, in odd ones a third. */
static int64_t choose_life_ms(struct run *run) {
    uint64_t part = run->result.operations * PARTS / run->plan->operations;
    double per_ms = (double)run->plan->operations * 0.8 / (double)HOUR_MS;
    double room = (double)run->plan->bound * (part % 2 ? 1.0 / 3 : 3);
    double mean_ms = room / MEAN_LEN / per_ms;
    return 1 + (int64_t)(mean_ms * 2 * choose(&run->choices, 1000) / 1000);
}

/* Was there a good reason to refuse? */
static bool may_refuse(const struct run *run) {
    return run->plan->eviction == FERRITE_EVICT_NONE;
}

static void operation_set(struct run *run, uint32_t number) {
    char key[CHURN_KEY_MAX];
    size_t key_len = churn_key(number, key);
    struct churn_slot *slot = &model.slots[number], before = *slot;
    ferrite_error *err = NULL;
    ferrite_set_options how = FERRITE_SET_OPTIONS_INIT;
    *slot = (struct churn_slot){true, choose(&run->choices, 1u << 30), choose_len(&run->choices),
                                now_ms + choose_life_ms(run)};
    if (number % PERSISTENT_OF == 0) slot->expire_at_ms = 0;
    how.expire_at_ms = slot->expire_at_ms;
    churn_value(slot, value_buffer);
    run->writing = slot;
    run->writing_evicted = false;
    int set = ferrite_set_with(run->db, key, key_len, value_buffer, slot->len, &how, NULL, NULL,
                               &err);
    run->writing = NULL;
    if (set == 1) {
        if (run->writing_evicted) slot->there = ferrite_exists(run->db, key, key_len, NULL) == 1;
        return;
    }
    *slot = before;
    run->result.refused++;
    if (ferrite_error_code(err) != FERRITE_FULL || !may_refuse(run)) fail_error(run, &err, "SET");
    if (run->writing_evicted) fail(run, "a SET that was refused was evicted");
    ferrite_error_free(err);
}

static void operation_get(struct run *run, uint32_t number) {
    char key[CHURN_KEY_MAX];
    size_t key_len = churn_key(number, key), len = 0;
    const struct churn_slot *slot = &model.slots[number];
    ferrite_error *err = NULL;
    char *value = ferrite_get(run->db, key, key_len, &len, &err);
    bool lives = churn_lives(slot, now_ms);
    if (err != NULL)
        fail_error(run, &err, "GET");
    else if ((value != NULL) != lives)
        fail(run, "GET %s: %s", key, lives ? "is lost" : "should be gone");
    else if (lives && !churn_value_is(slot, value, len))
        fail(run, "GET %s: another value", key);
    ferrite_free(value);
}

static void operation_del(struct run *run, uint32_t number) {
    char key[CHURN_KEY_MAX];
    size_t key_len = churn_key(number, key);
    struct churn_slot *slot = &model.slots[number];
    ferrite_error *err = NULL;
    bool lives = churn_lives(slot, now_ms);
    slot->there = false;
    int deleted = ferrite_del(run->db, key, key_len, &err);
    if (deleted < 0)
        fail_error(run, &err, "DEL");
    else if (deleted != lives)
        fail(run, "DEL %s answered %d", key, deleted);
}

static void operation(struct run *run) {
    uint32_t number = choose(&run->choices, CHURN_KEYS), kind = choose(&run->choices, 20);
    now_ms = START_MS + (int64_t)run->result.operations * HOUR_MS / (int64_t)run->plan->operations;
    /* Some keys are popular. */
    if (choose_once_in(&run->choices, 3)) number = choose(&run->choices, CHURN_KEYS / 20);
    if (kind < 16)
        operation_set(run, number);
    else if (kind < 19)
        operation_get(run, number);
    else
        operation_del(run, number);
    run->result.operations++;
}

/* ---- looks ---- */

static uint64_t file_bytes(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 ? (uint64_t)about.st_size : 0;
}

/* A sanitizer's own memory, and what it keeps back of freed memory, is more than the library's. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_IS_OURS false
#else
#define MEMORY_IS_OURS true
#endif

/* Not pages of the file that are mapped: the system may take those back. */
static uint64_t memory_bytes(void) {
    uint64_t bytes = 0;
    if (!MEMORY_IS_OURS) return 0;
    char line[256];
    unsigned long long kb;
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    if (file == NULL) return 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "Anonymous: %llu", &kb) == 1) bytes += kb * 1024;
        if (sscanf(line, "Swap: %llu", &kb) == 1) bytes += kb * 1024;
    }
    fclose(file);
    return bytes;
}

static void look_at_one(struct run *run, uint64_t value, uint64_t bound, uint64_t *peak,
                        const char *what) {
    if (value > *peak) *peak = value;
    if (value > bound) fail(run, "%s: %" PRIu64 " bytes, bound %" PRIu64, what, value, bound);
}

static void look_at_sizes(struct run *run) {
    struct churn_result *result = &run->result;
    uint64_t bound = run->plan->bound, memory = memory_bytes();
    uint64_t growth = memory > run->memory_before ? memory - run->memory_before : 0;
    uint64_t memory_bound = run->plan->in_file ? FILE_MEMORY : bound;
    look_at_one(run, growth, memory_bound + memory_bound / 4 + MEMORY_SLACK, &result->memory_peak,
                "memory");
    if (!run->plan->in_file) return;
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    if (ferrite_info(run->db, &stats, NULL) < 0) fail(run, "no info");
    look_at_one(run, stats.young_bytes, FILE_MEMORY, &result->young_peak, "young pages");
    look_at_one(run, file_bytes(run->path), bound + bound / 4 + (1u << 20), &result->file_peak,
                "the file");
    look_at_one(run, file_bytes(run->log_path), LOG_SIZE + LOG_HEADER, &result->log_peak,
                "the log");
}

static void look_at_key(struct run *run, const ferrite_slice *key, const ferrite_slice *value) {
    uint32_t number = churn_key_number(key->data, key->len);
    if (number == CHURN_KEYS)
        fail(run, "a key that never was");
    else if (!churn_lives(&model.slots[number], now_ms))
        fail(run, "session:%06u should be gone", number);
    else if (!churn_value_is(&model.slots[number], value->data, value->len))
        fail(run, "session:%06u has another value", number);
}

/* Each key that is there is right, and they are as many as there must be. */
static void look_at_content(struct run *run) {
    ferrite_error *err = NULL;
    ferrite_slice key, value;
    uint64_t seen = 0, expected = churn_count(&model, now_ms);
    int more = -1;
    ferrite_iterator *it = ferrite_iterate(run->db, NULL, &err);
    while (it != NULL && (more = ferrite_iterator_next(it, &key, &value, &err)) == 1) {
        look_at_key(run, &key, &value);
        seen++;
    }
    if (it != NULL) ferrite_iterator_close(it);
    if (more < 0) fail_error(run, &err, "iterating");
    if (seen != expected) {
        fail(run, "%" PRIu64 " keys, %" PRIu64 " expected", seen, expected);
    }
    if (seen > run->result.keys_peak) run->result.keys_peak = seen;
}

static void look_at_soundness(struct run *run) {
    char text[500];
    if (state_check(run->db, text, sizeof text) != FERRITE_OK) fail(run, "%s", text);
}

/* ---- a run ---- */

static bool open_database(struct run *run) {
    ferrite_error *err = NULL;
    run->db = ferrite_open_with(run->plan->in_file ? run->path : NULL, &run->options, &err);
    if (run->db == NULL) fail_error(run, &err, "open");
    return run->db != NULL;
}

static void run_init(struct run *run, const struct churn_plan *plan) {
    *run = (struct run){.plan = plan, .choices = choices_seeded(plan->seed)};
    workspace_make(&run->workspace, "churn");
    workspace_path(&run->workspace, "x.ferrite", run->path, sizeof run->path);
    snprintf(run->log_path, sizeof run->log_path, "%s-wal", run->path);
    run->options = (ferrite_options)FERRITE_OPTIONS_INIT;
    run->options.sync_mode = FERRITE_SYNC_NONE;
    run->options.log_size = LOG_SIZE;
    run->options.clock_ms = clock_now;
    run->options.eviction = plan->eviction;
    run->options.on_evict = on_evict;
    run->options.on_evict_ctx = run;
    run->options.compression = plan->compression;
    run->options.max_size = plan->in_file ? plan->bound : 0;
    run->options.max_memory = plan->in_file ? FILE_MEMORY : plan->bound;
    now_ms = START_MS;
    memset(&model, 1, sizeof model); /* touched, then emptied */
    memset(&model, 0, sizeof model);
    memset(value_buffer, 1, sizeof value_buffer);
    run->memory_before = memory_bytes();
}

static void reopen(struct run *run) {
    if (!run->plan->in_file) return;
    ferrite_close(run->db);
    if (!open_database(run)) return;
    look_at_content(run);
}

/* A day later all that expires has gone, and its space with it. */
static void expire_all(struct run *run) {
    int removed;
    now_ms += 24 * HOUR_MS;
    while ((removed = ferrite_expire_cycle(run->db, 1000, NULL)) > 0) continue;
    if (removed < 0) fail(run, "the expire cycle failed");
    look_at_content(run);
    look_at_soundness(run);
}

static void churn(struct run *run) {
    uint64_t operations = run->plan->operations;
    while (run->result.operations < operations && run->result.failures == 0) {
        operation(run);
        if (run->result.operations % (operations / SAMPLES) != 0) continue;
        look_at_sizes(run);
        look_at_content(run);
    }
    look_at_soundness(run);
    reopen(run);
    if (run->db != NULL) expire_all(run);
}

struct churn_result churn_run(const struct churn_plan *plan) {
    struct churn_plan whole = *plan;
    struct run run;
    if (whole.bound == 0) whole.bound = 4u << 20;
    if (whole.operations < SAMPLES) whole.operations = SAMPLES;
    run_init(&run, &whole);
    if (open_database(&run)) churn(&run);
    if (run.db != NULL) ferrite_close(run.db);
    run.result.file_expired = file_bytes(run.path);
    workspace_remove(&run.workspace);
    run.plan = NULL;
    return run.result;
}
