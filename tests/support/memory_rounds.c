/* memory_rounds.c - see memory_rounds.h. */
#include "memory_rounds.h"

#include <criterion/criterion.h>
#include <string.h>

#include "api.h"
#include "libferrite/os/mem.h"

static long countdown;

static int fail_once(size_t size) {
    (void)size;
    return countdown-- == 0;
}

void memory_fail(long n) {
    countdown = n;
    mem_fail_hook = fail_once;
}

bool memory_failed(void) {
    mem_fail_hook = NULL;
    return countdown < 0;
}

static void expect_code(ferrite_error *err, const int *codes) {
    if (err == NULL) return;
    int code = ferrite_error_code(err);
    bool expected = code == FERRITE_NOMEM || code == FERRITE_ABORTED;
    for (; codes != NULL && *codes != 0; codes++) expected |= code == *codes;
    cr_assert(expected, "%s", ferrite_error_message(err));
}

/* After the round; it was no reason to lose anything, and the next write works. */
static void expect_alive(ferrite_db *db, const struct memory_plan *plan) {
    api_expect_sound(db);
    if (plan->bounds != NULL) cr_assert_geq(ferrite_flushall(db, NULL), 0);
    api_set(db, "alive", "yes");
    api_expect(db, "alive", "yes");
}

/* One round with the n-th allocation failing; false when the scenario needs no more than n. */
static bool round_fails(const char *path, const struct memory_plan *plan, long n) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    if (plan->bounds != NULL) plan->bounds(&options);
    memory_fail(n);
    ferrite_db *db = ferrite_open_with(path, &options, &err);
    if (db != NULL) plan->scenario(db, &err);
    bool reached = memory_failed();
    expect_code(err, plan->codes);
    ferrite_error_free(err);
    if (db == NULL) return reached;
    expect_alive(db, plan);
    ferrite_close(db);
    return reached;
}

void memory_rounds(const char *path, const struct memory_plan *plan) {
    const long stride = plan->stride > 0 ? plan->stride : 1;
    long n = 0;
    while (round_fails(path, plan, n)) n += n < plan->dense ? 1 : stride;
    cr_expect_gt(n, plan->least);
}

void memory_rounds_in_a_file(const struct memory_plan *plan) {
    struct bed bed = bed_make();
    memory_rounds(bed.path, plan);
    ferrite_db *db = api_open(bed.path);
    api_expect_sound(db);
    api_expect(db, "alive", "yes");
    ferrite_close(db);
    bed_remove(&bed);
}

void memory_in_transaction(ferrite_db *db, const memory_part *parts, const char *key,
                           ferrite_error **err) {
    ferrite_db *tx = ferrite_begin(db, err);
    if (tx == NULL) return;
    for (; *parts != NULL; parts++) (*parts)(tx, key, strlen(key), err);
    ferrite_commit(tx, err);
    ferrite_close(tx);
}
