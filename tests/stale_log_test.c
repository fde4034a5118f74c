/*
 * stale_log_test.c - a log whose name in the meta page a power cut took back lies beside the file, and later one of the
 * meta pages is damaged.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/image.h"
#include "support/api.h"

static struct bed bed;
static ferrite_error *err;
static char killed[128];
static void setup(void) {
    bed = bed_make();
    bed_path(&bed, "killed.ferrite", killed);
}
static void teardown(void) { bed_remove(&bed); }
TestSuite(stale_log, .init = setup, .fini = teardown);

static ferrite_db *open_at(const char *path, ferrite_sync_mode mode) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = mode;
    options.no_threads = 1;
    ferrite_db *db = ferrite_open_with(path, &options, &err);
    cr_assert_not_null(db, "%s", ferrite_error_message(err));
    return db;
}

/* The closed database, and the log of a session after it. */
static void leave_stale_log(void) {
    struct image closed, later;
    ferrite_db *db = open_at(bed.path, FERRITE_SYNC_NONE);
    api_set(db, "state", "closed");
    ferrite_close(db);
    image_load(&closed, bed.path);
    db = open_at(bed.path, FERRITE_SYNC_NONE);
    api_set(db, "state", "in the log");
    image_load(&later, bed.path);
    ferrite_close(db);
    cr_assert(later.part[IMAGE_LOG].there && !closed.part[IMAGE_LOG].there);
    later.part[IMAGE_LOCK].there = false;
    struct image stale = {{closed.part[IMAGE_DATA], later.part[IMAGE_LOG], later.part[IMAGE_LOCK]}};
    image_save(&stale, bed.path);
    image_free(&closed);
    image_free(&later);
}

static void damage_meta(const char *path, size_t slot) {
    struct image image;
    image_load(&image, path);
    memset(image.part[IMAGE_DATA].data + slot * 4096 + 512, 0xee, 512);
    image_save(&image, path);
    image_free(&image);
}

/* The first durable commit goes without a log; then the process is killed, and a meta page is torn. */
static void expect_kept(size_t slot) {
    leave_stale_log();
    ferrite_db *db = open_at(bed.path, FERRITE_SYNC_NORMAL);
    api_expect(db, "state", "closed");
    api_set(db, "more", "1");
    bed_copy(&bed, killed);
    ferrite_close(db);
    damage_meta(killed, slot);
    db = open_at(killed, FERRITE_SYNC_NORMAL);
    api_expect(db, "state", "closed");
    api_expect(db, "more", "1");
    api_expect_sound(db);
    api_set(db, "more", "2");
    api_set(db, "more", "3");
    ferrite_close(db);
    db = open_at(killed, FERRITE_SYNC_NORMAL);
    api_expect(db, "more", "3");
    ferrite_close(db);
}

Test(stale_log, is_not_taken_for_the_continuation_when_meta_page_0_is_damaged) { expect_kept(0); }
Test(stale_log, is_not_taken_for_the_continuation_when_meta_page_1_is_damaged) { expect_kept(1); }
