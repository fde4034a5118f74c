/*
 * probe.c - one tour through a database that may be damaged.
 */
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "look.h"
#include "op.h"
#include "state.h"

#define LOOKS  25
#define WRITES 12

static const struct op_profile profile = {
    .keys = 200, .big_one_in = 6, .big_max = 70000, .sweep_one_in = 40};

/* Whether an error may be is the probe's to say. Behind right checksums any code may come up. */
static enum verdict judge(const struct probe *probe, enum verdict verdict,
                          struct finding *finding) {
    if (verdict != VERDICT_ERROR) return verdict;
    bool clear = finding->code == FERRITE_CORRUPT || finding->code == FERRITE_VERSION ||
                 finding->code == FERRITE_IO || probe->allowed_count == 0;
    if (probe->may_fail && clear) return VERDICT_ERROR;
    char text[sizeof finding->text];
    memcpy(text, finding->text, sizeof text);
    return verdict_wrong(finding, "not a clear error here: %.500s", text);
}

static enum verdict worse(enum verdict a, enum verdict b) { return a > b ? a : b; }

static ferrite_db *probe_open(const struct probe *probe, bool read_only, struct handles *handles,
                              struct finding *finding) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    options.no_threads = 1;
    options.read_only = read_only;
    options.map_size = 256u << 20;
    options.log_size = 256 << 10;
    options.busy_timeout_ms = 100;
    ferrite_db *db = ferrite_open_with(probe->path, &options, &err);
    if (db != NULL && handles_from(db, handles, &err) == FERRITE_OK) return db;
    verdict_error(finding, &err, "open");
    return NULL;
}

/* ---- reading ---- */

static bool value_is_allowed(const struct probe *probe, uint32_t db, const struct oracle_bytes *key,
                             const char *value, size_t len) {
    for (size_t i = 0; i < probe->allowed_count; i++) {
        const struct oracle_bytes *expected =
            oracle_get(probe->allowed[i], db, key->data, key->len);
        if (expected == NULL && value == NULL) return true;
        if (expected == NULL || value == NULL || expected->len != len) continue;
        if (memcmp(expected->data, value, len) == 0) return true;
    }
    return probe->allowed_count == 0;
}

/* Each key of the newest allowed state by itself: its value, or an error. */
static enum verdict read_keys(const struct probe *probe, const struct handles *handles,
                              struct finding *finding) {
    enum verdict verdict = VERDICT_OK;
    if (probe->allowed_count == 0) return verdict;
    const struct oracle *newest = probe->allowed[probe->allowed_count - 1];
    for (uint32_t db = 0; db < ORACLE_DATABASES; db++) {
        for (size_t i = 0; i < newest->dbs[db].count && verdict != VERDICT_WRONG; i++) {
            const struct oracle_bytes *key = newest->dbs[db].entries[i].key;
            ferrite_error *err = NULL;
            size_t len = 0;
            char *value = state_value(handles->db[db], key->data, key->len, &len, &err);
            if (err != NULL) {
                verdict =
                    worse(verdict, judge(probe, verdict_error(finding, &err, "GET"), finding));
            } else if (!value_is_allowed(probe, db, key, value, len)) {
                verdict = verdict_wrong(finding, "key number %zu of database %u: %s", i, db,
                                        value == NULL ? "nil instead of its value" : "other bytes");
            }
            free(value);
        }
    }
    return verdict;
}

/* The state it shows as a whole, or NULL. */
static const struct oracle *read_state(const struct probe *probe, const struct handles *handles,
                                       enum verdict *verdict, struct finding *finding) {
    struct oracle *found = NULL;
    ferrite_error *err = NULL;
    if (state_read(handles, &found, &err) != FERRITE_OK) {
        *verdict = judge(probe, verdict_error(finding, &err, "iterating"), finding);
        return NULL;
    }
    const struct oracle *match = NULL;
    for (size_t i = probe->allowed_count; i-- > 0 && match == NULL;) {
        if (oracle_digest(probe->allowed[i]) == oracle_digest(found)) match = probe->allowed[i];
    }
    if (match == NULL && probe->allowed_count > 0) {
        oracle_print_difference(probe->allowed[probe->allowed_count - 1], found, 8);
        *verdict = verdict_wrong(finding, "iterating shows a state that never was");
    }
    oracle_free(found);
    return match;
}

