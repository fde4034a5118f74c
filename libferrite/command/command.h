/*
 * command.h - commands by name: argv in, reply out, over the functions of ferrite.h.
 *
 * Every command is a row of data: the public ferrite_command_info, from which the shell's help and
 * the command reference are made, and a handler. Rows stand below their handlers, a file a group;
 * table.c joins the groups. This layer speaks ferrite.h alone, besides the allocator and the
 * error objects that replies and failures are made of.
 */
#ifndef FERRITE_COMMAND_COMMAND_H
#define FERRITE_COMMAND_COMMAND_H

#include "reply.h"

struct command;

/* One execution. Lives on the caller's stack. */
struct command_call {
    const struct command *command;
    ferrite_db *db;
    ferrite_session *session; /* NULL: a plain handle */
    int argc;
    const ferrite_slice *args; /* args[0] is the name */
    struct reply *reply;
    ferrite_error *err; /* set by the ferrite.h call that failed */
};

/* Adds one reply to call->reply and returns 0, or returns -1 with call->err set: the error then
 * becomes the reply in place of all that was added. */
typedef int (*command_handler)(struct command_call *call);

/* What the second word of commands like OBJECT and CONFIG says to do. */
struct subcommand {
    const char *name, *full_name; /* "get", "config|get" */
    int arity;                    /* of the whole command */
    int key;                      /* the word that is a key, 0: none */
    command_handler handler;
};

struct command {
    ferrite_command_info info;
    command_handler handler;
    const struct subcommand *subcommands; /* NULL: none */
    size_t subcommand_count;
};

struct command_group {
    const struct command *rows;
    size_t count;
};

extern const struct command_group string_commands, key_commands, range_commands, database_commands,
    server_commands, transaction_commands, expiry_commands, list_commands,
    hash_commands, hash_expiry_commands, set_commands,
    zset_commands, zset_range_commands, zset_combine_commands,
    sort_commands, object_commands, saving_commands, config_commands, info_commands,
    latency_commands, introspection_commands, memory_commands;

/* A row: ROW("get", get_command, arity, flags, KEYS(1, 1, 1), "key", complexity, summary, NULL). */
#define KEYS(first, last, step) first, last, step
#define NO_KEYS                 0, 0, 0
#define ROW(name, handler, arity, flags, keys, arguments, complexity, summary, differences)   \
    ROW_EXPANDED(name, handler, NULL, 0, arity, flags, keys, arguments, complexity, summary, \
                 differences)
/* One with subcommands, an array; the handler is often run_subcommand. */
#define ROW_OF_SUBCOMMANDS(name, handler, subcommands, arity, flags, keys, arguments, complexity, \
                           summary, differences)                                                  \
    ROW_EXPANDED(name, handler, subcommands, sizeof(subcommands) / sizeof *(subcommands), arity,  \
                 flags, keys, arguments, complexity, summary, differences)
#define ROW_EXPANDED(name, handler, subcommands, count, arity, flags, first, last, step, \
                     arguments, complexity, summary, differences)                        \
    {                                                                                    \
        {name,        arguments, summary, GROUP, complexity, SINCE,                      \
         differences, arity,     flags,   first, last,       step},                      \
            handler, subcommands, count                                                  \
    }

enum {
    WRITE = FERRITE_COMMAND_WRITE,
    READ = FERRITE_COMMAND_READONLY,
    FAST = FERRITE_COMMAND_FAST,
    SESSION = FERRITE_COMMAND_SESSION,
    TEXT = FERRITE_COMMAND_TEXT,
    NO_MULTI = FERRITE_COMMAND_NO_MULTI
};

/* The word as pointer and length, for calls of ferrite.h. */
#define ARG(call, i) (call)->args[i].data, (call)->args[i].len

/* ---- table.c ---- */

const struct command *command_find(const char *name, size_t name_len); /* any case */
const struct command *command_at(size_t index); /* in order of names; NULL past the end */

/* ---- run.c ---- */

/* True when a command or subcommand of this arity may have so many words. */
bool arity_allows(int arity, int argc);
/* NULL after adding the error reply: unknown command or wrong number of arguments, also of its
 * subcommand. */
