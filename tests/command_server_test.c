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
    {"COMMAND GETKEYS ZUNION \" 2\" a b", "1) \"a\"\n2) \"b\""},
    {"COMMAND GETKEYS LMPOP 1x a LEFT", "1) \"a\""},
    {"COMMAND GETKEYS ZUNION x a b", "(error) ERR Invalid arguments specified for command"},
    {"COMMAND GETKEYS MSET a b c d", "1) \"a\"\n2) \"c\""},
    {"COMMAND GETKEYS DEL a b c", "1) \"a\"\n2) \"b\"\n3) \"c\""},
    {"COMMAND GETKEYS GET", "(error) ERR wrong number of arguments for 'command|getkeys' command"},
    {"COMMAND GETKEYS PING", "(error) ERR wrong number of arguments for 'command|getkeys' command"},
    {"COMMAND GETKEYS PING x", "(error) ERR The command has no key arguments"},
    {"COMMAND GETKEYS NOSUCH x", "(error) ERR Invalid command specified"},
    {"COMMAND GETKEYS", "(error) ERR wrong number of arguments for 'command|getkeys' command"},
    {"COMMAND GETKEYS LCS a b LEN", "1) \"a\"\n2) \"b\""},
    {"COMMAND GETKEYS ZUNION 2 a b WEIGHTS 1 2", "1) \"a\"\n2) \"b\""},
    {"COMMAND GETKEYS ZUNIONSTORE d 2 a b", "1) \"d\"\n2) \"a\"\n3) \"b\""},
    {"COMMAND GETKEYS ZDIFFSTORE d 1 a", "1) \"d\"\n2) \"a\""},
    {"COMMAND GETKEYS ZINTERSTORE d 1 a", "1) \"d\"\n2) \"a\""},
    {"COMMAND GETKEYS ZUNIONSTORE d 3 a b", "(error) ERR Invalid arguments specified for command"},
    {"COMMAND GETKEYS ZINTER 0 a", "(error) ERR Invalid arguments specified for command"},
    {"COMMAND GETKEYS ZDIFF -1 a", "(error) ERR Invalid arguments specified for command"},
    {"COMMAND GETKEYS SINTERCARD x a", "(error) ERR Invalid arguments specified for command"},
    {"COMMAND GETKEYS ZINTERCARD 9999999999 a", "(error) ERR Invalid arguments specified for command"},
    {"COMMAND GETKEYS LMPOP 1 a LEFT COUNT 2", "1) \"a\""},
    {"COMMAND GETKEYS ZMPOP 2 a b MIN", "1) \"a\"\n2) \"b\""},
    {"COMMAND GETKEYS ZMPOP 1 a", "(error) ERR Invalid number of arguments specified for command"},
    {"COMMAND GETKEYS SORT a BY b GET c STORE d", "1) \"a\"\n2) \"d\""},
    {"COMMAND GETKEYS SORT a LIMIT store 1 store d", "1) \"a\"\n2) \"d\""},
    {"COMMAND GETKEYS SORT a GET store d", "1) \"a\""},
    {"COMMAND GETKEYS SORT a STORE", "1) \"a\""},
    {"COMMAND GETKEYS SORT_RO a BY b", "1) \"a\""},
    {"COMMAND GETKEYS OBJECT ENCODING a", "1) \"a\""},
    {"COMMAND GETKEYS OBJECT ENCODING", "(error) ERR Invalid number of arguments specified for command"},
    {"COMMAND GETKEYS OBJECT HELP", "(error) ERR The command has no key arguments"},
    {"COMMAND GETKEYS OBJECT NOSUCH a", "(error) ERR Invalid command specified"},
    {"COMMAND GETKEYS MEMORY USAGE a SAMPLES 3", "1) \"a\""},
    {"COMMAND GETKEYS MEMORY HELP", "(error) ERR The command has no key arguments"},
    {"COMMAND GETKEYS CONFIG GET a", "(error) ERR The command has no key arguments"},
    {"COMMAND LIST FILTERBY PATTERN object|enc*", "1) \"object|encoding\""},
    {"COMMAND INFO object|nosuch nosuch|x get|x", "1) (nil)\n2) (nil)\n3) (nil)"},
    {"COMMAND HELP x", "(error) ERR wrong number of arguments for 'command|help' command"},
};

const struct command_script server_script = {"server", cases, sizeof cases / sizeof *cases, true};

Test(command_server, replies_are_those_of_redis) { command_script_run(&server_script); }

static const struct command_case own_cases[] = {
    {"COMMAND LIST FILTERBY PATTERN config|r*", "1) \"config|resetstat\"\n2) \"config|rewrite\""},
    {"COMMAND LIST FILTERBY PATTERN configx*", "(empty array)"},
    {"COMMAND INFO object|freq", "1)  1) \"object|freq\"\n"
                                 "    2) (integer) 3\n"
                                 "    3) 1) readonly\n"
                                 "    4) (integer) 2\n"
                                 "    5) (integer) 2\n"
                                 "    6) (integer) 1\n"
                                 "    7) 1) @read\n"
                                 "       2) @generic\n"
                                 "    8) (empty array)\n"
                                 "    9) (empty array)\n"
                                 "   10) (empty array)"},
    {"COMMAND INFO save", "1)  1) \"save\"\n"
                          "    2) (integer) -1\n"
                          "    3) 1) no_multi\n"
                          "    4) (integer) 0\n"
                          "    5) (integer) 0\n"
                          "    6) (integer) 0\n"
                          "    7) 1) @server\n"
                          "    8) (empty array)\n"
                          "    9) (empty array)\n"
                          "   10) (empty array)"},
};

static const struct command_script own_script = {"own server", own_cases,
                                                 sizeof own_cases / sizeof *own_cases, false};

Test(command_server, tells_about_commands_and_subcommands) { command_script_run(&own_script); }
