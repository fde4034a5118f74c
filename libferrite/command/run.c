/*
 * run.c - ferrite_command: looks the command up, checks its arity, runs its handler.
 *
 * Called by users and by the session. Any thread.
 */
#include "command.h"

#include "../error.h"
#include "../os/mem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Redis shows at most this much of the name, and of all arguments together. */
#define SHOWN_MAX 128u

static void append(char *text, size_t *len, size_t size, const char *data, size_t data_len) {
    if (data_len > size - *len) data_len = size - *len;
    memcpy(text + *len, data, data_len);
    *len += data_len;
}

/* Redis formats these words as C strings: they end at a zero byte. */
static size_t shown_len(ferrite_slice word, size_t max) {
    return strnlen(word.data, word.len < max ? word.len : max);
}

static void unknown_command(struct reply *reply, const ferrite_slice *args, int argc) {
    char text[4 * SHOWN_MAX];
    size_t len = 0, shown = 0;
    append(text, &len, sizeof text, "ERR unknown command '", 21);
    append(text, &len, sizeof text, args[0].data, shown_len(args[0], SHOWN_MAX));
    append(text, &len, sizeof text, "', with args beginning with: ", 29);
    for (int i = 1; i < argc && shown < SHOWN_MAX; i++) {
        size_t word = shown_len(args[i], SHOWN_MAX - shown);
        append(text, &len, sizeof text, "'", 1);
        append(text, &len, sizeof text, args[i].data, word);
        append(text, &len, sizeof text, "' ", 2);
        shown += word + 3;
    }
    reply_error_text(reply, text, len);
}

bool arity_allows(int arity, int argc) { return arity > 0 ? argc == arity : argc >= -arity; }

const struct command *command_lookup(struct reply *reply, const ferrite_slice *args, int argc) {
    const struct command *command = command_find(args[0].data, args[0].len);
    if (!command) {
        unknown_command(reply, args, argc);
        return NULL;
    }
    if (!arity_allows(command->info.arity, argc)) {
        /* a malformed EXEC discards the transaction, and says so */
        bool exec = strcmp(command->info.name, "exec") == 0;
        reply_error(reply, "%s wrong number of arguments for '%s' command",
                    exec ? "EXECABORT Transaction discarded because of:" : "ERR",
                    command->info.name);
        return NULL;
    }
    if (command->subcommands && argc > 1 && !subcommand_allows(reply, command, args, argc))
        return NULL;
    return command;
}

/* Texts of the library are Redis's sentences without its first word, unless that says more than
 * ERR: "WRONGTYPE …". */
static bool has_code_word(const char *text) {
    size_t len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return len >= 3 && text[len] == ' ';
}

void command_error(struct reply *reply, ferrite_error *err) {
    const char *text = ferrite_error_message(err);
    int code = ferrite_error_code(err);
    const char *word = code == FERRITE_READONLY ? "READONLY " : has_code_word(text) ? "" : "ERR ";
    if (code == FERRITE_NOMEM)
        reply->no_memory = true;
    else
        reply_error(reply, "%s%s", word, text);
    ferrite_error_free(err);
}

/* Counted in one of several places, so that threads do not wait for each other's cache line. */
#define COUNT_PLACES 16u
static struct {
    _Atomic uint64_t count;
    char pad[56];
} counts[COUNT_PLACES];

static void count_one(void) {
    static _Thread_local uint32_t place; /* 1 and up; 0: this thread has none yet */
    static _Atomic uint32_t next_place;
    if (place == 0)
        place = 1 + atomic_fetch_add_explicit(&next_place, 1, memory_order_relaxed) % COUNT_PLACES;
    atomic_fetch_add_explicit(&counts[place - 1].count, 1, memory_order_relaxed);
}

uint64_t command_count_all(void) {
    uint64_t count = 0;
    for (size_t i = 0; i < COUNT_PLACES; i++)
        count += atomic_load_explicit(&counts[i].count, memory_order_relaxed);
    return count;
}

void command_count_reset(void) {
    for (size_t i = 0; i < COUNT_PLACES; i++)
        atomic_store_explicit(&counts[i].count, 0, memory_order_relaxed);
}

void command_run(struct command_call *call) {
    count_one();
    struct reply_mark mark = reply_mark(call->reply);
    if (call->command->handler(call) == 0) return;
    reply_reset(call->reply, mark);
    command_error(call->reply, call->err);
    call->err = NULL;
}

#define ARGS_SPACE 16

/* argv, one word at least, and argv_len as slices: in `space`, or in a block for mem_free where there are more; NULL:
 * no memory. */
static ferrite_slice *argv_slices(int argc, const char *const *argv, const size_t *argv_len,
                                  ferrite_slice space[ARGS_SPACE]) {
    ferrite_slice *args = space;
    if (argc > ARGS_SPACE && !(args = mem_alloc((size_t)argc * sizeof *args))) return NULL;
    int i = 0;
    do {
        args[i] = (ferrite_slice){argv[i], argv_len ? argv_len[i] : strlen(argv[i])};
    } while (++i < argc);
    return args;
}

static bool argv_valid(int argc, const char *const *argv, ferrite_error **err) {
    bool valid = argc > 0 && argv;
    for (int i = 0; valid && i < argc; i++) valid = argv[i] != NULL;
    if (!valid) error_give(err, error_set(FERRITE_INVALID, "a command has at least its name"));
    return valid;
}

ferrite_reply *command_answer(int argc, const char *const *argv, const size_t *argv_len,
                              command_dispatch dispatch, void *ctx, ferrite_error **err) {
    if (!argv_valid(argc, argv, err)) return NULL;
    ferrite_slice space[ARGS_SPACE];
    struct reply reply = REPLY_INIT;
    ferrite_slice *args = argv_slices(argc, argv, argv_len, space);
    ferrite_reply *finished = NULL;
    if (args) {
        dispatch(ctx, &reply, args, argc);
        finished = reply_finish(&reply); /* before the words go: it may point into them */
    }
    if (args != space) mem_free(args);
    if (!finished) error_give(err, error_nomem());
    return finished;
}

static void dispatch_alone(void *db, struct reply *reply, const ferrite_slice *args, int argc) {
    const struct command *command = command_lookup(reply, args, argc);
    struct command_call call = {command, db, NULL, argc, args, reply, NULL};
    if (command) command_run(&call);
}

ferrite_reply *ferrite_command(ferrite_db *db, int argc, const char *const *argv,
                               const size_t *argv_len, ferrite_error **err) {
    if (db) return command_answer(argc, argv, argv_len, dispatch_alone, db, err);
    error_give(err, error_set(FERRITE_INVALID, "no database handle was given"));
    return NULL;
}
