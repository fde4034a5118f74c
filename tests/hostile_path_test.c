/*
 * hostile_path_test.c - paths and files beside the database that are something else, and files cut or longer (E6).
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/hostile.h"

static struct bed bed;
static struct image image;
static ferrite_error *err;

static void setup(void) { bed = bed_make(); }
static void teardown(void) { hostile_end(&bed, &image); }
TestSuite(hostile_path, .init = setup, .fini = teardown, .timeout = 300);

static ferrite_db *open_as(const char *path, int read_only) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.read_only = read_only;
    options.busy_timeout_ms = 100;
    return ferrite_open_with(path, &options, &err);
}

static int ignore_entry(void *ctx, const ferrite_log_entry *entry) {
    (void)ctx, (void)entry;
    return 0;
}

/* Neither to write nor to read, nor by the tools; nothing waits and nothing comes into being. */
static void expect_none(const char *path) {
    char out[128];
    bed_path(&bed, "out", out);
    for (int read_only = 0; read_only < 2; read_only++) {
        cr_expect_null(open_as(path, read_only), "%s", path);
        cr_expect_not_null(err);
        ferrite_error_free(err);
        err = NULL;
    }
    ferrite_log_read(path, ignore_entry, NULL, NULL);
    cr_expect_eq(ferrite_recover(path, out, NULL, NULL, NULL), -1);
    cr_expect_neq(access(out, F_OK), 0);
    ferrite_db *memory = api_memory();
    cr_expect_eq(ferrite_load(memory, path, NULL, NULL), -1);
    ferrite_close(memory);
}

static void beside(const char *suffix, char out[140]) {
    snprintf(out, 140, "%s%s", bed.path, suffix);
}

/* ---- the path ---- */

Test(hostile_path, that_is_a_directory) {
    cr_assert_eq(mkdir(bed.path, 0700), 0);
    expect_none(bed.path);
    rmdir(bed.path);
}

Test(hostile_path, that_is_a_pipe, .timeout = 20) {
    cr_assert_eq(mkfifo(bed.path, 0600), 0);
    expect_none(bed.path);
}

Test(hostile_path, that_is_a_device, .timeout = 20) {
    expect_none("/dev/null");
    expect_none("/dev/zero");
    expect_none("/dev/tty");
    cr_expect_neq(access("/dev/null-lock", F_OK), 0);
}

Test(hostile_path, that_is_below_a_file) {
    char below[140];
    ferrite_close(api_open(bed.path));
    beside("/below", below);
    expect_none(below);
}

Test(hostile_path, that_leads_round_in_a_circle) {
    cr_assert_eq(symlink(bed.path, bed.path), 0);
    expect_none(bed.path);
}

Test(hostile_path, longer_than_any) {
    char path[6000];
    memset(path, 'a', sizeof path);
    path[0] = '/';
    path[sizeof path - 1] = '\0';
    expect_none(path);
}

/* ---- the files beside it ---- */

static void precious_make(char out[128]) {
    bed_path(&bed, "precious", out);
    FILE *file = fopen(out, "w");
    fputs("precious", file);
    fclose(file);
}

static void precious_expect(const char *path) {
    char text[20] = "";
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    cr_expect_not_null(fgets(text, sizeof text, file));
    cr_expect_str_eq(text, "precious");
    fclose(file);
}

/* A session that writes, by way of a log. */
static void write_session(void) {
    ferrite_db *db = open_as(bed.path, 0);
    for (int i = 0; db != NULL && i < 10; i++) ferrite_set(db, S("key"), S("value"), NULL);
    ferrite_close(db);
    ferrite_error_free(err);
    err = NULL;
}

static void leads_away(const char *suffix) {
    char link[140], precious[128];
    precious_make(precious);
    hostile_make(&bed, &image);
    beside(suffix, link);
    cr_assert_eq(symlink(precious, link), 0);
    write_session();
    precious_expect(precious);
    unlink(link);
    image_save(&image, bed.path);
    ferrite_close(api_open(bed.path));
}

Test(hostile_path, what_a_link_in_the_place_of_the_log_leads_to_is_left_alone) {
    leads_away("-wal");
}
Test(hostile_path, what_a_link_in_the_place_of_the_lock_file_leads_to_is_left_alone) {
    leads_away("-lock");
}

