/*
 * server.c - PING, ECHO, TIME, INFO, COMMAND, and their rows of the table.
 */
#include "command.h"

#include "introspection.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GROUP "server"
#define SINCE "0.1.0"

static int ping_command(struct command_call *call) {
    if (call->argc > 2) return arity_error(call);
    if (call->argc == 2)
        reply_borrow(call->reply, ARG(call, 1));
    else
        reply_status(call->reply, "PONG");
    return 0;
}

static int echo_command(struct command_call *call) {
    reply_borrow(call->reply, ARG(call, 1));
    return 0;
}

static void add_number(struct reply *reply, int64_t value) {
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)value);
    reply_string(reply, text, (size_t)len);
}

static int time_command(struct command_call *call) {
    int64_t us = 0;
    if (ferrite_time(call->db, &us, &call->err) < 0) return -1;
    reply_array(call->reply, 2);
    add_number(call->reply, us / 1000000);
    add_number(call->reply, us % 1000000);
    return 0;
}

/* ---- INFO ---- */

struct info_text {
    struct command_call *call;
    ferrite_stats stats;
    char text[8192]; /* a line a logical database, 64 at most, and some dozen others */
    size_t len;
};

static void info_line(struct info_text *info, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void info_line(struct info_text *info, const char *format, ...) {
    va_list args;
    va_start(args, format);
    size_t room = sizeof info->text - info->len;
    int len = vsnprintf(info->text + info->len, room, format, args);
    va_end(args);
    if (len < 0 || (size_t)len + 2 >= room) return; /* does not fit: left out */
    info->len += (size_t)len;
    info->text[info->len++] = '\r';
    info->text[info->len++] = '\n';
}

static const char *sync_mode_name(ferrite_sync_mode mode) {
    static const char *const names[] = {"normal", "none", "periodic", "every-n", "full"};
    return (size_t)mode < sizeof names / sizeof *names ? names[mode] : "unknown";
}

static int info_server(struct info_text *info) {
    info_line(info, "ferrite_version:%s", FERRITE_VERSION_STRING);
    info_line(info, "database_id:%s", info->stats.database_id);
    info_line(info, "in_memory:%d", info->stats.in_memory);
    info_line(info, "read_only:%d", info->stats.read_only);
    info_line(info, "databases:%d", ferrite_databases(info->call->db));
    return 0;
}

static int info_persistence(struct info_text *info) {
    const ferrite_stats *stats = &info->stats;
    info_line(info, "sync_mode:%s", sync_mode_name(stats->sync_mode));
    info_line(info, "file_bytes:%llu", (unsigned long long)stats->file_bytes);
    info_line(info, "page_size:%lu", (unsigned long)stats->page_size);
    info_line(info, "pages:%llu", (unsigned long long)stats->page_count);
    info_line(info, "free_pages:%llu", (unsigned long long)stats->free_pages);
    info_line(info, "young_bytes:%llu", (unsigned long long)stats->young_bytes);
    info_line(info, "log_bytes:%llu", (unsigned long long)stats->log_bytes);
    info_line(info, "log_capacity:%llu", (unsigned long long)stats->log_capacity);
    info_line(info, "recovered_transactions:%llu",
              (unsigned long long)stats->recovered_transactions);
    return 0;
}

static int info_stats(struct info_text *info) {
    const ferrite_stats *stats = &info->stats;
    info_line(info, "transaction:%llu", (unsigned long long)stats->txid);
    info_line(info, "published_transaction:%llu", (unsigned long long)stats->published_txid);
    info_line(info, "commits:%llu", (unsigned long long)stats->commits);
    info_line(info, "syncs:%llu", (unsigned long long)stats->syncs);
    info_line(info, "checkpoints:%llu", (unsigned long long)stats->checkpoints);
    info_line(info, "readers:%llu", (unsigned long long)stats->readers);
    info_line(info, "oldest_reader_lag:%llu", (unsigned long long)stats->oldest_reader_lag);
    return 0;
}

static int info_keyspace(struct info_text *info) {
    struct command_call *call = info->call;
    for (int i = 0; i < ferrite_databases(call->db); i++) {
        uint64_t count = 0;
        ferrite_db *db = ferrite_select(call->db, i, &call->err);
        int result = db ? ferrite_dbsize(db, &count, &call->err) : -1;
        ferrite_close(db);
        if (result < 0) return -1;
        if (count)
            info_line(info, "db%d:keys=%llu,expires=0,avg_ttl=0", i, (unsigned long long)count);
    }
    return 0;
}

static const struct info_section {
    const char *name;
    int (*add)(struct info_text *info);
} info_sections[] = {
    {"Server", info_server},
    {"Persistence", info_persistence},
    {"Stats", info_stats},
    {"Keyspace", info_keyspace},
};

static bool section_wanted(const struct command_call *call, const char *name) {
    bool wanted = call->argc == 1;
    for (int i = 1; i < call->argc && !wanted; i++)
        wanted = word_is(call->args[i], name) || word_is(call->args[i], "all") ||
                 word_is(call->args[i], "default") || word_is(call->args[i], "everything");
    return wanted;
}

static int info_command(struct command_call *call) {
    struct info_text info = {.call = call, .stats.struct_size = FERRITE_STATS_INIT_SIZE};
    if (ferrite_info(call->db, &info.stats, &call->err) < 0) return -1;
    for (size_t i = 0; i < sizeof info_sections / sizeof *info_sections; i++) {
        if (!section_wanted(call, info_sections[i].name)) continue;
        info_line(&info, "%s# %s", info.len ? "\r\n" : "", info_sections[i].name);
        if (info_sections[i].add(&info) < 0) return -1;
    }
    reply_string(call->reply, info.text, info.len);
    return 0;
}

static const struct command rows[] = {
    ROW("command", command_command, -1, 0, NO_KEYS,
        "[COUNT | DOCS [name ...] | GETKEYS command [arg ...] | HELP | INFO [name ...] | "
        "LIST [FILTERBY PATTERN pattern | FILTERBY ACLCAT category | FILTERBY MODULE name]]",
        "O(n), n commands", "Tells about the commands.",
        "DOCS gives the arguments as one line of text; INFO gives no key specifications and no "
        "subcommands; flags and categories are those that mean something here."),
    ROW("echo", echo_command, 2, FAST, NO_KEYS, "message", "O(1)", "Answers its argument.", NULL),
    ROW("info", info_command, -1, TEXT, NO_KEYS, "[section [section ...]]", "O(databases)",
        "Answers facts about the database and its file as text.",
        "Sections are server, persistence, stats and keyspace, with Ferrite's own fields."),
    ROW("ping", ping_command, -1, FAST, NO_KEYS, "[message]", "O(1)",
        "Answers PONG, or its argument.", NULL),
    ROW("time", time_command, 1, FAST, NO_KEYS, "", "O(1)",
        "Answers the time as seconds since the epoch and microseconds.", NULL),
};

const struct command_group server_commands = {rows, sizeof rows / sizeof *rows};
