/* api_log_test.c - what the log tells, at which level, and where it goes. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libferrite/os/log.h"
#include "support/api.h"
#include "support/clock.h"
#include "support/sim_os.h"

static struct bed bed;
static void setup(void) { bed = bed_make(); }
static void teardown(void) { bed_remove(&bed); }
TestSuite(api_log, .init = setup, .fini = teardown);

/* Told since the test began, or since a new one. */
static struct lines {
    char text[8192];
    int count[FERRITE_LOG_DEBUG + 1];
} lines;

static void take_line(void *ctx, ferrite_log_level level, const char *message) {
    struct lines *to = ctx;
    cr_assert(level > FERRITE_LOG_NONE && level <= FERRITE_LOG_DEBUG);
    cr_assert_null(strchr(message, '\n'));
    to->count[level]++;
    size_t len = strlen(to->text);
    snprintf(to->text + len, sizeof to->text - len, "%s\n", message);
}

static ferrite_options logging(ferrite_log_level level) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.log = take_line;
    options.log_ctx = &lines;
    options.log_level = level;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    lines = (struct lines){0};
    return options;
}

static ferrite_db *open_logged(const char *path, ferrite_log_level level) {
    const ferrite_options options = logging(level);
    return api_open_with(path, &options);
}

static void set_and_checkpoint(ferrite_log_level level) {
    ferrite_db *db = open_logged(bed.path, level);
    api_set(db, "k", "v");
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    ferrite_close(db);
}

Test(api_log, is_silent_unless_asked) {
    set_and_checkpoint(FERRITE_LOG_NONE);
    cr_expect_str_eq(lines.text, "");
}

Test(api_log, tells_each_checkpoint_at_debug_only) {
    ferrite_db *db = open_logged(bed.path, FERRITE_LOG_DEBUG);
    api_set(db, "k", "v");
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    cr_expect_not_null(strstr(lines.text, "checkpoint of transaction 2: "), "%s", lines.text);
    cr_expect_not_null(strstr(lines.text, " pages, "));
    cr_expect_eq(lines.count[FERRITE_LOG_DEBUG], 1);
    ferrite_close(db);
    set_and_checkpoint(FERRITE_LOG_NOTICE);
    cr_expect_str_eq(lines.text, "");
}

Test(api_log, tells_what_a_recovery_replayed) {
    char copy[128];
    bed_path(&bed, "copy.ferrite", copy);
    ferrite_db *db = open_logged(bed.path, FERRITE_LOG_NOTICE);
    for (int i = 0; i < 10; i++) api_set(db, "k", "v");
    bed_copy(&bed, copy);
    ferrite_close(db);
    cr_expect_str_eq(lines.text, "", "%s", lines.text);
    db = open_logged(copy, FERRITE_LOG_NOTICE);
    cr_expect_not_null(strstr(lines.text, "recovered 10 transactions from "), "%s", lines.text);
    cr_expect_eq(lines.count[FERRITE_LOG_NOTICE], 1);
    ferrite_close(db);
}

Test(api_log, warns_of_a_damaged_meta_page) {
    ferrite_db *db = open_logged(bed.path, FERRITE_LOG_NOTICE);
    api_set(db, "k", "v");
    ferrite_close(db);
    bed_flip(bed.path, 0);
    db = open_logged(bed.path, FERRITE_LOG_NOTICE);
    cr_expect_eq(lines.count[FERRITE_LOG_WARNING], 1, "%s", lines.text);
    cr_expect_not_null(strstr(lines.text, "page 0"), "%s", lines.text);
    ferrite_close(db);
}

Test(api_log, tells_of_compaction_and_copies) {
    char copy[128];
    bed_path(&bed, "copy.ferrite", copy);
    ferrite_db *db = open_logged(bed.path, FERRITE_LOG_NOTICE);
    api_set(db, "k", "v");
    cr_assert_eq(ferrite_compact(db, NULL, NULL, NULL), 0);
    cr_assert_eq(ferrite_backup(db, copy, NULL, NULL), 0);
    cr_assert_eq(ferrite_bgsave(db, copy, NULL, NULL, NULL), 0);
    ferrite_close(db);
    cr_expect_not_null(strstr(lines.text, "compacted: "), "%s", lines.text);
    cr_expect_not_null(strstr(lines.text, "backed up to "), "%s", lines.text);
    cr_expect_not_null(strstr(lines.text, "in the background\n"), "%s", lines.text);
    cr_expect_eq(lines.count[FERRITE_LOG_ERROR], 0);
}

/* In the modes that do not wait for the disk, a failed sync is nobody's answer. */
Test(api_log, tells_failures_that_no_caller_hears_of) {
    struct sim *sim = sim_new();
    struct os *before = os_default();
    os_set_default(sim_os(sim));
    ferrite_db *db = open_logged(bed.path, FERRITE_LOG_ERROR);
    api_set(db, "k", "v");
    struct sim_fault fault = {SIM_WRITING, 1, EIO, true};
    sim_fault_set(sim, &fault);
    ferrite_close(db);
    sim_fault_set(sim, NULL);
    os_set_default(before);
    sim_free(sim);
    cr_expect_eq(lines.count[FERRITE_LOG_ERROR], 1, "%s", lines.text);
    cr_expect_not_null(strstr(lines.text, "the clean close failed: "), "%s", lines.text);
    db = api_open(bed.path);
    api_expect(db, "k", "v");
    ferrite_close(db);
}

