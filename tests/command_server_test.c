/*
 * command_server_test.c - PING, ECHO, COMMAND and unknown commands: each line's reply, as redis-server 7.0 gives it.
 */
#include "support/command_cases.h"

#include <criterion/criterion.h>

static const struct command_case cases[] = {
    {"PING", "PONG"},
    {"ping hello", "\"hello\""},
    {"PING a b", "(error) ERR wrong number of arguments for 'ping' command"},
    {"PING \"\"", "\"\""},
    {"PING \"\\x00\\xff\"", "\"\\x00\\xff\""},
    {"ECHO hello", "\"hello\""},
    {"ECHO", "(error) ERR wrong number of arguments for 'echo' command"},
    {"ECHO a b", "(error) ERR wrong number of arguments for 'echo' command"},
    {"TIME x", "(error) ERR wrong number of arguments for 'time' command"},
    {"foo", "(error) ERR unknown command 'foo', with args beginning with: "},
    {"foo a b", "(error) ERR unknown command 'foo', with args beginning with: 'a' 'b' "},
    {"foo \"a\\r\\nb\"", "(error) ERR unknown command 'foo', with args beginning with: 'a  b' "},
    {"\"foo\\nbar\" x", "(error) ERR unknown command 'foo bar', with args beginning with: 'x' "},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b", "(error) ERR unknown command 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', with args beginning with: 'b' "},
    {"x aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b", "(error) ERR unknown command 'x', with args beginning with: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' "},
    {"x aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb c", "(error) ERR unknown command 'x', with args beginning with: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' 'bbbbbbbbbbbbbbbbbbbbbb' "},
    {"COMMAND COUNT x", "(error) ERR wrong number of arguments for 'command|count' command"},
    {"COMMAND NOSUCH", "(error) ERR unknown subcommand 'NOSUCH'. Try COMMAND HELP."},
    {"COMMAND LIST x", "(error) ERR syntax error"},
    {"COMMAND LIST FILTERBY PATTERN REN?ME", "1) \"rename\""},
    {"COMMAND LIST FILTERBY MODULE x", "(empty array)"},
    {"COMMAND LIST FILTERBY ACLCAT nosuch", "(empty array)"},
    {"COMMAND DOCS nosuch", "(empty array)"},
    {"COMMAND INFO nosuch", "1) (nil)"},
    {"COMMAND GETKEYS GET a", "1) \"a\""},
    {"COMMAND GETKEYS MSET a b c d", "1) \"a\"\n2) \"c\""},
    {"COMMAND GETKEYS DEL a b c", "1) \"a\"\n2) \"b\"\n3) \"c\""},
    {"COMMAND GETKEYS GET", "(error) ERR wrong number of arguments for 'command|getkeys' command"},
    {"COMMAND GETKEYS PING", "(error) ERR wrong number of arguments for 'command|getkeys' command"},
    {"COMMAND GETKEYS PING x", "(error) ERR The command has no key arguments"},
    {"COMMAND GETKEYS NOSUCH x", "(error) ERR Invalid command specified"},
    {"COMMAND GETKEYS", "(error) ERR wrong number of arguments for 'command|getkeys' command"},
    {"COMMAND GETKEYS LCS a b LEN", "1) \"a\"\n2) \"b\""},
    {"COMMAND HELP x", "(error) ERR wrong number of arguments for 'command|help' command"},
};

const struct command_script server_script = {"server", cases, sizeof cases / sizeof *cases, true};

Test(command_server, replies_are_those_of_redis) { command_script_run(&server_script); }
