/*
 * subcommands.c - commands like OBJECT and CONFIG, whose second word says what to do. See command.h.
 *
 * Used by command_lookup, so that a wrong one is refused before it is queued, and by the handlers.
 * Any thread.
 */
#include "command.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

const struct subcommand *subcommand_find(const struct command *command, ferrite_slice word) {
    for (size_t i = 0; i < command->subcommand_count; i++)
        if (word_is(word, command->subcommands[i].name)) return &command->subcommands[i];
    return NULL;
}

static void unknown_subcommand(struct reply *reply, const struct command *command,
                               ferrite_slice word) {
    char name[32] = "";
    size_t len = strlen(command->info.name);
    assert(len < sizeof name);
    for (size_t i = 0; i < len; i++) name[i] = (char)toupper((unsigned char)command->info.name[i]);
    int shown = (int)strnlen(word.data, word.len < 128 ? word.len : 128);
    reply_error(reply, "ERR unknown subcommand '%.*s'. Try %s HELP.", shown, word.data, name);
}

bool subcommand_allows(struct reply *reply, const struct command *command,
                       const ferrite_slice *args, int argc) {
    const struct subcommand *sub = subcommand_find(command, args[1]);
    if (!sub)
        unknown_subcommand(reply, command, args[1]);
    else if (arity_allows(sub->arity, argc))
        return true;
    else
        reply_error(reply, "ERR wrong number of arguments for '%s' command", sub->full_name);
    return false;
}

int run_subcommand(struct command_call *call) {
    const struct subcommand *sub = subcommand_find(call->command, call->args[1]);
    assert(sub && arity_allows(sub->arity, call->argc));
    return sub->handler(call);
}

int help_reply(struct command_call *call, const char *const *lines, size_t count) {
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) reply_status(call->reply, lines[i]);
    return 0;
}
