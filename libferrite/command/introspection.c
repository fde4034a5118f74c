/*
 * introspection.c - COMMAND and its subcommands: the table's rows as replies.
 */
#include "introspection.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

struct flag_name {
    uint32_t flag;
    const char *flag_name, *category;
};

static const struct flag_name flag_names[] = {
    {FERRITE_COMMAND_WRITE, "write", "@write"},
    {FERRITE_COMMAND_READONLY, "readonly", "@read"},
    {FERRITE_COMMAND_FAST, "fast", "@fast"},
    {FERRITE_COMMAND_SESSION, "noscript", "@transaction"},
};
#define FLAG_NAMES (sizeof flag_names / sizeof *flag_names)

/* ---- INFO ---- */

static void add_flags(struct reply *reply, const ferrite_command_info *info, bool categories) {
    size_t place = reply_array(reply, 0), count = 0;
    for (size_t i = 0; i < FLAG_NAMES; i++) {
        if (!(info->flags & flag_names[i].flag)) continue;
        reply_status(reply, categories ? flag_names[i].category : flag_names[i].flag_name);
        count++;
    }
    if (categories) {
        char group[40];
        int len = snprintf(group, sizeof group, "@%s", info->group);
        reply_string(reply, group, (size_t)len);
        count++;
    }
    reply_array_count(reply, place, count);
}

static void add_info(struct reply *reply, const ferrite_command_info *info) {
    reply_array(reply, 10);
    reply_text(reply, info->name);
    reply_integer(reply, info->arity);
    add_flags(reply, info, false);
    reply_integer(reply, info->first_key);
    reply_integer(reply, info->last_key);
    reply_integer(reply, info->key_step);
    add_flags(reply, info, true);
    reply_array(reply, 0); /* tips */
    reply_array(reply, 0); /* key specifications */
    reply_array(reply, 0); /* subcommands */
}

static size_t command_count(void) {
    size_t count = 0;
    while (ferrite_command_at(count)) count++;
    return count;
}

static void add_all_infos(struct reply *reply) {
    reply_array(reply, command_count());
    for (size_t i = 0; ferrite_command_at(i); i++) add_info(reply, ferrite_command_at(i));
}

static int subcommand_info(struct command_call *call) {
    if (call->argc == 2) {
        add_all_infos(call->reply);
        return 0;
    }
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        const ferrite_command_info *info = ferrite_command_find(ARG(call, i));
        if (info)
            add_info(call->reply, info);
        else
            reply_nil(call->reply);
    }
    return 0;
}

/* ---- DOCS ---- */

static void add_pair(struct reply *reply, const char *name, const char *value) {
    reply_text(reply, name);
    reply_text(reply, value);
}

static void add_docs(struct reply *reply, const ferrite_command_info *info) {
    reply_text(reply, info->name);
    reply_array(reply, info->differences ? 12 : 10);
    add_pair(reply, "summary", info->summary);
    add_pair(reply, "since", info->since);
    add_pair(reply, "group", info->group);
    add_pair(reply, "complexity", info->complexity);
    add_pair(reply, "arguments", info->arguments);
    if (info->differences) add_pair(reply, "differences", info->differences);
}

static int subcommand_docs(struct command_call *call) {
    size_t place = reply_array(call->reply, 0), count = 0;
    for (size_t i = 0; call->argc == 2 && ferrite_command_at(i); i++, count++)
        add_docs(call->reply, ferrite_command_at(i));
    for (int i = 2; i < call->argc; i++) {
        const ferrite_command_info *info = ferrite_command_find(ARG(call, i));
        if (!info) continue;
        add_docs(call->reply, info);
        count++;
    }
    reply_array_count(call->reply, place, count * 2);
    return 0;
}

/* ---- LIST ---- */

/* '*' and '?' of a glob pattern, which is all that names of commands need. */
static bool name_matches(const char *pattern, size_t len, const char *name) {
    for (; len && *pattern != '*'; pattern++, name++, len--)
        if (!*name || (*pattern != '?' && strncasecmp(pattern, name, 1) != 0)) return false;
    if (!len) return !*name;
    while (len > 1 && pattern[1] == '*')
        pattern++, len--; /* keeps the recursion as short as the name */
    do
        if (name_matches(pattern + 1, len - 1, name)) return true;
    while (*name++);
    return false;
}

