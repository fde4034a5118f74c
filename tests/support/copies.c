/* copies.c - see copies.h. */
#include "copies.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "content.h"

struct copies copies;

void copies_begin(void) {
    copies.bed = bed_make();
    bed_path(&copies.bed, "copy.ferrite", copies.target);
}

void copies_end(void) { bed_remove(&copies.bed); }

ferrite_db *copies_open(const char *path, int read_only) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.dirty_limit = 1 << 20;
    options.log_size = 1 << 20;
    options.map_size = 1u << 30;
    options.read_only = read_only;
    options.busy_timeout_ms = 0;
    return api_open_with(path, &options);
}

ferrite_db *copies_filled(const char *path, int scale) {
    ferrite_db *db = copies_open(path, 0);
    content_fill(db, scale, 1);
    return db;
}

bool target_has(const char *suffix) {
    char path[160];
    snprintf(path, sizeof path, "%s%s", copies.target, suffix);
    return access(path, F_OK) == 0;
}

void target_expect_alone(void) {
    cr_expect(target_has(""));
    cr_expect(!target_has("-tmp") && !target_has("-wal") && !target_has("-lock"));
    cr_expect(!target_has("-tmp-wal") && !target_has("-tmp-lock"));
}

void target_expect_none(void) {
    cr_expect(!target_has("") && !target_has("-tmp") && !target_has("-tmp-wal") && !target_has("-tmp-lock"));
}

void target_make(ferrite_db *db) {
    ferrite_error *err = NULL;
    cr_assert_eq(ferrite_backup(db, copies.target, NULL, &err), 0, "%s",
                 ferrite_error_message(err));
    target_expect_alone();
}

void target_expect(uint64_t digest, const char *id) {
    ferrite_db *db = copies_open(copies.target, 0);
    ferrite_stats stats = api_stats(db);
    cr_expect_eq(content_digest(db), digest);
    cr_expect_leq(stats.free_pages, 4 + stats.page_count / 100);
    cr_expect_str_neq(stats.database_id, id);
    api_expect_sound(db);
    ferrite_close(db);
}

int copies_stop(void *ctx, uint64_t done, uint64_t total) {
    cr_assert_leq(done, total);
    return --*(int *)ctx == 0;
}
