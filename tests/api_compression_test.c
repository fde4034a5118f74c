/* api_compression_test.c - databases that compress: every command answers what it answers without, values take
 * less room, and any file is read whatever the options are. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/api.h"
#include "support/command_cases.h"
#include "support/compressed.h"

static ferrite_error *err;

/* ---- the same replies ---- */

/* In these lines $A to $F are long texts, each of another length, $Z one that lies in many runs. */
static const char *const lines[] = {
    "SET s $A", "GET s", "STRLEN s", "GETRANGE s 10 30", "GETRANGE s -5 -1", "GETRANGE s 0 -1",
    "APPEND s tail", "GET s", "STRLEN s", "SET s $B", "SETRANGE s 100 XYZ", "GET s",
    "SET s $B", "SETRANGE s 70000 far", "STRLEN s", "GETRANGE s 69990 70003", "GETRANGE s 300 340",
    "SET s $C KEEPTTL", "GETSET s $A", "SET s $D GET", "GETDEL s", "GET s", "SET s $E", "INCR s",
    "INCRBYFLOAT s 1.5", "SET s $E EX 100", "PERSIST s", "GET s", "EXPIRE s 50", "GETEX s PERSIST",
    "SET s $D", "OBJECT ENCODING s", "SET s $F", "OBJECT ENCODING s", "TYPE s", "COPY s t",
    "RENAME t u", "GET u", "SET u $Z", "GETRANGE u 65530 65550", "STRLEN u", "COPY u v", "DEL u",
    "STRLEN v", "APPEND v $A", "GETRANGE v -700 -1", "MSET a $A b $B c $C", "MGET a b c none",
    "MSETNX a $A x $B", "LCS a b LEN", "SETNX a $B", "SET n 10", "INCR n", "GET n", "MOVE a 1",
    "EXISTS a", "SCAN 0 COUNT 100", "HSET h f1 $A f2 $B f3 short", "HGET h f1", "HGET h f2",
    "HGETALL h", "HVALS h", "HSTRLEN h f1", "HSTRLEN h f2", "HMGET h f1 f3 none f2",
    "HINCRBY h f1 1", "HINCRBYFLOAT h f1 1", "HINCRBY h n 4", "HSETNX h f1 x", "HSET h f1 $F",
    "HEXPIRE h 100 FIELDS 1 f1", "HGET h f1", "HPERSIST h FIELDS 1 f1", "HGET h f1",
    "HSET h f4 $C f5 $D f6 $E", "HGETALL h", "HEXPIRE h 100 FIELDS 2 f4 f5", "HGETALL h",
    "HSET h f4 $Z", "HSTRLEN h f4", "HDEL h f4", "COPY h g", "HGETALL g", "HDEL g f2 f4 f5 f6",
    "HGETALL g", "OBJECT ENCODING g", "HSCAN h 0", "RPUSH l $A $B short $C", "LRANGE l 0 -1",
    "LINDEX l 1", "LPOS l $B", "LPOS l $C RANK -1", "LINSERT l BEFORE $B between",
    "LINSERT l AFTER $B $D", "LRANGE l 0 -1", "LSET l 0 $F", "LINDEX l 0", "LREM l 0 $D", "LLEN l",
    "RPUSH l $A $A $D $D $E $F $Z", "LPOS l $D COUNT 0", "LPOS l $Z", "LREM l -1 $A", "LREM l 0 $D",
    "LRANGE l 0 -2", "LPOP l", "RPOP l", "RPOP l", "LMOVE l k LEFT RIGHT", "RPOPLPUSH l l",
    "LRANGE l 0 -1", "LRANGE k 0 -1", "COPY l m", "LTRIM m 1 2", "LRANGE m 0 -1",
    "LTRIM m 1 1", "LRANGE m 0 -1", "SORT l ALPHA", "SORT l ALPHA DESC STORE sorted",
    "LRANGE sorted 0 -1", "RPUSH ids b c", "SORT ids BY nosort GET *", "SET w_b $D", "SET w_c $C",
    "SORT ids ALPHA BY w_* GET # GET w_*", "SADD set $A $B", "SISMEMBER set $A", "SMEMBERS set",
    "ZADD z 1 $A 2 $B", "ZRANGE z 0 -1", "DBSIZE", "FLUSHDB", "DBSIZE",
};

