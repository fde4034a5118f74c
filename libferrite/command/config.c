/*
 * config.c - CONFIG: the options of the open database by name, and its row of the table.
 */
#include "command.h"

#define GROUP "server"
#define SINCE "0.1.0"

static int config_get(struct command_call *call) {
    size_t count = 0;
    ferrite_slice *found =
        ferrite_config_get(call->db, call->args + 2, (size_t)call->argc - 2, &count, &call->err);
    return slices_reply(call, found, count);
}

static int config_set(struct command_call *call) {
    if (call->argc % 2 != 0) return syntax_error(call);
    return status_reply(
        call, ferrite_config_set(call->db, call->args + 2, (size_t)call->argc - 2, &call->err));
}

static int config_resetstat(struct command_call *call) {
    command_count_reset();
    return status_reply(call, ferrite_stats_reset(call->db, &call->err));
}

static int config_rewrite(struct command_call *call) {
    reply_error(call->reply, "ERR The server is running without a config file");
    return 0;
}

static int config_help(struct command_call *call) {
    static const char *const lines[] = {
        "CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "GET <pattern> [<pattern> ...]",
        "    The options whose names match, each with its value.",
        "SET <option> <value> [<option> <value> ...]",
        "    Changes options until the database is closed: all of these or none.",
        "RESETSTAT",
        "    Lets what INFO counts begin again at 0.",
        "REWRITE",
        "    An error: there is no configuration file.",
        "HELP",
        "    This text.",
    };
    return help_reply(call, lines, sizeof lines / sizeof *lines);
}

static const struct subcommand subcommands[] = {
    {"get", "config|get", -3, 0, config_get},
    {"help", "config|help", 2, 0, config_help},
    {"resetstat", "config|resetstat", 2, 0, config_resetstat},
    {"rewrite", "config|rewrite", 2, 0, config_rewrite},
    {"set", "config|set", -4, 0, config_set},
};

static const struct command rows[] = {
    ROW_OF_SUBCOMMANDS(
        "config", run_subcommand, subcommands, -2, 0, NO_KEYS,
        "GET pattern [pattern ...] | SET option value [option value ...] | RESETSTAT | REWRITE | "
        "HELP",
        "O(n), n options", "Answers or changes the options of the open database.",
        "The options are Ferrite's: maxmemory, maxmemory-policy, databases, loglevel and "
        "appendfsync mean what they mean in Redis, and log-level and the like are other names for "
        "them."),
};

const struct command_group config_commands = {rows, sizeof rows / sizeof *rows};
