/* api.c - see api.h. */
#include "api.h"
#include "clock.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bed bed_make(void) {
    struct bed bed;
    snprintf(bed.dir, sizeof bed.dir, "/tmp/ferrite-api-XXXXXX");
    cr_assert_not_null(mkdtemp(bed.dir));
    snprintf(bed.path, sizeof bed.path, "%s/test.ferrite", bed.dir);
    return bed;
}

void bed_remove(struct bed *bed) {
    DIR *dir = opendir(bed->dir);
    cr_assert_not_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", bed->dir, entry->d_name);
        if (entry->d_name[0] != '.') unlink(path);
    }
    closedir(dir);
    rmdir(bed->dir);
}

bool bed_has(const struct bed *bed, const char *suffix) {
    char path[160];
    snprintf(path, sizeof path, "%s%s", bed->path, suffix);
    return access(path, F_OK) == 0;
}

static const char *const suffixes[] = {"", "-wal", "-lock"};

static void file_copy(const char *from, const char *to) {
    char bytes[65536];
    size_t len;
    FILE *in = fopen(from, "rb"), *out;
    if (!in) return;
    cr_assert_not_null(out = fopen(to, "wb"));
    while ((len = fread(bytes, 1, sizeof bytes, in)) > 0)
        cr_assert_eq(fwrite(bytes, 1, len, out), len);
    fclose(in);
    fclose(out);
}

void bed_copy(const struct bed *bed, const char *path) {
    char from[160], to[160];
    for (int i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s%s", bed->path, suffixes[i]);
        snprintf(to, sizeof to, "%s%s", path, suffixes[i]);
        file_copy(from, to);
    }
}

void bed_crash(const struct bed *bed, const char *name, char path[128]) {
    bed_path(bed, name, path);
    bed_copy(bed, path);
}

void bed_unlink(const char *path) {
    char name[160];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

void bed_flip(const char *path, long offset) {
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, offset, SEEK_SET), 0);
    const int byte = fgetc(file);
    cr_assert_neq(byte, EOF);
    cr_assert_eq(fseek(file, offset, SEEK_SET), 0);
    cr_assert_neq(fputc(byte ^ 0x55, file), EOF);
    cr_assert_eq(fclose(file), 0);
}

void bed_path(const struct bed *bed, const char *name, char out[128]) {
    snprintf(out, 128, "%s/%s", bed->dir, name);
}

static ferrite_db *opened(ferrite_db *db, ferrite_error *err) {
    cr_assert_not_null(db, "%s", ferrite_error_message(err));
    return db;
}

ferrite_db *api_open(const char *path) {
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_open(path, &err);
    return opened(db, err);
}

ferrite_db *api_open_with(const char *path, const ferrite_options *options) {
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_open_with(path, options, &err);
    return opened(db, err);
}

ferrite_db *api_open_at(const char *path, ferrite_sync_mode mode) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = mode;
    options.clock_ms = clock_now;
    return api_open_with(path, &options);
}

ferrite_db *api_open_quick(const char *path) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    return api_open_with(path, &options);
}

ferrite_db *api_memory(void) {
    ferrite_error *err = NULL;
    ferrite_db *db = ferrite_open_memory(&err);
    return opened(db, err);
}

void api_set(ferrite_db *db, const char *key, const char *value) {
    ferrite_error *err = NULL;
    int result = ferrite_set(db, key, strlen(key), value, strlen(value), &err);
    cr_assert_eq(result, 0, "%s", ferrite_error_message(err));
}

void api_expect(ferrite_db *db, const char *key, const char *value) {
    ferrite_error *err = NULL;
    size_t len;
    char *found = ferrite_get(db, key, strlen(key), &len, &err);
    cr_assert_null(err, "%s", ferrite_error_message(err));
    if (value == NULL) {
        cr_assert_null(found, "%s is '%s'", key, found);
        return;
    }
    cr_assert_not_null(found, "%s is nil", key);
    api_expect_text(found, &len, value);
}

void api_expect_text(char *block, const size_t *len, const char *text) {
    cr_assert_not_null(block);
    cr_assert_eq(*len, strlen(text), "'%s' has %zu bytes", block, *len);
    cr_assert_str_eq(block, text);
    ferrite_free(block);
}

void api_expect_error(ferrite_error **err, int code, const char *message) {
    cr_assert_not_null(*err);
    cr_assert_eq(ferrite_error_code(*err), code, "%d: %s", ferrite_error_code(*err),
                 ferrite_error_message(*err));
    if (message != NULL) cr_assert_str_eq(ferrite_error_message(*err), message);
    ferrite_error_free(*err);
    *err = NULL;
}

uint64_t api_dbsize(ferrite_db *db) {
    uint64_t count;
    cr_assert_eq(ferrite_dbsize(db, &count, NULL), 0);
    return count;
}

ferrite_stats api_stats(ferrite_db *db) {
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    ferrite_error *err = NULL;
    int result = ferrite_info(db, &stats, &err);
    cr_assert_eq(result, 0, "%s", ferrite_error_message(err));
    return stats;
}

static void finding_print(void *ctx, const char *text) {
    (void)ctx;
    fprintf(stderr, "finding: %s\n", text);
}

void api_expect_sound(ferrite_db *db) {
    ferrite_monitor monitor = {.finding = finding_print};
    ferrite_error *err = NULL;
    uint64_t findings;
    int result = ferrite_check(db, &monitor, &findings, &err);
    cr_assert_eq(result, 0, "%s", ferrite_error_message(err));
    cr_assert_eq(findings, 0);
}

void bed_begin(struct bed *bed, ferrite_db **db) {
    *bed = bed_make();
    *db = api_open_quick(bed->path);
}

void bed_end(struct bed *bed, ferrite_db *db) {
    api_expect_sound(db);
    ferrite_close(db);
    bed_remove(bed);
}
