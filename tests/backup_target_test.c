/*
 * backup_target_test.c - where ferrite_backup puts its copy: what is replaced and what is not, links and pipes, rivals
 * for one target, and who waits for the file that is replaced.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/api.h"
#include "support/content.h"
#include "support/copies.h"
#include "support/sim_os.h"

static ferrite_error *err;
TestSuite(backup_target, .init = copies_begin, .fini = copies_end);

Test(backup_target, replaces_nothing_that_is_in_use_or_something_else) {
    char path[128];
    ferrite_db *db = copies_filled(copies.bed.path, 20), *other = copies_filled(copies.target, 10);
    const uint64_t digest = content_digest(other);
    cr_expect_eq(ferrite_backup(db, copies.target, NULL, &err), -1);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    cr_expect_eq(content_digest(other), digest);
    ferrite_close(other);
    cr_expect_eq(ferrite_backup(db, copies.bed.path, NULL, &err), -1);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    bed_path(&copies.bed, "text", path);
    FILE *text = fopen(path, "w");
    fputs("not a database", text);
    fclose(text);
    cr_expect_eq(ferrite_backup(db, path, NULL, &err), -1);
    api_expect_error(&err, FERRITE_INVALID, NULL);
    bed_path(&copies.bed, "no/such/folder", path);
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
Test(backup_target, writes_over_what_a_crash_left) {
    char path[160];
    ferrite_db *db = copies_filled(copies.bed.path, 100);
    snprintf(path, sizeof path, "%s-tmp", copies.target);
    FILE *left = fopen(path, "w");
    for (int i = 0; i < 10000; i++) fputs("left behind ", left);
    fclose(left);
    target_make(db);
    target_expect(content_digest(db), "");
    ferrite_close(db);
}

static bool same_text(const char *path, const char *text) {
    char found[64] = "";
    FILE *file = fopen(path, "r");
    if (file == NULL || fgets(found, sizeof found, file) == NULL) found[0] = '\0';
    if (file != NULL) fclose(file);
    return strcmp(found, text) == 0;
}

Test(backup_target, what_a_link_beside_the_target_leads_to_is_left_alone) {
    char temporary[160], precious[128];
    struct stat about;
    ferrite_db *db = copies_filled(copies.bed.path, 20);
    bed_path(&copies.bed, "precious", precious);
    FILE *file = fopen(precious, "w");
    fputs("precious", file);
    fclose(file);
    snprintf(temporary, sizeof temporary, "%s-tmp", copies.target);
    cr_assert_eq(symlink(precious, temporary), 0);
    target_make(db);
    cr_expect(same_text(precious, "precious"));
    cr_expect_eq(lstat(copies.target, &about), 0);
    cr_expect(S_ISREG(about.st_mode));
    target_expect(content_digest(db), "");
    ferrite_close(db);
}

/* As root a device would go, and reading a pipe would never end (E6). */
Test(backup_target, pipes_and_devices_are_no_databases, .timeout = 20) {
    char pipe[128], device[128];
    struct stat about;
    ferrite_db *db = copies_filled(copies.bed.path, 20), *memory = api_memory();
    bed_path(&copies.bed, "pipe", pipe);
    bed_path(&copies.bed, "device", device);
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
    if (*late == NULL) api_set(*late = copies_open(copies.target, 0), "mine", "1");
    return 0;
}

Test(backup_target, a_database_that_came_into_being_meanwhile_is_not_replaced) {
    ferrite_db *db = copies_filled(copies.bed.path, 2000), *late = NULL;
    const ferrite_monitor monitor = {&late, NULL, open_target};
    cr_expect_eq(ferrite_backup(db, copies.target, &monitor, &err), -1);
    api_expect_error(&err, FERRITE_BUSY, NULL);
    cr_expect(!target_has("-tmp"));
    ferrite_close(late);
    late = copies_open(copies.target, 0);
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
        ferrite_backup(rival->db, copies.target, NULL, &own) == 0 ? FERRITE_OK : ferrite_error_code(own);
    ferrite_error_free(own);
    return NULL;
}

/* Each is whole or told that the other one is at it, also between the last write of one and its rename. */
Test(backup_target, two_to_one_target_do_not_meddle) {
    struct sim *sim = sim_new();
    os_set_default(sim_os(sim));
    ferrite_db *db = copies_filled(copies.bed.path, 20);
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
        target_expect(digest, "");
        unlink(copies.target);
    }
    ferrite_close(db);
    os_set_default(os_posix());
    sim_free(sim);
}

static void *open_late(void *ctx) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    return *(ferrite_db **)ctx = ferrite_open_with(copies.bed.path, &options, NULL);
}

/* Who waits for a database that is replaced in the meantime gets the new one. */
Test(backup_target, is_what_a_waiting_open_finds) {
    const struct sim_fault locks = {.calls = SIM_LOCK}; /* are counted */
    struct sim *sim = sim_new();
    os_set_default(sim_os(sim));
    pthread_t thread;
    ferrite_db *db = copies_open(copies.bed.path, 0), *late = NULL;
    api_set(db, "state", "backed up");
    target_make(db);
    api_set(db, "state", "old");
    sim_fault_set(sim, &locks);
    pthread_create(&thread, NULL, open_late, &late);
    while (sim_calls_counted(sim) == 0) usleep(100);
    cr_assert_eq(rename(copies.target, copies.bed.path), 0);
    ferrite_close(db);
    pthread_join(thread, NULL);
    cr_assert_not_null(late);
    api_expect(late, "state", "backed up");
    api_set(late, "more", "1");
    ferrite_close(late);
    db = copies_open(copies.bed.path, 0);
    api_expect(db, "more", "1");
    ferrite_close(db);
    os_set_default(os_posix());
    sim_free(sim);
}
