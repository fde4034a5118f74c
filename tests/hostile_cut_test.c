/*
 * hostile_cut_test.c - two keys share a run at the file's end, one of them is deleted, and the file is cut where the
 * other one's reader still looks (E6). Without zeros behind the end of the map that is a SIGBUS.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "support/hostile.h"

#define RUN_LEN (3 * PAGE_SIZE - PAGE_HEADER_SIZE)

static struct bed bed;
static struct image image;

static void descriptor_put(const char *key, uint32_t first) {
    const uint64_t len = RUN_LEN;
    const uint32_t one_run = 0;
    unsigned char *payload;
    const struct forge_value value = forge_record(&image, key, &payload);
    memcpy(payload, &len, sizeof len);
    memcpy(payload + 8, &first, sizeof first);
    memcpy(payload + 12, &one_run, sizeof one_run);
    forge_seal(&image, value.page);
}

/* The values of "run" and "blob" are the same run, the last of the file, full of x. */
static void setup(void) {
    hostile_begin(&bed, &image);
    const uint32_t first = forge_append(&image, PAGE_RUN, 0, TAG_BLOB);
    for (int i = 0; i < 2; i++) forge_append(&image, PAGE_RUN, 0, TAG_BLOB);
    struct page *run = forge_page(&image, first);
    run->length = RUN_LEN;
    memset((unsigned char *)run + PAGE_HEADER_SIZE, 'x', RUN_LEN);
    forge_seal(&image, first);
    descriptor_put("run", first);
    descriptor_put("blob", first);
    image_save(&image, bed.path);
}
static void teardown(void) { hostile_end(&bed, &image); }
TestSuite(hostile_cut, .init = setup, .fini = teardown, .timeout = 100);

static ferrite_db *open_shared(void) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    options.cache_size = FERRITE_CACHE_OFF;
    return api_open_with(bed.path, &options);
}

/* The run's pages are free, for all the pager knows; the file still has them. */
static void free_half(ferrite_db *db) {
    cr_assert_eq(ferrite_del(db, S("blob"), NULL), 1);
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
}

static size_t count_of(ferrite_slice bytes, char c) {
    size_t count = 0;
    for (size_t i = 0; i < bytes.len; i++) count += bytes.data[i] == c;
    return count;
}

static void expect_cut(ferrite_db *db, uint64_t before) {
    ferrite_error *err = NULL;
    cr_expect_lt(api_stats(db).file_bytes, before);
    cr_expect_null(ferrite_get(db, S("run"), NULL, &err));
    api_expect_error(&err, FERRITE_CORRUPT, NULL);
}

Test(hostile_cut, a_view_into_what_is_cut_off_shows_zeros) {
    ferrite_db *db = open_shared();
    const uint64_t before = api_stats(db).file_bytes;
    ferrite_slice view;
    free_half(db);
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    cr_assert_eq(ferrite_view(snapshot, S("run"), &view, NULL), 1);
    cr_assert_eq(count_of(view, 'x'), RUN_LEN);
    (void)ferrite_compact(db, NULL, NULL, NULL);
    expect_cut(db, before);
    cr_expect_eq(count_of(view, 'x') + count_of(view, '\0'), RUN_LEN);
    ferrite_close(snapshot);
    ferrite_close(db);
}

/* What was cut off is there again when the file grows, with what is written there then. */
Test(hostile_cut, the_file_grows_again_where_it_was_cut) {
    ferrite_db *db = open_shared();
    const uint64_t before = api_stats(db).file_bytes;
    static char value[60000];
    free_half(db);
    (void)ferrite_compact(db, NULL, NULL, NULL);
    expect_cut(db, before);
    memset(value, 'y', sizeof value);
    for (char key = 'a'; key <= 'z'; key++) cr_assert_eq(ferrite_set(db, &key, 1, value, sizeof value, NULL), 0);
    cr_assert_eq(ferrite_checkpoint(db, NULL), 0);
    for (char key = 'a'; key <= 'z'; key++) {
        size_t len;
        char *found = ferrite_get(db, &key, 1, &len, NULL);
        cr_assert_eq(len, sizeof value);
        cr_expect_arr_eq(found, value, sizeof value);
        ferrite_free(found);
    }
    ferrite_close(db);
}

static _Atomic bool over;
static _Atomic uint64_t reads;

static void *reader(void *db) {
    while (!atomic_load(&over)) {
        size_t len;
        ferrite_free(ferrite_get(db, S("run"), &len, NULL)); /* any answer but a signal */
        atomic_fetch_add(&reads, 1);
    }
    return NULL;
}

/* The same with a reader that knows of nothing, time and again. */
Test(hostile_cut, a_reader_beside_the_cut_is_not_killed) {
    for (int round = 0; round < 20; round++) {
        pthread_t thread;
        image_save(&image, bed.path);
        ferrite_db *db = open_shared();
        atomic_store(&over, false);
        atomic_store(&reads, 0);
        cr_assert_eq(pthread_create(&thread, NULL, reader, db), 0);
        free_half(db);
        while (atomic_load(&reads) < 10) continue;
        (void)ferrite_compact(db, NULL, NULL, NULL);
        atomic_store(&over, true);
        pthread_join(thread, NULL);
        ferrite_close(db);
        bed_unlink(bed.path);
    }
}
