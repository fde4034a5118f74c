/*
 * strings.c - the commands on strings, and their rows of the table.
 */
#include "command.h"

#define GROUP "string"
#define SINCE "0.1.0"

/* ---- SET ---- */

struct set_arguments {
    ferrite_set_options options;
    bool expires; /* one of EX PX EXAT PXAT was given */
};

static const struct set_word {
    const char *name;
    uint32_t flag, excludes;
    bool expires, seconds, absolute;
} set_words[] = {
    {"NX", FERRITE_SET_NX, FERRITE_SET_XX, false, false, false},
    {"XX", FERRITE_SET_XX, FERRITE_SET_NX, false, false, false},
    {"GET", FERRITE_SET_GET, 0, false, false, false},
    {"KEEPTTL", FERRITE_SET_KEEPTTL, 0, false, false, false},
    {"EX", 0, FERRITE_SET_KEEPTTL, true, true, false},
    {"PX", 0, FERRITE_SET_KEEPTTL, true, false, false},
    {"EXAT", 0, FERRITE_SET_KEEPTTL, true, true, true},
    {"PXAT", 0, FERRITE_SET_KEEPTTL, true, false, true},
};

static const struct set_word *find_set_word(ferrite_slice word) {
    for (size_t i = 0; i < sizeof set_words / sizeof *set_words; i++)
        if (word_is(word, set_words[i].name)) return &set_words[i];
    return NULL;
}

/* False after adding the error reply. The whole syntax is judged before any number is read. */
static bool parse_set(struct command_call *call, struct set_arguments *set) {
    const struct set_word *expiry = NULL;
    int expiry_at = 0;
    for (int i = 3; i < call->argc; i++) {
        const struct set_word *word = find_set_word(call->args[i]);
        bool clash = !word || (set->options.flags & word->excludes) ||
                     (word->expires && ((expiry && expiry != word) || i + 1 == call->argc)) ||
                     (word->flag == FERRITE_SET_KEEPTTL && expiry);
        if (clash) {
            syntax_error(call);
            return false;
        }
        set->options.flags |= word->flag;
        if (!word->expires) continue;
        expiry = word;
        expiry_at = ++i;
    }
    set->expires = expiry != NULL;
    return !expiry || arg_expire_time(call, expiry_at, expiry->seconds, expiry->absolute,
                                      &set->options.expire_at_ms);
}

static int set_command(struct command_call *call) {
    struct set_arguments set = {FERRITE_SET_OPTIONS_INIT, false};
    char *old = NULL;
    size_t old_len = 0;
    if (call->argc == 3)
        return status_reply(call, ferrite_set(call->db, ARG(call, 1), ARG(call, 2), &call->err));
    if (!parse_set(call, &set)) return 0;
    int done = ferrite_set_with(call->db, ARG(call, 1), ARG(call, 2), &set.options, &old, &old_len,
                                &call->err);
    if (done < 0) return -1;
    if (set.options.flags & FERRITE_SET_GET)
        reply_take(call->reply, old, old_len);
    else if (done)
        reply_status(call->reply, "OK");
    else
        reply_nil(call->reply);
    return 0;
}

/* ---- whole values ---- */

static int get_command(struct command_call *call) {
    size_t len = 0;
    char *value = ferrite_get(call->db, ARG(call, 1), &len, &call->err);
    return take_reply(call, value, len);
}

static int getset_command(struct command_call *call) {
    size_t len = 0;
    char *old = ferrite_getset(call->db, ARG(call, 1), ARG(call, 2), &len, &call->err);
    return take_reply(call, old, len);
}

static int getdel_command(struct command_call *call) {
    size_t len = 0;
    char *value = ferrite_getdel(call->db, ARG(call, 1), &len, &call->err);
    return take_reply(call, value, len);
}

static int setnx_command(struct command_call *call) {
    return integer_reply(call, ferrite_setnx(call->db, ARG(call, 1), ARG(call, 2), &call->err));
}

static int mset_command(struct command_call *call) {
    if (call->argc % 2 == 0) return arity_error(call);
    return status_reply(call,
                        ferrite_mset(call->db, call->args + 1, (size_t)call->argc - 1, &call->err));
}

static int msetnx_command(struct command_call *call) {
    if (call->argc % 2 == 0) return arity_error(call);
    return integer_reply(
        call, ferrite_msetnx(call->db, call->args + 1, (size_t)call->argc - 1, &call->err));
}

static int mget_command(struct command_call *call) {
    size_t count = (size_t)call->argc - 1;
    ferrite_slice *values = ferrite_mget(call->db, call->args + 1, count, &call->err);
    if (!values) return -1;
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) reply_borrow(call->reply, values[i].data, values[i].len);
    reply_own(call->reply, values);
    return 0;
}

/* ---- numbers ---- */

static int number_reply(struct command_call *call, int result, const int64_t *value) {
    if (result < 0) return -1;
    reply_integer(call->reply, *value);
    return 0;
}