static enum verdict read_randomly(struct probe *probe, const struct handles *handles,
                                  const struct oracle *state, struct finding *finding) {
    struct oracle *nothing = state == NULL ? oracle_new() : NULL;
    enum verdict verdict = VERDICT_OK;
    for (int i = 0; i < LOOKS && verdict != VERDICT_WRONG; i++) {
        enum verdict look = look_random(&probe->choices, &profile, handles,
                                        state != NULL ? state : nothing, finding);
        if (look == VERDICT_WRONG && state == NULL) continue; /* nothing to compare with */
        verdict = worse(verdict, judge(probe, look, finding));
    }
    oracle_free(nothing);
    return verdict;
}

static enum verdict read_everything(struct probe *probe, const struct handles *handles,
                                    struct finding *finding) {
    char text[500];
    enum verdict verdict = read_keys(probe, handles, finding);
    if (verdict == VERDICT_WRONG) return verdict;
    enum verdict whole = VERDICT_OK;
    const struct oracle *state = read_state(probe, handles, &whole, finding);
    verdict = worse(verdict, whole);
    if (verdict == VERDICT_WRONG) return verdict;
    verdict = worse(verdict, read_randomly(probe, handles, state, finding));
    int code = state_check(handles->db[0], text, sizeof text);
    if (code == FERRITE_OK || verdict == VERDICT_WRONG) return verdict;
    if (!probe->may_fail) return verdict_wrong(finding, "%s", text);
    return VERDICT_ERROR;
}

/* ---- writing ---- */

/* What was written can be read back at once. */
static enum verdict write_one(struct probe *probe, const struct handles *handles, unsigned number,
                              struct finding *finding) {
    char key[32], value[3000];
    size_t key_len = (size_t)sprintf(key, "probe:%u", number), len = 0;
    size_t value_len = choose(&probe->choices, number % 3 == 0 ? sizeof value : 100);
    ferrite_error *err = NULL;
    memset(value, 'a' + (int)number, value_len);
    if (ferrite_set(handles->db[0], key, key_len, value, value_len, &err) < 0) {
        return judge(probe, verdict_error(finding, &err, "SET"), finding);
    }
    char *found = ferrite_get(handles->db[0], key, key_len, &len, &err);
    if (err != NULL) return judge(probe, verdict_error(finding, &err, "GET"), finding);
    bool same = found != NULL && len == value_len && memcmp(found, value, len) == 0;
    ferrite_free(found);
    if (same || probe->allowed_count == 0) return VERDICT_OK;
    return verdict_wrong(finding, "what was just written reads back differently");
}

static enum verdict change_one(struct probe *probe, const struct handles *handles,
                               struct finding *finding) {
    struct op op = op_choose(&probe->choices, &profile);
    struct op_answer answer;
    ferrite_error *err = NULL;
    if (op_run(handles->db, &op, &answer, &err) == FERRITE_OK) return VERDICT_OK;
    return judge(probe, verdict_error(finding, &err, "a change"), finding);
}

static enum verdict write_something(struct probe *probe, const struct handles *handles,
                                    struct finding *finding) {
    ferrite_error *err = NULL;
    enum verdict verdict = VERDICT_OK;
    for (unsigned i = 0; i < WRITES && verdict != VERDICT_WRONG; i++) {
        verdict = worse(verdict, write_one(probe, handles, i, finding));
        if (verdict != VERDICT_WRONG) verdict = worse(verdict, change_one(probe, handles, finding));
    }
    if (verdict != VERDICT_WRONG && ferrite_checkpoint(handles->db[0], &err) < 0) {
        verdict = judge(probe, verdict_error(finding, &err, "checkpoint"), finding);
    }
    return verdict;
}

/* ---- at a bound, and what rewrites everything ---- */

static int64_t moment_ms; /* of the clock at the bound */
static int64_t clock_then(void *ctx) {
    (void)ctx;
    return moment_ms;
}

