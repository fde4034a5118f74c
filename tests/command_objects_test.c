/*
 * command_objects_test.c - OBJECT and MEMORY: each line's reply, as redis-server 7.0 gives it, and
 * what is Ferrite's own.
 */
#include "support/api.h"
#include "support/command_cases.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYNTAX         "(error) ERR syntax error"
#define NOT_AN_INTEGER "(error) ERR value is not an integer or out of range"

static const struct command_case cases[] = {
    {"OBJECT", "(error) ERR wrong number of arguments for 'object' command"},
    {"OBJECT ENCODING", "(error) ERR wrong number of arguments for 'object|encoding' command"},
    {"OBJECT ENCODING no", "(nil)"},
    {"OBJECT REFCOUNT no", "(nil)"},
    {"OBJECT IDLETIME no", "(nil)"},
    {"OBJECT FREQ no", "(nil)"},
    {"OBJECT FREQ", "(error) ERR wrong number of arguments for 'object|freq' command"},
    {"OBJECT FREQ a b", "(error) ERR wrong number of arguments for 'object|freq' command"},
    {"OBJECT foo", "(error) ERR unknown subcommand 'foo'. Try OBJECT HELP."},
    {"OBJECT foo a", "(error) ERR unknown subcommand 'foo'. Try OBJECT HELP."},
    {"SET n 12345", "OK"},
    {"SET e hello", "OK"},
    {"SET r \"0123456789012345678901234567890123456789012345\"", "OK"},
    {"OBJECT ENCODING n", "\"int\""},
    {"OBJECT ENCODING e", "\"embstr\""},
    {"OBJECT ENCODING r", "\"raw\""},
    {"OBJECT REFCOUNT e", "(integer) 1"},
    {"OBJECT REFCOUNT n", "(integer) 1"},
    {"OBJECT IDLETIME e", "(integer) 0"},
    {"OBJECT FREQ e",
     "(error) ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."},
    {"SADD s 1 2", "(integer) 2"},
    {"OBJECT ENCODING s", "\"intset\""},
    {"SADD s x", "(integer) 1"},
    {"HSET h a b", "(integer) 1"},
    {"OBJECT ENCODING h", "\"listpack\""},
    {"ZADD z 1 a", "(integer) 1"},
    {"OBJECT ENCODING z", "\"listpack\""},
    {"RPUSH l a", "(integer) 1"},
    {"OBJECT ENCODING l", "\"quicklist\""},
    {"MEMORY", "(error) ERR wrong number of arguments for 'memory' command"},
    {"MEMORY USAGE", "(error) ERR wrong number of arguments for 'memory|usage' command"},
    {"MEMORY USAGE no", "(nil)"},
    {"MEMORY USAGE e SAMPLES", SYNTAX},
    {"MEMORY USAGE e SAMPLES -1", SYNTAX},
    {"MEMORY USAGE e SAMPLES x", NOT_AN_INTEGER},
    {"MEMORY USAGE e foo", SYNTAX},
    {"MEMORY USAGE no foo", SYNTAX},
    {"MEMORY STATS x", "(error) ERR wrong number of arguments for 'memory|stats' command"},
    {"MEMORY foo", "(error) ERR unknown subcommand 'foo'. Try MEMORY HELP."},
};

const struct command_script objects_script = {"objects", cases, sizeof cases / sizeof *cases, true};

Test(command_objects, replies_are_those_of_redis) { command_script_run(&objects_script); }

static const struct command_case own_cases[] = {
    {"SET e hello", "OK"},
    {"MEMORY USAGE e", "(integer) 7"},
    {"MEMORY USAGE e SAMPLES 0 SAMPLES 5", "(integer) 7"},
    {"SADD s 1 x", "(integer) 2"},
    {"OBJECT ENCODING s", "\"listpack\""},
    {"MEMORY HELP", "1) MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\n"
                    "2) DOCTOR\n"
                    "3)     What may be wrong with the use of memory, in sentences.\n"
                    "4) STATS\n"
                    "5)     How much memory and how much of the file is used.\n"
                    "6) USAGE <key> [SAMPLES <count>]\n"
                    "7)     The bytes that a key and its value take in the file.\n"
                    "8) HELP\n"
                    "9)     This text."},
    {"MEMORY DOCTOR x", "(error) ERR wrong number of arguments for 'memory|doctor' command"},
    {"MEMORY DOCTOR", "\"Nothing wrong was found.\""},
};

static const struct command_script own_script = {"own objects", own_cases,
                                                 sizeof own_cases / sizeof *own_cases, false};

Test(command_objects, space_is_counted_in_bytes_of_the_file) { command_script_run(&own_script); }

static const char *encoding(ferrite_db *db, const char *key) {
    const char *name = ferrite_encoding(db, key, strlen(key), NULL);
    return name ? name : "none";
}

