/*
 * command_ranges_test.c - RANGE and PREFIX, which Redis does not have, and what differs from it.
 */
#include "support/command_cases.h"

#include <criterion/criterion.h>

static const struct command_case cases[] = {
    {"RANGE - +", "(empty array)"},
    {"PREFIX \"\"", "(empty array)"},
    {"MSET b 2 a 1 ab 12 c 3 \"a\\xff\" x \"\" empty", "OK"},
    {"RANGE - +", "1) \"\"\n2) \"a\"\n3) \"ab\"\n4) \"a\\xff\"\n5) \"b\"\n6) \"c\""},
    {"RANGE - + REV", "1) \"c\"\n2) \"b\"\n3) \"a\\xff\"\n4) \"ab\"\n5) \"a\"\n6) \"\""},
    {"RANGE [a [b", "1) \"a\"\n2) \"ab\"\n3) \"a\\xff\"\n4) \"b\""},
    {"RANGE (a (b", "1) \"ab\"\n2) \"a\\xff\""},
    {"RANGE [aa [az", "1) \"ab\""},
    {"RANGE (a + LIMIT 2", "1) \"ab\"\n2) \"a\\xff\""},
    {"RANGE - (c LIMIT 2 REV", "1) \"b\"\n2) \"a\\xff\""},
    {"RANGE [b [a", "(empty array)"},
    {"RANGE + -", "(empty array)"},
    {"RANGE + +", "(empty array)"},
    {"RANGE - -", "(empty array)"},
    {"RANGE [b + WITHVALUES", "1) \"b\"\n2) \"2\"\n3) \"c\"\n4) \"3\""},
    {"RANGE - + LIMIT 0", "(empty array)"},
    {"RANGE - + LIMIT -1 REV limit 1", "1) \"c\""},
    {"RANGE [ [", "1) \"\""},
    {"RANGE a b", "(error) ERR min or max not valid string range item"},
    {"RANGE \"\" +", "(error) ERR min or max not valid string range item"},
    {"RANGE - + LIMIT", "(error) ERR syntax error"},
    {"RANGE - + LIMIT x", "(error) ERR value is not an integer or out of range"},
    {"RANGE - + AFTER a", "(error) ERR syntax error"},
    {"RANGE -", "(error) ERR wrong number of arguments for 'range' command"},
    {"PREFIX a", "1) \"a\"\n2) \"ab\"\n3) \"a\\xff\""},
    {"PREFIX a REV", "1) \"a\\xff\"\n2) \"ab\"\n3) \"a\""},
    {"PREFIX a AFTER a", "1) \"ab\"\n2) \"a\\xff\""},
    {"PREFIX a AFTER ab LIMIT 1 WITHVALUES", "1) \"a\\xff\"\n2) \"x\""},
    {"PREFIX a AFTER ab REV", "1) \"a\""},
    {"PREFIX a AFTER zz", "(empty array)"},
    {"PREFIX a AFTER zz REV", "1) \"a\\xff\"\n2) \"ab\"\n3) \"a\""},
    {"PREFIX \"a\\xff\"", "1) \"a\\xff\""},
    {"PREFIX \"\\xff\"", "(empty array)"},
    {"PREFIX a NOSUCH", "(error) ERR syntax error"},
    {"PREFIX a AFTER", "(error) ERR syntax error"},
    {"PREFIX", "(error) ERR wrong number of arguments for 'prefix' command"},
    {"KEYS a*", "1) \"a\"\n2) \"ab\"\n3) \"a\\xff\""},
    {"COMMAND LIST FILTERBY PATTERN ren*", "1) \"rename\"\n2) \"renamenx\""},
    {"COMMAND LIST FILTERBY ACLCAT range", "1) \"prefix\"\n2) \"range\""},
    {"COMMAND INFO get", "1)  1) \"get\"\n    2) (integer) 2\n    3) 1) readonly\n       2) fast\n"
                         "    4) (integer) 1\n    5) (integer) 1\n    6) (integer) 1\n"
                         "    7) 1) @read\n       2) @fast\n       3) @string\n"
                         "    8) (empty array)\n    9) (empty array)\n   10) (empty array)"},
    {"\"\" x", "(error) ERR unknown command '', with args beginning with: 'x' "},
    {"INFO nosuch", "\"\""},
    {"EXEC x", "(error) EXECABORT Transaction discarded because of: wrong number of arguments for "
               "'exec' command"},
    {"FLUSHALL", "OK"},
};

const struct command_script ranges_script = {"ranges", cases, sizeof cases / sizeof *cases, false};

Test(command_ranges, answers_keys_in_key_order) { command_script_run(&ranges_script); }
