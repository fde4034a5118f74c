/*
 * command_config_test.c - CONFIG, LATENCY and INFO: their replies; what redis-server 7.0 also knows
 * is answered as it does.
 */
#include "support/command_cases.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command_case cases[] = {
    {"CONFIG GET", "(error) ERR wrong number of arguments for 'config|get' command"},
    {"CONFIG NOSUCH", "(error) ERR unknown subcommand 'NOSUCH'. Try CONFIG HELP."},
    {"CONFIG GET nosuch", "(empty array)"},
    {"CONFIG GET nosuch*", "(empty array)"},
    {"CONFIG GET databases", "1) \"databases\"\n2) \"16\""},
    {"CONFIG GET databases databases", "1) \"databases\"\n2) \"16\""},
    {"CONFIG GET DataBases", "1) \"DataBases\"\n2) \"16\""},
    {"CONFIG GET DATABASE?", "1) \"databases\"\n2) \"16\""},
    {"CONFIG GET maxmemory", "1) \"maxmemory\"\n2) \"0\""},
    {"CONFIG GET maxmemory-policy", "1) \"maxmemory-policy\"\n2) \"noeviction\""},
    {"CONFIG SET maxmemory 256mb", "OK"},
    {"CONFIG GET maxmemory", "1) \"maxmemory\"\n2) \"268435456\""},
    {"CONFIG SET maxmemory 256M", "OK"},
    {"CONFIG GET maxmemory", "1) \"maxmemory\"\n2) \"256000000\""},
    {"CONFIG SET MAXMEMORY 0", "OK"},
    {"CONFIG SET maxmemory-policy AllKeys-LFU", "OK"},
    {"CONFIG GET maxmemory-policy", "1) \"maxmemory-policy\"\n2) \"allkeys-lfu\""},
    {"CONFIG SET maxmemory 1gb maxmemory-policy noeviction", "OK"},
    {"CONFIG GET maxmemory", "1) \"maxmemory\"\n2) \"1073741824\""},
    {"CONFIG SET maxmemory",
     "(error) ERR wrong number of arguments for 'config|set' command"},
    {"CONFIG SET maxmemory 1 maxmemory-policy", "(error) ERR syntax error"},
    {"CONFIG SET nosuch 1",
     "(error) ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'"},
    {"CONFIG SET maxmemory 1mb maxmemory 2mb",
     "(error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - duplicate parameter"},
    {"CONFIG SET maxmemory much",
     "(error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"},
    {"CONFIG SET maxmemory -1",
     "(error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value"},
    {"CONFIG SET maxmemory-policy some",
     "(error) ERR CONFIG SET failed (possibly related to argument 'maxmemory-policy') - argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction"},
    {"CONFIG SET databases 3",
     "(error) ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config"},
    {"CONFIG SET appendfsync sometimes",
     "(error) ERR CONFIG SET failed (possibly related to argument 'appendfsync') - argument(s) must be one of the following: everysec, always, no"},
    {"CONFIG SET maxmemory 5mb appendfsync sometimes",
     "(error) ERR CONFIG SET failed (possibly related to argument 'appendfsync') - argument(s) must be one of the following: everysec, always, no"},
    {"CONFIG GET maxmemory", "1) \"maxmemory\"\n2) \"1073741824\""},
    {"CONFIG SET appendfsync no", "OK"},
    {"CONFIG GET appendfsync", "1) \"appendfsync\"\n2) \"no\""},
    {"CONFIG SET appendfsync everysec", "OK"},
    {"CONFIG GET appendfsync", "1) \"appendfsync\"\n2) \"everysec\""},
    {"CONFIG SET loglevel notice", "OK"},
    {"CONFIG GET loglevel", "1) \"loglevel\"\n2) \"notice\""},
    {"CONFIG SET maxmemory 0", "OK"},
    {"CONFIG RESETSTAT", "OK"},
    {"CONFIG RESETSTAT x",
     "(error) ERR wrong number of arguments for 'config|resetstat' command"},
    {"CONFIG REWRITE", "(error) ERR The server is running without a config file"},
    {"CONFIG HELP x", "(error) ERR wrong number of arguments for 'config|help' command"},
    {"LATENCY NOSUCH", "(error) ERR unknown subcommand 'NOSUCH'. Try LATENCY HELP."},
    {"LATENCY RESET nosuch", "(integer) 0"},
    {"LATENCY HISTOGRAM nosuch", "(empty array)"},
    {"LATENCY HELP x", "(error) ERR wrong number of arguments for 'latency|help' command"},
};

const struct command_script config_script = {"config", cases, sizeof cases / sizeof *cases, true};

Test(command_config, replies_are_those_of_redis) { command_script_run(&config_script); }

