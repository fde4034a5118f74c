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
                    "2) USAGE <key> [SAMPLES <count>]\n"
                    "3)     The bytes that a key and its value take in the file.\n"
                    "4) HELP\n"
                    "5)     This text."},
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