Test(command_objects, large_collections_have_the_form_and_the_space_of_trees) {
    ferrite_db *db = api_memory();
    uint64_t bytes = 0;
    char member[200];
    for (int i = 0; i < 1000; i++) {
        snprintf(member, sizeof member, "%0100d", i);
        cr_assert_eq(ferrite_zadd(db, S("z"), i, member, 100, NULL), 1);
        cr_assert_eq(ferrite_sadd(db, S("s"), member, 100, NULL), 1);
        cr_assert_eq(ferrite_hset(db, S("h"), member, 100, "v", 1, NULL), 1);
        cr_assert_eq(ferrite_rpush(db, S("l"), member, 100, NULL), i + 1);
    }
    cr_expect_str_eq(encoding(db, "z"), "skiplist");
    cr_expect_str_eq(encoding(db, "s"), "hashtable");
    cr_expect_str_eq(encoding(db, "h"), "hashtable");
    cr_expect_str_eq(encoding(db, "l"), "quicklist");
    cr_expect_str_eq(encoding(db, "no"), "none");
    cr_expect_eq(ferrite_memory_usage(db, S("l"), &bytes, NULL), 1);
    cr_expect(bytes > 10000 && bytes < 150000, "what elements begin with is kept once a page");
    char *large = calloc(1, 300000);
    cr_assert_eq(ferrite_set(db, S("big"), large, 300000, NULL), 0);
    cr_assert_eq(ferrite_rpush(db, S("l2"), large, 300000, NULL), 1);
    cr_expect_str_eq(encoding(db, "big"), "raw");
    cr_expect_eq(ferrite_memory_usage(db, S("big"), &bytes, NULL), 1);
    cr_expect(bytes > 300000 && bytes < 350000);
    cr_expect_eq(ferrite_memory_usage(db, S("l2"), &bytes, NULL), 1);
    cr_expect(bytes > 300000 && bytes < 350000);
    cr_expect_eq(ferrite_memory_usage(db, S("no"), &bytes, NULL), 0);
    free(large);
    ferrite_close(db);
}

static ferrite_reply *memory(ferrite_db *db, const char *subcommand) {
    const char *argv[] = {"MEMORY", subcommand};
    ferrite_reply *reply = ferrite_command(db, 2, argv, NULL, NULL);
    cr_assert_not_null(reply);
    return reply;
}

static int64_t memory_stat(ferrite_db *db, const char *name) {
    ferrite_reply *reply = memory(db, "STATS");
    int64_t value = -1;
    cr_assert_eq(reply->count % 2, 0);
    for (size_t i = 0; i < reply->count; i += 2)
        if (strcmp(reply->elements[i].str, name) == 0) value = reply->elements[i + 1].integer;
    ferrite_free(reply);
    return value;
}

Test(command_objects, memory_stats_are_those_of_info) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_stats stats = {.struct_size = FERRITE_STATS_INIT_SIZE};
    cr_expect_eq(memory_stat(db, "keys.bytes-per-key"), 0, "no keys, and nothing is divided by 0");
    cr_assert_eq(ferrite_set(db, "a", 1, "1", 1, NULL), 0);
    cr_assert_eq(ferrite_set(db, "b", 1, "2", 1, NULL), 0);
    cr_assert_eq(ferrite_info(db, &stats, NULL), 0);
    cr_expect_eq(memory_stat(db, "keys.count"), 2);
    cr_expect_eq(memory_stat(db, "total.allocated"), (int64_t)stats.memory_bytes);
    cr_expect_eq(memory_stat(db, "dataset.bytes"), (int64_t)stats.used_bytes);
    cr_expect_eq(memory_stat(db, "keys.bytes-per-key"), (int64_t)stats.used_bytes / 2);
    cr_expect_eq(memory_stat(db, "young.bytes"), (int64_t)stats.young_bytes);
    cr_expect_eq(memory_stat(db, "cache.entries"), (int64_t)stats.cache_entries);
    ferrite_close(db);
}

static void expect_finding(ferrite_db *db, const char *text) {
    ferrite_reply *reply = memory(db, "DOCTOR");
    cr_expect_not_null(strstr(reply->str, text), "%s", reply->str);
    ferrite_free(reply);
}

Test(command_objects, the_doctor_sees_a_bound_that_is_near_and_an_old_snapshot) {
    ferrite_db *db = ferrite_open_memory(NULL);
    const ferrite_slice bound[] = {{"maxmemory", 9}, {"1", 1}};
    ferrite_db *snapshot = ferrite_snapshot(db, NULL);
    for (int i = 0; i < 100000; i++) cr_assert_eq(ferrite_set(db, "a", 1, "1", 1, NULL), 0);
    cr_assert_eq(ferrite_config_set(db, bound, 2, NULL), 0);
    expect_finding(db, "Memory is near its bound: ");
    expect_finding(db, " of 1 bytes are used. A snapshot or iterator is 100000 transactions old");
    ferrite_close(snapshot);
    ferrite_close(db);
}

Test(command_objects, the_doctor_sees_a_cache_that_seldom_helps) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    char key[16], value[500] = "";
    cr_assert_eq(ferrite_options_set(&options, "cache-size", "64kb", NULL), 0);
    ferrite_db *db = ferrite_open_with(":memory:", &options, NULL);
    cr_assert_not_null(db);
    for (int i = 0; i < 20000; i++) {
        size_t len = (size_t)snprintf(key, sizeof key, "key%d", i % 5000);
        if (i < 5000) cr_assert_eq(ferrite_set(db, key, len, value, sizeof value, NULL), 0);
        ferrite_free(ferrite_get(db, key, len, NULL, NULL));
    }
    expect_finding(db, "The hot cache answers less than 50 % of the reads");
    ferrite_close(db);
}