static const struct command_case own_cases[] = {
    {"CONFIG GET max_memory", "1) \"max_memory\"\n2) \"0\""},
    {"CONFIG SET max-keys 10 max-size 1gb max-value-size 4kb default-ttl 1h", "OK"},
    {"CONFIG GET max-* default*",
     "1) \"default-ttl\"\n2) \"3600000\"\n3) \"max-keys\"\n4) \"10\"\n5) \"max-size\"\n"
     "6) \"1073741824\"\n7) \"max-value-size\"\n8) \"4096\""},
    {"CONFIG SET file-slack 2gb", "OK"},
    {"CONFIG GET file_slack", "1) \"file_slack\"\n2) \"2147483648\""},
    {"CONFIG SET default_ttl_ms 0", "OK"},
    {"CONFIG SET eviction allkeys-lru maxmemory-policy allkeys-lfu",
     "(error) ERR CONFIG SET failed (possibly related to argument 'maxmemory-policy') - duplicate parameter"},
    {"CONFIG SET compression 13",
     "(error) ERR CONFIG SET failed (possibly related to argument 'compression') - argument must be between 0 and 12 inclusive"},
    {"CONFIG SET sync-mode periodic:250", "OK"},
    {"CONFIG GET sync-mode sync-interval appendfsync",
     "1) \"appendfsync\"\n2) \"everysec\"\n3) \"sync-interval\"\n4) \"250\"\n5) \"sync-mode\"\n6) \"periodic\""},
    {"CONFIG SET preset iot",
     "(error) ERR Unknown option or number of arguments for CONFIG SET - 'preset'"},
    {"CONFIG SET read-only yes",
     "(error) ERR CONFIG SET failed (possibly related to argument 'read-only') - can't set immutable config"},
    {"CONFIG SET maxmemory \"1\\x00\"",
     "(error) ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument is no text of at most 127 bytes"},
    {"LATENCY RESET", "(integer) 1"},
    {"LATENCY HISTOGRAM", "(empty array)"},
    {"MULTI", "OK"},
    {"CONFIG SET max-keys 20", "QUEUED"},
    {"CONFIG SET sync-mode none", "QUEUED"},
    {"EXEC", "1) OK\n2) (error) ERR sync-mode and busy-timeout cannot be changed in a transaction"},
    {"CONFIG GET max-keys", "1) \"max-keys\"\n2) \"20\""},
    {"INFO latency", "\"# Latency\\r\\n\""},
};

Test(command_config, ferrites_own_options_have_names_too) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_session *session = ferrite_session_open(db, NULL);
    free(command_typed(session, "SET k v"));
    for (size_t i = 0; i < sizeof own_cases / sizeof *own_cases; i++) {
        char *reply = command_typed(session, own_cases[i].line);
        cr_expect_str_eq(reply, own_cases[i].reply, "%s\ngave\n%s", own_cases[i].line, reply);
        free(reply);
    }
    ferrite_session_close(session);
    ferrite_close(db);
}

/* ---- INFO ---- */

static void expect_line(ferrite_session *session, const char *section, const char *line) {
    char command[64], wanted[128];
    snprintf(command, sizeof command, "INFO %s", section);
    snprintf(wanted, sizeof wanted, "\\n%s\\r", line);
    char *text = command_typed(session, command);
    cr_expect_not_null(strstr(text, wanted), "%s is not in\n%s", line, text);
    free(text);
}

static void run(ferrite_session *session, const char *line) { free(command_typed(session, line)); }

Test(command_info, sections_tell_what_was_done) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_session *session = ferrite_session_open(db, NULL);
    run(session, "CONFIG RESETSTAT");
    run(session, "SET k v");
    run(session, "SET t v EX 100");
    run(session, "GET k");
    run(session, "GET k");
    run(session, "GET none");
    run(session, "SELECT 3");
    run(session, "SET k v");
    expect_line(session, "server", "ferrite_version:" FERRITE_VERSION_STRING);
    expect_line(session, "server", "in_memory:1");
    expect_line(session, "server", "databases:16");
    expect_line(session, "memory", "maxmemory:0");
    expect_line(session, "memory", "maxmemory_human:0B");
    expect_line(session, "memory", "maxmemory_policy:noeviction");
    expect_line(session, "persistence", "background_failures:0");
    expect_line(session, "stats", "keyspace_hits:2");
    expect_line(session, "stats", "keyspace_misses:1");
    expect_line(session, "stats", "commits:3");
    expect_line(session, "stats", "total_commands_processed:18");
    expect_line(session, "keyspace", "db3:keys=1,expires=0,avg_ttl=0");
    run(session, "CONFIG SET maxmemory 10mb maxmemory-policy volatile-ttl");
    expect_line(session, "memory", "maxmemory:10485760");
    expect_line(session, "memory", "maxmemory_human:10.00M");
    expect_line(session, "memory", "maxmemory_policy:volatile-ttl");
    run(session, "CONFIG RESETSTAT");
    expect_line(session, "stats", "commits:0");
    expect_line(session, "stats", "keyspace_hits:0");
    expect_line(session, "stats", "total_commands_processed:3");
    ferrite_session_close(session);
    ferrite_close(db);
}

Test(command_info, tells_how_a_save_in_the_background_ended) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    options.no_threads = 1;
    ferrite_db *db = ferrite_open_with(NULL, &options, NULL);
    ferrite_session *session = ferrite_session_open(db, NULL);
    expect_line(session, "persistence", "rdb_last_bgsave_status:ok");
    run(session, "BGSAVE /nowhere/at/all");
    expect_line(session, "persistence", "rdb_bgsave_in_progress:0");
    expect_line(session, "persistence", "rdb_last_bgsave_status:err");
    ferrite_session_close(session);
    ferrite_close(db);
}

Test(command_info, sections_are_chosen_by_name) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_session *session = ferrite_session_open(db, NULL);
    char *some = command_typed(session, "INFO STATS keyspace");
    cr_expect_eq(strncmp(some, "\"# Stats\\r\\n", 11), 0, "%s", some);
    cr_expect_not_null(strstr(some, "# Keyspace"));
    cr_expect_null(strstr(some, "# Server"));
    free(some);
    char *all = command_typed(session, "INFO"), *everything = command_typed(session, "INFO everything");
    static const char *const names[] = {"Server", "Memory", "Persistence", "Stats", "Latency",
                                        "Keyspace"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char title[32];
        snprintf(title, sizeof title, "# %s\\r", names[i]);
        cr_expect(strstr(all, title) && strstr(everything, title), "%s", names[i]);
    }
    free(all);
    free(everything);
    ferrite_session_close(session);
    ferrite_close(db);
}