static int incr_command(struct command_call *call) {
    int64_t value = 0;
    return number_reply(call, ferrite_incr(call->db, ARG(call, 1), &value, &call->err), &value);
}

static int decr_command(struct command_call *call) {
    int64_t value = 0;
    return number_reply(call, ferrite_decr(call->db, ARG(call, 1), &value, &call->err), &value);
}

static int incrby_command(struct command_call *call) {
    int64_t value = 0, increment;
    if (!arg_integer(call, 2, &increment)) return 0;
    return number_reply(call, ferrite_incrby(call->db, ARG(call, 1), increment, &value, &call->err),
                        &value);
}

static int decrby_command(struct command_call *call) {
    int64_t value = 0, decrement;
    if (!arg_integer(call, 2, &decrement)) return 0;
    if (decrement == INT64_MIN) {
        reply_error(call->reply, "ERR decrement would overflow");
        return 0;
    }
    return number_reply(call, ferrite_decrby(call->db, ARG(call, 1), decrement, &value, &call->err),
                        &value);
}

/* As Redis, which looks at the key before the number. */
static int incrbyfloat_command(struct command_call *call) {
    size_t len = 0;
    int type = ferrite_type(call->db, ARG(call, 1), &call->err);
    if (type < 0) return -1;
    if (type != FERRITE_TYPE_NONE && type != FERRITE_TYPE_STRING) return wrong_type_error(call);
    char *value = ferrite_incrbyfloat_text(call->db, ARG(call, 1), ARG(call, 2), &len, &call->err);
    return take_reply(call, value, len);
}

/* ---- parts of values ---- */

static int append_command(struct command_call *call) {
    return integer_reply(call, ferrite_append(call->db, ARG(call, 1), ARG(call, 2), &call->err));
}

static int strlen_command(struct command_call *call) {
    return integer_reply(call, ferrite_strlen(call->db, ARG(call, 1), &call->err));
}

static int getrange_command(struct command_call *call) {
    int64_t start, end;
    size_t len = 0;
    if (!arg_integer(call, 2, &start) || !arg_integer(call, 3, &end)) return 0;
    char *part = ferrite_getrange(call->db, ARG(call, 1), start, end, &len, &call->err);
    return take_reply(call, part, len);
}

static int setrange_command(struct command_call *call) {
    int64_t offset;
    if (!arg_integer(call, 2, &offset)) return 0;
    if (offset < 0) {
        reply_error(call->reply, "ERR offset is out of range");
        return 0;
    }
    return integer_reply(
        call, ferrite_setrange(call->db, ARG(call, 1), offset, ARG(call, 3), &call->err));
}

/* ---- LCS ---- */

struct lcs_arguments {
    bool len, idx, with_match_len;
    int64_t min_match_len;
};

static bool parse_lcs(struct command_call *call, struct lcs_arguments *lcs) {
    for (int i = 3; i < call->argc; i++) {
        if (word_is(call->args[i], "IDX"))
            lcs->idx = true;
        else if (word_is(call->args[i], "LEN"))
            lcs->len = true;
        else if (word_is(call->args[i], "WITHMATCHLEN"))
            lcs->with_match_len = true;
        else if (word_is(call->args[i], "MINMATCHLEN") && i + 1 < call->argc) {
            if (!arg_integer(call, ++i, &lcs->min_match_len)) return false;
        } else {
            syntax_error(call);
            return false;
        }
    }
    if (lcs->min_match_len < 0) lcs->min_match_len = 0;
    if (!lcs->len || !lcs->idx) return true;
    reply_error(call->reply, "ERR If you want both the length and indexes, please just use IDX.");
    return false;
}

static void add_lcs_range(struct reply *reply, uint64_t start, uint64_t end) {
    reply_array(reply, 2);
    reply_integer(reply, (int64_t)start);
    reply_integer(reply, (int64_t)end);
}

static int lcs_idx_reply(struct command_call *call, const struct lcs_arguments *lcs) {
    ferrite_lcs_result *result = ferrite_lcs_idx(call->db, ARG(call, 1), ARG(call, 2),
                                                 (uint64_t)lcs->min_match_len, &call->err);
    if (!result) return -1;
    reply_array(call->reply, 4);
    reply_text(call->reply, "matches");
    reply_array(call->reply, result->count);
    for (size_t i = 0; i < result->count; i++) {
        const ferrite_lcs_match *match = &result->matches[i];
        reply_array(call->reply, lcs->with_match_len ? 3 : 2);
        add_lcs_range(call->reply, match->a_start, match->a_end);
        add_lcs_range(call->reply, match->b_start, match->b_end);
        if (lcs->with_match_len) reply_integer(call->reply, (int64_t)match->len);
    }
    reply_text(call->reply, "len");
    reply_integer(call->reply, (int64_t)result->len);
    ferrite_free(result);
    return 0;
}