static ferrite_db *bounded_open(struct probe *probe) {
    struct choices *choices = &probe->choices;
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.no_threads = 1;
    options.map_size = 256u << 20;
    options.log_size = 256 << 10;
    options.clock_ms = clock_then;
    options.compression = (int)choose(choices, 3);
    options.eviction = (ferrite_eviction)choose(choices, FERRITE_EVICT_VOLATILE_TTL + 1);
    if (choose_once_in(choices, 2))
        options.max_keys = choose_between(choices, 1, 60);
    else
        options.max_size = choose_between(choices, 10, 100) * UINT64_C(4096);
    moment_ms = choose_once_in(choices, 2) ? INT64_C(1700000000000) : INT64_MAX / 4;
    return ferrite_open_with(probe->path, &options, NULL);
}

static void write_at_bound(struct probe *probe, const struct handles *handles) {
    for (unsigned i = 0; i < 2 * WRITES; i++) {
        struct op op = op_choose(&probe->choices, &profile);
        struct op_answer answer;
        ferrite_error *err = NULL;
        op_run(handles->db, &op, &answer, &err);
        ferrite_error_free(err);
    }
    ferrite_expire_cycle(handles->db[0], 1000, NULL);
}

static void load(const char *path) {
    ferrite_db *memory = ferrite_open_memory(NULL);
    ferrite_load(memory, path, NULL, NULL);
    ferrite_check(memory, NULL, NULL, NULL);
    ferrite_close(memory);
}

static void copy_and_load(const char *path, ferrite_db *db) {
    char copy[300];
    snprintf(copy, sizeof copy, "%s-copy", path);
    if (ferrite_backup(db, copy, NULL, NULL) == 0) load(copy);
    unlink(copy);
}

/* Whatever it answers, it must come back: eviction, expiry, compaction, a copy, and loading that. */
static void use_at_bound(struct probe *probe) {
    struct handles handles;
    ferrite_db *db = bounded_open(probe);
    if (db == NULL || handles_from(db, &handles, NULL) != FERRITE_OK) return;
    copy_and_load(probe->path, db);
    write_at_bound(probe, &handles);
    ferrite_compact(db, NULL, NULL, NULL);
    copy_and_load(probe->path, db);
    ferrite_check(db, NULL, NULL, NULL);
    handles_close(&handles);
}

/* ---- the tour ---- */

static int ignore_entry(void *ctx, const ferrite_log_entry *entry) {
    (void)ctx;
    (void)entry;
    return 0;
}

/* The tools for damaged files: they may fail, but must come back. */
static void use_tools(const struct probe *probe) {
    ferrite_recovery recovery;
    ferrite_error *err = NULL;
    ferrite_log_read(probe->path, ignore_entry, NULL, &err);
    ferrite_error_free(err);
    err = NULL;
    load(probe->path);
    if (probe->salvage_path == NULL) return;
    unlink(probe->salvage_path);
    ferrite_recover(probe->path, probe->salvage_path, NULL, &recovery, &err);
    ferrite_error_free(err);
}

static enum verdict tour(struct probe *probe, bool read_only, bool write, struct finding *finding) {
    struct handles handles;
    if (probe_open(probe, read_only, &handles, finding) == NULL) {
        return judge(probe, VERDICT_ERROR, finding);
    }
    enum verdict verdict = VERDICT_OK;
    if (probe->must_not_open) {
        verdict = verdict_wrong(finding, "it opened without what the log held");
    }
    if (verdict == VERDICT_OK) verdict = read_everything(probe, &handles, finding);
    if (write && verdict != VERDICT_WRONG) {
        verdict = worse(verdict, write_something(probe, &handles, finding));
    }
    handles_close(&handles);
    return verdict;
}

enum verdict probe_run(struct probe *probe, struct finding *finding) {
    enum verdict verdict = VERDICT_OK;
    use_tools(probe);
    if (choose_once_in(&probe->choices, 2)) verdict = tour(probe, true, false, finding);
    if (verdict != VERDICT_WRONG) verdict = worse(verdict, tour(probe, false, false, finding));
    if (verdict != VERDICT_WRONG) verdict = worse(verdict, tour(probe, false, true, finding));
    if (verdict == VERDICT_WRONG) return verdict;
    struct probe after = *probe; /* its writes are in it now: only crashes and hangs count */
    after.allowed_count = 0;
    after.may_fail = true;
    after.must_not_open = false;
    enum verdict last = tour(&after, false, false, finding);
    if (last != VERDICT_WRONG) use_at_bound(&after);
    return probe->may_fail ? worse(verdict, last) : last == VERDICT_OK ? verdict : VERDICT_WRONG;
}
