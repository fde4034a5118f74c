/*
 * latency.c - LATENCY: how long commits, syncs and checkpoints took, and its row of the table.
 */
#include "command.h"

#include <string.h>

#define GROUP "server"
#define SINCE "0.1.0"

static const char *const event_names[FERRITE_LATENCY_EVENTS] = {"commit", "fsync", "checkpoint"};

/* Word `from` and what follows name the event; without any words all are meant. */
static bool event_wanted(const struct command_call *call, int from, int event) {
    if (call->argc <= from) return true;
    for (int i = from; i < call->argc; i++)
        if (word_is(call->args[i], event_names[event])) return true;
    return false;
}

/* From the first step that has any to the one that has all: its bound in microseconds, and how many took
 * at most so long. */
static void add_steps(struct reply *reply, const ferrite_latency *latency) {
    size_t place = reply_array(reply, 0), count = 0;
    for (unsigned i = 0; i < FERRITE_LATENCY_STEPS; i++) {
        uint64_t before = i != 0 ? latency->within[i - 1] : 0;
        if (latency->within[i] == before) continue;
        reply_integer(reply, (int64_t)(((uint64_t)1024 << i) / 1000));
        reply_integer(reply, (int64_t)latency->within[i]);
        count += 2;
    }
    reply_array_count(reply, place, count);
}

static int latency_histogram(struct command_call *call) {
    size_t place = reply_array(call->reply, 0), count = 0;
    for (int event = 0; event < FERRITE_LATENCY_EVENTS; event++) {
        ferrite_latency latency = FERRITE_LATENCY_INIT;
        if (!event_wanted(call, 2, event)) continue;
        if (ferrite_latency_get(call->db, event, &latency, &call->err) < 0) return -1;
        if (latency.count == 0) continue;
        reply_text(call->reply, event_names[event]);
        reply_array(call->reply, 4);
        reply_text(call->reply, "calls");
        reply_integer(call->reply, (int64_t)latency.count);
        reply_text(call->reply, "histogram_usec");
        add_steps(call->reply, &latency);
        count += 2;
    }
    reply_array_count(call->reply, place, count);
    return 0;
}

static int latency_reset(struct command_call *call) {
    int64_t count = 0;
    for (int event = 0; event < FERRITE_LATENCY_EVENTS; event++) {
        ferrite_latency latency = FERRITE_LATENCY_INIT;
        if (!event_wanted(call, 2, event)) continue;
        if (ferrite_latency_get(call->db, event, &latency, &call->err) < 0 ||
            ferrite_latency_reset(call->db, event, &call->err) < 0)
            return -1;
        count += latency.count != 0;
    }
    reply_integer(call->reply, count);
    return 0;
}

static int latency_help(struct command_call *call) {
    static const char *const lines[] = {
        "LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "HISTOGRAM [<event> ...]",
        "    How many commits, fsyncs and checkpoints took at most how many microseconds.",
        "RESET [<event> ...]",
        "    Forgets what was measured of these events, or of all.",
        "HELP",
        "    This text.",
    };
    return help_reply(call, lines, sizeof lines / sizeof *lines);
}

static const struct subcommand subcommands[] = {
    {"help", "latency|help", 2, 0, latency_help},
    {"histogram", "latency|histogram", -2, 0, latency_histogram},
    {"reset", "latency|reset", -2, 0, latency_reset},
};

static const struct command rows[] = {
    ROW_OF_SUBCOMMANDS(
        "latency", run_subcommand, subcommands, -2, 0, NO_KEYS,
        "HISTOGRAM [event ...] | RESET [event ...] | HELP", "O(1)",
        "Answers how long commits, syncs and checkpoints took.",
        "The events are commit, fsync and checkpoint instead of commands; commits that wait for "
        "no disk are sampled, one in 64. No other subcommands."),
};

const struct command_group latency_commands = {rows, sizeof rows / sizeof *rows};