static void something_else(const char *suffix, int (*make)(const char *path, mode_t mode)) {
    char path[140];
    hostile_make(&bed, &image);
    beside(suffix, path);
    cr_assert_eq(make(path, 0700), 0);
    write_session();
    ferrite_close(open_as(bed.path, 1));
    ferrite_error_free(err);
    err = NULL;
    ferrite_log_read(bed.path, ignore_entry, NULL, NULL);
    rmdir(path);
    unlink(path);
    ferrite_db *db = api_open(bed.path);
    api_expect_sound(db);
    ferrite_close(db);
}

Test(hostile_path, a_log_that_is_a_directory, .timeout = 20) { something_else("-wal", mkdir); }
Test(hostile_path, a_log_that_is_a_pipe, .timeout = 20) { something_else("-wal", mkfifo); }
Test(hostile_path, a_lock_file_that_is_a_directory, .timeout = 20) {
    something_else("-lock", mkdir);
}
Test(hostile_path, a_lock_file_that_is_a_pipe, .timeout = 20) { something_else("-lock", mkfifo); }

/* A log that is needed and is no file. */
static void needed_log(int (*make)(const char *path, mode_t mode)) {
    char log[140];
    hostile_make_open(&bed, &image);
    image.part[IMAGE_LOG].there = false;
    image_save(&image, bed.path);
    beside("-wal", log);
    cr_assert_eq(make(log, 0700), 0);
    for (int read_only = 0; read_only < 2; read_only++) {
        cr_expect_null(open_as(bed.path, read_only));
        cr_expect_not_null(err);
        ferrite_error_free(err);
        err = NULL;
    }
    rmdir(log);
    unlink(log);
}

Test(hostile_path, a_log_that_is_needed_and_is_a_directory, .timeout = 20) { needed_log(mkdir); }
Test(hostile_path, a_log_that_is_needed_and_is_a_pipe, .timeout = 20) { needed_log(mkfifo); }

/* ---- the file's length ---- */

Test(hostile_path, a_file_cut_at_any_page) {
    hostile_make(&bed, &image);
    const uint32_t pages = forge_pages(&image);
    for (uint32_t page = 0; page < pages; page += page < 8 || page + 8 > pages ? 1 : 16) {
        struct image cut;
        image_copy(&cut, &image);
        image_resize(&cut.part[IMAGE_DATA], (size_t)page * PAGE_SIZE);
        const struct hostile result = hostile_use(&bed, &cut);
        cr_expect_eq(result.opened, page == 0 ? FERRITE_OK : FERRITE_CORRUPT, "%u pages: %s", page,
                     result.refusal);
        image_free(&cut);
    }
}

Test(hostile_path, a_file_with_something_behind_its_end) {
    static const size_t more[] = {1, 100, 4095, 4096, 4097, 100000};
    hostile_make(&bed, &image);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        struct image longer;
        image_copy(&longer, &image);
        struct image_file *data = &longer.part[IMAGE_DATA];
        const size_t len = data->len;
        image_resize(data, len + more[i]);
        memset(data->data + len, 0xee, more[i]);
        const struct hostile result = hostile_use(&bed, &longer);
        cr_expect_eq(result.opened, FERRITE_OK, "%s", result.refusal);
        cr_expect_eq(result.opened_to_read, FERRITE_OK);
        cr_expect_eq(result.findings, 0, "%s", result.finding);
        image_free(&longer);
    }
}

/* ---- permissions: root may do everything, so there they say nothing ---- */

Test(hostile_path, a_file_that_may_only_be_read) {
    hostile_make(&bed, &image);
    cr_assert_eq(chmod(bed.path, 0400), 0);
    ferrite_db *db = open_as(bed.path, 1);
    cr_assert_not_null(db, "%s", ferrite_error_message(err));
    api_expect_sound(db);
    ferrite_close(db);
    if (geteuid() == 0) return;
    cr_expect_null(open_as(bed.path, 0));
    api_expect_error(&err, FERRITE_READONLY, NULL);
}

Test(hostile_path, a_folder_that_may_only_be_read) {
    hostile_make(&bed, &image);
    cr_assert_eq(chmod(bed.dir, 0500), 0);
    ferrite_db *db = open_as(bed.path, 1);
    cr_expect_not_null(db, "%s", ferrite_error_message(err));
    ferrite_close(db);
    if (geteuid() != 0) {
        cr_expect_null(open_as(bed.path, 0));
        cr_expect_not_null(err);
        ferrite_error_free(err);
    }
    chmod(bed.dir, 0700);
}
