/*
 * getkeys.c - COMMAND GETKEYS: which words of a whole command are keys.
 *
 * Most rows say it themselves: from the first key to the last, in steps. Those with a number of
 * keys before the keys stand in a table here; SORT has one more behind STORE.
 */
#include "introspection.h"

#include <stdlib.h>
#include <string.h>

/* A whole command and what its names stand for. */
struct words {
    const ferrite_slice *args;
    int argc;
    const struct command *command;
    const struct subcommand *subcommand; /* NULL: none, or no such one */
};

static const struct counted {
    const char *name;
    int count_at; /* the word that says how many keys follow */
} counted[] = {
    {"lmpop", 1},      {"sintercard", 1},  {"zdiff", 1}, {"zdiffstore", 2}, {"zinter", 1},
    {"zintercard", 1}, {"zinterstore", 2}, {"zmpop", 1}, {"zunion", 1},     {"zunionstore", 2},
};

static int count_place(const struct command *command) {
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        if (strcmp(counted[i].name, command->info.name) == 0) return counted[i].count_at;
    return 0;
}

static const char *problem_of(const struct words *words) {
    const struct command *command = words->command;
    const struct subcommand *sub = words->subcommand;
    if (!command || (command->subcommands && words->argc > 1 && !sub))
        return "Invalid command specified";
    if (sub ? !sub->key : !command->info.first_key && !count_place(command))
        return "The command has no key arguments";
    if (!arity_allows(sub ? sub->arity : command->info.arity, words->argc))
        return "Invalid number of arguments specified for command";
    return NULL;
}

static void add_words(struct reply *reply, const struct words *words, int first, int last, int step,
                      size_t *count) {
    for (int i = first; i <= last; i += step, ++*count)
        reply_borrow(reply, words->args[i].data, words->args[i].len);
}

static void add_row_keys(struct reply *reply, const struct words *words, size_t *count) {
    const ferrite_command_info *info = &words->command->info;
    int last = info->last_key < 0 ? words->argc + info->last_key : info->last_key;
    if (info->first_key) add_words(reply, words, info->first_key, last, info->key_step, count);
}

/* Redis reads a number for this purpose as C's atoi does: what stands before and behind it does not matter. */
static long number_within(ferrite_slice word) {
    char text[24] = "";
    memcpy(text, word.data, word.len < sizeof text - 1 ? word.len : sizeof text - 1);
    return strtol(text, NULL, 10);
}

/* False: the number is none, or larger than what follows. */
static bool add_counted_keys(struct reply *reply, const struct words *words, int count_at,
                             size_t *count) {
    const long keys = number_within(words->args[count_at]);
    if (keys < 1 || keys > words->argc - count_at - 1) return false;
    add_words(reply, words, count_at + 1, count_at + (int)keys, 1, count);
    return true;
}

/* The last STORE counts. */
static void add_sort_store(struct reply *reply, const struct words *words, size_t *count) {
    int store = 0;
    for (int i = 2; i < words->argc; i++) {
        if (word_is(words->args[i], "LIMIT"))
            i += 2;
        else if (word_is(words->args[i], "BY") || word_is(words->args[i], "GET"))
            i++;
        else if (word_is(words->args[i], "STORE") && i + 1 < words->argc)
            store = ++i;
    }
    if (store) add_words(reply, words, store, store, 1, count);
}

static bool add_keys(struct reply *reply, const struct words *words, size_t *count) {
    const struct subcommand *sub = words->subcommand;
    int count_at = count_place(words->command);
    if (sub)
        add_words(reply, words, sub->key, sub->key, 1, count);
    else
        add_row_keys(reply, words, count);
    if (strcmp(words->command->info.name, "sort") == 0) add_sort_store(reply, words, count);
    return !count_at || add_counted_keys(reply, words, count_at, count);
}

int command_getkeys(struct command_call *call) {
    struct words words = {.args = call->args + 2, .argc = call->argc - 2};
    words.command = command_find(words.args[0].data, words.args[0].len);
    if (words.command && words.argc > 1)
        words.subcommand = subcommand_find(words.command, words.args[1]);
    const char *problem = problem_of(&words);
    if (!problem) {
        size_t count = 0;
        struct reply_mark mark = reply_mark(call->reply);
        size_t place = reply_array(call->reply, 0);
        bool added = add_keys(call->reply, &words, &count);
        reply_array_count(call->reply, place, count);
        if (added) return 0;
        reply_reset(call->reply, mark);
        problem = "Invalid arguments specified for command";
    }
    reply_error(call->reply, "ERR %s", problem);
    return 0;
}
