/*
 * zset_memory_test.c - functions on sorted sets, sorting and measuring when the n-th allocation fails,
 * for every n: an error or the right answer, nothing leaked, nothing harmed.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/api.h"
#include "support/memory_rounds.h"

static char big[60000];

static void zset_write(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    const ferrite_zitem many[] = {{SLICE("one"), 1}, {{big, sizeof big}, 2}, {{big, 900}, 3}};
    const ferrite_slice members[] = {SLICE("one"), {big, sizeof big}};
    const ferrite_slice keys[] = {{key, key_len}, SLICE("copy")};
    ferrite_zspan span = FERRITE_ZSPAN_INIT;
    size_t count, which;
    char member[40];
    ferrite_sort_options alpha = FERRITE_SORT_OPTIONS_INIT;
    for (int i = 0; i < 60; i++) {
        snprintf(member, sizeof member, "a member of some length %d", i);
        ferrite_zadd(db, key, key_len, i, member, strlen(member), err);
    }
    ferrite_zadd_many(db, key, key_len, many, 3, 0, err);
    ferrite_zincrby(db, key, key_len, 5, big, 900, NULL, err);
    ferrite_copy(db, key, key_len, S("copy"), -1, 1, err);
    span.stop = 50;
    ferrite_zrangestore(db, S("part"), key, key_len, &span, NULL, err);
    ferrite_zcombinestore(db, FERRITE_ZUNION, S("union"), keys, 2, NULL, FERRITE_ZSUM, NULL, err);
    ferrite_zrem_many(db, key, key_len, members, 2, err);
    ferrite_free(ferrite_zpopmax(db, key, key_len, 20, &count, err));
    ferrite_free(ferrite_zmpop(db, keys, 2, 0, 1, &which, &count, err));
    ferrite_zremrange(db, S("copy"), &span, NULL, err);
    alpha.flags = FERRITE_SORT_ALPHA;
    ferrite_sort_store(db, key, key_len, &alpha, S("sorted"), NULL, err);
}

static void zset_read(ferrite_db *db, const char *key, size_t key_len, ferrite_error **err) {
    const ferrite_slice keys[] = {{key, key_len}, SLICE("part")};
    ferrite_sort_options options = FERRITE_SORT_OPTIONS_INIT;
    uint64_t cursor = 0, number;
    ferrite_zitem item;
    size_t count;
    ferrite_free(ferrite_zrange(db, key, key_len, 0, -1, &count, err));
    ferrite_free(ferrite_zrandmember(db, key, key_len, 10, &count, err));
    ferrite_free(ferrite_zscan(db, key, key_len, &cursor, NULL, 0, 10, &count, err));
    ferrite_zrank(db, key, key_len, big, sizeof big, &number, NULL, err);
    ferrite_free(ferrite_zcombine(db, FERRITE_ZINTER, keys, 2, NULL, FERRITE_ZMAX, &count, err));
    ferrite_zintercard(db, keys, 2, 0, &number, err);
    ferrite_memory_usage(db, key, key_len, &number, err);
    options.flags = FERRITE_SORT_ALPHA;
    options.by = (ferrite_slice){"w*", 2};
    options.get = &options.by;
    options.get_count = 1;
    ferrite_free(ferrite_sort(db, key, key_len, &options, &count, err));
    ferrite_ziterator *it = ferrite_ziterate(db, key, key_len, NULL, err);
    while (it != NULL && ferrite_ziterator_next(it, &item, err) == 1) continue;
    ferrite_ziterator_close(it);
}

static const memory_part zset_parts[] = {zset_write, zset_read, NULL};

static void everything(ferrite_db *db, ferrite_error **err) {
    memset(big, 'b', sizeof big);
    zset_write(db, S("z"), err);
    zset_read(db, S("z"), err);
    memory_in_transaction(db, zset_parts, "y", err);
}

static const struct memory_plan plan = {everything, NULL, 60, 0, 1, NULL};

Test(zset_memory, in_memory, .timeout = 120) { memory_rounds(NULL, &plan); }

Test(zset_memory, in_a_file, .timeout = 120) { memory_rounds_in_a_file(&plan); }
