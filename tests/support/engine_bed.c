/* engine_bed.c - see engine_bed.h. */
#include "engine_bed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libferrite/error.h"

#define DELETED 0xFFFFu

void ebed_make(struct engine_bed *bed, int sync_mode) {
    memset(bed, 0, sizeof *bed);
    strcpy(bed->dir, "/tmp/ferrite-engine-XXXXXX");
    cr_assert_not_null(mkdtemp(bed->dir));
    snprintf(bed->path, sizeof bed->path, "%s/db", bed->dir);
    bed->config = (struct engine_config){.path = bed->path,
                                         .sync_mode = sync_mode,
                                         .no_threads = true,
                                         .busy_timeout_ms = 50,
                                         .apply = ebed_apply};
}

int ebed_try_open(struct engine_bed *bed) { return engine_open(&bed->config, &bed->engine); }

void ebed_open(struct engine_bed *bed) {
    int rc = ebed_try_open(bed);
    cr_assert_eq(rc, FERRITE_OK, "open: %s", error_text(rc));
}

void ebed_close(struct engine_bed *bed) {
    int rc = engine_close(bed->engine);
    bed->engine = NULL;
    cr_assert_eq(rc, FERRITE_OK, "close: %s", error_text(rc));
}

static void shell(const char *format, const char *a, const char *b) {
    char line[400];
    snprintf(line, sizeof line, format, a, b);
    cr_assert_eq(system(line), 0, "%s", line);
}

void ebed_crash(struct engine_bed *bed) {
    char aside[96];
    snprintf(aside, sizeof aside, "%s/aside", bed->dir);
    shell("mkdir -p %s && rm -f %s/*", aside, aside);
    shell("cp %s* %s/", bed->path, aside);
    ebed_close(bed);
    shell("cp %s/* %s/", aside, bed->dir);
}