const struct command *command_lookup(struct reply *reply, const ferrite_slice *args, int argc);
/* Runs the row's handler; exactly one reply is added. */
void command_run(struct command_call *call);
/* Adds *err as an error reply and frees it. */
void command_error(struct reply *reply, ferrite_error *err);
/* What ferrite_command and ferrite_session_command do: `dispatch` adds the one reply to the words. NULL and *err when
 * there are none, or no memory. */
typedef void (*command_dispatch)(void *ctx, struct reply *reply, const ferrite_slice *args, int argc);
ferrite_reply *command_answer(int argc, const char *const *argv, const size_t *argv_len,
                              command_dispatch dispatch, void *ctx, ferrite_error **err);

/* ---- args.c: reading words; those that can fail have then added the error reply ---- */

bool word_is(ferrite_slice word, const char *name); /* any case */
bool word_integer(ferrite_slice word,
                  int64_t *value); /* strict: no spaces, no plus, no leading zeros */
bool arg_integer(struct command_call *call, int i, int64_t *value);
/* A time to live, or the moment itself, of a value that is set: above 0. *at_ms in ms. */
bool arg_expire_time(struct command_call *call, int i, bool seconds, bool absolute,
                     int64_t *at_ms);
/* An index of a logical database. */
bool arg_database(struct command_call *call, int i, int *index);
/* How many random elements: any but the least number. */
bool arg_sample(struct command_call *call, int i, int64_t *count);
/* The number of keys, which stand behind it. */
bool arg_key_count(struct command_call *call, int i, int64_t *count);
int syntax_error(struct command_call *call);                  /* adds the reply; 0 */
int arity_error(struct command_call *call);                   /* adds the reply; 0 */
int integer_reply(struct command_call *call, int64_t answer); /* -1 stays -1; else adds it; 0 */
int status_reply(struct command_call *call, int result);      /* -1 stays -1; else OK; 0 */
/* A NULL block with call->err is -1, without it nil. */
int take_reply(struct command_call *call, char *block, size_t len);
/* An array of strings and nils, which are freed with the reply. */
int slices_reply(struct command_call *call, ferrite_slice *items, size_t count);
int wrong_type_error(struct command_call *call); /* adds the reply; 0 */

/* ---- subcommands.c ---- */

/* The one that the word names, in any case; NULL: none. */
const struct subcommand *subcommand_find(const struct command *command, ferrite_slice word);
/* False after adding the error reply: word 1 names none, or one for another number of words. */
bool subcommand_allows(struct reply *reply, const struct command *command,
                       const ferrite_slice *args, int argc);
/* Runs the one that word 1 names; command_lookup has looked at it. */
int run_subcommand(struct command_call *call);
int help_reply(struct command_call *call, const char *const *lines, size_t count);

/* ---- run.c: how many commands this process ran by name, on all databases ---- */

uint64_t command_count_all(void);
void command_count_reset(void);

/* ---- scan.c: SCAN and its kin ---- */

struct scan_arguments {
    uint64_t cursor;
    ferrite_slice pattern;
    int64_t effort;
    int type;
};
#define SCAN_ARGUMENTS_INIT \
    { 0, { NULL, 0 }, 10, FERRITE_TYPE_NONE }

/* Word i is the cursor; the options begin at word i. False after adding the error reply. */
bool scan_cursor(struct command_call *call, int i, struct scan_arguments *scan);
bool scan_options(struct command_call *call, int i, bool of_keys, struct scan_arguments *scan);
int scan_reply(struct command_call *call, uint64_t cursor, ferrite_slice *items, size_t count);
/* The whole of HSCAN, SSCAN, ZSCAN. */
typedef ferrite_slice *(*scan_function)(ferrite_db *db, const char *key, size_t key_len,
                                        uint64_t *cursor, const char *pattern, size_t pattern_len,
                                        size_t effort, size_t *count, ferrite_error **err);
int scan_elements(struct command_call *call, int type, scan_function function);

#endif
