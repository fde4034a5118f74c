/*
 * fuzz_command.c - scripts as the shell reads them: quoting, commands, sessions, replies as text.
 *
 * The input is a script; its first byte chooses the format of the output, and whether the database is
 * bounded and who goes then. Whatever it holds, each line that can be split gets a reply whose parts are all there,
 * and the database is sound at the end.
 */
#include "target.h"

#include <assert.h>
#include <ferrite.h>
#include <stdio.h>
#include <string.h>

#include "../cli/print.h"
#include "../cli/split.h"

#define LINES_MAX 200

/* Reads every byte and meets every promise of a reply; arrays are not nested without end. */
static void walk_reply(const ferrite_reply *reply, int depth) {
    assert(depth < 16);
    if (reply->type == FERRITE_REPLY_ARRAY) {
        for (size_t i = 0; i < reply->count; i++) walk_reply(&reply->elements[i], depth + 1);
    } else if (reply->type != FERRITE_REPLY_NIL && reply->type != FERRITE_REPLY_INTEGER) {
        assert(reply->str != NULL && reply->str[reply->len] == '\0');
        if (reply->type == FERRITE_REPLY_ERROR)
            assert(reply->len > 4 && !memchr(reply->str, '\n', reply->len));
    }
}

/* SETRANGE up to 512 MiB is right, and too slow here. */
static bool is_costly(const struct words *words) {
    int64_t offset = 0;
    if (words->argc < 3 || words->lens[0] != 8) return false;
    for (const char *at = words->argv[2]; *at >= '0' && *at <= '9' && offset < 100000; at++)
        offset = offset * 10 + (*at - '0');
    return offset >= 100000;
}

static void run_line(ferrite_session *session, struct words *words, FILE *out,
                     enum print_format format, const char *line, size_t len) {
    enum split_result split = words_split(words, line, len);
    assert(split != SPLIT_NO_MEMORY);
    if (split != SPLIT_OK || words->argc == 0 || is_costly(words)) return;
    ferrite_error *err = NULL;
    ferrite_reply *reply =
        ferrite_session_command(session, words->argc, words->argv, words->lens, &err);
    assert((reply != NULL) != (err != NULL));
    if (reply) {
        walk_reply(reply, 0);
        print_reply(out, format, reply, false);
    }
    ferrite_error_free(err);
    ferrite_free(reply);
}

/* Inputs are short: some keys of some hundred bytes reach these bounds. */
static ferrite_db *database_open(uint8_t choice) {
    ferrite_options options = FERRITE_OPTIONS_INIT;
    choice /= 3;
    if (choice % 2 != 0) {
        options.eviction = (ferrite_eviction)(choice / 2 % (FERRITE_EVICT_VOLATILE_TTL + 1));
        options.max_keys = 6;
        options.max_memory = 48 << 10;
        options.max_value_size = 5000;
        options.compression = 1 + choice / 2 % 3;
        options.default_ttl_ms = choice / 2 % 2 != 0 ? 20 : 0;
    }
    return ferrite_open_with(NULL, &options, NULL);
}

static void expect_sound(ferrite_db *db) {
    uint64_t findings = 0;
    int code = ferrite_check(db, NULL, &findings, NULL);
    assert(code == 0 && findings == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *at = (const char *)data, *end = at + size;
    struct words words = {0};
    if (size == 0) return 0;
    enum print_format format = (enum print_format)(data[0] % 3);
    FILE *out = fopen("/dev/null", "w");
    ferrite_db *db = database_open(data[0]);
    ferrite_session *session = ferrite_session_open(db, NULL);
    assert(out != NULL && session != NULL);
    at++;
    for (int lines = 0; at < end && lines < LINES_MAX; lines++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL) stop = end;
        run_line(session, &words, out, format, at, (size_t)(stop - at));
        at = stop < end ? stop + 1 : end;
    }
    words_free(&words);
    ferrite_session_close(session);
    expect_sound(db);
    ferrite_close(db);
    fclose(out);
    return 0;
}
