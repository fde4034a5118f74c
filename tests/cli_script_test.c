/*
 * cli_script_test.c - commands from standard input: quoting, errors, transactions, flushing.
 */
#include "support/program.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(cli_script, .init = program_begin, .fini = program_end);

Test(cli_script, runs_one_command_a_line) {
    program_expect(0, "OK\n2\n2\n", "printf 'SET n 1\\nINCR n\\nGET n' | $F $D/a.ferrite");
    program_expect(0, "2\n", "$F $D/a.ferrite GET n");
}

Test(cli_script, skips_empty_lines_and_takes_the_line_ends_of_other_systems) {
    program_expect(0, "OK\nv\n", "printf '\\n  \\n\\tSET k v\\r\\n\\nGET k\\r\\n' | $F :memory:");
    program_expect(0, "", "$F :memory: </dev/null");
}

Test(cli_script, reads_the_quoting_of_redis_cli) {
    program_expect(0,
                   "\"a b\"\n\"\\x00\\xffA\\n\\t\\a\\b\\rq\\\"\"\n\"it's \\\\n\"\n\"\"\n\"abcd\"\n"
                   "\"\\\\x4\"\n",
                   "cat >$D/in <<'END'\n"
                   "ECHO \"a b\"\n"
                   "ECHO \"\\x00\\xFF\\x41\\n\\t\\a\\b\\r\\q\\\"\"\n"
                   "ECHO 'it\\'s \\n'\n"
                   "ECHO \"\"\n"
                   "ECHO ab\"cd\"\n"
                   "ECHO '\\x4'\n"
                   "END\n"
                   "$F --no-raw :memory: <$D/in");
}

Test(cli_script, answers_a_line_with_open_quotes_and_goes_on) {
    program_expect(1, "Invalid argument(s)\nInvalid argument(s)\nPONG\n",
                   "printf 'GET \"a\\nGET \"a\"b\\nPING\\n' | $F :memory:");
    program_expect(1, "{\"error\":\"Invalid argument(s)\"}\n", "echo '\"' | $F --json :memory:");
}

Test(cli_script, runs_later_lines_after_an_error_and_ends_with_1) {
    program_expect(1, "(error) ERR unknown command 'nosuch', with args beginning with: \nPONG\n",
                   "printf 'nosuch\\nPING\\n' | $F --no-raw :memory:");
}

Test(cli_script, ends_at_quit) {
    program_expect(0, "PONG\n", "printf 'PING\\nquit\\nPING\\n' | $F :memory:");
    program_expect(0, "PONG\n", "printf 'PING\\nEXIT\\nPING\\n' | $F :memory:");
}

Test(cli_script, keeps_zero_bytes_of_the_input) {
    program_expect(0, "\"a\\x00b\"\n", "printf 'ECHO a\\000b\\n' | $F --no-raw :memory:");
}

Test(cli_script, runs_a_transaction_or_forgets_it) {
    program_expect(0, "OK\nQUEUED\nQUEUED\n1) OK\n2) (integer) 2\n",
                   "printf 'MULTI\\nSET n 1\\nINCR n\\nEXEC\\n' | $F --no-raw $D/a.ferrite");
    program_expect(0, "OK\nQUEUED\nOK\n",
                   "printf 'MULTI\\nSET n 9\\nDISCARD\\n' | $F $D/a.ferrite");
    program_expect(0, "OK\nQUEUED\n", "printf 'MULTI\\nSET n 9\\n' | $F $D/a.ferrite");
    program_expect(0, "2\n", "$F $D/a.ferrite GET n");
    program_expect(1,
                   "OK\nQUEUED\nQUEUED\n1) OK\n2) (error) ERR value is not an integer or out of "
                   "range\n",
                   "printf 'MULTI\\nSET n x\\nINCR n\\nEXEC\\n' | $F --no-raw $D/a.ferrite");
}

Test(cli_script, remembers_the_selected_database) {
    program_expect(0, "OK\nOK\nOK\n\nOK\nv\n",
                   "printf 'SELECT 2\\nSET k v\\nSELECT 0\\nGET k\\nSELECT 2\\nGET k\\n' | "
                   "$F $D/a.ferrite");
}

/* The second line is sent only after the first reply was read. */
Test(cli_script, answers_before_it_waits_for_more) {
    program_expect(0, "PONG hello\n",
                   "mkfifo $D/in $D/out; $F :memory: <$D/in >$D/out & exec 3>$D/in 4<$D/out; "
                   "echo PING >&3; read a <&4; echo ECHO hello >&3; read b <&4; exec 3>&-; wait; "
                   "echo $a $b");
}

Test(cli_script, takes_lines_of_any_length) {
    program_expect(0, "1000000\n",
                   "{ printf 'STRLEN k\\nSET k '; head -c 1000000 /dev/zero | tr '\\0' x; "
                   "printf '\\nSTRLEN k\\n'; } | $F :memory: | tail -1");
}

Test(cli_script, prints_text_replies_as_text) {
    program_expect_part(0, "# Keyspace\r\ndb0:keys=1,",
                        "printf 'SET k v\\nINFO keyspace\\n' | $F --no-raw :memory:");
}