Test(api_log, tells_rounds_of_expiry_at_debug) {
    ferrite_options options = logging(FERRITE_LOG_DEBUG);
    options.clock_ms = clock_now;
    ferrite_db *db = api_open_with(NULL, &options);
    cr_assert_eq(ferrite_psetex(db, S("k"), 10, S("v"), NULL), 0);
    now_ms += 1000;
    api_set(db, "other", "v");
    cr_expect_str_eq(lines.text, "removed 1 expired keys of database 0\n");
    ferrite_close(db);
}

static void evict_once(ferrite_options options) {
    options.max_keys = 1;
    options.eviction = FERRITE_EVICT_ALL_RANDOM;
    ferrite_db *db = api_open_with(NULL, &options);
    api_set(db, "a", "v");
    api_set(db, "b", "v");
    ferrite_close(db);
}

Test(api_log, tells_rounds_of_eviction_at_debug_only) {
    evict_once(logging(FERRITE_LOG_DEBUG));
    cr_expect_str_eq(lines.text, "evicted 1 keys\n");
    cr_expect_eq(lines.count[FERRITE_LOG_DEBUG], 1);
    evict_once(logging(FERRITE_LOG_NOTICE));
    cr_expect_str_eq(lines.text, "");
}

Test(api_log, says_nothing_of_an_eviction_that_was_rolled_back) {
    ferrite_options options = logging(FERRITE_LOG_DEBUG);
    options.max_keys = 2;
    options.eviction = FERRITE_EVICT_VOLATILE_TTL;
    ferrite_db *db = api_open_with(NULL, &options), *tx;
    ferrite_error *err = NULL;
    cr_assert_eq(ferrite_setex(db, S("goes"), 100, S("v"), NULL), 0);
    api_set(db, "stays", "v");
    cr_assert_not_null(tx = ferrite_begin(db, NULL));
    api_set(tx, "b", "v");
    api_set(tx, "c", "v");
    cr_assert_eq(ferrite_commit(tx, &err), -1, "one can go, and two would have to");
    api_expect_error(&err, FERRITE_FULL, NULL);
    ferrite_close(tx);
    cr_expect_str_eq(lines.text, "");
    api_set(db, "b", "v");
    cr_expect_str_eq(lines.text, "evicted 1 keys\n");
    ferrite_close(db);
}

/* stderr of this test process goes to a file, and back comes what was written. */
static void stderr_of(const char *path, void (*fn)(const char *path), char *text, size_t size) {
    char name[160];
    snprintf(name, sizeof name, "%s.stderr", path);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    cr_assert_not_null(freopen(name, "w", stderr));
    fn(path);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    FILE *file = fopen(name, "r");
    size_t len = fread(text, 1, size - 1, file);
    text[len] = '\0';
    fclose(file);
}

static void checkpoint_once(const char *path) {
    ferrite_db *db = ferrite_open(path, NULL);
    ferrite_set(db, S("k"), S("v"), NULL);
    ferrite_checkpoint(db, NULL);
    ferrite_close(db);
}

Test(api_log, the_environment_turns_it_to_stderr_with_moment_level_and_name) {
    char text[2000];
    int year = 0, ms = 0;
    char level[16], name[64];
    setenv("FERRITE_LOG", "debug", 1);
    stderr_of(bed.path, checkpoint_once, text, sizeof text);
    cr_expect_eq(sscanf(text, "%d-%*d-%*dT%*d:%*d:%*d.%dZ %15s %63s checkpoint of ", &year, &ms,
                        level, name),
                 4, "%s", text);
    cr_expect(year >= 2020 && ms >= 0 && ms < 1000);
    cr_expect_str_eq(level, "debug");
    cr_expect_str_eq(name, "test.ferrite:");
    setenv("FERRITE_LOG", "error", 1);
    stderr_of(bed.path, checkpoint_once, text, sizeof text);
    cr_expect_str_eq(text, "");
}

static void evict_with_defaults(const char *path) {
    (void)path;
    evict_once((ferrite_options)FERRITE_OPTIONS_INIT);
}

Test(api_log, the_environment_shows_evictions) {
    char text[2000];
    setenv("FERRITE_LOG", "debug", 1);
    stderr_of(bed.path, evict_with_defaults, text, sizeof text);
    cr_expect_not_null(strstr(text, " debug "), "%s", text);
    cr_expect_not_null(strstr(text, ": evicted 1 keys\n"), "%s", text);
}

static void overlong(void *ctx, ferrite_log_level level, const char *message) {
    (void)level;
    *(size_t *)ctx = strlen(message);
}

Test(api_log, long_lines_are_cut) {
    char text[2000];
    size_t len = 0;
    struct log log = {.write = overlong, .ctx = &len};
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    log_at(&log, FERRITE_LOG_ERROR, "%s", text);
    cr_expect_eq(len, 0, "the level is none");
    atomic_store(&log.level, FERRITE_LOG_ERROR);
    log_at(&log, FERRITE_LOG_ERROR, "%s", text);
    cr_expect_eq(len, 511);
}
