/*
 * info.c - INFO: facts about the database as text, in Redis's sections, and its row of the table.
 *
 * Redis's names where a line means the same; the others are Ferrite's own. A section is a function
 * that adds lines; a line that does not fit is left out.
 */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GROUP "server"
#define SINCE "0.1.0"

struct info_text {
    struct command_call *call;
    ferrite_stats stats;
    char text[12288]; /* a line a logical database, 64 at most, and some dozen others */
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
    if (len < 0 || (size_t)len + 2 >= room) return;
    info->len += (size_t)len;
    info->text[info->len++] = '\r';
    info->text[info->len++] = '\n';
}

static void info_number(struct info_text *info, const char *name, uint64_t value) {
    info_line(info, "%s:%llu", name, (unsigned long long)value);
}

/* "1.16M", with powers of 1024, as a second line. */
static void info_bytes(struct info_text *info, const char *name, uint64_t bytes) {
    static const char units[] = "BKMGTP";
    double scaled = (double)bytes;
    size_t unit = 0;
    for (; scaled >= 1024.0 && units[unit + 1] != '\0'; unit++) scaled /= 1024.0;
    info_number(info, name, bytes);
    info_line(info, unit == 0 ? "%s_human:%.0f%c" : "%s_human:%.2f%c", name, scaled, units[unit]);
}

/* The value of one option, which is a number of bytes or a word. 0, or -1 with call->err. */
static int info_option(struct info_text *info, const char *line, const char *option) {
    uint64_t bytes;
    ferrite_slice name = {option, strlen(option)};
    ferrite_slice *pair = ferrite_config_get(info->call->db, &name, 1, NULL, &info->call->err);
    if (!pair) return -1;
    if (ferrite_parse_size(pair[1].data, &bytes, NULL) == 0)
        info_bytes(info, line, bytes);
    else
        info_line(info, "%s:%s", line, pair[1].data);
    ferrite_free(pair);
    return 0;
}

/* ---- the sections ---- */

static int info_server(struct info_text *info) {
    const ferrite_stats *stats = &info->stats;
    info_line(info, "ferrite_version:%s", FERRITE_VERSION_STRING);
    info_line(info, "database_id:%s", stats->database_id);
    info_number(info, "process_id", stats->process_id);
    info_number(info, "uptime_in_seconds", stats->uptime_ms / 1000);
    info_number(info, "uptime_in_days", stats->uptime_ms / 86400000);
    info_line(info, "in_memory:%d", stats->in_memory);
    info_line(info, "read_only:%d", stats->read_only);
    info_line(info, "databases:%d", ferrite_databases(info->call->db));
    return 0;
}

static int info_memory(struct info_text *info) {
    const ferrite_stats *stats = &info->stats;
    info_bytes(info, "used_memory", stats->memory_bytes);
    info_bytes(info, "used_data", stats->used_bytes);
    info_bytes(info, "young_bytes", stats->young_bytes);
    info_bytes(info, "cache_bytes", stats->cache_bytes);
    info_number(info, "cache_entries", stats->cache_entries);
    if (info_option(info, "maxmemory", "maxmemory") < 0) return -1;
    return info_option(info, "maxmemory_policy", "maxmemory-policy");
}

static int info_persistence(struct info_text *info) {
    const ferrite_stats *stats = &info->stats;
    if (info_option(info, "sync_mode", "sync-mode") < 0) return -1;
    info_number(info, "file_bytes", stats->file_bytes);
    info_number(info, "page_size", stats->page_size);
    info_number(info, "pages", stats->page_count);
    info_number(info, "free_pages", stats->free_pages);
    info_number(info, "log_bytes", stats->log_bytes);
    info_number(info, "log_capacity", stats->log_capacity);
    info_number(info, "unsynced_bytes", stats->unsynced_bytes);
    info_line(info, "last_sync_age_ms:%lld", (long long)stats->last_sync_age_ms);
    int64_t saved_at = 0;
    if (ferrite_lastsave(info->call->db, &saved_at, &info->call->err) < 0) return -1;
    info_line(info, "rdb_last_save_time:%lld", (long long)saved_at);
    info_number(info, "rdb_bgsave_in_progress", stats->bgsave_running);
    info_line(info, "rdb_last_bgsave_status:%s", stats->bgsave_code == FERRITE_OK ? "ok" : "err");
    info_number(info, "checkpoint_in_progress", stats->checkpoint_running);
    info_line(info, "last_checkpoint_age_ms:%lld", (long long)stats->checkpoint_age_ms);
    info_number(info, "last_checkpoint_pages", stats->checkpoint_pages);
    info_number(info, "last_checkpoint_usec", stats->checkpoint_us);
    info_number(info, "background_failures", stats->background_failures);
    info_number(info, "recovered_transactions", stats->recovered_transactions);
    return 0;
}

