/*
 * args.c - reading the words of a command, and the replies that most handlers give.
 *
 * Used by the command handlers. Any thread.
 */
#include "command.h"

#include <string.h>
#include <strings.h>

bool word_is(ferrite_slice word, const char *name) {
    return word.len == strlen(name) && strncasecmp(word.data, name, word.len) == 0;
}

bool word_integer(ferrite_slice word, int64_t *value) {
    const char *at = word.data, *end = word.data + word.len;
    bool negative = at < end && *at == '-';
    if (negative) at++;
    if (at == end) return false;
    if (*at == '0') { /* alone, and not "-0" */
        *value = 0;
        return word.len == 1;
    }
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, sum = 0;
    for (; at < end; at++) {
        if (*at < '0' || *at > '9') return false;
        uint64_t digit = (uint64_t)(*at - '0');
        if (sum > (limit - digit) / 10) return false;
        sum = sum * 10 + digit;
    }
    *value = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

bool arg_integer(struct command_call *call, int i, int64_t *value) {
    if (word_integer(call->args[i], value)) return true;
    reply_error(call->reply, "ERR value is not an integer or out of range");
    return false;
}

/* Redis reads an index as an int first, and has another sentence for what is none. */
bool arg_database(struct command_call *call, int i, int *index) {
    int64_t value;
    if (!arg_integer(call, i, &value)) return false;
    bool valid = value >= 0 && value < ferrite_databases(call->db);
    if (valid)
        *index = (int)value;
    else if (value < INT32_MIN || value > INT32_MAX)
        reply_error(call->reply, "ERR value is out of range, value must between %d and %d",
                    INT32_MIN, INT32_MAX);
    else
        reply_error(call->reply, "ERR DB index is out of range");
    return valid;
}

bool arg_expire_time(struct command_call *call, int i, bool seconds, bool absolute,
                     int64_t *at_ms) {
    int64_t value, now_us = 0;
    if (!arg_integer(call, i, &value)) return false;
    bool valid = value > 0 && (!seconds || value <= INT64_MAX / 1000);
    if (valid && seconds) value *= 1000;
    if (valid && !absolute) {
        if (ferrite_time(call->db, &now_us, NULL) < 0) now_us = 0;
        valid = value <= INT64_MAX - now_us / 1000;
    }
    if (!valid) {
        reply_error(call->reply, "ERR invalid expire time in '%s' command",
                    call->command->info.name);
        return false;
    }
    *at_ms = value + now_us / 1000;
    return true;
}

int syntax_error(struct command_call *call) {
    reply_error(call->reply, "ERR syntax error");
    return 0;
}

int arity_error(struct command_call *call) {
    reply_error(call->reply, "ERR wrong number of arguments for '%s' command",
                call->command->info.name);
    return 0;
}

int integer_reply(struct command_call *call, int64_t answer) {
    if (answer < 0 && call->err) return -1;
    reply_integer(call->reply, answer);
    return 0;
}

int status_reply(struct command_call *call, int result) {
    if (result < 0) return -1;
    reply_status(call->reply, "OK");
    return 0;
}

int take_reply(struct command_call *call, char *block, size_t len) {
    if (!block && call->err) return -1;
    reply_take(call->reply, block, len);
    return 0;
}

int slices_reply(struct command_call *call, ferrite_slice *slices, size_t count) {
    if (!slices && call->err) return -1;
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) reply_borrow(call->reply, slices[i].data, slices[i].len);
    reply_own(call->reply, slices);
    return 0;
}

int wrong_type_error(struct command_call *call) {
    reply_error(call->reply, "WRONGTYPE Operation against a key holding the wrong kind of value");
    return 0;
}

bool arg_sample(struct command_call *call, int i, int64_t *count) {
    if (!arg_integer(call, i, count)) return false;
    if (*count != INT64_MIN) return true;
    reply_error(call->reply, "ERR value is out of range, value must between %lld and %lld",
                -(long long)INT64_MAX, (long long)INT64_MAX);
    return false;
}

bool arg_key_count(struct command_call *call, int i, int64_t *count) {
    const char *wrong = NULL;
    if (!word_integer(call->args[i], count) || *count < 1)
        wrong = "numkeys should be greater than 0";
    else if (*count > call->argc - i - 1)
        wrong = "Number of keys can't be greater than number of args";
    if (wrong) reply_error(call->reply, "ERR %s", wrong);
    return !wrong;
}
