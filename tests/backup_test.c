/* backup_test.c - ferrite_backup, ferrite_save, ferrite_bgsave, ferrite_load: whole copies or none. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/api.h"
#include "support/content.h"
#include "support/memory_rounds.h"
#include "support/sim_os.h"

static struct bed bed;
static char copy[128];
static ferrite_error *err;
static void setup(void) {
    bed = bed_make();
    bed_path(&bed, "copy.ferrite", copy);
}
static void teardown(void) { bed_remove(&bed); }
TestSuite(backup, .init = setup, .fini = teardown);

static ferrite_db *open_with(const char *path, int read_only) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.dirty_limit = 1 << 20;
    options.log_size = 1 << 20;
    options.map_size = 1u << 30;
    options.read_only = read_only;
    options.busy_timeout_ms = 0;
    return api_open_with(path, &options);
}

static ferrite_db *filled(const char *path, int scale) {
    ferrite_db *db = open_with(path, 0);
    content_fill(db, scale, 1);
    return db;
}

static bool exists(const char *suffix) {
    char path[160];
    snprintf(path, sizeof path, "%s%s", copy, suffix);
    return access(path, F_OK) == 0;
}

static void expect_alone(void) {
    cr_expect(exists(""));
    cr_expect(!exists("-tmp") && !exists("-wal") && !exists("-lock"));
    cr_expect(!exists("-tmp-wal") && !exists("-tmp-lock"));
}

static void expect_nothing(void) {
    cr_expect(!exists("") && !exists("-tmp") && !exists("-tmp-wal") && !exists("-tmp-lock"));
}

static void backup(ferrite_db *db) {
    cr_assert_eq(ferrite_backup(db, copy, NULL, &err), 0, "%s", ferrite_error_message(err));
    expect_alone();
}

/* The copy is sound, dense, has an id of its own, and holds this. */
static void expect_copy(uint64_t digest, const char *id) {
    ferrite_db *db = open_with(copy, 0);
    ferrite_stats stats = api_stats(db);
    cr_expect_eq(content_digest(db), digest);
    cr_expect_leq(stats.free_pages, 4 + stats.page_count / 100);
    cr_expect_str_neq(stats.database_id, id);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(backup, copies_everything_of_a_file) {
    ferrite_db *db = filled(bed.path, 1500);
    ferrite_stats stats = api_stats(db);
    backup(db);
    expect_copy(content_digest(db), stats.database_id);
    api_set(db, "goes on", "1");
    const uint64_t digest = content_digest(db);
    backup(db); /* in place of the first one */
    expect_copy(digest, stats.database_id);
    ferrite_close(db);
}

Test(backup, copies_databases_in_memory_and_read_only_and_empty_ones) {
    ferrite_db *memory = api_memory();
    backup(memory);
    expect_copy(content_digest(memory), "");
    content_fill(memory, 300, 2);
    const uint64_t digest = content_digest(memory);
    backup(memory);
    expect_copy(digest, "");
    ferrite_close(memory);
    rename(copy, bed.path);
    ferrite_db *db = open_with(bed.path, 1);
    backup(db);
    ferrite_close(db);
    expect_copy(digest, "");
}

/* What the log of a killed process holds is copied with the rest. */
Test(backup, copies_what_is_only_in_the_log) {
    char killed[128];
    bed_path(&bed, "killed.ferrite", killed);
    ferrite_db *db = filled(bed.path, 200);
    const uint64_t digest = content_digest(db);
    bed_copy(&bed, killed);
    ferrite_close(db);
    db = open_with(killed, 1);
    backup(db);
    ferrite_close(db);
    expect_copy(digest, "");
}

struct writing {
    ferrite_db *db;
    _Atomic bool done;
    _Atomic uint64_t writes;
};

static void *write_on(void *ctx) {
    struct writing *writing = ctx;
    for (uint64_t i = 0; !atomic_load(&writing->done); i++, atomic_fetch_add(&writing->writes, 1)) {
        char key[32];
        int len = sprintf(key, "string:%06d", (int)(i * 7919 % 1000003));
        if (i % 3 == 0)
            ferrite_del(writing->db, key, (size_t)len, NULL);
        else
            ferrite_rpush(writing->db, S("growing"), key, (size_t)len, NULL);
    }
    return NULL;
}

Test(backup, is_of_one_moment_while_others_write) {
    ferrite_db *db = filled(bed.path, 1500);
    struct writing writing = {.db = db};
    pthread_t thread;
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    const uint64_t digest = content_digest(snapshot);
    pthread_create(&thread, NULL, write_on, &writing);
    while (atomic_load(&writing.writes) < 10) usleep(100);
    backup(snapshot);
    expect_copy(digest, "");
    backup(db); /* of some moment: sound at least, and not the first */
    atomic_store(&writing.done, true);
    pthread_join(thread, NULL);
    ferrite_close(snapshot);
    ferrite_close(db);
    db = open_with(copy, 0);
    api_expect_sound(db);
    cr_expect_neq(content_digest(db), digest);
    ferrite_close(db);
}

static int stop(void *ctx, uint64_t done, uint64_t total) {
    cr_assert_leq(done, total);
    return --*(int *)ctx == 0;
}

Test(backup, a_stopped_one_leaves_nothing) {
    ferrite_db *db = filled(bed.path, 2000);
    for (int calls = 1; calls < 20; calls += 6) {
        int left = calls;
        const ferrite_monitor monitor = {&left, NULL, stop};
        cr_assert_eq(ferrite_backup(db, copy, &monitor, &err), -1);
        api_expect_error(&err, FERRITE_ABORTED, NULL);
        expect_nothing();
    }
    ferrite_close(db);
}

Test(backup, replaces_nothing_that_is_in_use_or_something_else) {
    char path[128];
    ferrite_db *db = filled(bed.path, 20), *other = filled(copy, 10);
    const uint64_t digest = content_digest(other);
    cr_expect_eq(ferrite_backup(db, copy, NULL, &err), -1);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    cr_expect_eq(content_digest(other), digest);
    ferrite_close(other);
    cr_expect_eq(ferrite_backup(db, bed.path, NULL, &err), -1);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    bed_path(&bed, "text", path);
    FILE *text = fopen(path, "w");
    fputs("not a database", text);
    fclose(text);
    cr_expect_eq(ferrite_backup(db, path, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    bed_path(&bed, "no/such/folder", path);
    cr_expect_eq(ferrite_backup(db, path, NULL, &err), -1);
    ferrite_error_free(err);
    err = NULL;
    cr_expect_eq(ferrite_backup(db, "", NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_backup(db, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_db *tx = ferrite_begin(db, NULL);
    cr_expect_eq(ferrite_backup(tx, path, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(tx);
    ferrite_close(db);
}

/* A backup that a crash ended left its temporary file. */
Test(backup, writes_over_what_a_crash_left) {
    char path[160];
    ferrite_db *db = filled(bed.path, 100);
    snprintf(path, sizeof path, "%s-tmp", copy);
    FILE *left = fopen(path, "w");
    for (int i = 0; i < 10000; i++) fputs("left behind ", left);
    fclose(left);
    backup(db);
    expect_copy(content_digest(db), "");
    ferrite_close(db);
}

static bool same_text(const char *path, const char *text) {
    char found[64] = "";
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(found, sizeof found, file) == NULL) found[0] = '\0';
    if (file != NULL) fclose(file);
    return strcmp(found, text) == 0;
}

Test(backup, what_a_link_beside_the_target_leads_to_is_left_alone) {
    char temporary[160], precious[128];
    struct stat about;
    ferrite_db *db = filled(bed.path, 20);
    bed_path(&bed, "precious", precious);
    FILE *file = fopen(precious, "w");
    fputs("precious", file);
    fclose(file);
    snprintf(temporary, sizeof temporary, "%s-tmp", copy);
    cr_assert_eq(symlink(precious, temporary), 0);
    backup(db);
    cr_expect(same_text(precious, "precious"));
    cr_expect_eq(lstat(copy, &about), 0);
    cr_expect(S_ISREG(about.st_mode));
    expect_copy(content_digest(db), "");
    ferrite_close(db);
}

/* As root a device would go, and reading a pipe would never end (E6). */
Test(backup, pipes_and_devices_are_no_databases, .timeout = 20) {
    char pipe[128], device[128];
    struct stat about;
    ferrite_db *db = filled(bed.path, 20), *memory = api_memory();
    bed_path(&bed, "pipe", pipe);
    bed_path(&bed, "device", device);
    cr_assert_eq(mkfifo(pipe, 0600), 0);
    cr_expect_eq(ferrite_backup(db, pipe, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect_eq(ferrite_load(memory, pipe, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_assert_eq(symlink("/dev/null", device),
                 0); /* what it leads to is looked at, and it stays what it is */
    cr_expect_eq(ferrite_backup(db, device, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    cr_expect(lstat(pipe, &about) == 0 && S_ISFIFO(about.st_mode));
    cr_expect(lstat(device, &about) == 0 && S_ISLNK(about.st_mode));
    ferrite_close(memory);
    ferrite_close(db);
}

static int open_target(void *ctx, uint64_t done, uint64_t total) {
    ferrite_db **late = ctx;
    (void)done;
    (void)total;
    if (*late == NULL) api_set(*late = open_with(copy, 0), "mine", "1");
    return 0;
}

Test(backup, a_database_that_came_into_being_meanwhile_is_not_replaced) {
    ferrite_db *db = filled(bed.path, 2000), *late = NULL;
    const ferrite_monitor monitor = {&late, NULL, open_target};
    cr_expect_eq(ferrite_backup(db, copy, &monitor, &err), -1);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    cr_expect(!exists("-tmp"));
    ferrite_close(late);
    late = open_with(copy, 0);
    api_expect(late, "mine", "1");
    ferrite_close(late);
    ferrite_close(db);
}

struct rival {
    ferrite_db *db;
    int code;
};

static void *rival_main(void *ctx) {
    struct rival *rival = ctx;
    ferrite_error *own = NULL;
    rival->code =
        ferrite_backup(rival->db, copy, NULL, &own) == 0 ? FERRITE_OK : ferrite_error_code(own);
    ferrite_error_free(own);
    return NULL;
}

/* Each is whole or told that the other one is at it, also between the last write of one and its rename. */
Test(backup, two_to_one_target_do_not_meddle) {
    struct sim *sim = sim_new();
    os_set_default(sim_os(sim));
    ferrite_db *db = filled(bed.path, 20);
    const uint64_t digest = content_digest(db);
    sim_sync_delay(sim, 2000);
    for (int round = 0; round < 40; round++) {
        struct rival rivals[2] = {{db, 0}, {db, 0}};
        pthread_t threads[2];
        pthread_create(&threads[0], NULL, rival_main, &rivals[0]);
        usleep((useconds_t)round * 300);
        pthread_create(&threads[1], NULL, rival_main, &rivals[1]);
        for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
        for (int i = 0; i < 2; i++)
            cr_assert(rivals[i].code == FERRITE_OK || rivals[i].code == FERRITE_BUSY, "%d",
                      rivals[i].code);
        cr_assert(rivals[0].code == FERRITE_OK || rivals[1].code == FERRITE_OK);
        expect_copy(digest, "");
        unlink(copy);
    }
    ferrite_close(db);
    os_set_default(os_posix());
    sim_free(sim);
}

static void *open_late(void *ctx) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    return *(ferrite_db **)ctx = ferrite_open_with(bed.path, &options, NULL);
}

/* Who waits for a database that is replaced in the meantime gets the new one. */
Test(backup, is_what_a_waiting_open_finds) {
    pthread_t thread;
    ferrite_db *db = open_with(bed.path, 0), *late = NULL;
    api_set(db, "state", "backed up");
    backup(db);
    api_set(db, "state", "old");
    pthread_create(&thread, NULL, open_late, &late);
    usleep(50000);
    cr_assert_eq(rename(copy, bed.path), 0);
    ferrite_close(db);
    pthread_join(thread, NULL);
    cr_assert_not_null(late);
    api_expect(late, "state", "backed up");
    api_set(late, "more", "1");
    ferrite_close(late);
    db = open_with(bed.path, 0);
    api_expect(db, "more", "1");
    ferrite_close(db);
}

/* ---- faults ---- */

/* After a failure there is the old target or none, nothing beside it, and the database works. */
static void expect_failed_cleanly(ferrite_db *db, uint64_t digest, const char *what, uint64_t nth) {
    cr_expect(!exists("-tmp"), "%s %llu", what, (unsigned long long)nth);
    cr_expect_eq(content_digest(db), digest);
    ferrite_error_free(err);
    err = NULL;
    if (!exists("")) return;
    ferrite_db *whole = open_with(copy, 0); /* the last step may have failed behind the rename */
    cr_expect_eq(content_digest(whole), digest, "%s %llu", what, (unsigned long long)nth);
    ferrite_close(whole);
    unlink(copy);
}

Test(backup, any_call_may_fail) {
    struct sim *sim = sim_new();
    os_set_default(sim_os(sim));
    ferrite_db *db = filled(bed.path, 30);
    const uint64_t digest = content_digest(db);
    bool failed = true;
    for (uint64_t nth = 1; failed; nth++) {
        for (int kind = 0; kind < 2; kind++) {
            struct sim_fault fault = {SIM_ALL & ~(uint32_t)(SIM_UNLINK | SIM_CLOSE), nth,
                                      kind == 0 ? EIO : ENOSPC, false};
            sim_fault_set(sim, &fault);
            failed = ferrite_backup(db, copy, NULL, &err) < 0;
            sim_fault_set(sim, NULL);
            if (failed) expect_failed_cleanly(db, digest, "call", nth);
        }
    }
    expect_copy(digest, "");
    unlink(copy);
    failed = true;
    long nth = 0;
    for (; failed; nth++) {
        memory_fail(nth);
        failed = ferrite_backup(db, copy, NULL, &err) < 0;
        (void)memory_failed();
        if (failed) cr_expect_eq(ferrite_error_code(err), FERRITE_NOMEM);
        if (failed) expect_failed_cleanly(db, digest, "allocation", (uint64_t)nth);
    }
    cr_expect_gt(nth, 5);
    ferrite_close(db);
    os_set_default(os_posix());
    sim_free(sim);
}

/* ---- save and load ---- */

Test(backup, a_database_in_memory_is_saved_and_loaded) {
    ferrite_db *memory = api_memory(), *again = api_memory();
    content_fill(memory, 500, 3);
    const uint64_t digest = content_digest(memory);
    cr_expect_eq(ferrite_save(memory, copy, &err), 0);
    expect_alone();
    cr_expect_eq(ferrite_load(again, copy, NULL, &err), 0, "%s", ferrite_error_message(err));
    cr_expect_eq(content_digest(again), digest);
    api_expect_sound(again);
    ferrite_db *file = open_with(bed.path, 0);
    cr_expect_eq(ferrite_load(file, copy, NULL, &err), 0);
    cr_expect_eq(ferrite_load(file, copy, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, "the database is not empty");
    ferrite_close(file);
    file = open_with(bed.path, 0);
    cr_expect_eq(content_digest(file), digest);
    api_expect_sound(file);
    ferrite_close(file);
    ferrite_close(memory);
    ferrite_close(again);
}

Test(backup, a_load_that_fails_leaves_the_database_empty) {
    ferrite_db *memory = api_memory(), *source = filled(copy, 300);
    cr_expect_eq(ferrite_load(memory, copy, NULL, &err), -1);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    ferrite_close(source);
    cr_expect_eq(ferrite_load(memory, "/nowhere/at/all", NULL, &err), -1);
    api_expect_error(&err, FERRITE_NOTFOUND, NULL);
    int calls = 2;
    const ferrite_monitor monitor = {&calls, NULL, stop};
    cr_expect_eq(ferrite_load(memory, copy, &monitor, &err), -1);
    api_expect_error(&err, FERRITE_ABORTED, NULL);
    int fd = open(copy, O_RDWR);
    cr_assert_eq(pwrite(fd, "\377\377\377", 3, 4096 * 40 + 1000), 3);
    close(fd);
    cr_expect_eq(ferrite_load(memory, copy, NULL, &err), -1);
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
    cr_expect_eq(api_dbsize(memory), 0);
    api_expect_sound(memory);
    source = open_with(copy, 1); /* nor is a backup made of what is damaged */
    bed_path(&bed, "second.ferrite", copy);
    cr_expect_eq(ferrite_backup(source, copy, NULL, &err), -1);
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
    expect_nothing();
    ferrite_close(source);
    ferrite_close(memory);
}

struct ended {
    _Atomic int calls;
    int code;
};

static void note_end(void *ctx, int code, const char *message) {
    struct ended *ended = ctx;
    cr_assert_not_null(message);
    ended->code = code;
    atomic_fetch_add(&ended->calls, 1);
}

Test(backup, saves_in_the_background_the_state_of_the_call) {
    struct ended ended = {.code = -1};
    ferrite_db *memory = api_memory();
    content_fill(memory, 500, 4);
    const uint64_t digest = content_digest(memory);
    cr_expect_eq(ferrite_bgsave(memory, copy, note_end, &ended, &err), 0);
    api_set(memory, "later", "1");
    ferrite_close(memory); /* waits */
    cr_expect_eq(ended.calls, 1);
    cr_expect_eq(ended.code, FERRITE_OK);
    expect_copy(digest, "");
}

Test(backup, tells_how_a_save_in_the_background_ended) {
    struct ended ended = {.code = -1};
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.no_threads = 1;
    ferrite_db *memory = ferrite_open_with(NULL, &options, NULL);
    cr_expect_eq(ferrite_bgsave(memory, "/nowhere/at/all", note_end, &ended, &err), 0);
    cr_expect_eq(ended.calls, 1);
    cr_expect_neq(ended.code, FERRITE_OK);
    cr_expect_eq(ferrite_bgsave(memory, copy, note_end, &ended, &err), 0);
    cr_expect_eq(ended.calls, 2);
    cr_expect_eq(ended.code, FERRITE_OK);
    cr_expect_eq(ferrite_bgsave(memory, NULL, NULL, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    ferrite_close(memory);
}

Test(backup, save_of_a_file_makes_it_durable_and_lastsave_tells_when) {
    int64_t when = 0;
    ferrite_db *db = filled(bed.path, 50);
    cr_expect_eq(ferrite_save(db, NULL, &err), 0);
    cr_expect_eq(api_stats(db).log_bytes, 0);
    cr_expect_eq(ferrite_lastsave(db, &when, &err), 0);
    cr_expect_leq(time(NULL) - when, 60);
    api_set(db, "more", "1");
    cr_expect_eq(ferrite_bgsave(db, NULL, NULL, NULL, &err), 0);
    ferrite_close(db);
}
