/*
 * damage_tower_test.c - a crafted file whose branches share their children, with right checksums: whatever is asked of
 * it, the answer comes soon (E6).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/tower.h"
#include "support/api.h"
#include "libferrite/pager/page.h"

#define LEVELS 9

static struct bed bed;
static ferrite_error *err;

static void setup(void) { bed = bed_make(); }
static void teardown(void) { bed_remove(&bed); }
TestSuite(damage_tower, .init = setup, .fini = teardown, .timeout = 300);

static void fill(ferrite_db *db, int count) {
    char text[40];
    ferrite_db *tx = ferrite_begin(db, &err);
    for (int i = 0; i < count; i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "text number %d", i);
        ferrite_set(tx, text, len, S("value"), NULL);
        ferrite_hset(tx, S("hash"), text, len, S("value"), NULL);
        ferrite_sadd(tx, S("set"), text, len, NULL);
        ferrite_zadd(tx, S("zset"), i % 100, text, len, NULL);
        ferrite_rpush(tx, S("list"), text, len, NULL);
    }
    cr_assert_eq(ferrite_commit(tx, &err), 0);
    ferrite_close(tx);
}

/* Roots of such trees, before any of them becomes a tower; how many. */
static unsigned roots_find(const struct image_file *data, unsigned type, unsigned tag,
                           uint32_t roots[16]) {
    unsigned count = 0;
    for (uint32_t number = 2; number < data->len / PAGE_SIZE && count < 16; number++) {
        const struct page *page = (const void *)(data->data + (size_t)number * PAGE_SIZE);
        if (page->type == type && page->tag == tag && tower_fits(data, number))
            roots[count++] = number;
    }
    return count;
}

static void towers(struct image_file *data, unsigned type, unsigned tag,
                   enum tower_counts counts) {
    uint32_t roots[16];
    unsigned count = roots_find(data, type, tag, roots);
    cr_assert_gt(count, 0);
    for (unsigned i = 0; i < count; i++) {
        uint64_t entries = tower_build(data, roots[i], LEVELS, counts);
        if (tag != TAG_KEYS || counts != TOWER_TRUE) continue;
        for (uint32_t slot = 0; slot < 2; slot++) { /* the meta pages agree */
            memcpy(data->data + slot * PAGE_SIZE + 512 + 8, &entries, sizeof entries);
            image_seal(data, slot, 1);
        }
    }
}

static void craft(unsigned type, unsigned tag, enum tower_counts counts) {
    struct image_file data = {.there = true};
    ferrite_db *db = api_open(bed.path);
    fill(db, 6000);
    ferrite_close(db);
    FILE *file = fopen(bed.path, "rb");
    fseek(file, 0, SEEK_END);
    image_resize(&data, (size_t)ftell(file));
    rewind(file);
    cr_assert_eq(fread(data.data, data.len, 1, file), 1);
    fclose(file);
    towers(&data, type, tag, counts);
    file = fopen(bed.path, "wb");
    cr_assert_eq(fwrite(data.data, data.len, 1, file), 1);
    fclose(file);
    free(data.data);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Any answer or error will do, if it comes. */
#define SOON(call)                                                        \
    do {                                                                  \
        double from = now();                                              \
        (void)(call);                                                     \
        ferrite_error_free(err);                                          \
        err = NULL;                                                       \
        cr_expect_lt(now() - from, 30, "%s took %f s", #call, now() - from); \
    } while (0)

static int iterate(ferrite_db *db) {
    ferrite_slice key;
    ferrite_iterator *it = ferrite_iterate(db, NULL, &err);
    while (it != NULL && ferrite_iterator_next(it, &key, NULL, &err) == 1) continue;
    ferrite_iterator_close(it);
    return 0;
}

static int iterate_elements(ferrite_db *db) {
    ferrite_slice a, b;
    ferrite_zitem item;
    ferrite_hiterator *hash = ferrite_hiterate(db, S("hash"), &err);
    while (hash != NULL && ferrite_hiterator_next(hash, &a, &b, &err) == 1) continue;
    ferrite_hiterator_close(hash);
    ferrite_siterator *set = ferrite_siterate(db, S("set"), &err);
    while (set != NULL && ferrite_siterator_next(set, &a, &err) == 1) continue;
    ferrite_siterator_close(set);
    ferrite_ziterator *zset = ferrite_ziterate(db, S("zset"), NULL, &err);
    while (zset != NULL && ferrite_ziterator_next(zset, &item, &err) == 1) continue;
    ferrite_ziterator_close(zset);
    ferrite_literator *list = ferrite_literate(db, S("list"), 0, 0, &err);
    while (list != NULL && ferrite_literator_next(list, &a, &err) == 1) continue;
    ferrite_literator_close(list);
    return 0;
}

static int scan(ferrite_db *db) {
    uint64_t cursor = 0;
    size_t count;
    do ferrite_free(ferrite_scan(db, &cursor, NULL, 0, 1000, FERRITE_TYPE_NONE, &count, &err));
    while (cursor != 0 && err == NULL);
    return 0;
}

static void ask(const char *path) {
    uint64_t number, findings = 0;
    size_t count;
    char out[128];
    ferrite_db *db = ferrite_open(path, &err);
    bed_path(&bed, "out", out);
    SOON(ferrite_recover(path, out, NULL, NULL, &err));
    bed_unlink(out);
    if (db == NULL) return;
    SOON(ferrite_check(db, NULL, &findings, &err));
    cr_expect_gt(findings, 0);
    SOON(iterate(db));
    SOON(iterate_elements(db));
    SOON(scan(db));
    SOON((ferrite_free(ferrite_keys(db, S("*"), &count, &err)), 0));
    SOON((ferrite_free(ferrite_keys(db, S("*no such key*"), &count, &err)), 0));
    SOON((ferrite_free(ferrite_hgetall(db, S("hash"), &count, &err)), 0));
    SOON((ferrite_free(ferrite_smembers(db, S("set"), &count, &err)), 0));
    SOON((ferrite_free(ferrite_lrange(db, S("list"), 0, -1, &count, &err)), 0));
    SOON((ferrite_free(ferrite_zrange(db, S("zset"), 0, -1, &count, &err)), 0));
    SOON(ferrite_lrem(db, S("list"), 0, S("no such element"), &err));
    SOON(ferrite_memory_usage(db, S("hash"), &number, &err));
    SOON(ferrite_copy(db, S("zset"), S("copy"), -1, 1, &err));
    SOON(ferrite_ltrim(db, S("list"), 1, -2, &err));
    SOON(ferrite_del(db, S("set"), &err));
    SOON(ferrite_checkpoint(db, &err));
    SOON(ferrite_flushall(db, &err));
    SOON(ferrite_checkpoint(db, &err));
    SOON((ferrite_close(db), 0));
}

static void each_count(unsigned type, unsigned tag) {
    for (int counts = 0; counts < TOWER_COUNTS; counts++) {
        craft(type, tag, (enum tower_counts)counts);
        ask(bed.path);
        bed_unlink(bed.path);
    }
}

Test(damage_tower, of_keys) { each_count(PAGE_BRANCH, TAG_KEYS); }
Test(damage_tower, of_elements) { each_count(PAGE_BRANCH, TAG_COLLECTION); }
Test(damage_tower, of_list_elements) { each_count(PAGE_POS_BRANCH, TAG_COLLECTION); }
