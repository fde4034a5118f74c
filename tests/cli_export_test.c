/*
 * cli_export_test.c - export and import as a user runs them: what one prints the other reads, in every
 * form, and a bad line is named.
 */
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(cli_export, .init = program_begin, .fini = program_end, .timeout = 120);

/* Every type, small and large, bytes of any value, moments, and two databases. */
static void fill(void) {
    program_expect_part(
        0, "",
        "{ printf '%s\\n' 'SET k \"v\\x00\\xff\\n\\r\"' 'SET \"\" \"\"' 'SET größe \"wäre "
        "schön\\t\"' "
        "'SET \"a b\" \"quote\\\" and \\\\\" PXAT 4000000000000' 'HSET h a 1 b 2 \"\\xc3\" \"x "
        "y\"' "
        "'RPUSH l a b \"\" \"\\xff\" a' 'SADD s x \"\" \"\\x00\"' 'PEXPIREAT h 4000000000001' "
        "'ZADD z 1.5 a -inf b inf \"\\x80\" 1e30 d 3 \"\"' 'SELECT 3' 'SET other db' "
        "'HSET f stays 1 goes 2' 'HPEXPIREAT f 4000000000002 FIELDS 1 goes'; "
        "for i in $(seq 3000); do echo \"HSET large field:$i $i\"; echo \"RPUSH row element:$i\"; "
        "echo \"SADD members $i\"; echo \"ZADD ranking $((i % 50)).25 $i\"; done; "
        "} | $F --sync none $D/a.ferrite >$D/out; grep ERR $D/out; true");
    program_expect(
        0, "", "head -c 3000000 /dev/urandom | $F -x $D/a.ferrite SET bytes | grep -v OK; true");
}

static void expect_round_trip(const char *form) {
    char command[512];
    fill();
    snprintf(command, sizeof command,
             "$F %s export $D/a.ferrite >$D/first && $F import $D/b.ferrite <$D/first >$D/told && "
             "$F %s export $D/b.ferrite | cmp - $D/first && grep -c ' commands done$' $D/told",
             form, form);
    program_expect(0, "1\n", command);
    program_expect(
        0, "",
        "$F --json export $D/a.ferrite >$D/one; $F --json export $D/b.ferrite | cmp - $D/one");
    program_expect_part(0, ": clean, ", "$F check $D/b.ferrite");
}

Test(cli_export, commands_make_the_same_database) { expect_round_trip(""); }
Test(cli_export, the_protocol_makes_the_same_database) { expect_round_trip("--resp"); }
Test(cli_export, json_makes_the_same_database) { expect_round_trip("--json"); }

Test(cli_export, commands_can_be_read_and_compared) {
    program_expect_part(
        0, "",
        "printf '%s\\n' 'SET b 1' 'SET a \"two words\"' 'SADD s 3 1 2' 'SELECT 2' "
        "'RPUSH l x \"\" ü' 'SADD many 1 2 3 4 5 6 7 8 9' 'PEXPIREAT l 4000000000000' "
        "| $F $D/a.ferrite");
    program_expect(0,
                   "SET a \"two words\"\n"
                   "SET b 1\n"
                   "SADD s 1 2 3\n"
                   "SELECT 2\n"
                   "RPUSH l x \"\" \"ü\"\n"
                   "PEXPIREAT l 4000000000000\n"
                   "SADD many 1\nSADD many 2\nSADD many 3\nSADD many 4\nSADD many 5\n"
                   "SADD many 6\nSADD many 7\nSADD many 8\nSADD many 9\n",
                   "$F export $D/a.ferrite");
    program_expect(0, "RPUSH l x \"\" \"ü\"\n", "$F -n 2 export $D/a.ferrite | grep RPUSH");
    program_expect(0, "SADD s 1 2 3\n", "$F -n 0 export $D/a.ferrite | tail -1");
}

Test(cli_export, json_is_an_object_a_key) {
    program_expect_part(
        0, "",
        "printf '%s\\n' 'SET a \"\\xff\\n\"' 'HSET h f v' 'RPUSH l x y' 'ZADD z 1.5 m inf n' "
        "'PEXPIREAT h 4000000000000' | $F -n 1 $D/a.ferrite");
    program_expect(
        0,
        "{\"db\":1,\"key\":\"a\",\"type\":\"string\",\"value\":\"\\udcff\\n\"}\n"
        "{\"db\":1,\"key\":\"h\",\"type\":\"hash\",\"expires_ms\":4000000000000,"
        "\"value\":{\"f\":\"v\"}}\n"
        "{\"db\":1,\"key\":\"l\",\"type\":\"list\",\"value\":[\"x\",\"y\"]}\n"
        "{\"db\":1,\"key\":\"z\",\"type\":\"zset\",\"value\":{\"m\":1.5,\"n\":\"inf\"}}\n",
        "$F --json export $D/a.ferrite");
}

