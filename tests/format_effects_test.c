/*
 * format_effects_test.c - the effects in the log are what docs/FORMAT.md says: whoever does them again, by the
 * document alone, has the same database.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../libferrite/ferrite.h"
#include "support/plain_reader.h"

static char folder[] = "/tmp/ferrite-effects-XXXXXX", path[72], log_path[80], value[300];

static void setup(void) {
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/db.ferrite", folder);
    snprintf(log_path, sizeof log_path, "%s-wal", path);
    for (size_t i = 0; i < sizeof value; i++) value[i] = (char)(i * 7 + i / 256);
}

static void teardown(void) {
    unlink(path);
    unlink(log_path);
    strcat(path, "-lock");
    unlink(path);
    rmdir(folder);
}

static uint64_t varint(const unsigned char **at) {
    uint64_t number = 0;
    for (unsigned shift = 0;; shift += 7) {
        number |= (uint64_t)(**at & 0x7F) << shift;
        if (!(*(*at)++ & 0x80)) return number;
    }
}

enum { ITEM = 1, DATA = 2, INDEX = 4, COUNT = 8, MOMENT = 16, SCORE = 32 };

/* The table of docs/FORMAT.md: what each effect has besides its key. */
static const struct {
    unsigned op, parts;
} effect_table[] = {
    {16, ITEM | DATA},  {17, ITEM},          {18, ITEM | MOMENT}, {24, ITEM},
    {25, ITEM},         {32, ITEM | SCORE},  {33, ITEM},          {34, INDEX | COUNT},
    {40, DATA | INDEX}, {41, INDEX | COUNT}, {42, DATA | INDEX},
};

struct effect {
    struct plain_bytes key, item, data;
    uint64_t index, count;
    int64_t moment;
    double score;
};

static unsigned parts_of(unsigned op) {
    for (size_t i = 0; i < sizeof effect_table / sizeof *effect_table; i++)
        if (effect_table[i].op == op) return effect_table[i].parts;
    cr_assert(false, "op %u is not in the table", op);
    return 0;
}

static struct plain_bytes bytes_take(const unsigned char **at, size_t len) {
    struct plain_bytes bytes = {(unsigned char *)*at, len};
    *at += len;
    return bytes;
}

static void effect_read(const unsigned char **at, unsigned parts, struct effect *effect) {
    *effect = (struct effect){.count = 0};
    size_t key = varint(at), item = parts & ITEM ? varint(at) : 0,
           data = parts & DATA ? varint(at) : 0;
    if (parts & INDEX) effect->index = varint(at);
    if (parts & COUNT) effect->count = varint(at);
    if (parts & MOMENT) memcpy(&effect->moment, *at, 8), *at += 8;
    if (parts & SCORE) memcpy(&effect->score, *at, 8), *at += 8;
    effect->key = bytes_take(at, key);
    effect->item = bytes_take(at, item);
    effect->data = bytes_take(at, data);
}

/* Done again, each by the function that means the same. */
static void effect_do(ferrite_db *db, unsigned op, const struct effect *e) {
    const char *key = (const char *)e->key.data, *item = (const char *)e->item.data;
    const char *data = (const char *)e->data.data;
    const size_t key_len = e->key.len, item_len = e->item.len, data_len = e->data.len;
    const int64_t first = (int64_t)e->index, last = (int64_t)(e->index + e->count) - 1;
    const ferrite_slice field = {item, item_len};
    int64_t done = 0;
    ferrite_zspan ranks = FERRITE_ZSPAN_INIT;
    ranks.start = first;
    ranks.stop = last;
    if (op == 16) done = ferrite_hset(db, key, key_len, item, item_len, data, data_len, NULL);
    if (op == 17) done = ferrite_hdel(db, key, key_len, item, item_len, NULL);
    if (op == 18 && e->moment != 0)
        ferrite_hpexpireat(db, key, key_len, e->moment, 0, &field, 1, &done, NULL);
    if (op == 18 && e->moment == 0) ferrite_hpersist(db, key, key_len, &field, 1, &done, NULL);
    if (op == 24) done = ferrite_sadd(db, key, key_len, item, item_len, NULL);
    if (op == 25) done = ferrite_srem(db, key, key_len, item, item_len, NULL);
    if (op == 32) done = ferrite_zadd(db, key, key_len, e->score, item, item_len, NULL);
    if (op == 33) done = ferrite_zrem(db, key, key_len, item, item_len, NULL);
    if (op == 34) done = ferrite_zremrange(db, key, key_len, &ranks, NULL, NULL);
    if (op == 40 && e->index == 0) done = ferrite_lpush(db, key, key_len, data, data_len, NULL);
    if (op == 40 && e->index != 0)
        done = ferrite_linsert_at(db, key, key_len, first, data, data_len, NULL);
    for (uint64_t i = 0; op == 41 && i < e->count; i++) {
        ferrite_lset(db, key, key_len, first, "to be removed", 13, NULL);
        done = ferrite_lrem(db, key, key_len, 1, "to be removed", 13, NULL);
    }
    if (op == 42) done = ferrite_lset(db, key, key_len, first, data, data_len, NULL);
    cr_assert_geq(done, 0, "op %u", op);
}

