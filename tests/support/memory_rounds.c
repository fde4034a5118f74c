/* memory_rounds.c - see memory_rounds.h. */
#include "memory_rounds.h"

#include <criterion/criterion.h>

#include "api.h"
#include "libferrite/os/mem.h"

static long countdown;
static int fail_once(size_t size) {
    (void)size;
    return countdown-- == 0;
}

static void expect_code(ferrite_error *err, const int *codes) {
    if (err == NULL) return;
    int code = ferrite_error_code(err);
    bool expected = code == FERRITE_NOMEM || code == FERRITE_ABORTED;
    for (; codes != NULL && *codes != 0; codes++) expected |= code == *codes;
    cr_assert(expected, "%s", ferrite_error_message(err));
}

/* One round with the n-th allocation failing; false when the scenario needs no more than n. */
static bool round_fails(const char *path, const struct memory_plan *plan, long n) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    ferrite_error *err = NULL;
    options.sync_mode = FERRITE_SYNC_NONE;
    options.no_threads = 1;
    countdown = n;
    mem_fail_hook = fail_once;
    ferrite_db *db = ferrite_open_with(path, &options, &err);
    if (db != NULL) plan->scenario(db, &err);
    mem_fail_hook = NULL;
    bool reached = countdown < 0;
    expect_code(err, plan->codes);
    ferrite_error_free(err);
    if (db == NULL) return reached;
    api_expect_sound(db);
    api_set(db, "alive", "yes");
    ferrite_close(db);
    return reached;
}

void memory_rounds(const char *path, const struct memory_plan *plan) {
    const long stride = plan->stride > 0 ? plan->stride : 1;
    long n = 0;
    while (round_fails(path, plan, n)) n += n < plan->dense ? 1 : stride;
    cr_expect_gt(n, plan->least);
}