Test(cli_export, json_of_others_is_read) {
    program_expect(
        0, "7 commands done\n",
        "printf '%s\\n' '' '  { \"value\" : \"\\u00fc\\ud83d\\ude00\\/\" , \"key\":\"k\", "
        "\"type\":\"string\"}' "
        "'{\"key\":\"z\",\"type\":\"zset\",\"value\":{\"a\":-1e2,\"b\":\"inf\"}}' "
        "'{\"key\":\"e\",\"type\":\"list\",\"value\":[ ]}' "
        "'{\"key\":\"l\",\"type\":\"list\",\"value\":[1, \"two\" , -3.5]}' "
        "'{\"key\":\"n\",\"type\":\"string\",\"value\":17,\"db\":0}' >$D/in; "
        "$F import $D/a.ferrite $D/in");
    program_expect(0, "ü😀/\n", "$F $D/a.ferrite GET k");
    program_expect(0, "a\n-100\nb\ninf\n", "$F $D/a.ferrite ZRANGE z 0 -1 WITHSCORES");
    program_expect(0, "1\ntwo\n-3.5\n17\n", "$F $D/a.ferrite LRANGE l 0 -1; $F $D/a.ferrite GET n");
}

/* ---- bad input ---- */

static void expect_bad(const char *told, const char *lines) {
    char command[1024];
    snprintf(command, sizeof command,
             "rm -f $D/a.ferrite; printf '%s' >$D/in; $F import $D/a.ferrite $D/in", lines);
    program_expect_part(1, told, command);
}

Test(cli_export, a_bad_command_is_named_with_its_line) {
    expect_bad("/in, line 3: ERR wrong number of arguments for 'set' command",
               "SET a 1\\n\\nSET b\\nSET c 3\\n");
    program_expect(0, "1\n\n", "$F $D/a.ferrite GET a; $F $D/a.ferrite GET c");
    expect_bad("line 1: ERR unknown command 'NOSUCH'", "NOSUCH\\n");
    expect_bad("line 2: WRONGTYPE", "SET a 1\\nLPUSH a 1\\n");
    expect_bad("ferrite: 1 command before it were done and stay\n", "SET a 1\\nLPUSH a 1\\n");
    expect_bad("line 2: a quote is not closed", "SET a 1\\nSET b \"x\\n");
    program_expect_part(1, "standard input, line 1: ERR", "echo SET | $F import $D/a.ferrite");
    program_expect_part(1, "ferrite: ", "$F import $D/a.ferrite $D/missing");
    program_expect_part(1, "ferrite: ", "$F export $D/missing");
    program_expect_part(2, "--resp is for export", "$F --resp info $D/a.ferrite");
}

Test(cli_export, a_bad_protocol_is_named_with_its_command) {
    expect_bad("/in, command 2: the input ends within a command",
               "*1\\r\\n$4\\r\\nPING\\r\\n*2\\r\\n$3\\r\\nGET\\r\\n");
    expect_bad("command 1: the input ends within a command", "*1\\r\\n$4\\r\\nPIN");
    expect_bad("command 1: a word is longer than its length says", "*1\\r\\n$3\\r\\nPING\\r\\n");
    expect_bad("command 2: '*' and a number are wanted, not 'PING'",
               "*1\\r\\n$4\\r\\nPING\\r\\nPING\\r\\n");
    expect_bad("command 1: '*x' is no length", "*x\\r\\n");
    expect_bad("command 1: '$-5' is no length", "*1\\r\\n$-5\\r\\n");
    expect_bad("command 1: ERR unknown command 'NOSUCH'", "*1\\r\\n$6\\r\\nNOSUCH\\r\\n");
}