static const size_t lengths[] = {600, 65000, 1100, 45, 40, 44, 300000};

/* The line with its texts in place. */
static char *line_expand(const char *line) {
    char *out = malloc(strlen(line) + 800000), *to = out;
    for (; *line != '\0'; line++) {
        if (*line != '$') {
            *to++ = *line;
            continue;
        }
        int which = *++line == 'Z' ? 6 : *line - 'A';
        char *text = compressible(lengths[which], (unsigned)which * 5);
        memcpy(to, text, lengths[which]);
        to += lengths[which];
        free(text);
    }
    *to = '\0';
    return out;
}

static void expect_same(ferrite_db *plain, ferrite_db *compressed, size_t from, size_t to) {
    ferrite_session *a = ferrite_session_open(plain, NULL), *b = ferrite_session_open(compressed, NULL);
    for (size_t i = from; i < to; i++) {
        char *line = line_expand(lines[i]);
        char *expected = command_typed(a, line), *found = command_typed(b, line);
        cr_assert(strcmp(expected, found) == 0, "%s: %.300s, not %.300s", lines[i], found, expected);
        free(expected);
        free(found);
        free(line);
    }
    ferrite_session_close(a);
    ferrite_session_close(b);
    api_expect_sound(compressed);
}

#define LINES (sizeof lines / sizeof *lines)

Test(api_compression, every_command_answers_the_same_in_memory) {
    const int levels[] = {1, 4, 9, 12};
    for (size_t i = 0; i < 4; i++) {
        ferrite_db *plain = api_memory(), *db = compressed_open(NULL, levels[i]);
        expect_same(plain, db, 0, LINES);
        ferrite_close(plain);
        ferrite_close(db);
    }
}

/* The log is done again by a process that does not compress, and goes on with one that does. */
Test(api_compression, every_command_answers_the_same_after_kills_and_reopening) {
    struct bed bed = bed_make();
    ferrite_db *plain = api_memory();
    char path[128];
    for (size_t i = 0; i < LINES; i += 11) {
        ferrite_db *db = compressed_open(bed.path, i % 2 ? 1 : 6);
        expect_same(plain, db, i, i + 11 < LINES ? i + 11 : LINES);
        bed_path(&bed, "copy.ferrite", path);
        bed_copy(&bed, path);
        uint64_t size = api_dbsize(db);
        ferrite_db *copy = compressed_open(path, 0);
        cr_expect_eq(api_dbsize(copy), size);
        api_expect_sound(copy);
        ferrite_close(copy);
        bed_unlink(path);
        ferrite_close(db);
    }
    ferrite_close(plain);
    bed_remove(&bed);
}

/* ---- room ---- */

static uint64_t usage(ferrite_db *db, const char *key) {
    uint64_t bytes = 0;
    cr_assert_eq(ferrite_memory_usage(db, key, strlen(key), &bytes, &err), 1);
    return bytes;
}

Test(api_compression, values_take_less_room_and_others_none_more) {
    ferrite_db *db = compressed_open(NULL, 1), *plain = api_memory();
    char *text = compressible(60000, 1), noise[1000];
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (char)(rand() >> 7);
    for (int i = 0; i < 2; i++) {
        ferrite_db *to = i == 0 ? db : plain;
        cr_assert_eq(ferrite_set(to, S("long"), text, 60000, &err), 0);
        cr_assert_eq(ferrite_set(to, S("middle"), text, 1000, &err), 0);
        cr_assert_eq(ferrite_set(to, S("short"), text, 31, &err), 0);
        cr_assert_eq(ferrite_set(to, S("noise"), noise, sizeof noise, &err), 0);
    }
    cr_expect_gt(usage(plain, "long"), 60000);
    cr_expect_lt(usage(db, "long"), 9000);
    cr_expect_lt(usage(db, "middle"), 400);
    cr_expect_eq(usage(db, "short"), usage(plain, "short"));
    cr_expect_eq(usage(db, "noise"), usage(plain, "noise"));
    free(text);
    ferrite_close(plain);
    ferrite_close(db);
}

