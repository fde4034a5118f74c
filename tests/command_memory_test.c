/*
 * command_memory_test.c - every allocation of a command may fail: the answer is FERRITE_NOMEM or a
 * reply, nothing leaks (under ASan), and the next command works (E7).
 */
#include "../cli/split.h"
#include "../libferrite/ferrite.h"
#include "support/memory_rounds.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <string.h>

static void expect_alive(ferrite_session *session, const char *line) {
    const char *argv[] = {"PING"};
    ferrite_reply *reply = ferrite_session_command(session, 1, argv, NULL, NULL);
    cr_assert_not_null(reply, "after %s", line);
    cr_expect_eq(reply->type, FERRITE_REPLY_STATUS, "after %s: %s", line, reply->str);
    ferrite_free(reply);
}

#define NONE LONG_MAX /* as n: none fails */

/* True when the n-th allocation was reached and failed; the first one is 0. */
static bool run_failing(ferrite_session *session, const char *line, long n) {
    struct words words = {0};
    ferrite_error *err = NULL;
    cr_assert_eq(words_split(&words, line, strlen(line)), SPLIT_OK);
    memory_fail(n);
    ferrite_reply *reply =
        ferrite_session_command(session, words.argc, words.argv, words.lens, &err);
    const bool failed = memory_failed();
    cr_expect((reply != NULL) != (err != NULL), "%s, allocation %ld", line, n);
    if (err) cr_expect_eq(ferrite_error_code(err), FERRITE_NOMEM, "%s, allocation %ld", line, n);
    ferrite_error_free(err);
    ferrite_free(reply);
    words_free(&words);
    return failed;
}

/* One line many times, from a fresh start each time, until no allocation is left to fail. */
static void exhaust(const char *const *lines, const char *last) {
    bool failed = true;
    for (long n = 0; failed; n++) {
        cr_assert(n < 2000, "%s allocates without end", last);
        ferrite_db *db = ferrite_open_memory(NULL);
        ferrite_session *session = ferrite_session_open(db, NULL);
        for (size_t i = 0; lines[i]; i++) run_failing(session, lines[i], NONE);
        failed = run_failing(session, last, n);
        if (!ferrite_session_in_multi(session)) expect_alive(session, last);
        ferrite_session_close(session);
        ferrite_close(db);
    }
}

static const char *const filled[] = {"MSET a 1 b 2 l1 ohmytext l2 mynewtext", "SELECT 1", "SET a 5",
                                     "SELECT 0", NULL};

Test(command_memory, failing_allocations_are_reported_by_single_commands) {
    static const char *const lines[] = {
        "SET a 2",
        "SET a 2 GET",
        "SETNX c 1",
        "GETSET a 3",
        "GETDEL a",
        "MSET a 1 c 2",
        "MSETNX c 1 d 2",
        "MGET a b missing",
        "INCR a",
        "INCRBYFLOAT a 0.5",
        "APPEND a xyz",
        "SETRANGE a 5 x",
        "GETRANGE a 0 0",
        "LCS l1 l2",
        "LCS l1 l2 IDX WITHMATCHLEN",
        "DEL a b",
        "KEYS *",
        "SCAN 0",
        "RENAME a z",
        "COPY a z",
        "MOVE b 1",
        "RANDOMKEY",
        "RANGE - + WITHVALUES",
        "PREFIX l",
        "SWAPDB 0 1",
        "FLUSHDB",
        "FLUSHALL",
        "SELECT 1",
        "TIME",
        "INFO",
        "CONFIG GET *",
        "CONFIG GET max* maxmemory compression",
        "CONFIG SET maxmemory 1gb maxmemory-policy allkeys-lru max-keys 1000",
        "CONFIG SET appendfsync no compression 9 cache-size 1mb",
        "CONFIG RESETSTAT",
        "LATENCY HISTOGRAM",
        "LATENCY RESET",
        "MEMORY STATS",
        "MEMORY DOCTOR",
        "COMMAND INFO object config|get",
        "COMMAND LIST",
        "COMMAND GETKEYS ZUNIONSTORE d 2 a b",
        "COMMAND GETKEYS ZUNIONSTORE d 3 a b",
        "COMMAND",
        "COMMAND DOCS",
        "nosuch a b",
        "GET",
        "MGET 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) exhaust(filled, lines[i]);
}

Test(command_memory, failing_allocations_are_reported_by_transactions) {
    static const char *const queued[] = {
        "SET w 1", "WATCH w a missing", "MULTI", "SET a 2", "SELECT 1",
        "INCR a",  "MGET a b",          "GET",   NULL};
    static const char *const clean[] = {"MSET a 1 b 2", "WATCH a", "MULTI",    "SET a 2",
                                        "SELECT 1",     "INCR a",  "MGET a b", NULL};
    static const char *const reading[] = {"MSET a 1 b 2", "MULTI", "MGET a b", "KEYS *", NULL};
    static const char *const multi[] = {"MULTI", NULL};
    exhaust(queued, "EXEC");
    exhaust(clean, "EXEC");
    exhaust(clean, "DISCARD");
    exhaust(reading, "EXEC");
    exhaust(multi, "SET a b");
    exhaust(multi + 1, "WATCH a b");
}

/* All or none: without memory for what a policy needs, the policy stays what it was. */
Test(command_memory, options_that_could_not_be_set_are_what_they_were) {
    static const char *const line =
        "CONFIG SET max-keys 9 maxmemory-policy allkeys-lru sync-mode none";
    for (long n = 0;; n++) {
        ferrite_db *db = ferrite_open_memory(NULL);
        ferrite_session *session = ferrite_session_open(db, NULL);
        const char *argv[] = {"CONFIG", "GET", "max-keys", "maxmemory-policy", "sync-mode"};
        bool failed = run_failing(session, line, n);
        ferrite_reply *reply = ferrite_session_command(session, 5, argv, NULL, NULL);
        bool set = strcmp(reply->elements[1].str, "9") == 0;
        cr_expect_str_eq(reply->elements[3].str, set ? "allkeys-lru" : "noeviction");
        cr_expect_str_eq(reply->elements[5].str, set ? "none" : "normal");
        ferrite_free(reply);
        ferrite_session_close(session);
        ferrite_close(db);
        if (!failed) break;
    }
}

/* A command that could not be queued must not be left out of the transaction in silence. */
Test(command_memory, a_command_that_could_not_be_queued_dooms_the_transaction) {
    ferrite_db *db = ferrite_open_memory(NULL);
    ferrite_session *session = ferrite_session_open(db, NULL);
    run_failing(session, "MULTI", NONE);
    cr_assert(run_failing(session, "SET a b", 0));
    const char *exec[] = {"EXEC"};
    ferrite_reply *reply = ferrite_session_command(session, 1, exec, NULL, NULL);
    cr_expect_eq(strncmp(reply->str, "EXECABORT ", 10), 0);
    ferrite_free(reply);
    ferrite_session_close(session);
    ferrite_close(db);
}