/* As Redis, which looks at the keys before the options. */
static bool lcs_keys_valid(struct command_call *call) {
    for (int i = 1; i <= 2; i++) {
        int type = ferrite_type(call->db, ARG(call, i), &call->err);
        if (type == FERRITE_TYPE_NONE || type == FERRITE_TYPE_STRING) continue;
        if (type > 0) reply_error(call->reply, "ERR The specified keys must contain string values");
        return false;
    }
    return true;
}

static int lcs_command(struct command_call *call) {
    struct lcs_arguments lcs = {false, false, false, 0};
    size_t len = 0;
    if (!lcs_keys_valid(call)) return call->err ? -1 : 0;
    if (!parse_lcs(call, &lcs)) return 0;
    if (lcs.idx) return lcs_idx_reply(call, &lcs);
    if (lcs.len)
        return integer_reply(call,
                             ferrite_lcs_len(call->db, ARG(call, 1), ARG(call, 2), &call->err));
    char *common = ferrite_lcs(call->db, ARG(call, 1), ARG(call, 2), &len, &call->err);
    return take_reply(call, common, len);
}

/* ---- rows ---- */

static const struct command rows[] = {
    ROW("append", append_command, 3, WRITE | FAST, KEYS(1, 1, 1), "key value",
        "O(n), n the length of the appended bytes",
        "Appends bytes to a value; creates the key when it is missing.", NULL),
    ROW("decr", decr_command, 2, WRITE | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Subtracts one from the integer at a key, which begins at 0.", NULL),
    ROW("decrby", decrby_command, 3, WRITE | FAST, KEYS(1, 1, 1), "key decrement", "O(log k)",
        "Subtracts a number from the integer at a key, which begins at 0.", NULL),
    ROW("get", get_command, 2, READ | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Answers the value of a key, nil when it is missing.", NULL),
    ROW("getdel", getdel_command, 2, WRITE | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Answers the value of a key and deletes the key.", NULL),
    ROW("getrange", getrange_command, 4, READ, KEYS(1, 1, 1), "key start end",
        "O(n), n the length of the answer",
        "Answers the bytes from start to end, both included; negative counts from the end.", NULL),
    ROW("getset", getset_command, 3, WRITE | FAST, KEYS(1, 1, 1), "key value", "O(log k)",
        "Sets a key and answers the value it had.", NULL),
    ROW("incr", incr_command, 2, WRITE | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Adds one to the integer at a key, which begins at 0.", NULL),
    ROW("incrby", incrby_command, 3, WRITE | FAST, KEYS(1, 1, 1), "key increment", "O(log k)",
        "Adds a number to the integer at a key, which begins at 0.", NULL),
    ROW("incrbyfloat", incrbyfloat_command, 3, WRITE | FAST, KEYS(1, 1, 1), "key increment",
        "O(log k)", "Adds a fraction to the number at a key, which begins at 0.", NULL),
    ROW("lcs", lcs_command, -3, READ, KEYS(1, 2, 1),
        "key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]", "O(n*m), the two lengths",
        "Answers the longest common subsequence of two values, or its length or places.", NULL),
    ROW("mget", mget_command, -2, READ | FAST, KEYS(1, -1, 1), "key [key ...]",
        "O(n log k), n keys", "Answers the values of several keys, all of the same moment.", NULL),
    ROW("mset", mset_command, -3, WRITE, KEYS(1, -1, 2), "key value [key value ...]",
        "O(n log k), n keys", "Sets several keys at once: all or none.", NULL),
    ROW("msetnx", msetnx_command, -3, WRITE, KEYS(1, -1, 2), "key value [key value ...]",
        "O(n log k), n keys", "Sets several keys at once, if none of them exists.", NULL),
    ROW("set", set_command, -3, WRITE, KEYS(1, 1, 1),
        "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT seconds | "
        "PXAT milliseconds | KEEPTTL]",
        "O(log k)", "Sets a key: always, only when it is missing (NX) or there (XX).", NULL),
    ROW("setnx", setnx_command, 3, WRITE | FAST, KEYS(1, 1, 1), "key value", "O(log k)",
        "Sets a key when it is missing.", NULL),
    ROW("setrange", setrange_command, 4, WRITE, KEYS(1, 1, 1), "key offset value",
        "O(n), n the length of the written bytes",
        "Overwrites bytes from an offset on; a gap is filled with zero bytes.", NULL),
    ROW("strlen", strlen_command, 2, READ | FAST, KEYS(1, 1, 1), "key", "O(log k)",
        "Answers the length of a value in bytes, 0 when the key is missing.", NULL),
    ROW("substr", getrange_command, 4, READ, KEYS(1, 1, 1), "key start end",
        "O(n), n the length of the answer", "An old name of GETRANGE.", NULL),
};

const struct command_group string_commands = {rows, sizeof rows / sizeof *rows};