Test(api_compression, can_be_changed_while_the_database_is_open) {
    ferrite_db *db = compressed_open(NULL, 0);
    char *text = compressible(1000, 3);
    ferrite_session *session = ferrite_session_open(db, NULL);
    const char *const levels[] = {"0", "1", "12", "9", "0"};
    uint64_t bytes[5];
    for (int i = 0; i < 5; i++) {
        char line[64];
        snprintf(line, sizeof line, "CONFIG SET compression %s", levels[i]);
        char *reply = command_typed(session, line);
        cr_assert_str_eq(reply, "OK");
        free(reply);
        cr_assert_eq(ferrite_set(db, S("k"), text, 1000, &err), 0);
        bytes[i] = usage(db, "k");
        api_expect(db, "k", text);
    }
    cr_expect(bytes[0] > 1000 && bytes[4] == bytes[0]);
    cr_expect(bytes[1] < 500 && bytes[2] <= bytes[1] && bytes[3] <= bytes[1]);
    ferrite_session_close(session);
    free(text);
    ferrite_close(db);
}

Test(api_compression, batches_compress_when_they_are_applied) {
    ferrite_db *db = compressed_open(NULL, 1), *batch = ferrite_batch(db, &err);
    char *text = compressible(1000, 3);
    cr_assert_eq(ferrite_set(batch, S("k"), text, 1000, &err), 0);
    cr_assert_eq(ferrite_hset(batch, S("h"), S("f"), text, 1000, &err), 0);
    cr_assert_eq(ferrite_commit(batch, &err), 0);
    ferrite_close(batch);
    api_expect(db, "k", text);
    cr_expect_lt(usage(db, "k"), 500);
    cr_expect_lt(usage(db, "h"), 500);
    free(text);
    ferrite_close(db);
}

static int count_shown(void *ctx, const ferrite_log_entry *entry) {
    const char *text = ctx;
    const ferrite_slice last = entry->argv[entry->argc - 1];
    cr_expect(last.len == strlen(text) && memcmp(last.data, text, last.len) == 0);
    return 0;
}

Test(api_compression, the_log_is_shown_with_the_values_themselves) {
    struct bed bed = bed_make();
    ferrite_db *db = compressed_open(bed.path, 1);
    char *text = compressible(5000, 3);
    cr_assert_eq(ferrite_set(db, S("first"), text, 5000, &err), 0); /* without the log */
    cr_assert_eq(ferrite_set(db, S("k"), text, 5000, &err), 0);
    cr_assert_eq(ferrite_hset(db, S("h"), S("f"), text, 5000, &err), 1);
    cr_expect_lt(api_stats(db).log_bytes, 3000);
    cr_expect_eq(ferrite_log_read(bed.path, count_shown, text, &err), 0);
    ferrite_close(db);
    free(text);
    bed_remove(&bed);
}

/* ---- views and iterators ---- */