struct replay {
    ferrite_db *db;
    uint64_t met[43];
};

static void effects_redo(void *ctx, struct plain_bytes effects) {
    struct replay *replay = ctx;
    for (const unsigned char *at = effects.data; at < effects.data + effects.len;) {
        struct effect effect;
        const unsigned op = *at++;
        cr_assert_eq(*at++, 0, "database");
        effect_read(&at, parts_of(op), &effect);
        effect_do(replay->db, op, &effect);
        replay->met[op]++;
    }
}

static void elements_change(ferrite_db *db) {
    const ferrite_slice field = {"f17", 3};
    char item[16];
    int64_t done;
    ferrite_zspan ranks = FERRITE_ZSPAN_INIT;
    ranks.start = 3;
    ranks.stop = 9;
    for (int i = 0; i < 60; i++) {
        size_t len = (size_t)sprintf(item, "f%d", i);
        ferrite_hset(db, "h", 1, item, len, value, (size_t)i * 3, NULL);
        ferrite_sadd(db, "s", 1, item, len, NULL);
        ferrite_zadd(db, "z", 1, i * 1.5, item, len, NULL);
        ferrite_rpush(db, "l", 1, item, len, NULL);
        ferrite_lpush(db, "l", 1, item, len, NULL);
    }
    ferrite_hdel(db, "h", 1, "f3", 2, NULL);
    ferrite_hpexpireat(db, "h", 1, 9999999999999, 0, &field, 1, &done, NULL);
    ferrite_hpersist(db, "h", 1, &field, 1, &done, NULL);
    ferrite_srem(db, "s", 1, "f4", 2, NULL);
    ferrite_zrem(db, "z", 1, "f5", 2, NULL);
    ferrite_zremrange(db, "z", 1, &ranks, NULL, NULL);
    ferrite_lset(db, "l", 1, 7, "another", 7, NULL);
    ferrite_ltrim(db, "l", 1, 5, -1, NULL);
}

/* All of one of the collections, one after the other. */
static struct plain_bytes everything(ferrite_db *db, int which) {
    struct plain_bytes all = {calloc(1, 1 << 16), 0};
    size_t count = 0;
    ferrite_zitem *pairs = which == 2 ? ferrite_zrange(db, "z", 1, 0, -1, &count, NULL) : NULL;
    ferrite_slice *items = NULL;
    if (which == 0) items = ferrite_hgetall(db, "h", 1, &count, NULL);
    if (which == 1) items = ferrite_smembers(db, "s", 1, &count, NULL);
    if (which == 3) items = ferrite_lrange(db, "l", 1, 0, -1, &count, NULL);
    for (size_t i = 0; i < count; i++) {
        const ferrite_slice item = pairs ? pairs[i].member : items[i];
        all.len += (size_t)sprintf((char *)all.data + all.len, "%g %zu ",
                                   pairs ? pairs[i].score : 0, item.len);
        memcpy(all.data + all.len, item.data, item.len);
        all.len += item.len;
    }
    ferrite_free(pairs);
    ferrite_free(items);
    return all;
}

/* Whoever does the effects of a log again, by the document, has the same database. */
Test(format_effects, of_elements_are_as_documented, .init = setup, .fini = teardown) {
    if (fork() == 0) {
        ferrite_options options = FERRITE_OPTIONS_INIT;
        options.sync_mode = FERRITE_SYNC_NONE;
        elements_change(ferrite_open_with(path, &options, NULL));
        _exit(0);
    }
    wait(NULL);
    struct plain_bytes file = plain_file(path), log = plain_file(log_path);
    cr_assert(file.data && log.data);
    const struct plain_visitor visitor = {NULL, NULL, NULL, NULL, NULL}; /* all is in the log */
    struct plain_meta meta = plain_read(file, &visitor);
    struct replay replay = {.db = ferrite_open_memory(NULL)};
    plain_log(log, &meta, effects_redo, &replay);
    for (size_t i = 0; i < sizeof effect_table / sizeof *effect_table; i++)
        cr_expect_gt(replay.met[effect_table[i].op], 0, "op %u", effect_table[i].op);
    ferrite_db *same = ferrite_open_memory(NULL);
    elements_change(same);
    for (int i = 0; i < 4; i++) {
        struct plain_bytes found = everything(replay.db, i), expected = everything(same, i);
        cr_assert_gt(found.len, 50);
        cr_assert(found.len == expected.len && memcmp(found.data, expected.data, found.len) == 0);
        free(found.data);
        free(expected.data);
    }
    ferrite_close(same);
    ferrite_close(replay.db);
    free(file.data);
    free(log.data);
}
