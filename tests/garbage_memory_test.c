/* garbage_memory_test.c - dropping and freeing large trees when the n-th allocation fails, for every n. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/api.h"
#include "support/memory_rounds.h"

static char big[3000];

static void fill(ferrite_db *db, ferrite_error **err) {
    char text[24];
    ferrite_db *tx = ferrite_begin(db, err);
    if (tx == NULL) return;
    for (int i = 0; i < 3000; i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "a member %d", i * 7919);
        ferrite_sadd(tx, S("set"), text, len, err);
        ferrite_set(tx, text, len, S("v"), err);
        if (i % 4 == 0) ferrite_hset(tx, S("hash"), text, len, big, sizeof big, err);
    }
    ferrite_commit(tx, err);
    ferrite_close(tx);
}

static void everything(ferrite_db *db, ferrite_error **err) {
    fill(db, err);
    ferrite_del(db, S("set"), err);
    ferrite_set(db, S("hash"), S("now a string"), err);
    for (int i = 0; i < 5; i++) ferrite_set(db, S("small"), S("write"), err);
    ferrite_checkpoint(db, err);
    ferrite_del(db, S("hash"), err);
    fill(db, err);
    ferrite_flushall(db, err);
    ferrite_set(db, S("small"), S("write"), err);
}

static const struct memory_plan plan = {everything, NULL, 8, 1000000, 1, NULL};

Test(garbage_memory, in_memory, .timeout = 120) { memory_rounds(NULL, &plan); }

Test(garbage_memory, in_a_file, .timeout = 120) { memory_rounds_in_a_file(&plan); }