static void expect_views(ferrite_db *at, const char *text, size_t len) {
    ferrite_slice a, b, c, piece;
    cr_assert_eq(ferrite_view(at, S("k"), &a, &err), 1);
    cr_assert_eq(ferrite_hview(at, S("h"), S("f"), &b, &err), 1);
    cr_assert_eq(ferrite_lindex_view(at, S("l"), 1, &c, &err), 1);
    cr_assert_eq(ferrite_view_at(at, S("k"), 10, &piece, &err), 1);
    const ferrite_slice all[] = {a, b, c}; /* side by side */
    for (int i = 0; i < 3; i++) cr_assert(all[i].len == len && memcmp(all[i].data, text, len) == 0);
    cr_assert(piece.len == len - 10 && memcmp(piece.data, text + 10, len - 10) == 0);
    cr_assert_eq(ferrite_view_at(at, S("k"), len, &piece, &err), 1);
    cr_assert_eq(piece.len, 0);
}

static void expect_iterators(ferrite_db *at, const char *text, size_t len) {
    ferrite_slice key, value;
    int strings = 0, fields = 0, elements = 0;
    ferrite_iterator *it = ferrite_iterate(at, NULL, &err);
    while (ferrite_iterator_next(it, &key, &value, &err) == 1) {
        if (ferrite_iterator_type(it) != FERRITE_TYPE_STRING) continue;
        cr_assert(value.len == len && memcmp(value.data, text, len) == 0);
        strings++;
    }
    ferrite_iterator_close(it);
    ferrite_hiterator *h = ferrite_hiterate(at, S("h"), &err);
    while (ferrite_hiterator_next(h, &key, &value, &err) == 1) {
        cr_assert(value.len == len && memcmp(value.data, text, len) == 0);
        fields++;
    }
    ferrite_hiterator_close(h);
    ferrite_literator *l = ferrite_literate(at, S("l"), 0, 0, &err);
    while (ferrite_literator_next(l, &value, &err) == 1) elements += value.len == len;
    ferrite_literator_close(l);
    cr_assert(strings == 1 && fields == 2 && elements == 1);
}

Test(api_compression, views_and_iterators_show_the_value) {
    const size_t sizes[] = {100, 1000, 5000, 65536};
    for (size_t i = 0; i < 4; i++) {
        ferrite_db *db = compressed_open(NULL, 1);
        char *text = compressible(sizes[i], 3);
        const ferrite_slice elements[] = {SLICE("first"), {text, sizes[i]}};
        cr_assert_eq(ferrite_set(db, S("k"), text, sizes[i], &err), 0);
        cr_assert_eq(ferrite_hset(db, S("h"), S("f"), text, sizes[i], &err), 1);
        cr_assert_eq(ferrite_hset(db, S("h"), S("g"), text, sizes[i], &err), 1);
        cr_assert_eq(ferrite_rpush_many(db, S("l"), elements, 2, &err), 2);
        ferrite_db *snapshot = ferrite_snapshot(db, &err);
        expect_views(snapshot, text, sizes[i]);
        expect_iterators(snapshot, text, sizes[i]);
        expect_iterators(db, text, sizes[i]);
        ferrite_close(snapshot);
        ferrite_db *tx = ferrite_begin(db, &err);
        expect_views(tx, text, sizes[i]);
        expect_iterators(tx, text, sizes[i]);
        cr_assert_eq(ferrite_set(tx, S("other"), S("x"), &err), 0); /* lets go of the views */
        expect_views(tx, text, sizes[i]);
        ferrite_close(tx);
        free(text);
        ferrite_close(db);
    }
}

Test(api_compression, views_are_bounded) {
    ferrite_db *db = compressed_open(NULL, 1);
    char *text = compressible(65536, 3);
    ferrite_slice view;
    cr_assert_eq(ferrite_set(db, S("k"), text, 65536, &err), 0);
    ferrite_db *snapshot = ferrite_snapshot(db, &err);
    for (int i = 0; i < 1024; i++) cr_assert_eq(ferrite_view(snapshot, S("k"), &view, &err), 1);
    cr_expect_eq(ferrite_view(snapshot, S("k"), &view, &err), -1);
    api_expect_error(&err, FERRITE_LIMIT, NULL);
    api_expect(snapshot, "k", text);
    ferrite_close(snapshot);
    free(text);
    ferrite_close(db);
}
