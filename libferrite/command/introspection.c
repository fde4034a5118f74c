/*
 * introspection.c - COMMAND and its subcommands: the table's rows as replies, and its own row.
 */
#include "introspection.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define GROUP "server"
#define SINCE "0.1.0"

struct flag_name {
    uint32_t flag;
    const char *flag_name, *category; /* category NULL: none */
};

static const struct flag_name flag_names[] = {
    {FERRITE_COMMAND_WRITE, "write", "@write"},
    {FERRITE_COMMAND_READONLY, "readonly", "@read"},
    {FERRITE_COMMAND_FAST, "fast", "@fast"},
    {FERRITE_COMMAND_SESSION, "noscript", "@transaction"},
    {FERRITE_COMMAND_NO_MULTI, "no_multi", NULL},
};
#define FLAG_NAMES (sizeof flag_names / sizeof *flag_names)

/* ---- INFO ---- */

static void add_flags(struct reply *reply, const ferrite_command_info *info, bool categories) {
    size_t place = reply_array(reply, 0), count = 0;
    for (size_t i = 0; i < FLAG_NAMES; i++) {
        const char *name = categories ? flag_names[i].category : flag_names[i].flag_name;
        if (!name || !(info->flags & flag_names[i].flag)) continue;
        reply_status(reply, name);
        count++;
    }
    if (categories) {
        char group[40];
        int len = snprintf(group, sizeof group, "@%s", info->group);
        reply_status_copy(reply, group, (size_t)len);
        count++;
    }
    reply_array_count(reply, place, count);
}

/* What stands first in an entry and differs between a command and its subcommands. */
struct entry {
    const char *name;
    int arity, first_key, last_key, key_step;
};

static void add_entry(struct reply *reply, const struct command *command, struct entry entry,
                      size_t subcommands) {
    reply_array(reply, 10);
    reply_text(reply, entry.name);
    reply_integer(reply, entry.arity);
    add_flags(reply, &command->info, false);
    reply_integer(reply, entry.first_key);
    reply_integer(reply, entry.last_key);
    reply_integer(reply, entry.key_step);
    add_flags(reply, &command->info, true);
    reply_array(reply, 0); /* tips */
    reply_array(reply, 0); /* key specifications */
    reply_array(reply, subcommands);
}

static void add_subcommand(struct reply *reply, const struct command *command,
                           const struct subcommand *sub) {
    struct entry entry = {sub->full_name, sub->arity, sub->key, sub->key, sub->key != 0};
    add_entry(reply, command, entry, 0);
}

static void add_command(struct reply *reply, const struct command *command) {
    const ferrite_command_info *info = &command->info;
    add_entry(
        reply, command,
        (struct entry){info->name, info->arity, info->first_key, info->last_key, info->key_step},
        command->subcommand_count);
    for (size_t i = 0; i < command->subcommand_count; i++)
        add_subcommand(reply, command, &command->subcommands[i]);
}

static size_t command_count(void) {
    size_t count = 0;
    while (command_at(count)) count++;
    return count;
}

static void add_all_commands(struct reply *reply) {
    reply_array(reply, command_count());
    for (size_t i = 0; command_at(i); i++) add_command(reply, command_at(i));
}

/* "get", or "config|get" in two parts; *sub NULL: a command. */
static const struct command *find_name(ferrite_slice name, const struct subcommand **sub) {
    const char *bar = memchr(name.data, '|', name.len);
    size_t len = bar ? (size_t)(bar - name.data) : name.len;
    const struct command *command = command_find(name.data, len);
    *sub = NULL;
    if (bar && command)
        *sub = subcommand_find(command, (ferrite_slice){bar + 1, name.len - len - 1});
    return bar && !*sub ? NULL : command;
}

static int subcommand_info(struct command_call *call) {
    if (call->argc == 2) {
        add_all_commands(call->reply);
        return 0;
    }
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        const struct subcommand *sub;
        const struct command *command = find_name(call->args[i], &sub);
        if (!command)
            reply_nil(call->reply);
        else if (sub)
            add_subcommand(call->reply, command, sub);
        else
            add_command(call->reply, command);
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
    for (size_t i = 0; i < FLAG_NAMES; i++) {
        const struct flag_name *name = &flag_names[i];
        if ((info->flags & name->flag) && name->category && word_is(category, name->category + 1))
            return true;
    }
    return false;
}

struct list_filter {
    ferrite_slice word;
    bool pattern, category, module;
};

static bool filter_parse(const struct command_call *call, struct list_filter *filter) {
    if (call->argc == 2) return true;
    if (call->argc != 5 || !word_is(call->args[2], "FILTERBY")) return false;
    filter->word = call->args[4];
    filter->pattern = word_is(call->args[3], "PATTERN");
    filter->category = word_is(call->args[3], "ACLCAT");
    filter->module = word_is(call->args[3], "MODULE");
    return filter->pattern || filter->category || filter->module;
}

/* There are no modules, so none of their commands. */
static size_t add_name(struct reply *reply, const struct list_filter *filter,
                       const ferrite_command_info *info, const char *name) {
    if (filter->module ||
        (filter->pattern && !name_matches(filter->word.data, filter->word.len, name)) ||
        (filter->category && !in_category(info, filter->word)))
        return 0;
    reply_text(reply, name);
    return 1;
}

static int subcommand_list(struct command_call *call) {
    struct list_filter filter = {{NULL, 0}, false, false, false};
    if (!filter_parse(call, &filter)) return syntax_error(call);
    size_t place = reply_array(call->reply, 0), count = 0;
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++) {
        count += add_name(call->reply, &filter, &command->info, command->info.name);
        for (size_t s = 0; s < command->subcommand_count; s++)
            count +=
                add_name(call->reply, &filter, &command->info, command->subcommands[s].full_name);
    }
    reply_array_count(call->reply, place, count);
    return 0;
}

/* ---- the others ---- */

static int subcommand_count(struct command_call *call) {
    reply_integer(call->reply, (int64_t)command_count());
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
    {"count", "command|count", 2, 0, subcommand_count},
    {"docs", "command|docs", -2, 0, subcommand_docs},
    {"getkeys", "command|getkeys", -4, 0, command_getkeys},
    {"help", "command|help", 2, 0, subcommand_help},
    {"info", "command|info", -2, 0, subcommand_info},
    {"list", "command|list", -2, 0, subcommand_list},
};

static int command_command(struct command_call *call) {
    if (call->argc > 1) return run_subcommand(call);
    add_all_commands(call->reply);
    return 0;
}

static const struct command rows[] = {
    ROW_OF_SUBCOMMANDS(
        "command", command_command, subcommands, -1, 0, NO_KEYS,
        "[COUNT | DOCS [name ...] | GETKEYS command [arg ...] | HELP | INFO [name ...] | "
        "LIST [FILTERBY PATTERN pattern | FILTERBY ACLCAT category | FILTERBY MODULE name]]",
        "O(n), n commands", "Tells about the commands.",
        "DOCS gives the arguments as one line of text and nothing of subcommands; INFO gives no "
        "key "
        "specifications, and flags and categories are those that mean something here; patterns "
        "have * "
        "and ? alone. No GETKEYSANDFLAGS."),
};

const struct command_group introspection_commands = {rows, sizeof rows / sizeof *rows};