static int info_stats(struct info_text *info) {
    const ferrite_stats *stats = &info->stats;
    info_number(info, "total_commands_processed", command_count_all());
    info_number(info, "keyspace_hits", stats->keyspace_hits);
    info_number(info, "keyspace_misses", stats->keyspace_misses);
    info_number(info, "cache_hits", stats->cache_hits);
    info_number(info, "cache_misses", stats->cache_misses);
    info_number(info, "expired_keys", stats->expired_keys);
    info_number(info, "evicted_keys", stats->evicted_keys);
    info_number(info, "transaction", stats->txid);
    info_number(info, "published_transaction", stats->published_txid);
    info_number(info, "commits", stats->commits);
    info_number(info, "syncs", stats->syncs);
    info_number(info, "checkpoints", stats->checkpoints);
    info_number(info, "readers", stats->readers);
    info_number(info, "oldest_reader_lag", stats->oldest_reader_lag);
    return 0;
}

static int info_latency(struct info_text *info) {
    static const char *const names[FERRITE_LATENCY_EVENTS] = {"commit", "fsync", "checkpoint"};
    for (int event = 0; event < FERRITE_LATENCY_EVENTS; event++) {
        ferrite_latency latency = FERRITE_LATENCY_INIT;
        if (ferrite_latency_get(info->call->db, event, &latency, &info->call->err) < 0) return -1;
        if (latency.count != 0)
            info_line(info,
                      "latency_percentiles_usec_%s:count=%llu,p50=%.3f,p99=%.3f,p99.9=%.3f,"
                      "max=%.3f",
                      names[event], (unsigned long long)latency.count, (double)latency.p50_ns / 1e3,
                      (double)latency.p99_ns / 1e3, (double)latency.p999_ns / 1e3,
                      (double)latency.max_ns / 1e3);
    }
    return 0;
}

static int info_keyspace(struct info_text *info) {
    struct command_call *call = info->call;
    for (int i = 0; i < ferrite_databases(call->db); i++) {
        ferrite_keyspace keyspace = FERRITE_KEYSPACE_INIT;
        ferrite_db *db = ferrite_select(call->db, i, &call->err);
        int result = db ? ferrite_keyspace_info(db, &keyspace, &call->err) : -1;
        ferrite_close(db);
        if (result < 0) return -1;
        if (keyspace.keys != 0)
            info_line(info, "db%d:keys=%llu,expires=%llu,avg_ttl=%lld", i,
                      (unsigned long long)keyspace.keys, (unsigned long long)keyspace.expires,
                      (long long)keyspace.avg_ttl_ms);
    }
    return 0;
}

/* ---- the command ---- */

static const struct info_section {
    const char *name;
    int (*add)(struct info_text *info);
} info_sections[] = {
    {"Server", info_server}, {"Memory", info_memory},   {"Persistence", info_persistence},
    {"Stats", info_stats},   {"Latency", info_latency}, {"Keyspace", info_keyspace},
};

/* Redis's name for its section of latencies is latencystats. */
static bool section_wanted(const struct command_call *call, const char *name) {
    static const char *const all[] = {"all", "default", "everything"};
    bool wanted = call->argc == 1;
    for (int i = 1; i < call->argc && !wanted; i++) {
        wanted = word_is(call->args[i], name) ||
                 (word_is(call->args[i], "latencystats") && strcmp(name, "Latency") == 0);
        for (size_t a = 0; a < sizeof all / sizeof *all; a++)
            wanted = wanted || word_is(call->args[i], all[a]);
    }
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
    ROW("info", info_command, -1, TEXT, NO_KEYS, "[section [section ...]]", "O(databases * log n)",
        "Answers facts about the database and its file as text.",
        "Sections are server, memory, persistence, stats, latency and keyspace, with Ferrite's "
        "own fields where Redis has none. total_commands_processed counts commands by name on "
        "all databases of the process. expires also counts hashes of which fields expire."),
};

const struct command_group info_commands = {rows, sizeof rows / sizeof *rows};
