/*
 * subcommands.c - commands like OBJECT and CONFIG, whose second word says what to do. See command.h.
 */
#include "command.h"

#include <string.h>

int run_subcommand(struct command_call *call, const struct subcommand *subcommands, size_t count,
                   const char *command) {
    const ferrite_slice word = call->args[1];
    for (size_t i = 0; i < count; i++) {
        const struct subcommand *sub = &subcommands[i];
        if (!word_is(word, sub->name)) continue;
        if (sub->arity > 0 ? call->argc == sub->arity : call->argc >= -sub->arity)
            return sub->handler(call);
        reply_error(call->reply, "ERR wrong number of arguments for '%s' command", sub->full_name);
        return 0;
    }
    int shown = (int)strnlen(word.data, word.len < 128 ? word.len : 128);
    reply_error(call->reply, "ERR unknown subcommand '%.*s'. Try %s HELP.", shown, word.data,
                command);
    return 0;
}

int help_reply(struct command_call *call, const char *const *lines, size_t count) {
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) reply_status(call->reply, lines[i]);
    return 0;
}