static bool in_category(const ferrite_command_info *info, ferrite_slice category) {
    if (word_is(category, info->group)) return true;
    for (size_t i = 0; i < FLAG_NAMES; i++)
        if ((info->flags & flag_names[i].flag) && word_is(category, flag_names[i].category + 1))
            return true;
    return false;
}

static int subcommand_list(struct command_call *call) {
    bool filtered = call->argc == 5 && word_is(call->args[2], "FILTERBY");
    bool pattern = filtered && word_is(call->args[3], "PATTERN");
    bool category = filtered && word_is(call->args[3], "ACLCAT");
    bool module = filtered && word_is(call->args[3], "MODULE");
    if (call->argc != 2 && !pattern && !category && !module) return syntax_error(call);
    size_t place = reply_array(call->reply, 0), count = 0;
    const ferrite_command_info *info;
    for (size_t i = 0; !module && (info = ferrite_command_at(i)); i++) {
        if (pattern && !name_matches(ARG(call, 4), info->name)) continue;
        if (category && !in_category(info, call->args[4])) continue;
        reply_text(call->reply, info->name);
        count++;
    }
    reply_array_count(call->reply, place, count);
    return 0;
}

/* ---- the others ---- */

static int subcommand_count(struct command_call *call) {
    reply_integer(call->reply, (int64_t)command_count());
    return 0;
}

static int subcommand_getkeys(struct command_call *call) {
    int argc = call->argc - 2;
    const ferrite_slice *args = call->args + 2;
    const ferrite_command_info *info = ferrite_command_find(args[0].data, args[0].len);
    const char *problem = NULL;
    if (!info)
        problem = "ERR Invalid command specified";
    else if (!info->first_key)
        problem = "ERR The command has no key arguments";
    else if (info->arity > 0 ? argc != info->arity : argc < -info->arity)
        problem = "ERR Invalid number of arguments specified for command";
    if (problem) {
        reply_error(call->reply, "%s", problem);
        return 0;
    }
    int last = info->last_key < 0 ? argc + info->last_key : info->last_key;
    size_t place = reply_array(call->reply, 0), count = 0;
    for (int i = info->first_key; i <= last; i += info->key_step, count++)
        reply_borrow(call->reply, args[i].data, args[i].len);
    reply_array_count(call->reply, place, count);
    return 0;
}

static int subcommand_help(struct command_call *call) {
    static const char *const lines[] = {
        "COMMAND <subcommand> [<arg> ...]. Subcommands are:",
        "(none)",
        "    All commands with arity, flags and places of keys.",
        "COUNT",
        "    The number of commands.",
        "DOCS [<name> ...]",
        "    Summary, syntax and complexity of these or of all commands.",
        "GETKEYS <command> [<arg> ...]",
        "    The words of a whole command that are keys.",
        "INFO [<name> ...]",
        "    Arity, flags and places of keys of these or of all commands.",
        "LIST [FILTERBY (PATTERN <pattern> | ACLCAT <category> | MODULE <name>)]",
        "    The names of the commands.",
        "HELP",
        "    This text.",
    };
    return help_reply(call, lines, sizeof lines / sizeof *lines);
}

static const struct subcommand subcommands[] = {
    {"count", "command|count", 2, subcommand_count},
    {"docs", "command|docs", -2, subcommand_docs},
    {"getkeys", "command|getkeys", -4, subcommand_getkeys},
    {"help", "command|help", 2, subcommand_help},
    {"info", "command|info", -2, subcommand_info},
    {"list", "command|list", -2, subcommand_list},
};

int command_command(struct command_call *call) {
    if (call->argc == 1) {
        add_all_infos(call->reply);
        return 0;
    }
    return run_subcommand(call, subcommands, sizeof subcommands / sizeof *subcommands, "COMMAND");
}