void ebed_scribble(const struct engine_bed *bed, const char *suffix, long offset, const void *bytes,
                  size_t len) {
    char path[128];
    snprintf(path, sizeof path, "%s%s", bed->path, suffix);
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fseek(file, offset, SEEK_SET), 0);
    cr_assert_eq(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

long ebed_file_size(const struct engine_bed *bed, const char *suffix) {
    char path[128];
    struct stat st;
    snprintf(path, sizeof path, "%s%s", bed->path, suffix);
    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

void ebed_free(struct engine_bed *bed) {
    if (bed->engine != NULL) engine_close(bed->engine);
    if (bed->dir[0] != '\0') shell("rm -rf %s%s", bed->dir, "");
}

static int tree_store(struct txn *txn, const void *key, size_t key_len, const void *value, size_t len) {
    struct tree_cursor cursor;
    bool exact;
    cursor_init(&cursor, &txn->pages, txn_keys(txn, 0));
    int rc = cursor_seek(&cursor, key, key_len, &exact);
    struct tree_value stored = {value, (uint32_t)len, false, false};
    if (rc == FERRITE_OK && len != DELETED) rc = cursor_put(&cursor, key, key_len, exact, &stored);
    if (rc == FERRITE_OK && len == DELETED && exact) rc = cursor_delete(&cursor);
    cursor_done(&cursor);
    return rc == FERRITE_OK ? rc : txn_fail(txn, rc);
}

int ebed_apply(void *ctx, struct txn *txn, const uint8_t *effects, size_t len) {
    (void)ctx;
    while (len >= 4) {
        uint16_t key_len, value_len;
        memcpy(&key_len, effects, 2);
        memcpy(&value_len, effects + 2, 2);
        size_t stored = value_len == DELETED ? 0 : value_len;
        int rc = tree_store(txn, effects + 4, key_len, effects + 4 + key_len, value_len);
        if (rc != FERRITE_OK) return rc;
        effects += 4 + key_len + stored;
        len -= 4 + key_len + stored;
    }
    return FERRITE_OK;
}

static int change(struct txn *txn, const char *key, const void *value, uint16_t len, size_t stored) {
    uint16_t key_len = (uint16_t)strlen(key);
    uint8_t *place;
    int rc = txn_operation(txn, len == DELETED);
    if (rc == FERRITE_OK) rc = tree_store(txn, key, key_len, value, len);
    if (rc == FERRITE_OK) rc = txn_log(txn, 4 + key_len + stored, &place);
    if (rc != FERRITE_OK || place == NULL) return rc;
    memcpy(place, &key_len, 2);
    memcpy(place + 2, &len, 2);
    memcpy(place + 4, key, key_len);
    if (stored) memcpy(place + 4 + key_len, value, stored);
    return FERRITE_OK;
}

int ebed_put(struct txn *txn, const char *key, const void *value, size_t len) {
    int rc = change(txn, key, value, (uint16_t)len, len);
    return rc == FERRITE_OK ? txn_operation_end(txn) : rc;
}

int ebed_delete(struct txn *txn, const char *key) { return change(txn, key, "", DELETED, 0); }

void ebed_set(struct engine_bed *bed, const char *key, const char *value) {
    struct txn *txn;
    cr_assert_eq(txn_begin_write(bed->engine, true, &txn), FERRITE_OK);
    cr_assert_eq(ebed_put(txn, key, value, strlen(value)), FERRITE_OK);
    cr_assert_eq(txn_commit(txn), FERRITE_OK);
}

void ebed_fill(struct engine_bed *bed, int count, size_t len, int batch) {
    char key[32], value[1024];
    memset(value, 'v', sizeof value);
    for (int i = 0; i < count;) {
        struct txn *txn;
        cr_assert_eq(txn_begin_write(bed->engine, true, &txn), FERRITE_OK);
        for (int end = i + batch; i < count && i < end; i++) {
            snprintf(key, sizeof key, "k%d", i);
            int rc = ebed_put(txn, key, value, len);
            cr_assert_eq(rc, FERRITE_OK, "put %d: %s", i, error_text(rc));
        }
        int rc = txn_commit(txn);
        cr_assert_eq(rc, FERRITE_OK, "commit: %s", error_text(rc));
    }
}

const char *ebed_get(struct engine_bed *bed, const char *key) {
    static char text[1100];
    struct txn txn;
    struct tree_value value;
    cr_assert_eq(txn_begin_read(bed->engine, &txn), FERRITE_OK);
    int rc = tree_get(&txn.pages, txn_keys(&txn, 0), key, strlen(key), &value);
    if (rc == FERRITE_OK) {
        memcpy(text, value.data, value.len);
        text[value.len] = '\0';
    }
    txn_end_read(&txn);
    cr_assert(rc == FERRITE_OK || rc == FERRITE_NOTFOUND, "get: %s", error_text(rc));
    return rc == FERRITE_OK ? text : NULL;
}

uint64_t ebed_count(struct engine_bed *bed) {
    struct txn txn;
    cr_assert_eq(txn_begin_read(bed->engine, &txn), FERRITE_OK);
    uint64_t count = txn_keys(&txn, 0)->count;
    txn_end_read(&txn);
    return count;
}

static int page_seen(void *ctx, pgno no, uint32_t count) { return engine_check_page(ctx, no, count); }

uint64_t ebed_check(struct engine_bed *bed) {
    struct txn *txn;
    struct engine_check *check;
    uint64_t findings = 0;
    cr_assert_eq(txn_begin_write(bed->engine, true, &txn), FERRITE_OK);
    cr_assert_eq(engine_check_begin(txn, &check), FERRITE_OK);
    struct tree_visitor visitor = {.ctx = check, .on_page = page_seen};
    int rc = tree_walk(&txn->pages, txn_keys(txn, 0), &visitor);
    cr_expect_eq(rc, FERRITE_OK, "walk: %s", error_text(rc));
    engine_check_end(check, NULL, NULL, &findings);
    txn_rollback(txn);
    return findings + (rc != FERRITE_OK);
}
