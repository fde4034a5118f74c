/*
 * server.c - PING, ECHO, TIME, and their rows of the table.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

#define GROUP "server"
#define SINCE "0.1.0"

static int ping_command(struct command_call *call) {
    if (call->argc > 2) return arity_error(call);
    if (call->argc == 2)
        reply_borrow(call->reply, ARG(call, 1));
    else
        reply_status(call->reply, "PONG");
    return 0;
}

static int echo_command(struct command_call *call) {
    reply_borrow(call->reply, ARG(call, 1));
    return 0;
}

static void add_number(struct reply *reply, int64_t value) {
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)value);
    reply_string(reply, text, (size_t)len);
}

static int time_command(struct command_call *call) {
    int64_t us = 0;
    if (ferrite_time(call->db, &us, &call->err) < 0) return -1;
    reply_array(call->reply, 2);
    add_number(call->reply, us / 1000000);
    add_number(call->reply, us % 1000000);
    return 0;
}

static const struct command rows[] = {
    ROW("echo", echo_command, 2, FAST, NO_KEYS, "message", "O(1)", "Answers its argument.", NULL),
    ROW("ping", ping_command, -1, FAST, NO_KEYS, "[message]", "O(1)",
        "Answers PONG, or its argument.", NULL),
    ROW("time", time_command, 1, FAST, NO_KEYS, "", "O(1)",
        "Answers the time as seconds since the epoch and microseconds.", NULL),
};

const struct command_group server_commands = {rows, sizeof rows / sizeof *rows};
