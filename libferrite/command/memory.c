/*
 * memory.c - MEMORY: what a key and what the whole database takes, and its row of the table.
 */
#include "command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GROUP "generic"
#define SINCE "0.1.0"

/* ---- USAGE ---- */

/* SAMPLES count may stand there, and changes nothing: all is counted. */
static bool parse_samples(struct command_call *call) {
    int64_t samples;
    for (int i = 3; i < call->argc; i += 2) {
        if (i + 1 == call->argc || !word_is(call->args[i], "SAMPLES"))
            return syntax_error(call) != 0;
        if (!arg_integer(call, i + 1, &samples)) return false;
        if (samples < 0) return syntax_error(call) != 0;
    }
    return true;
}

static int memory_usage(struct command_call *call) {
    uint64_t bytes = 0;
    if (!parse_samples(call)) return 0;
    int there = ferrite_memory_usage(call->db, ARG(call, 2), &bytes, &call->err);
    if (there < 0) return -1;
    if (there)
        reply_integer(call->reply, (int64_t)bytes);
    else
        reply_nil(call->reply);
    return 0;
}

/* ---- STATS ---- */

static int take_stats(struct command_call *call, ferrite_stats *stats) {
    *stats = (ferrite_stats){.struct_size = FERRITE_STATS_INIT_SIZE};
    return ferrite_info(call->db, stats, &call->err);
}

/* Names of Redis where the number means the same. */
static int memory_stats(struct command_call *call) {
    ferrite_stats stats;
    if (take_stats(call, &stats) < 0) return -1;
    const struct {
        const char *name;
        uint64_t value;
    } facts[] = {
        {"total.allocated", stats.memory_bytes},
        {"dataset.bytes", stats.used_bytes},
        {"keys.count", stats.keys},
        {"keys.bytes-per-key", stats.keys != 0 ? stats.used_bytes / stats.keys : 0},
        {"young.bytes", stats.young_bytes},
        {"cache.bytes", stats.cache_bytes},
        {"cache.entries", stats.cache_entries},
    };
    reply_array(call->reply, sizeof facts / sizeof *facts * 2);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        reply_text(call->reply, facts[i].name);
        reply_integer(call->reply, (int64_t)facts[i].value);
    }
    return 0;
}

/* ---- DOCTOR ---- */

#define NEAR_PERCENT 90u
#define LONG_LAG     100000u /* transactions */
#define READS_ENOUGH 10000u  /* for a ratio that says something */
#define HITS_PERCENT 50u

struct findings {
    char text[1024];
    size_t len;
};

static void find(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void find(struct findings *findings, const char *format, ...) {
    size_t room = sizeof findings->text - findings->len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(findings->text + findings->len, room, format, args);
    va_end(args);
    if (len > 0 && (size_t)len < room) findings->len += (size_t)len;
}

/* The option in bytes, 0: no bound. */
static int max_memory(struct command_call *call, uint64_t *bytes) {
    const ferrite_slice name = {"maxmemory", 9};
    ferrite_slice *pair = ferrite_config_get(call->db, &name, 1, NULL, &call->err);
    if (!pair) return -1;
    int result = ferrite_parse_size(pair[1].data, bytes, &call->err);
    ferrite_free(pair);
    return result;
}

static void find_all(struct findings *findings, const ferrite_stats *stats, uint64_t bound) {
    uint64_t reads = stats->cache_hits + stats->cache_misses;
    if (bound != 0 && stats->memory_bytes >= bound / 100 * NEAR_PERCENT)
        find(findings, "Memory is near its bound: %" PRIu64 " of %" PRIu64 " bytes are used. ",
             stats->memory_bytes, bound);
    if (stats->oldest_reader_lag >= LONG_LAG)
        find(findings,
             "A snapshot or iterator is %" PRIu64
             " transactions old: what it sees cannot be freed. ",
             stats->oldest_reader_lag);
    if (reads >= READS_ENOUGH && stats->cache_hits / HITS_PERCENT < reads / 100)
        find(findings,
             "The hot cache answers less than %u %% of the reads: a larger cache-size may "
             "help. ",
             HITS_PERCENT);
}

static int memory_doctor(struct command_call *call) {
    struct findings findings = {"", 0};
    ferrite_stats stats;
    uint64_t bound = 0;
    if (take_stats(call, &stats) < 0 || max_memory(call, &bound) < 0) return -1;
    find_all(&findings, &stats, bound);
    if (findings.len == 0) find(&findings, "Nothing wrong was found. ");
    reply_string(call->reply, findings.text, findings.len - 1);
    return 0;
}

/* ---- HELP, and the row ---- */

static int memory_help(struct command_call *call) {
    static const char *const lines[] = {
        "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "DOCTOR",
        "    What may be wrong with the use of memory, in sentences.",
        "STATS",
        "    How much memory and how much of the file is used.",
        "USAGE <key> [SAMPLES <count>]",
        "    The bytes that a key and its value take in the file.",
        "HELP",
        "    This text.",
    };
    return help_reply(call, lines, sizeof lines / sizeof *lines);
}

static const struct subcommand subcommands[] = {
    {"doctor", "memory|doctor", 2, 0, memory_doctor},
    {"help", "memory|help", 2, 0, memory_help},
    {"stats", "memory|stats", 2, 0, memory_stats},
    {"usage", "memory|usage", -3, 2, memory_usage},
};

static const struct command rows[] = {
    ROW_OF_SUBCOMMANDS(
        "memory", run_subcommand, subcommands, -2, READ, KEYS(2, 2, 1),
        "DOCTOR | STATS | USAGE key [SAMPLES count] | HELP", "O(pages of the value)",
        "Answers how many bytes a key or the whole database takes.",
        "USAGE counts bytes in the file, all of them whatever SAMPLES says. STATS has what Ferrite "
        "counts: total.allocated is what maxmemory bounds, dataset.bytes pages in use. No "
        "MALLOC-STATS and PURGE."),
};

const struct command_group memory_commands = {rows, sizeof rows / sizeof *rows};