Test(cli_export, bad_json_is_named_with_its_line) {
    static const struct {
        const char *told, *line;
    } cases[] = {
        {"a string is not closed", "{\"key"},
        {"a '}' or ',' is missing", "{\"key\":\"k\",\"type\":\"string\",\"value\":\"v\""},
        {"key, type or value is missing", "{\"key\":\"k\",\"value\":\"v\"}"},
        {"something follows the object", "{\"key\":\"k\",\"type\":\"string\",\"value\":\"v\"} x"},
        {"there is no type \\'nosuch\\'", "{\"key\":\"k\",\"type\":\"nosuch\",\"value\":\"v\"}"},
        {"there is no such member", "{\"nosuch\":1}"},
        {"a string or a number is missing", "{\"key\":\"k\",\"type\":\"string\",\"value\":[1]}"},
        {"a '[' is missing", "{\"key\":\"k\",\"type\":\"list\",\"value\":{}}"},
        {"a whole number is wanted",
         "{\"key\":\"k\",\"type\":\"string\",\"value\":\"v\",\"db\":1.5}"},
        {"ERR DB index is out of range",
         "{\"key\":\"k\",\"type\":\"string\",\"value\":\"v\",\"db\":99}"},
        {"a surrogate stands alone", "{\"key\":\"\\\\ud83d\",\"type\":\"string\",\"value\":\"v\"}"},
        {"a surrogate stands alone", "{\"key\":\"\\\\udc7f\",\"type\":\"string\",\"value\":\"v\"}"},
        {"there is no such escape", "{\"key\":\"\\\\q\",\"type\":\"string\",\"value\":\"v\"}"},
        {"a \\\\u needs four", "{\"key\":\"\\\\u12\",\"type\":\"string\",\"value\":\"v\"}"},
        {"ERR value is not a valid float",
         "{\"key\":\"z\",\"type\":\"zset\",\"value\":{\"m\":\"x\"}}"},
        {"the values are nested too deep", "{\"value\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char lines[512], told[128];
        size_t len = 0;
        snprintf(lines, sizeof lines, "{\"key\":\"a\",\"type\":\"string\",\"value\":\"1\"}\\n%s\\n",
                 cases[i].line);
        for (const char *at = cases[i].told; *at; at++)
            if (*at != '\\' || at[1] == '\\') told[len++] = *at;
        told[len] = 0;
        expect_bad(told, lines);
        expect_bad("/in, line 2: ", lines);
        program_expect(0, "1\n", "$F $D/a.ferrite DBSIZE");
    }
}

/* ---- with Redis, and with real data ---- */

Test(cli_export, transactions_of_a_log_stay_whole) {
    expect_bad("line 4: ERR", "SET a 1\\nMULTI\\nSET b 2\\nSET c\\n");
    program_expect(0, "2 commands done\n",
                   "rm -f $D/a.ferrite; printf 'MULTI\\nSET a 1\\nSET b 2\\nEXEC\\n' | $F import "
                   "$D/a.ferrite");
}

/* UnicodeData.txt as a script: hashes, sets by category, a sorted set by code point, a list. */
#define UNICODE_SCRIPT                                                                             \
    "awk -F';' 'function q(s) { gsub(/[\"\\\\]/, \"\\\\\\\\&\", s); return \"\\\"\" s \"\\\"\" } " \
    "{ print \"HSET char:\" $1, \"name\", q($2), \"category\", $3, \"class\", $4, \"bidi\", $5; "  \
    "print \"SADD category:\" $3, $1; print \"ZADD points\", NR, $1; "                             \
    "print \"RPUSH names\", q($2) }' /usr/share/unicode/UnicodeData.txt"

Test(cli_export, unicode_data_goes_through_every_type_and_form) {
    program_expect(0, "", UNICODE_SCRIPT " >$D/script; $F import $D/a.ferrite $D/script >$D/told");
    program_expect(
        0, "same\n",
        "n=$(wc -l </usr/share/unicode/UnicodeData.txt); "
        "test $n -gt 30000 && test \"$(cat $D/told)\" = \"$((n * 4)) commands done\" && "
        "test $($F $D/a.ferrite LLEN names) = $n && test $($F $D/a.ferrite ZCARD points) = $n "
        "&& test $($F $D/a.ferrite SCARD category:Lu) = "
        "$(cut -d';' -f3 /usr/share/unicode/UnicodeData.txt | grep -cx Lu) && echo same");
    program_expect(0, "LATIN CAPITAL LETTER A\n65\nLATIN CAPITAL LETTER A\n1\n",
                   "$F $D/a.ferrite HGET char:0041 name; $F $D/a.ferrite ZRANK points 0041; "
                   "$F $D/a.ferrite LINDEX names 65; $F $D/a.ferrite SISMEMBER category:Lu 0041");
    program_expect(0, "",
                   "$F export $D/a.ferrite >$D/text && "
                   "for form in '' --resp --json; do rm -f $D/b.ferrite; "
                   "$F $form export $D/a.ferrite | $F import $D/b.ferrite >$D/told && "
                   "$F export $D/b.ferrite | cmp - $D/text; done");
}
