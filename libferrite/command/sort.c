/*
 * sort.c - SORT and SORT_RO, and their rows of the table.
 */
#include "command.h"

#include "../os/mem.h"

#define GROUP "generic"
#define SINCE "0.1.0"

struct sort_arguments {
    ferrite_sort_options options;
    ferrite_slice *get; /* room for all words */
    int store;          /* the word, 0: none */
};

/* One option at *i, with the words that belong to it. False after adding the error reply. */
static bool parse_option(struct command_call *call, int *i, bool may_store,
                         struct sort_arguments *sort) {
    const ferrite_slice word = call->args[*i];
    const int behind = call->argc - *i - 1;
    ferrite_sort_options *options = &sort->options;
    if (word_is(word, "ASC"))
        options->flags &= ~(uint32_t)FERRITE_SORT_DESC;
    else if (word_is(word, "DESC"))
        options->flags |= FERRITE_SORT_DESC;
    else if (word_is(word, "ALPHA"))
        options->flags |= FERRITE_SORT_ALPHA;
    else if (word_is(word, "LIMIT") && behind >= 2)
        return arg_integer(call, ++*i, &options->offset) &&
               arg_integer(call, ++*i, &options->limit);
    else if (word_is(word, "STORE") && behind >= 1 && may_store)
        sort->store = ++*i;
    else if (word_is(word, "BY") && behind >= 1)
        options->by = call->args[++*i];
    else if (word_is(word, "GET") && behind >= 1)
        sort->get[options->get_count++] = call->args[++*i];
    else
        return syntax_error(call) != 0;
    return true;
}

static int sort_answer(struct command_call *call, const struct sort_arguments *sort) {
    size_t count = 0;
    uint64_t stored = 0;
    if (!sort->store) {
        ferrite_slice *items =
            ferrite_sort(call->db, ARG(call, 1), &sort->options, &count, &call->err);
        return slices_reply(call, items, count);
    }
    if (ferrite_sort_store(call->db, ARG(call, 1), &sort->options, ARG(call, sort->store), &stored,
                           &call->err) < 0)
        return -1;
    reply_integer(call->reply, (int64_t)stored);
    return 0;
}

static int sort_reply(struct command_call *call, bool may_store) {
    struct sort_arguments sort = {.options = FERRITE_SORT_OPTIONS_INIT};
    sort.get = mem_alloc((size_t)call->argc * sizeof *sort.get);
    call->reply->no_memory |= sort.get == NULL;
    if (sort.get == NULL) return 0;
    bool valid = true;
    for (int i = 2; i < call->argc && valid; i++) valid = parse_option(call, &i, may_store, &sort);
    sort.options.get = sort.get;
    int result = valid ? sort_answer(call, &sort) : 0;
    mem_free(sort.get);
    return result;
}

static int sort_command(struct command_call *call) { return sort_reply(call, true); }
static int sort_ro_command(struct command_call *call) { return sort_reply(call, false); }

/* ---- rows ---- */

#define DIFFERENCES                                                                        \
    "ALPHA compares bytes. BY without an asterisk leaves a set in the order of its bytes. A number "  \
    "too near to 0 for a double counts as 0; Redis refuses it, and after a number out of a double's " \
    "range sometimes others too. A number with a zero byte behind it is refused; Redis takes it."

static const struct command rows[] = {
    ROW("sort", sort_command, -2, WRITE, KEYS(1, 1, 1),
        "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] "
        "[ALPHA] [STORE destination]",
        "O(n log n)", "Answers or stores the elements of a list, set or sorted set in order.",
        DIFFERENCES " At a bound of memory SORT without STORE is not refused; Redis refuses it."),
    ROW("sort_ro", sort_ro_command, -2, READ, KEYS(1, 1, 1),
        "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] "
        "[ALPHA]",
        "O(n log n)", "Answers the elements of a list, set or sorted set in order.", DIFFERENCES),
};

const struct command_group sort_commands = {rows, sizeof rows / sizeof *rows};
